"""Bluetooth Low Energy senders of a scene, as advertisements with address, AD structures and RSSI.

An AD structure is ``length | type | value``; what fills them is in each function below, after the formats
that the makers publish or that open scanners agree on (Apple Find My and Continuity, Samsung SmartTag,
Microsoft CDP, Google Fast Pair, Bluetooth SIG). Keys and identifiers are random, so they belong to nobody.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import msgspec

from sweeper.records import Advertisement
from sweeper.synth import scene as s
from sweeper.synth.dice import Dice
from sweeper.synth.wave import meets

ROTATION_S = 900.0
"""Private addresses change each 15 minutes (Core Specification, vol 3 part C, appendix A: T_GAP 900 s)."""
DELAY_S = 0.010
"""Each advertising event comes up to 10 ms late, at random (Core Specification, vol 6 part B, 4.4.2.2)."""
FLOOR_DBM = -98
"""Below this an adapter does not hear an advertisement."""
FLAGS = bytes.fromhex("020106")


class Sent(msgspec.Struct, frozen=True):
    """What a sender puts on the air in one period: address, its type, AD structures."""

    address: str
    address_type: str
    data: bytes


class Sender(msgspec.Struct, frozen=True):
    """A sender's interval and what it sends at a time."""

    interval_s: float
    sent: Callable[[float], Sent]


def adverts(emitter: s.Ble, seed: int, duration_s: float) -> Iterator[Advertisement]:
    """What is heard of one emitter over the scene, in time order."""
    dice = Dice(seed, "ble", emitter.name)
    sender = SENDERS[type(emitter)](emitter, dice)
    on = meets(emitter.on, 0.0, duration_s)
    count = int(duration_s / sender.interval_s) + 1
    delays, chances = dice.sub("delay").uniform(count), dice.sub("loss").uniform(count)
    fading = dice.sub("fading").gauss(count).real
    phase = dice.between(0, sender.interval_s, 1)
    for k in range(count):
        now = round(phase + k * sender.interval_s + DELAY_S * float(delays[k]), 6)
        rssi = round(emitter.rssi_dbm + emitter.spread_db * 1.414 * float(fading[k]))
        if chances[k] < emitter.loss or rssi < FLOOR_DBM or not any(a <= now < b for a, b in on):
            continue
        sent = sender.sent(now)
        yield Advertisement(
            time_s=now,
            address=sent.address,
            address_type=sent.address_type,
            rssi_dbm=min(rssi, -20),
            data=sent.data,
            channel=37 + dice.below(3, k + 2),
        )


def everything(scene: s.Scene) -> list[Advertisement]:
    """All advertisements of a scene in time order."""
    heard = [advert for emitter in scene.ble for advert in adverts(emitter, scene.seed, scene.duration_s)]
    return sorted(heard, key=lambda advert: (advert.time_s, advert.address))


def _structure(kind: int, value: bytes) -> bytes:
    return bytes([len(value) + 1, kind]) + value


def _maker(company: int, value: bytes) -> bytes:
    return _structure(0xFF, company.to_bytes(2, "little") + value)


def _service(uuid: int, value: bytes) -> bytes:
    return _structure(0x16, uuid.to_bytes(2, "little") + value)


def _address(raw: bytes, top: int | None = None) -> str:
    """Six bytes as text; ``top`` sets the two top bits (3 static, 1 resolvable, 0 non-resolvable)."""
    first = raw[0] if top is None else raw[0] & 0x3F | top << 6
    return ":".join(f"{byte:02x}" for byte in (first, *raw[1:6]))


def _rotating(dice: Dice, now: float, top: int) -> str:
    return _address(dice.sub("address").bytes(6, int(now / ROTATION_S)), top)


def _airtag(emitter: s.AirTag, dice: Dice) -> Sender:
    """Find My: the address is the key's first six bytes with the top bits set, the frame holds the rest.

    Separated: 12 19 | status | key bytes 6..27 | two top bits of byte 0 | hint. Status 0x10: an AirTag.
    """
    key = dice.sub("key").bytes(28)
    address = _address(key, 3)
    if emitter.separated:
        frame = bytes([0x12, 0x19, 0x10]) + key[6:28] + bytes([key[0] >> 6, dice.below(256, 3)])
    else:
        frame = bytes([0x12, 0x02, 0x14, key[0] >> 6])
    return Sender(2.0, lambda now: Sent(address, "random", _maker(0x004C, frame)))


def _smarttag(emitter: s.SmartTag, dice: Dice) -> Sender:
    """FD5A: 0001 0sss | aging counter 3 | privacy id 8 | flags | reserved 3 | signature 4."""
    counter = dice.below(1 << 16, 3)

    def sent(now: float) -> Sent:
        age = (counter + int(now / ROTATION_S)).to_bytes(3, "little")
        body = bytes([0x10 | emitter.state]) + age + dice.sub("id").bytes(8, int(now / ROTATION_S))
        body += bytes([0x03, 0, 0, 0]) + dice.sub("signature").bytes(4, int(now / ROTATION_S))
        return Sent(_rotating(dice, now, 1), "random", _structure(0x03, b"\x5a\xfd") + _service(0xFD5A, body))

    return Sender(1.0, sent)


def _iphone(emitter: s.IPhone, dice: Dice) -> Sender:
    """Flags, transmit power, Apple *nearby info*: 10 05 | status | flags | three bytes of tag."""

    def sent(now: float) -> Sent:
        tag = dice.sub("tag").bytes(3, int(now / ROTATION_S))
        info = bytes([0x10, 0x05, 0x0B, 0x1C]) + tag
        data = bytes.fromhex("02011a") + bytes.fromhex("020a0c") + _maker(0x004C, info)
        return Sent(_rotating(dice, now, 1), "random", data)

    return Sender(0.27, sent)


def _windows(emitter: s.WindowsLaptop, dice: Dice) -> Sender:
    """Microsoft CDP: 01 09 20 02 | salt 4 | hash 19."""

    def sent(now: float) -> Sent:
        body = bytes.fromhex("01092002") + dice.sub("hash").bytes(23, int(now / ROTATION_S))
        return Sent(_rotating(dice, now, 0), "random", _maker(0x0006, body))

    return Sender(1.28, sent)


def _headphones(emitter: s.Headphones, dice: Dice) -> Sender:
    """Flags, Fast Pair account data (FE2C), the name; a public address of Sony's."""
    address = "38:18:4c" + _address(bytes(3) + dice.bytes(3, 3))[8:]
    account = bytes([0x00, 0x40]) + dice.bytes(4, 4) + bytes([0x11]) + dice.bytes(1, 5)
    name = emitter.label.encode()[: 31 - len(FLAGS) - 12 - 2]
    data = FLAGS + _service(0xFE2C, account) + _structure(0x09, name)
    return Sender(0.5, lambda now: Sent(address, "public", data))


def _ibeacon(emitter: s.IBeacon, dice: Dice) -> Sender:
    """02 15 | uuid 16 | major | minor | power at one metre."""
    address = _address(dice.bytes(6, 3), 3)
    body = b"\x02\x15" + dice.bytes(16, 4) + bytes([0, 3, 0, dice.below(200, 5), 0xC5])
    return Sender(0.4, lambda now: Sent(address, "random", FLAGS + _maker(0x004C, body)))


def _thermometer(emitter: s.Thermometer, dice: Dice) -> Sender:
    """181A as the common thermometer firmware sends it: address | 0.1 degC | % | battery % | mV | counter."""
    raw = bytes.fromhex("a4c138") + dice.bytes(3, 3)

    def sent(now: float) -> Sent:
        reading = 226 + int(now / 60) % 4
        body = raw + reading.to_bytes(2, "big") + bytes([41, 87]) + (2961).to_bytes(2, "big")
        return Sent(_address(raw), "public", FLAGS + _service(0x181A, body + bytes([int(now / 10) & 0xFF])))

    return Sender(2.5, sent)


def _raw(emitter: s.RawAdvert, dice: Dice) -> Sender:
    """What the scene says."""
    top = 3 if emitter.address_type == "random" else None
    address, data = _address(dice.bytes(6, 3), top), bytes.fromhex(emitter.data)
    return Sender(emitter.interval_s, lambda now: Sent(address, emitter.address_type, data))


SENDERS: dict[type, Callable[..., Sender]] = {
    s.AirTag: _airtag,
    s.SmartTag: _smarttag,
    s.IPhone: _iphone,
    s.WindowsLaptop: _windows,
    s.Headphones: _headphones,
    s.IBeacon: _ibeacon,
    s.Thermometer: _thermometer,
    s.RawAdvert: _raw,
}
