"""The plans of the guided tests for hidden trackers: what to do, for how long, and why. See ``ble_test``."""

from __future__ import annotations

import enum

import msgspec

from sweeper.text import Phrase, say


class Test(enum.StrEnum):
    STATIONARY = "stationary"
    DRIVE = "drive"

    __test__ = False
    """Not for pytest, which collects what is called so."""


class Role(enum.StrEnum):
    """What a step is for."""

    HERE = "here"
    MOVE = "move"
    ALONG = "along"
    AWAY = "away"


class Step(msgspec.Struct, frozen=True):
    """One step: for how long, what the user is to do, and why."""

    role: Role
    seconds: float
    do: Phrase
    why: Phrase


class Plan(msgspec.Struct, frozen=True):
    """The steps in order. ``before`` is told first: it takes no time that is counted."""

    test: Test
    title: Phrase
    before: tuple[Phrase, ...]
    steps: tuple[Step, ...]

    @property
    def seconds(self) -> float:
        return sum(step.seconds for step in self.steps)

    def at(self, time_s: float) -> tuple[int, float] | None:
        """The number of the step at a time after the start and the seconds left of it; ``None`` when over."""
        end_s = 0.0
        for number, step in enumerate(self.steps):
            end_s += step.seconds
            if time_s < end_s:
                return number, end_s - time_s
        return None

    def span(self, role: Role) -> tuple[float, float]:
        """When the step of this role begins and ends; the plan has one of each that it uses."""
        start_s = 0.0
        for step in self.steps:
            if step.role is role:
                return start_s, start_s + step.seconds
            start_s += step.seconds
        return 0.0, 0.0


_OWN = say("Leave your own tags at home, or put them on the list of known devices first.")

STATIONARY = Plan(
    Test.STATIONARY,
    say("Test at rest"),
    (
        _OWN,
        say("Whoever may have hidden a tag should be away for half an hour: near its owner a tag is silent."),
        say("Close doors and windows; choose a time when few people pass."),
    ),
    (
        Step(
            Role.HERE,
            600.0,
            say("Stay in the middle of the flat, or in the parked car, and wait."),
            say("A tag in this place is heard all the time, and strongly."),
        ),
        Step(
            Role.MOVE,
            300.0,
            say("Take your bag and coat and walk at least 300 metres away."),
            say("Bluetooth does not reach so far: what stays behind falls silent."),
        ),
        Step(
            Role.AWAY,
            300.0,
            say("Stay there, away from other people, and wait."),
            say("What is still heard came along with you."),
        ),
    ),
)
DRIVE = Plan(
    Test.DRIVE,
    say("Test drive"),
    (
        _OWN,
        say("Drive alone, without passengers, and switch off the Bluetooth of your own phone and earbuds."),
        say("Choose a way with turns, not one that all the traffic takes; end at a quiet place."),
    ),
    (
        Step(
            Role.HERE,
            180.0,
            say("Stay parked where the car usually stands, and wait."),
            say("What is heard here belongs to the place or to the car; the drive will tell which."),
        ),
        Step(
            Role.ALONG,
            2100.0,
            say("Drive for 35 minutes. Do not look at the screen: nothing has to be done."),
            say("A tag admits up to 30 minutes after leaving its owner that it is away from them."),
        ),
        Step(
            Role.AWAY,
            300.0,
            say("Stop at a quiet place, away from other cars and houses, and wait."),
            say("What is still heard is in the car or on you."),
        ),
    ),
)
PLANS = {plan.test: plan for plan in (STATIONARY, DRIVE)}
