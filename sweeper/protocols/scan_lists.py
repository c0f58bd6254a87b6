"""Lists of access points as other programs print them: NetworkManager's ``nmcli`` and Windows' ``netsh``.

    nmcli -t -e yes -f BSSID,SSID-HEX,FREQ,SIGNAL,SECURITY device wifi list --rescan no
        AA\\:BB\\:CC\\:DD\\:EE\\:FF:686F6D65:2412 MHz:78:WPA2
    netsh wlan show networks mode=bssid      (in the system's language: only its shape is relied upon)
        SSID 1 : home
            Authentication : WPA2-Personal
            BSSID 1 : aa:bb:cc:dd:ee:ff
                 Signal : 78%
                 Channel : 6

They tell less than the air did: no elements. What they tell is put into the elements that say the same, as a
probe response, so that no order of elements is claimed. A signal in per cent is half a decibel each from
-100 dBm on: NetworkManager's and Windows' own convention.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sweeper.protocols.nl80211 import Seen
from sweeper.protocols.radiotap import channel_mhz

PRIVACY = 0x0010
_RSN = "30140100000fac040100000fac040100000fac{:02x}0000"
_SUITES = (("WPA3", 8), ("SAE", 8), ("802.1X", 1), ("ENTERPRISE", 1), ("WPA2", 2), ("RSN", 2), ("WPA", 2))
"""What the word for the protection stands for among the key management suites (IEEE 802.11, table 9-151)."""

_FIELD = re.compile(r"(?<!\\):")
_MAC = re.compile(r"\b([0-9a-fA-F]{2}(?:[:-][0-9a-fA-F]{2}){5})\b")


def nmcli(text: str) -> Iterator[Seen]:
    """Access points of ``nmcli``'s terse list; lines of another form are passed over."""
    for line in text.splitlines():
        fields = [part.replace("\\:", ":").replace("\\\\", "\\") for part in _FIELD.split(line)]
        if len(fields) != 5 or not _MAC.fullmatch(fields[0]):
            continue
        freq = re.match(r"(\d{4,5})", fields[2])
        try:
            ssid = bytes.fromhex(fields[1])
        except ValueError:
            continue
        yield _seen(fields[0], ssid, int(freq[1]) if freq else 0, fields[3], fields[4])


def netsh(text: str) -> Iterator[Seen]:
    """Access points of ``netsh``'s list, in any language: ``SSID n`` and ``BSSID n`` are the same in all."""
    ssid, security, entry = "", "", list[str]()
    for line in [*text.splitlines(), "SSID 0 : "]:
        name, _, value = (part.strip() for part in line.partition(":"))
        heads = re.match(r"B?SSID \d+$", name)
        if heads and entry:
            yield _netsh_one(ssid, security, entry)
            entry = []
        if heads and name[0] == "S":
            ssid, security = value, ""
        elif heads:
            entry = [value]
        elif entry:
            entry.append(value)
        elif re.search(r"WPA|WEP|OWE|SAE|RSN", value):
            security = f"{security} {value}".strip()


def _netsh_one(ssid: str, security: str, entry: list[str]) -> Seen:
    """``entry``: the address, then the values below it in order: the first in per cent is the signal, the
    first that is a small number alone the channel, in the band that is told where it is 6 GHz."""
    percent = next((v[:-1] for v in entry[1:] if re.fullmatch(r"\d{1,3}%", v)), "")
    channel = next((int(v) for v in entry[1:] if re.fullmatch(r"\d{1,3}", v)), 0)
    six = any(re.match(r"6[ \u00a0]?(GHz|ГГц)", value) for value in entry[1:])
    freq_mhz = 5950 + 5 * channel if six and channel else channel_mhz(channel) or 0
    return _seen(entry[0], ssid.encode("utf-8")[:32], freq_mhz, percent, security)


def _seen(address: str, ssid: bytes, freq_mhz: int, percent: str, security: str) -> Seen:
    quality = int(percent) if percent.isdecimal() else None
    elements = bytes([0, len(ssid[:32])]) + ssid[:32]
    words = security.upper()
    suite = next((number for word, number in _SUITES if word in words), None)
    if suite is not None:
        elements += bytes.fromhex(_RSN.format(suite))
    secret = suite is not None or "WEP" in words
    return Seen(
        bssid=bytes.fromhex(re.sub("[:-]", "", address)) if _MAC.fullmatch(address) else bytes(6),
        freq_mhz=freq_mhz,
        signal_dbm=None if quality is None else round(min(quality, 100) / 2 - 100),
        ago_s=0.0,
        interval=0,
        capability=1 | (PRIVACY if secret else 0),
        beacon=b"",
        response=elements,
    )
