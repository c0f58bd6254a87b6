"""Two guided tests for hidden trackers, for listeners without a position: at rest, and on a drive.

*At rest* (a flat, a parked car): listen where the tracker is thought to be, then go some hundred metres away
and listen again. What was heard steadily and strongly at first is in or near that place; what is still heard
steadily after the move came along in a bag or in clothes.

*Drive*: at least 35 minutes, because a tag may take up to 30 to call itself *away from its owner* (IETF
DULT), and then often under a new address. What is heard from some point of the way on without a pause, to the
last stop, is in the car or on the people in it; the rest of the world was left behind.

Only trackers away from their owners, or of unknown state, are judged. The stage is built by whoever guides
the test: ``BleTest(DRIVE, start_s)`` listens as long as the plan lasts, and ``result`` says what came of it.
The plan holds what to tell the user, and when.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise

import msgspec

from sweeper.detectors.ble_follow import TRACKERS, WITH_OWNER
from sweeper.detectors.ble_test_plan import DRIVE, PLANS, STATIONARY, Plan, Role, Step, Test
from sweeper.errors import Reason
from sweeper.records import (
    AdvertisementBatch,
    Detection,
    Device,
    Evidence,
    Level,
    Medium,
    Record,
    State,
    told,
)
from sweeper.serials import reading_the_serial
from sweeper.text import Phrase, say

__all__ = ["DRIVE", "PLANS", "STATIONARY", "BleTest", "Plan", "Result", "Role", "Step", "Test"]

PIECE_S = 60.0
"""Presence is counted by minutes: BlueZ listens about ten seconds of fifteen, a tag sends every two."""
STEADY = 0.7
"""Heard in this share of the minutes it is there all the time; bodies and metal hide it in some."""
STRONG_DBM = -70.0
"""The level of an AirTag at 5 m (measured curve); walls take 5 to 15 dB from a neighbour's."""
LEAST_SHARE = 0.8
"""A test of which less was listened to has no result."""
LEAST_LEVELS = 5
BRIDGE = 2
"""Minutes without any sender that still count as listened to, between others: empty roads exist."""


AT_LEAST_S = 180.0
"""So long before the stop it must have been heard: at walking pace that is 250 m, at 30 km/h 1.5 km."""
LONG_S = 600.0
"""Whoever came along for so long is no car that drove the same street."""


class Result(msgspec.Struct, frozen=True):
    """What came of it. Unless ``complete``, too little was listened to, and nothing is excluded."""

    complete: bool
    listened_s: float
    planned_s: float
    trackers: int
    raised: tuple[str, ...]
    told: tuple[Phrase, ...]


class _Heard(msgspec.Struct):
    """One device along the test: pieces in which it was heard, its levels in the first step."""

    device: Device
    pieces: set[int] = set()
    levels: list[int] = []
    was_with_owner: bool = False


class BleTest:
    """AdvertisementBatch and Device in; at the end a Detection for each tracker that the test shows."""

    name = "ble-test"
    accepts: tuple[type[Record], ...] = (Device, AdvertisementBatch)

    def __init__(self, plan: Plan, start_s: float = 0.0) -> None:
        self.plan = plan
        self.start_s = start_s
        self.result: Result | None = None
        self._heard: dict[str, _Heard] = {}
        self._ids: dict[str, str] = {}
        self._pieces: set[int] = set()
        self._source = ""

    def feed(self, record: Device | AdvertisementBatch, /) -> Iterator[Record]:
        """Nothing until the end."""
        if isinstance(record, Device):
            self._learn(record)
            return iter(())
        self._source = record.source
        here_from, here_to = self.plan.span(Role.HERE)
        for advert in record.adverts:
            time_s = advert.time_s - self.start_s
            if not 0 <= time_s < self.plan.seconds:
                continue
            piece = int(time_s // PIECE_S)
            self._pieces.add(piece)
            heard = self._heard.get(self._ids.get(advert.address, ""))
            if heard is not None:
                heard.pieces.add(piece)
                strong = advert.rssi_dbm is not None and advert.rssi_dbm < 0
                if strong and here_from <= time_s < here_to and advert.rssi_dbm is not None:
                    heard.levels.append(advert.rssi_dbm)
        return iter(())

    def finish(self) -> Iterator[Record]:
        """Detections in the order in which the devices were first heard, and how the test went."""
        trackers = [h for h in self._heard.values() if h.pieces and h.device.state not in WITH_OWNER]
        made: list[Detection] = []
        for heard in trackers:
            claim = self._claim(heard)
            if claim is not None:
                made.append(claim)
        self.result = self._result(trackers, made)
        yield from made
        yield told(
            say(
                "{listened:.0f} of {planned:.0f} s listened, trackers heard: {heard}, raised: {raised}",
                listened=self.result.listened_s,
                planned=self.result.planned_s,
                heard=len(trackers),
                raised=len(made),
            ),
            source=self._source,
            time_s=self.start_s + self.plan.seconds,
            subject=f"{self.plan.test.value}-test",
            state=State.ENDED if self.result.complete else State.DEGRADED,
            reason=None if self.result.complete else Reason.ENDED,
        )

    def _learn(self, device: Device) -> None:
        if device.medium is not Medium.BLE or device.kind not in TRACKERS:
            return
        heard = self._heard.setdefault(device.id, _Heard(device))
        heard.device = device
        heard.was_with_owner = heard.was_with_owner or device.state in WITH_OWNER
        for address in device.addresses or (device.address,):
            self._ids[address] = device.id

    def _share(self, heard: _Heard, span: tuple[float, float]) -> float:
        """In which share of the minutes of a span it was heard, of those in which anything was."""
        start_s, stop_s = span
        wanted = {p for p in self._pieces if start_s <= p * PIECE_S < stop_s}
        return len(heard.pieces & wanted) / len(wanted) if wanted else 0.0

    def _claim(self, heard: _Heard) -> Detection | None:
        here, away = self.plan.span(Role.HERE), self.plan.span(Role.AWAY)
        at_start, at_end = self._share(heard, here), self._share(heard, away)
        if at_end >= STEADY:
            along_s = self._along_s(heard)
            if along_s >= (AT_LEAST_S if self.plan.test is Test.DRIVE else 0.0):
                return self._came_along(heard, along_s, at_start, at_end)
        if self.plan.test is Test.STATIONARY and at_start >= STEADY:
            return self._stays(heard, at_start)
        return None

    def _along_s(self, heard: _Heard) -> float:
        """For how long before the last step it came along; negative if it did not, or not steadily.

        At rest that is told by the first step and the last; on the way there is no telling who walks along.
        """
        away_s = self.plan.span(Role.AWAY)[0]
        first_s = min(heard.pieces) * PIECE_S
        if self.plan.test is Test.STATIONARY:
            here = self._share(heard, self.plan.span(Role.HERE)) > 0
            return away_s - first_s if here else -1.0
        return away_s - first_s if self._share(heard, (first_s, away_s)) >= STEADY else -1.0

    def _came_along(self, heard: _Heard, along_s: float, at_start: float, at_end: float) -> Detection:
        known = heard.device.state is not None and heard.device.state != "unknown"
        why = [
            say(
                "It was heard for {minutes:.0f} min before the last stop, and there in {share:.0%} of the"
                " minutes.",
                minutes=along_s / 60,
                share=at_end,
            )
        ]
        if at_start == 0:
            why.append(say("It appeared on the way, as a tag does whose owner stayed behind."))
        if heard.was_with_owner:
            why.append(say("It had its owner near at first and lost them on the way: they stayed behind."))
        why.append(_state(known))
        return self._detection(
            heard,
            "follower",
            Level.HIGH if known and along_s >= LONG_S else Level.MEDIUM,
            say("A tracker came along with you"),
            tuple(why),
            (at_start, at_end),
        )

    def _stays(self, heard: _Heard, at_start: float) -> Detection | None:
        level = _upper(heard.levels)
        strong = level is not None and level >= STRONG_DBM
        why = [say("It was heard in {share:.0%} of the minutes in this place.", share=at_start)]
        if level is not None:
            why.append(say("Its signal reaches {dbm} dBm.", dbm=level))
        why.append(_state(heard.device.state not in (None, "unknown")))
        return self._detection(
            heard,
            "tracker",
            Level.MEDIUM if strong else Level.LOW,
            say("A tracker away from its owner stays in this place")
            if strong
            else say("A tracker away from its owner is near this place"),
            tuple(why),
            (at_start, 0.0),
        )

    def _detection(
        self,
        heard: _Heard,
        kind: str,
        level: Level,
        title: Phrase,
        why: tuple[Phrase, ...],
        shares: tuple[float, float],
    ) -> Detection:
        at_s = self.start_s + self.plan.seconds
        source = heard.device.source
        rows = (("test.share_start", shares[0]), ("test.share_end", shares[1]))
        return Detection(
            source=source,
            time_s=at_s,
            detector=self.name,
            subject=heard.device.id,
            kind=kind,
            level=level,
            confidence=0.8 if level is Level.HIGH else 0.6,
            title=title,
            why=why,
            benign=_BENIGN,
            next=(*_NEXT, *reading_the_serial(heard.device.kind)),
            evidence=tuple(Evidence(w, round(v, 2), "", source, at_s) for w, v in rows),
        )

    def _result(self, trackers: list[_Heard], made: list[Detection]) -> Result:
        planned = int(self.plan.seconds // PIECE_S)
        listened = len(_bridged(self._pieces))
        complete = listened >= LEAST_SHARE * planned
        told = list(_told(self.plan, complete, made))
        with_owner = sum(h.device.state in WITH_OWNER for h in self._heard.values() if h.pieces)
        if with_owner:
            told.append(
                say(
                    "Trackers with their owners near, which these tests do not judge: {count}.",
                    count=with_owner,
                )
            )
        return Result(
            complete,
            listened * PIECE_S,
            self.plan.seconds,
            len(trackers),
            tuple(claim.subject for claim in made),
            tuple(told),
        )


def _bridged(pieces: set[int]) -> set[int]:
    """The minutes in which something was heard, and short pauses between them."""
    order = sorted(pieces)
    made = set(order)
    for before, after in pairwise(order):
        if after - before <= BRIDGE + 1:
            made.update(range(before, after))
    return made


def _told(plan: Plan, complete: bool, made: list[Detection]) -> Iterable[Phrase]:
    if made:
        yield say(
            "Trackers that did what a hidden one would do: {count}. The findings tell more.", count=len(made)
        )
    elif complete:
        yield say("No tracker did what a hidden one would do.")
    if not complete:
        yield say("The test is not complete: too little was heard for a result. Repeat it.")
    yield say("Trackers that report by mobile network, or send rarely, are not heard by this test.")
    if plan.test is Test.STATIONARY and not made:
        yield say("A tag whose owner left less than half an hour ago may have been silent.")


def _state(known: bool) -> Phrase:
    if known:
        return say("It says itself that its owner is not near.")
    return say("Whether its owner is near is not known.")


def _upper(levels: list[int]) -> int | None:
    """Its better moments (upper quartile): people and furniture often stand between."""
    return sorted(levels)[len(levels) * 3 // 4] if len(levels) >= LEAST_LEVELS else None


_BENIGN = (
    say("It is your own, or belongs to somebody who was there with you."),
    say("It is a neighbour's, on the other side of a wall, and was near by chance."),
    say("It is on something borrowed, rented or delivered that is meant to be tracked."),
)
_NEXT = (
    say("Make it ring, or walk towards it by signal strength, and look at it."),
    say("Repeat the test on another day: chance does not repeat itself."),
    say("If it is not yours, photograph it where it is before you touch it."),
)
