"""Which receivers there are, and for what is not there: the reason and the mend.

``sweeper sources`` prints this list; the names in it are what ``--source`` takes:

    rtlsdr               the first RTL-SDR that is free      rtlsdr:SERIAL   the one with that serial number
    rtltcp:HOST:PORT     a remote one behind rtl_tcp         soapy:ARGS      any other, by SoapySDR
    ble                  the Bluetooth adapter               ble:hci1        that one
    hci:TRANSPORT        a Bluetooth controller of our own, by bumble: usb:0, serial:…, tcp-client:…
    wifi                 the Wi-Fi adapter in monitor mode   wifi:wlan0mon@2437   that one, on one channel
    wifi:helper,wlan0mon the same through the privileged program sweeper-capture
    wifi-list            the lesser look without monitor mode: access points that announce themselves
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import msgspec

from sweeper import plugins
from sweeper.errors import Reason, SweeperError, Unavailable, contained
from sweeper.patience import PatientSource, within
from sweeper.plan import SweepPlan
from sweeper.radio import Source, ble, ble_hci, rtlsdr, soapy, wifi, wifi_managed
from sweeper.radio.receiver import Receiver
from sweeper.radio.rtl_tcp import RtlTcp
from sweeper.radio.sweep import SweepSource
from sweeper.records import Medium
from sweeper.text import Phrase, Words, english, phrase_of, say

USB_IDS = {("0bda", "2832"), ("0bda", "2838")}
"""Vendor and product of Realtek's RTL2832U and the usual RTL2838 dongles (osmocom's ``rtl-sdr.rules``)."""

UDEV_RULE = (
    """SUBSYSTEM=="usb", ATTRS{idVendor}=="0bda", ATTRS{idProduct}=="2838", """
    """MODE="0660", GROUP="plugdev", TAG+="uaccess\""""
)
UDEV_MEND = say(
    "put this line into {file}: {rule} then: {commands}, and plug the dongle in again",
    file="/etc/udev/rules.d/60-rtl-sdr.rules",
    rule=UDEV_RULE,
    commands="sudo udevadm control --reload-rules && sudo udevadm trigger",
)

KERNEL_DRIVER = "dvb_usb_rtl28xxu"
"""The kernel's television driver, which takes a dongle as soon as it is plugged in."""

BLACKLIST_MEND = say(
    "{commands}, and plug the dongle in again",
    commands=f"echo 'blacklist {KERNEL_DRIVER}' | sudo tee /etc/modprobe.d/blacklist-rtl28xxu.conf; "
    f"sudo modprobe -r {KERNEL_DRIVER}",
)

RECEIVER_NAMES = "'rtlsdr', 'rtlsdr:SERIAL', 'rtltcp:HOST:PORT', 'soapy:ARGS'"

DEFAULT_PORT = 1234
"""``rtl_tcp``'s own."""


class SourceEntry(msgspec.Struct, frozen=True):
    """One line of the list. ``available`` is ``None`` where only the address given will tell.

    ``label``, ``detail`` and ``mend`` are English; ``what``, ``why`` and ``how`` say the same in the reader's
    language (``row`` leaves them out: a document is English).
    """

    name: str
    medium: Medium
    available: bool | None
    label: str = ""
    reason: Reason | None = None
    detail: str = ""
    mend: str = ""
    what: Phrase | None = None
    why: Phrase | None = None
    how: Phrase | None = None


def row(entry: SourceEntry) -> dict[str, Any]:
    """The entry as a document has it."""
    told = msgspec.to_builtins(entry)
    return {key: told[key] for key in ("name", "medium", "available", "label", "reason", "detail", "mend")}


def _entry(
    name: str,
    medium: Medium,
    available: bool | None,
    what: Words = "",
    reason: Reason | None = None,
    why: Words = "",
    how: Words = "",
) -> SourceEntry:
    said = (phrase_of(what), phrase_of(why), phrase_of(how))
    return SourceEntry(name, medium, available, english(what), reason, english(why), english(how), *said)


def list_sources() -> list[SourceEntry]:
    """Every receiver, there or not. Takes a second or two: each dongle is opened once."""
    return asyncio.run(probe())


async def probe() -> list[SourceEntry]:
    """The same, where a loop already runs."""
    return [
        *await _rtlsdr(),
        _rtl_tcp(),
        *await asyncio.to_thread(_soapy),
        await _ble(),
        await asyncio.to_thread(_wifi),
        await asyncio.to_thread(_wifi_list),
    ]


def open_source(name: str, plan: SweepPlan | None = None) -> Source:
    """The source of that name, not yet connected. Raises ``SweeperError`` for a name that is none.

    ``plan`` is not needed to build one; it goes to ``Source.records``.
    """
    kind, _, rest = name.partition(":")
    make = _receiver(name)
    if make is not None:
        return SweepSource(name, make)
    if kind == "ble":
        return ble.source(rest)
    if kind == "hci":
        return ble_hci.source(rest)
    if kind == "wifi":
        return wifi.source(rest)
    if kind == "wifi-list":
        return wifi_managed.source(rest)
    for loaded in plugins.load(plugins.SOURCES):
        if loaded.plugin.name == kind:
            if loaded.problem:
                raise SweeperError(say("{name}: {problem}", name=name, problem=loaded.problem))
            return _foreign(name, loaded, rest)
    raise SweeperError(
        say(
            "{name}: no such source; {names}, 'ble' or 'wifi'",
            name=name,
            names=RECEIVER_NAMES,
        )
    )


def _foreign(name: str, loaded: plugins.Loaded, rest: str) -> Source:
    """A plug-in's source, built and run with a limit on its time."""
    with contained() as caught:
        return PatientSource(within(loaded.plugin.name, lambda: loaded.value(rest)))
    raise SweeperError(say("{name}: {problem}", name=name, problem=caught.words()))


def receiver(name: str) -> Callable[[], Receiver]:
    """What builds the receiver of that name, for listening or locating. Raises ``SweeperError``."""
    make = _receiver(name)
    if make is None:
        raise SweeperError(say("{name}: no such receiver; {names}", name=name, names=RECEIVER_NAMES))
    return make


def _receiver(name: str) -> Callable[[], Receiver] | None:
    kind, _, rest = name.partition(":")
    if kind == "rtlsdr":
        return lambda: rtlsdr.RtlSdr(rest)
    if kind in ("rtltcp", "rtl_tcp"):  # the program's own name is what many will type
        host, port = address(name, rest)
        return lambda: RtlTcp(host, port)
    if kind == "soapy" and rest:
        return lambda: soapy.Soapy(rest)
    return None


def address(name: str, rest: str) -> tuple[str, int]:
    """Host and port; an IPv6 host in brackets. Raises ``SweeperError``."""
    host, colon, port = rest.rpartition(":") if not rest.endswith("]") else (rest, "", "")
    if not colon:
        host, port = rest, str(DEFAULT_PORT)
    host = host.removeprefix("[").removesuffix("]")
    if not host or not port.isascii() or not port.isdigit() or not 0 < int(port) < 65536:
        raise SweeperError(
            say("{name}: not an address; write rtltcp:HOST:PORT, e.g. rtltcp:192.168.1.20:1234", name=name)
        )
    return host, int(port)


async def _rtlsdr() -> list[SourceEntry]:
    try:
        found = await rtlsdr.present("probe")
    except Unavailable as why:
        detail = say("{why} (a dongle is plugged in)", why=why.why) if usb_dongles() else why.why
        return [_missing("rtlsdr", why.reason, detail, why.how)]
    if not found:
        if usb_dongles():
            detail = say("a dongle is plugged in, but the driver does not see it")
            return [_missing("rtlsdr", Reason.NO_PERMISSION, detail, UDEV_MEND)]
        mend = rtlsdr.MENDS[Reason.NO_DEVICE]
        return [_missing("rtlsdr", Reason.NO_DEVICE, say("no dongle found"), mend)]
    serials = Counter(one["serial"] for one in found)
    return [_dongle(one, serials[one["serial"]] == 1, kernel_driver_loaded()) for one in found]


async def _ble() -> SourceEntry:
    why, label = await ble.present(), say("Bluetooth adapter")
    if why is None:
        return _entry("ble", Medium.BLE, True, label)
    return _entry("ble", Medium.BLE, False, label, why.reason, why.why, why.how)


def _wifi() -> SourceEntry:
    why, label = wifi.present(), say("Wi-Fi adapter")
    if why is None:
        return _entry("wifi", Medium.WIFI, True, label)
    return _entry("wifi", Medium.WIFI, False, label, why.reason, why.why, why.how)


def _wifi_list() -> SourceEntry:
    label = say("Wi-Fi adapter, access points only")
    try:
        way, _ = wifi_managed.lister()
    except Unavailable as why:
        return _entry("wifi-list", Medium.WIFI, False, label, why.reason, why.why, why.how)
    label = say("Wi-Fi adapter, access points only ({way})", way=way)
    return _entry("wifi-list", Medium.WIFI, True, label)


def _dongle(one: dict[str, Any], unique: bool, kernel_driver: bool) -> SourceEntry:
    name = f"rtlsdr:{one['serial']}" if one["serial"] and unique else "rtlsdr"
    label = " ".join(part for part in (one["maker"], one["product"]) if part) or one["name"]
    if one["reason"] is None:
        tuner: Words = rtlsdr.TUNERS.get(one["tuner"]) or say("unknown tuner")
        return _entry(name, Medium.RF, True, say("{label} ({tuner})", label=label, tuner=tuner))
    reason = Reason(one["reason"])
    mend: Words = rtlsdr.MENDS.get(reason, "")
    if reason is Reason.NO_PERMISSION:
        mend = UDEV_MEND
    elif reason is Reason.BUSY:
        mend = BLACKLIST_MEND if kernel_driver else say("end the other program that uses it")
    why = msgspec.convert(one["said"], Phrase)
    return _entry(name, Medium.RF, False, label, reason, why, mend)


def _rtl_tcp() -> SourceEntry:
    return _entry(
        "rtltcp:HOST:PORT",
        Medium.RF,
        None,
        say("a remote dongle behind rtl_tcp"),
        why=say("not tried: name the server"),
        how=say("on the other machine: rtl_tcp -a 0.0.0.0"),
    )


def _soapy() -> list[SourceEntry]:
    try:
        found = soapy.found()
    except Unavailable as why:
        return [_missing("soapy", why.reason, why.why, why.how)]
    if not found:
        mend = say("SoapySDRUtil --find lists them")
        return [_missing("soapy", Reason.NO_DEVICE, say("SoapySDR sees no device"), mend)]
    return [_entry(f"soapy:{args}", Medium.RF, True, say("SoapySDR device")) for args in found]


PRODUCTS = {"rtlsdr": "RTL-SDR", "soapy": "SoapySDR"}
"""What is missing, by its own name: proper names, the same in every language."""


def _missing(name: str, reason: Reason, why: Words, how: Words) -> SourceEntry:
    return _entry(name, Medium.RF, False, PRODUCTS[name], reason, why, how)


def usb_dongles(root: Path = Path("/sys/bus/usb/devices")) -> list[str]:
    """USB addresses of what looks like an RTL-SDR, whatever the driver says."""
    found = []
    for folder in sorted(root.glob("*")):
        ids = tuple(_first_line(folder / name) for name in ("idVendor", "idProduct"))
        if ids in USB_IDS:
            found.append(folder.name)
    return found


def kernel_driver_loaded(modules: Path = Path("/proc/modules")) -> bool:
    """Whether the kernel's television driver is loaded."""
    try:
        lines: Iterable[str] = modules.read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return False
    return any(line.split(" ", 1)[0] == KERNEL_DRIVER for line in lines)


def _first_line(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii", errors="replace").strip()
    except OSError:
        return ""
