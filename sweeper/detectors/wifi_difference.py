"""Wi-Fi held against a reference: look-alike access points, changed ones, hidden and near newcomers.

- *look-alike*: a name of the reference under an address that was not there: medium if it is less protected,
  low if of another maker, for information if it may be one more access point of the same network;
- *changed*: an address of the reference that is now less protected (medium), or sends other elements (low);
- *hidden*: a network without a name that was not there;
- *near*: anything else that was not there and is heard as strongly as within a room.

What is new and far away is counted, not raised: streets change every minute.
"""

from __future__ import annotations

from collections.abc import Iterator

from sweeper.records import Detection, Device, Evidence, Level, Record, State, told
from sweeper.text import Phrase, say
from sweeper.wifi_reference import Heard, WifiReference, heard_of, strength

NEAR_DBM = -55
"""Heard within about ten metres without a wall: 20 dBm, and 40 dB + 20 log(metres) lost at 2.4 GHz."""


class WifiDifference:
    """Device in, Detections of what the reference does not know; built by whoever has a reference."""

    name = "wifi-difference"
    accepts: tuple[type[Record], ...] = (Device,)

    def __init__(self, reference: WifiReference) -> None:
        self._then = {one.address: one for one in reference.devices}
        self._networks: dict[str, list[Heard]] = {}
        for one in reference.devices:
            for name in one.names:
                self._networks.setdefault(name, []).append(one)
        self._place = reference.place
        self._claimed: set[tuple[str, str]] = set()
        self._new: dict[str, None] = {}
        self._met: set[str] = set()
        self._source, self._last_s = "", 0.0

    def feed(self, record: Device, /) -> Iterator[Record]:
        """Claims about one device, each once."""
        now = heard_of(record)
        if now is None:
            return
        self._source, self._last_s = record.source, record.time_s
        then = self._then.get(now.address)
        if then is not None:
            self._met.add(now.address)
            yield from self._changed(record, now, then)
            return
        self._new[now.address] = None
        if now.kind == "access-point":
            for name, shown in zip(now.names, _names(record), strict=False):
                if name in self._networks:
                    yield from self._alike(record, now, self._networks[name], shown)
        yield from self._newcomer(record, now)

    def finish(self) -> Iterator[Record]:
        """How many were new, and how many of the reference were not heard."""
        gone = len(self._then) - len(self._met)
        yield told(
            say(
                "held against the reference ({place}): {new} transmitters are new, {gone} of {all} were not "
                "heard now",
                place=self._place or say("no place told"),
                new=len(self._new),
                gone=gone,
                all=len(self._then),
            ),
            source=self._source,
            time_s=self._last_s,
            subject=self.name,
            state=State.READY,
        )

    def _changed(self, device: Device, now: Heard, then: Heard) -> Iterator[Record]:
        before, after = strength(then.security), strength(now.security)
        if before is not None and after is not None and after < before:
            yield from self._claim(
                device, "weaker", "rogue-ap", Level.MEDIUM, 0.7,
                say("An access point that is less protected than it was"),
                say(
                    "It was {before} in the reference and is {after} now.",
                    before=then.security, after=now.security,
                ),
            )  # fmt: skip
        elif then.elements and now.elements and then.elements != now.elements:
            yield from self._claim(
                device, "elements", "rogue-ap", Level.LOW, 0.4,
                say("An access point that introduces itself otherwise than it did"),
                say("Its beacons carry other elements than in the reference: other equipment or settings."),
            )  # fmt: skip

    def _alike(self, device: Device, now: Heard, known: list[Heard], shown: str) -> Iterator[Record]:
        ranks = [rank for one in known if (rank := strength(one.security)) is not None]
        mine = strength(now.security)
        why = say(
            "{name} is offered by {address}, which was not in the reference; there it was {others}.",
            name=shown, address=device.address, others=", ".join(one.address for one in known[:3]),
        )  # fmt: skip
        if ranks and mine is not None and mine < min(ranks):
            level, confidence = Level.MEDIUM, 0.8
            title = say("An access point with a known network's name and less protection")
        elif not any(_maker(one.address) == _maker(now.address) for one in known):
            level, confidence = Level.LOW, 0.5
            title = say("An access point with a known network's name, of another maker")
        else:
            level, confidence = Level.INFO, 0.3
            title = say("One more access point of a known network")
        yield from self._claim(device, "alike", "rogue-ap", level, confidence, title, why)

    def _newcomer(self, device: Device, now: Heard) -> Iterator[Record]:
        strongest = device.facts.get("wifi.rssi_max")
        dbm = strongest if isinstance(strongest, int) else -128
        near = dbm >= NEAR_DBM
        if device.facts.get("wifi.hidden"):
            yield from self._claim(
                device, "hidden", "unknown-transmitter", Level.LOW if near else Level.INFO, 0.4,
                say("A network without a name that was not there before"),
                say("It hides its name, and its address is not in the reference."),
            )  # fmt: skip
        elif near and not any(name in self._networks for name in now.names):
            yield from self._claim(
                device, "near", "unknown-transmitter", Level.LOW, 0.4,
                say("A Wi-Fi device near by that was not there before"),
                say("Its strongest signal was {dbm} dBm, as within a room.", dbm=dbm),
            )  # fmt: skip

    def _claim(
        self,
        device: Device,
        pattern: str,
        kind: str,
        level: Level,
        confidence: float,
        title: Phrase,
        why: Phrase,
    ) -> Iterator[Record]:
        if (device.address, pattern) in self._claimed:
            return
        self._claimed.add((device.address, pattern))
        yield Detection(
            source=device.source,
            time_s=device.time_s,
            detector=self.name,
            subject=device.id,
            kind=kind,
            level=level,
            confidence=confidence,
            title=title,
            why=(why, say("Its address is {address}.", address=device.address)),
            benign=BENIGN,
            next=NEXT,
            evidence=(
                Evidence("against the reference", pattern, "", device.source, device.time_s),
                Evidence("reference taken at", self._place, "", device.source, device.time_s),
            ),
        )


BENIGN = (
    say("The owner added, replaced or updated an access point, or changed its settings."),
    say("A repeater, mesh node, guest, neighbour or passing car."),
)
NEXT = (
    say("Ask whoever runs the network; compare the address with the labels of their devices."),
    say("Search by signal strength: go where it grows."),
    say("Do not join a network that is less protected than it should be."),
)


def _names(device: Device) -> list[str]:
    """Network names that are safe to show, in the order of their hex."""
    shown = device.facts.get("wifi.ssid")
    return [str(name) for name in shown] if isinstance(shown, list) else []


def _maker(address: str) -> int:
    """The maker's block; an access point's further networks carry its own address with the local bit set."""
    return int(address.replace(":", ""), 16) >> 24 & ~(1 << 17)
