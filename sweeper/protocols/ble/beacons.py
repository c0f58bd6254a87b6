"""Beacons and household things: Eddystone, AltBeacon, Tuya, Xiaomi MiBeacon, PLAUD, Remote ID, Raven.

::

    PLAUD, company 0059 or 005D:   ... 04 56 | version | .. | .. | length | serial, packed decimal
    Tuya, company 07D0:            b7 bound | version | encryption | capability, 2 | ... | id, 16
    MiBeacon, service data FE95:   control, 2 | product, 2 | counter | [address, 6] [capability] [object]
    AltBeacon, any company:        BE AC | id, 20 | power | maker's byte
    Remote ID, service data FFFA:  0D | counter | message

Sources: Google's Eddystone and Radius Networks' AltBeacon specifications; ASTM F3411 for Remote ID; published
reverse engineering for the rest (the signatures cite it). MiBeacon's numbers are little-endian.
"""

from __future__ import annotations

from collections.abc import Iterable

from sweeper.errors import ProtocolError
from sweeper.records import Value
from sweeper.text import say

EDDYSTONE = {0x00: "uid", 0x10: "url", 0x20: "tlm", 0x30: "eid"}

PLAUD_MARK = b"\x04\x56"
PLAUD_MODELS = {"888": "Note", "880": "NotePin", "882": "NotePin S", "881": "Note Pro", "883": "Note Pro"}
"""By the first three digits of the serial number."""
PLAUD_SERIAL_BYTES = range(7, 11)
"""Serials of 16 and 18 digits are known; a byte either side is allowed for."""

RAVEN_SERVICES = frozenset(("3100", "3200", "3300", "3400", "3500"))
"""GATT services that Flock's Raven advertises; its 180A, 1809 and 1819 are everybody's."""

MIBEACON_HAS_ADDRESS = 0x0010
MIBEACON_HAS_CAPABILITY = 0x0020
MIBEACON_HAS_OBJECT = 0x0040
MIBEACON_ENCRYPTED = 0x0008
_SENSORS = bytes.fromhex(
    "0098 01AA 045B 055B 0347 0B48 03D6 0A83 06D3 0387 066F 0F6E 0576 02DF 03BC 015D 040A 098B 0863"
    "0A8D 07F6 03DD 0113 0083 2542 16E4 2832 00DB 0391 03ED 0489 0806 1790 04E1 1203 2701 3531 18E3"
)
MIBEACON_SENSOR_PRODUCTS = frozenset(_SENSORS[at : at + 2] for at in range(0, len(_SENSORS), 2))
"""Thermometers, plant, door, flood, motion and gas sensors, kettles; as home-automation parsers list them."""
MIBEACON_SENSOR_OBJECTS = range(0x1004, 0x1020)
"""Objects that are measured values: temperature 1004, humidity 1006, light 1007, moisture 1008."""


def eddystone(data: bytes, facts: dict[str, Value]) -> None:
    """Service data FEAA with an Eddystone frame type."""
    if data and data[0] in EDDYSTONE:
        facts["eddystone.frame"] = EDDYSTONE[data[0]]


def altbeacon(data: bytes, facts: dict[str, Value]) -> None:
    """The open beacon format, under any maker's company id."""
    if data[:2] == b"\xbe\xac" and len(data) >= 22:
        facts["altbeacon.id"] = data[2:22].hex()


def plaud(data: bytes, facts: dict[str, Value]) -> None:
    """The record with the serial number, wherever it begins: its shape is what tells PLAUD from other makers
    that use the same chip company's id."""
    at = data.find(PLAUD_MARK)
    while at >= 0:
        if at + 6 <= len(data) and data[at + 5] in PLAUD_SERIAL_BYTES:
            serial = data[at + 6 : at + 6 + data[at + 5]].hex()
            if len(serial) == 2 * data[at + 5] and serial.isdecimal() and serial.startswith("88"):
                facts["plaud.serial"] = serial
                facts["plaud.model"] = PLAUD_MODELS.get(serial[:3], "unknown")
                return
        at = data.find(PLAUD_MARK, at + 1)


def tuya(data: bytes, facts: dict[str, Value]) -> None:
    """Manufacturer data 07D0: whether the thing has been given to an account yet."""
    if len(data) < 3:
        raise ProtocolError(say("Tuya data of {count} bytes, at least 3 needed", count=len(data)))
    facts["tuya.state"] = "bound" if data[0] & 0x80 else "unbound"
    facts["tuya.version"] = data[1]


def mibeacon(data: bytes, facts: dict[str, Value]) -> None:
    """Service data FE95: the product number, and whether it sends a measured value."""
    if len(data) < 5:
        raise ProtocolError(say("MiBeacon data of {count} bytes, at least 5 needed", count=len(data)))
    control = data[0] | data[1] << 8
    product = data[3:1:-1]
    facts["mibeacon.product"] = product.hex().upper()
    at = 5
    if control & MIBEACON_HAS_ADDRESS:
        facts["mibeacon.address"] = data[at : at + 6][::-1].hex()
        at += 6
    if control & MIBEACON_HAS_CAPABILITY and at < len(data):
        at += 3 if data[at] & 0x20 else 1
    sensor = product in MIBEACON_SENSOR_PRODUCTS
    if control & MIBEACON_HAS_OBJECT and not control & MIBEACON_ENCRYPTED and at + 2 <= len(data):
        kind = data[at] | data[at + 1] << 8
        facts["mibeacon.object"] = f"{kind:04X}"
        sensor = sensor or kind in MIBEACON_SENSOR_OBJECTS
    facts["mibeacon.sensor"] = sensor


def remote_id(data: bytes, facts: dict[str, Value]) -> None:
    """Service data FFFA: a drone says who and where it is, as law asks. Contents are not decoded."""
    if len(data) >= 2 and data[0] == 0x0D:
        facts["remoteid.message"] = data[2] >> 4 if len(data) > 2 else None


def raven(uuids: Iterable[str], facts: dict[str, Value]) -> None:
    """How many of Raven's services are listed: one could be anybody's, two are not chance."""
    listed = sum(uuid in RAVEN_SERVICES for uuid in uuids)
    if listed:
        facts["raven.services"] = listed
