"""System Information of GSM: which network and cell a base station says it is (3GPP TS 44.018 §9.1.31…36).

octet   1      2          3     4 ...
type 3  length 06 (RR)    1b    cell identity 2 | location area 5 | control channels 3 | ...
type 4  length 06         1c    location area 5 | cell selection 2 | ...

location area identification (TS 24.008 §10.5.1.3), digits of country and network code in nibbles
        bits 8…5       bits 4…1
   1    MCC digit 2    MCC digit 1
   2    MNC digit 3    MCC digit 3      MNC digit 3 is F where the code has two digits
   3    MNC digit 2    MNC digit 1
   4,5  LAC
"""

from __future__ import annotations

from typing import NamedTuple

RADIO_RESOURCES = 0x06
TYPES = {0x19: "1", 0x1A: "2", 0x1B: "3", 0x1C: "4", 0x02: "2bis", 0x03: "2ter", 0x07: "2quater", 0x00: "13"}
"""Messages of the BCCH (TS 44.018 table 9.1.1)."""


class CellName(NamedTuple):
    """Country and network code as digits (leading zeros count), location area and cell (type 4 lacks it)."""

    mcc: str
    mnc: str
    lac: int
    ci: int | None


def message_type(octets: bytes) -> str | None:
    """Which System Information 23 octets of the BCCH are; ``None`` for anything else."""
    if len(octets) < 3 or octets[1] != RADIO_RESOURCES:
        return None
    return TYPES.get(octets[2])


def cell_name(octets: bytes) -> CellName | None:
    """The cell's name in System Information 3 or 4; ``None`` in others or where digits are none."""
    kind = message_type(octets)
    if kind == "3" and len(octets) >= 10:
        return _named(octets[5:10], int.from_bytes(octets[3:5], "big"))
    if kind == "4" and len(octets) >= 8:
        return _named(octets[3:8], None)
    return None


def _named(area: bytes, ci: int | None) -> CellName | None:
    mcc = (area[0] & 15, area[0] >> 4, area[1] & 15)
    mnc = [area[2] & 15, area[2] >> 4]
    if area[1] >> 4 != 15:
        mnc.append(area[1] >> 4)
    if max(*mcc, *mnc) > 9:
        return None
    return CellName("".join(map(str, mcc)), "".join(map(str, mnc)), int.from_bytes(area[3:5], "big"), ci)
