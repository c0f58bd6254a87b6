"""Apple's manufacturer data (company 0x004C): *continuity* messages, Find My, AirPods, iBeacon.

::

    | type | length | value ...            | type | length | value ...      several messages may follow

    Find My, away from its owner (separated)                Find My, owner near
    +----+----+--------+-----------+---------+------+       +----+----+--------+---------+
    | 12 | 19 | status | key 6..27 | key top | hint |       | 12 | 02 | status | key top |
    +----+----+--------+-----------+---------+------+       +----+----+--------+---------+

    status   bits 7-6 battery: 0 full, 1 medium, 2 low, 3 very low
             bits 5-4 kind: 0 an Apple device, 1 AirTag, 2 licensed third party, 3 AirPods
             bit 2    the owner was connected in this key period

The sender's address carries key bytes 0 to 5 with the two top bits forced to 11; *key top* has the two that
were overwritten. Layouts: field work published by the continuity project (furiousMAC), AirGuard and
FindMy.py, which agree. A home-made tag sends status 00 and looks like a lost iPhone or Mac.
"""

from __future__ import annotations

from sweeper.errors import ProtocolError
from sweeper.protocols.ble.address import raw
from sweeper.records import Value
from sweeper.text import say

COMPANY = 0x004C

OVERFLOW_AREA = 0x01
IBEACON = 0x02
PROXIMITY_PAIRING = 0x07
FIND_MY = 0x12
SEPARATED_LENGTH = 0x19
NEAR_OWNER_LENGTH = 0x02
IBEACON_LENGTH = 0x15

KINDS = ("apple_device", "airtag", "third_party", "airpods")
BATTERY = ("full", "medium", "low", "very_low")

MESSAGES = {
    OVERFLOW_AREA: "overflow_area",
    IBEACON: "ibeacon",
    0x03: "airprint",
    0x05: "airdrop",
    0x06: "homekit",
    PROXIMITY_PAIRING: "proximity_pairing",
    0x08: "siri",
    0x09: "airplay_target",
    0x0A: "airplay_source",
    0x0B: "magic_switch",
    0x0C: "handoff",
    0x0D: "tethering_target",
    0x0E: "tethering_source",
    0x0F: "nearby_action",
    0x10: "nearby_info",
    FIND_MY: "find_my",
    0x16: "phone_setup",
}
"""Message names as the continuity project uses them."""

AIRPODS_MODELS = {
    0x0220: "AirPods (1st generation)",
    0x0F20: "AirPods (2nd generation)",
    0x1320: "AirPods (3rd generation)",
    0x0E20: "AirPods Pro",
    0x1420: "AirPods Pro (2nd generation)",
    0x2420: "AirPods Pro (2nd generation, USB-C)",
    0x0A20: "AirPods Max",
}


def decode(data: bytes, address: str | None, facts: dict[str, Value]) -> None:
    """Add what Apple's manufacturer data tells. Raises ``ProtocolError`` on a cut Find My or iBeacon."""
    names: list[Value] = []
    at = 0
    while at < len(data):
        kind = data[at]
        if kind == OVERFLOW_AREA:  # a bit field of 16 bytes without a length
            names.append(MESSAGES[kind])
            break
        if at + 1 >= len(data):
            _cut(kind, at)
            break
        length = data[at + 1]
        value = data[at + 2 : at + 2 + length]
        if len(value) < length:
            _cut(kind, at)
        names.append(MESSAGES.get(kind, f"type_{kind:02x}"))
        if kind == FIND_MY:
            _find_my(value, address, facts)
        elif kind == PROXIMITY_PAIRING:
            _proximity_pairing(value, facts)
        elif kind == IBEACON and length == IBEACON_LENGTH:
            ibeacon(value, facts)
        at += 2 + length
    facts["apple.messages"] = names


def _cut(kind: int, at: int) -> None:
    """Messages that identify a thing must be whole; Apple's other messages are not looked into."""
    if kind in (FIND_MY, IBEACON):
        raise ProtocolError(say("a cut {messages} message", messages=MESSAGES[kind]), at)


def _find_my(value: bytes, address: str | None, facts: dict[str, Value]) -> None:
    if not value:
        raise ProtocolError(say("an empty find_my message"), 0)
    state = {SEPARATED_LENGTH: "separated", NEAR_OWNER_LENGTH: "near_owner"}.get(len(value), "unknown")
    if facts.get("findmy.state") == "separated" and state != "separated":
        return  # two messages in one advertisement: the one that matters to the reader is kept
    status = value[0]
    facts["findmy.kind"] = KINDS[status >> 4 & 0x03]
    facts["findmy.state"] = state
    facts["findmy.battery"] = BATTERY[status >> 6]
    facts["findmy.status"] = status
    facts["findmy.maintained"] = bool(status & 0x04)
    if state == "separated":
        sender = raw(address)
        if sender is not None:
            first = (value[23] & 0x03) << 6 | sender[0] & 0x3F
            facts["findmy.key"] = (bytes((first,)) + sender[1:] + value[1:23]).hex()


def _proximity_pairing(value: bytes, facts: dict[str, Value]) -> None:
    if len(value) >= 3 and value[0] == 0x01:
        model = value[1] << 8 | value[2]
        facts["airpods.model"] = AIRPODS_MODELS.get(model, f"0x{model:04x}")


def ibeacon(value: bytes, facts: dict[str, Value]) -> None:
    """``uuid(16) major(2) minor(2) power(1)``, big-endian."""
    digits = value[:16].hex().upper()
    facts["ibeacon.uuid"] = f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
    facts["ibeacon.major"] = value[16] << 8 | value[17]
    facts["ibeacon.minor"] = value[18] << 8 | value[19]
    facts["ibeacon.power_dbm"] = value[20] - 256 if value[20] > 127 else value[20]
