"""Item trackers other than Apple's: Google Find Hub, DULT, Samsung, Tile, Chipolo.

::

    Google Find Hub, service data FEAA            DULT, service data FCB2
    +---------+-------------+--------------+      +---------+-------------------+--------------+
    | 40 | 41 | EID, 20, 32 | hashed flags |      | network | bit 0: owner near | proprietary  |
    +---------+-------------+--------------+      +---------+-------------------+--------------+
      41 = unwanted-tracking protection, that is separated

    Samsung SmartTag, service data FD5A, 20 bytes
    +-------------------------+-----------+------------+-----------------------------+----------+-----------+
    | 00010 | state (3 bits)  | aging, 3  | privacy id | flags: b2 UWB, b1-0 battery | reserved | signature |
    +-------------------------+-----------+------------+-----------------------------+----------+-----------+
      aging is little-endian and grows by one every 15 minutes

Sources: Google's Find Hub network accessory specification 1.3; the IETF DULT accessory protocol; Yu et al.,
arXiv 2210.14702, and AirGuard for Samsung; AirGuard for Chipolo and Tile. FEAA is also Eddystone's:
its frame types 00, 10, 20 and 30 are no trackers.
"""

from __future__ import annotations

from sweeper.errors import ProtocolError
from sweeper.protocols.ble.address import raw
from sweeper.records import Value
from sweeper.text import say

FHN_FRAMES = (0x40, 0x41)
FHN_EID_BYTES = 20
FHN_LONG_EID_BYTES = 32
FHN_PHONE_FLAGS = 0x02
"""AD flags of a phone that beacons for itself; tags send 06 (AirGuard)."""

DULT_NETWORKS = {0x01: "Apple", 0x02: "Google"}
"""00 and FF are reserved; other numbers are not assigned."""

SMARTTAG_STATES = {
    1: "premature_offline",
    2: "offline",
    3: "overmature_offline",
    4: "connected",
    5: "connected",
    6: "connected",
}
SMARTTAG_BATTERY = ("very_low", "low", "medium", "full")
SMARTTAG_MIN_BYTES = 13
"""State, aging counter, privacy id and flags; the signature behind them is not needed here."""

CHIPOLO_LAST_WITH_STATE = 0xD8
"""Chipolo firmware whose address begins above this does not send the owner bit (AirGuard)."""


def find_hub(data: bytes, flags: int | None, facts: dict[str, Value]) -> None:
    """Service data FEAA that begins with 40 or 41."""
    if len(data) < 1 + FHN_EID_BYTES:
        raise ProtocolError(
            say(
                "a Find Hub frame of {count} bytes, at least {value} needed",
                count=len(data),
                value=1 + FHN_EID_BYTES,
            )
        )
    eid = FHN_LONG_EID_BYTES if len(data) > FHN_LONG_EID_BYTES else FHN_EID_BYTES
    facts["fhn.state"] = "separated" if data[0] & 0x01 else "near_owner"
    facts["fhn.eid"] = data[1 : 1 + eid].hex()
    facts["fhn.carrier"] = "phone" if flags == FHN_PHONE_FLAGS else "tag"


def dult(data: bytes, facts: dict[str, Value]) -> None:
    """Service data FCB2. A reserved or unassigned network makes the owner bit worth nothing."""
    if len(data) < 2:
        raise ProtocolError(say("a DULT frame of {count} bytes, at least 2 needed", count=len(data)))
    network = DULT_NETWORKS.get(data[0])
    facts["dult.network_id"] = data[0]
    if network is None:
        facts["dult.state"] = "unknown"
        return
    facts["dult.network"] = network
    facts["dult.state"] = "near_owner" if data[1] & 0x01 else "separated"


def smarttag(data: bytes, facts: dict[str, Value]) -> None:
    """Service data FD5A. Other layouts than the published one are left as they are: state unknown."""
    if not data:
        raise ProtocolError(say("an empty SmartTag frame"))
    if data[0] & 0xF8 != 0x10:
        facts["smarttag.state"] = "unknown"
        return
    if len(data) < SMARTTAG_MIN_BYTES:
        raise ProtocolError(
            say(
                "a SmartTag frame of {count} bytes, at least {smarttag_min_bytes} needed",
                count=len(data),
                smarttag_min_bytes=SMARTTAG_MIN_BYTES,
            )
        )
    facts["smarttag.state"] = SMARTTAG_STATES.get(data[0] & 0x07, "unknown")
    facts["smarttag.aging"] = int.from_bytes(data[1:4], "little")
    facts["smarttag.privacy_id"] = data[4:12].hex()
    facts["smarttag.flags"] = data[12]
    facts["smarttag.uwb"] = bool(data[12] & 0x04)
    facts["smarttag.battery"] = SMARTTAG_BATTERY[data[12] & 0x03]


def find_my_mobile(data: bytes, facts: dict[str, Value]) -> None:
    """Service data FD69: a Samsung phone or earbuds in offline finding, long after the owner left."""
    facts["samsung_mobile.state"] = "overmature_offline"
    if len(data) >= 13:
        facts["samsung_mobile.id"] = data[1:13].hex()


def tile(data: bytes, facts: dict[str, Value]) -> None:
    """Service data FEED, FEEC or FD84: ``02 00`` and a fixed id of 8 bytes, or a rotating one of 16."""
    if len(data) >= 10 and data[:2] == b"\x02\x00":
        facts["tile.id"] = data[2:10].hex()
    elif len(data) >= 17:
        facts["tile.private_id"] = data[1:17].hex()


def chipolo(data: bytes, address: str | None, facts: dict[str, Value]) -> None:
    """Service data FE33: bit 0 of the second byte says that the owner has been away for over 30 minutes."""
    sender = raw(address)
    if len(data) < 2 or sender is None or sender[0] > CHIPOLO_LAST_WITH_STATE:
        facts["chipolo.state"] = "unknown"
    else:
        facts["chipolo.state"] = "separated" if data[1] & 0x01 else "near_owner"
