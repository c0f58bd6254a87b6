"""The loop: order, containment, last words."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from sweeper.errors import Reason
from sweeper.pipeline import PATIENCE, Pipeline
from sweeper.records import Closed, Medium, Opened, Record, State, Status


def status(text: str) -> Status:
    return Status(source="s", time_s=1.0, subject=text, state=State.READY)


class Echo:
    """Answers every Status whose subject it knows with one that names itself."""

    accepts: tuple[type[Record], ...] = (Status,)

    def __init__(self, name: str, last: str = "") -> None:
        self.name = name
        self.last = last
        self.heard: list[str] = []

    def feed(self, record: Status, /) -> Iterable[Record]:
        self.heard.append(record.subject)
        return [status(f"{self.name}({record.subject})")]

    def finish(self) -> Iterable[Record]:
        return [status(self.last)] if self.last else []


class Broken:
    name = "broken"
    accepts: tuple[type[Record], ...] = (Status,)

    def feed(self, record: Status, /) -> Iterable[Record]:
        yield status("before")
        raise ZeroDivisionError("no such number")

    def finish(self) -> Iterable[Record]:
        raise ValueError("nor at the end")


def subjects(records: Iterable[Record]) -> list[str]:
    return [r.subject for r in records if isinstance(r, Status)]


def test_what_a_stage_makes_reaches_only_later_stages() -> None:
    first, second = Echo("a"), Echo("b")
    assert subjects(Pipeline([first, second]).feed(status("x"))) == ["x", "a(x)", "b(a(x))", "b(x)"]
    assert first.heard == ["x"], "its own output does not come back to it"
    assert second.heard == ["a(x)", "x"]


def test_a_stage_gets_only_what_it_accepts() -> None:
    stage = Echo("a")
    opened = Opened(source="s", time_s=0.0, medium=Medium.RF)
    assert list(Pipeline([stage]).feed(opened)) == [opened]
    assert stage.heard == []


def test_last_words_reach_later_stages_before_their_own() -> None:
    first, second = Echo("a", last="bye-a"), Echo("b", last="bye-b")
    assert subjects(Pipeline([first, second]).finish()) == ["bye-a", "b(bye-a)", "bye-b"]


def test_three_failures_are_a_defect() -> None:
    """One may be chance; the fourth record is not tried with a stage that failed at three."""
    assert PATIENCE == 3


def test_a_stage_that_raises_is_named_contained_and_left_out_after_a_while() -> None:
    after = Echo("after")
    pipeline = Pipeline([Broken(), after])
    for turn in range(PATIENCE + 2):
        failures = [
            r for r in pipeline.feed(status("x")) if isinstance(r, Status) and r.state is State.FAILED
        ]
        assert len(failures) == (1 if turn < PATIENCE else 0)
        for failure in failures:
            assert failure.subject == "broken"
            assert failure.reason is Reason.STAGE_ERROR
            assert "ZeroDivisionError: no such number" in failure.detail
            assert ("left out" in failure.detail) == (turn == PATIENCE - 1)
    assert after.heard.count("x") == PATIENCE + 2, "the record itself goes on to the other stages"
    assert after.heard.count("before") == PATIENCE, "what was made before the failure is kept"


def test_a_failure_at_the_end_is_told_too() -> None:
    made = list(Pipeline([Broken()]).finish())
    assert [type(r) for r in made] == [Status]
    assert "nor at the end" in made[0].detail  # type: ignore[attr-defined]


def test_keyboard_interrupt_is_not_swallowed() -> None:
    class Stopped(Broken):
        def feed(self, record: Status, /) -> Iterable[Record]:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(Pipeline([Stopped()]).feed(status("x")))


def test_closed_is_only_passed_on() -> None:
    closed = Closed(source="s", time_s=2.0, records=3)
    assert list(Pipeline([]).feed(closed)) == [closed]
