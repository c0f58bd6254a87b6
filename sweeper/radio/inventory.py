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

USB_IDS = {("0bda", "2832"), ("0bda", "2838")}
"""Vendor and product of Realtek's RTL2832U and the usual RTL2838 dongles (osmocom's ``rtl-sdr.rules``)."""

UDEV_RULE = (
    """SUBSYSTEM=="usb", ATTRS{idVendor}=="0bda", ATTRS{idProduct}=="2838", """
    """MODE="0660", GROUP="plugdev", TAG+="uaccess\""""
)
UDEV_MEND = (
    f"put this line into /etc/udev/rules.d/60-rtl-sdr.rules: {UDEV_RULE} "
    "then: sudo udevadm control --reload-rules && sudo udevadm trigger, and plug the dongle in again"
)

KERNEL_DRIVER = "dvb_usb_rtl28xxu"
"""The kernel's television driver, which takes a dongle as soon as it is plugged in."""

BLACKLIST_MEND = (
    f"echo 'blacklist {KERNEL_DRIVER}' | sudo tee /etc/modprobe.d/blacklist-rtl28xxu.conf; "
    f"sudo modprobe -r {KERNEL_DRIVER}, and plug the dongle in again"
)

RECEIVER_NAMES = "'rtlsdr', 'rtlsdr:SERIAL', 'rtltcp:HOST:PORT', 'soapy:ARGS'"

DEFAULT_PORT = 1234
"""``rtl_tcp``'s own."""


class SourceEntry(msgspec.Struct, frozen=True):
    """One line of the list. ``available`` is ``None`` where only the address given will tell."""

    name: str
    medium: Medium
    available: bool | None
    label: str = ""
    reason: Reason | None = None
    detail: str = ""
    mend: str = ""


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
                raise SweeperError(f"{name}: {loaded.problem}")
            return _foreign(name, loaded, rest)
    raise SweeperError(f"{name}: no such source; {RECEIVER_NAMES}, 'ble' or 'wifi'")


def _foreign(name: str, loaded: plugins.Loaded, rest: str) -> Source:
    """A plug-in's source, built and run with a limit on its time."""
    with contained() as caught:
        return PatientSource(within(loaded.plugin.name, lambda: loaded.value(rest)))
    raise SweeperError(f"{name}: {caught.line()}")


def receiver(name: str) -> Callable[[], Receiver]:
    """What builds the receiver of that name, for listening or locating. Raises ``SweeperError``."""
    make = _receiver(name)
    if make is None:
        raise SweeperError(f"{name}: no such receiver; {RECEIVER_NAMES}")
    return make


def _receiver(name: str) -> Callable[[], Receiver] | None:
    kind, _, rest = name.partition(":")
    if kind == "rtlsdr":
        return lambda: rtlsdr.RtlSdr(rest)
    if kind == "rtltcp":
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
        raise SweeperError(f"{name}: not an address; write rtltcp:HOST:PORT, e.g. rtltcp:192.168.1.20:1234")
    return host, int(port)


async def _rtlsdr() -> list[SourceEntry]:
    try:
        found = await rtlsdr.present("probe")
    except Unavailable as why:
        seen = " (a dongle is plugged in)" if usb_dongles() else ""
        return [_missing("rtlsdr", why.reason, why.detail + seen, why.mend)]
    if not found:
        if usb_dongles():
            detail = "a dongle is plugged in, but the driver does not see it"
            return [_missing("rtlsdr", Reason.NO_PERMISSION, detail, UDEV_MEND)]
        return [_missing("rtlsdr", Reason.NO_DEVICE, "no dongle found", rtlsdr.MENDS[Reason.NO_DEVICE])]
    serials = Counter(one["serial"] for one in found)
    return [_dongle(one, serials[one["serial"]] == 1, kernel_driver_loaded()) for one in found]


async def _ble() -> SourceEntry:
    why = await ble.present()
    if why is None:
        return SourceEntry("ble", Medium.BLE, True, "Bluetooth adapter")
    return SourceEntry("ble", Medium.BLE, False, "Bluetooth adapter", why.reason, why.detail, why.mend)


def _wifi() -> SourceEntry:
    why = wifi.present()
    if why is None:
        return SourceEntry("wifi", Medium.WIFI, True, "Wi-Fi adapter")
    return SourceEntry("wifi", Medium.WIFI, False, "Wi-Fi adapter", why.reason, why.detail, why.mend)


def _wifi_list() -> SourceEntry:
    label = "Wi-Fi adapter, access points only"
    try:
        way, _ = wifi_managed.lister()
    except Unavailable as why:
        return SourceEntry("wifi-list", Medium.WIFI, False, label, why.reason, why.detail, why.mend)
    return SourceEntry("wifi-list", Medium.WIFI, True, f"{label} ({way})")


def _dongle(one: dict[str, Any], unique: bool, kernel_driver: bool) -> SourceEntry:
    name = f"rtlsdr:{one['serial']}" if one["serial"] and unique else "rtlsdr"
    label = " ".join(part for part in (one["maker"], one["product"]) if part) or one["name"]
    if one["reason"] is None:
        tuner = rtlsdr.TUNERS.get(one["tuner"], "unknown tuner")
        return SourceEntry(name, Medium.RF, True, f"{label} ({tuner})")
    reason = Reason(one["reason"])
    mend = rtlsdr.MENDS.get(reason, "")
    if reason is Reason.NO_PERMISSION:
        mend = UDEV_MEND
    elif reason is Reason.BUSY:
        mend = BLACKLIST_MEND if kernel_driver else "end the other program that uses it"
    return SourceEntry(name, Medium.RF, False, label, reason, one["detail"], mend)


def _rtl_tcp() -> SourceEntry:
    return SourceEntry(
        "rtltcp:HOST:PORT",
        Medium.RF,
        None,
        "a remote dongle behind rtl_tcp",
        detail="not tried: name the server",
        mend="on the other machine: rtl_tcp -a 0.0.0.0",
    )


def _soapy() -> list[SourceEntry]:
    try:
        found = soapy.found()
    except Unavailable as why:
        return [_missing("soapy", why.reason, why.detail, why.mend)]
    if not found:
        return [
            _missing("soapy", Reason.NO_DEVICE, "SoapySDR sees no device", "SoapySDRUtil --find lists them")
        ]
    return [SourceEntry(f"soapy:{args}", Medium.RF, True, "SoapySDR device") for args in found]


def _missing(name: str, reason: Reason, detail: str, mend: str) -> SourceEntry:
    return SourceEntry(name, Medium.RF, False, reason=reason, detail=detail, mend=mend)


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
