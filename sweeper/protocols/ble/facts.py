"""One advertisement as named facts, the language in which signatures are written.

Where sent: ``ble.company`` (list of four hex digits), ``ble.mfr.<company>`` (hex after the company id),
``ble.uuids`` (listed and with data), ``ble.uuids_reversed`` (128-bit ones read the other way round: some
makers send them so), ``ble.service_data.<uuid>``, ``ble.name`` (as sent: make it safe before showing it),
``ble.flags``, ``ble.tx_power_dbm``, ``ble.appearance``, ``ble.address_class``, ``ble.oui``, and
``ble.malformed``: why reading stopped. Hex is in small letters, ids in capitals. Each protocol adds its own
facts under its own name.
"""

from __future__ import annotations

from collections.abc import Callable

from sweeper.errors import ProtocolError
from sweeper.protocols.ble import ad, apple, beacons, finders
from sweeper.protocols.ble.address import address_class, oui
from sweeper.records import Value

Facts = dict[str, Value]
_Decoder = Callable[[bytes, ad.Advert, str | None, Facts], None]


def facts(data: bytes, address: str | None = None, address_type: str | None = None) -> Facts:
    """The facts of AD bytes and their sender. Never raises: what is broken becomes ``ble.malformed``."""
    return of_advert(ad.parse(data), address, address_type)


def of_advert(advert: ad.Advert, address: str | None = None, address_type: str | None = None) -> Facts:
    """The facts of a parsed advertisement."""
    known: Facts = {}
    problem = advert.problem
    if advert.name is not None:
        known["ble.name"] = advert.name
    if advert.uuids:
        known["ble.uuids"] = list(advert.uuids)
        beacons.raven(advert.uuids, known)
    if advert.reversed_uuids:
        known["ble.uuids_reversed"] = list(advert.reversed_uuids)
    for key, number in (
        ("ble.flags", advert.flags),
        ("ble.tx_power_dbm", advert.tx_power_dbm),
        ("ble.appearance", advert.appearance),
    ):
        if number is not None:
            known[key] = number
    problem = _manufacturers(advert, address, known) or problem
    problem = _services(advert, address, known) or problem
    if address_type:
        known["ble.address_class"] = address_class(address, address_type)
        block = oui(address, address_type)
        if block is not None:
            known["ble.oui"] = block
    if problem is not None:
        known["ble.malformed"] = str(problem)
    return known


def _manufacturers(advert: ad.Advert, address: str | None, known: Facts) -> ProtocolError | None:
    problem: ProtocolError | None = None
    companies: list[Value] = []
    for company, data in advert.manufacturer:
        code = f"{company:04X}"
        if code not in companies:
            companies.append(code)
            known[f"ble.mfr.{code}"] = data.hex()
        decoder = _COMPANIES.get(company)
        try:
            beacons.altbeacon(data, known)
            if decoder is not None:
                decoder(data, advert, address, known)
        except ProtocolError as error:
            problem = problem or error
    if companies:
        known["ble.company"] = companies
    return problem


def _services(advert: ad.Advert, address: str | None, known: Facts) -> ProtocolError | None:
    problem: ProtocolError | None = None
    for uuid, data in advert.service_data:
        known.setdefault(f"ble.service_data.{uuid}", data.hex())
        decoder = _SERVICES.get(uuid)
        if decoder is not None:
            try:
                decoder(data, advert, address, known)
            except ProtocolError as error:
                problem = problem or error
    return problem


def _google(data: bytes, advert: ad.Advert, address: str | None, known: Facts) -> None:
    if data and data[0] in finders.FHN_FRAMES:
        finders.find_hub(data, advert.flags, known)
    else:
        beacons.eddystone(data, known)


_COMPANIES: dict[int, _Decoder] = {
    apple.COMPANY: lambda data, advert, address, known: apple.decode(data, address, known),
    0x0059: lambda data, advert, address, known: beacons.plaud(data, known),
    0x005D: lambda data, advert, address, known: beacons.plaud(data, known),
    0x0FB2: lambda data, advert, address, known: beacons.plaud(data, known),
    0x07D0: lambda data, advert, address, known: beacons.tuya(data, known),
}
_SERVICES: dict[str, _Decoder] = {
    "FEAA": _google,
    "FCB2": lambda data, advert, address, known: finders.dult(data, known),
    "FD5A": lambda data, advert, address, known: finders.smarttag(data, known),
    "FD69": lambda data, advert, address, known: finders.find_my_mobile(data, known),
    "FEED": lambda data, advert, address, known: finders.tile(data, known),
    "FEEC": lambda data, advert, address, known: finders.tile(data, known),
    "FD84": lambda data, advert, address, known: finders.tile(data, known),
    "FE33": lambda data, advert, address, known: finders.chipolo(data, address, known),
    "FE95": lambda data, advert, address, known: beacons.mibeacon(data, known),
    "FFFA": lambda data, advert, address, known: beacons.remote_id(data, known),
}
