"""Terms by hand: a calendar on the wall is the truth here."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sweeper.jobs.law import KAZAKHSTAN, NEUTRAL, Licence, LicenceState

DAY = dt.date


def licence(issued: dt.date, **more: object) -> Licence:
    return Licence(number="1", holder="h", authority="a", subkind=1, issued=issued, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("start", "count", "end"),
    [
        (DAY(2026, 11, 20), 3, DAY(2026, 11, 25)),  # Friday; Mon, Tue, Wed
        (DAY(2026, 12, 14), 3, DAY(2026, 12, 18)),  # Independence Day, Wednesday 16, does not count
        (DAY(2026, 12, 29), 3, DAY(2027, 1, 5)),  # 30, 31 December; 1 January and 4 in lieu of the 2nd off
        (DAY(2026, 11, 2), 15, DAY(2026, 11, 23)),  # three whole weeks
    ],
)
def test_working_days_in_kazakhstan(start: dt.date, count: int, end: dt.date) -> None:
    assert KAZAKHSTAN.add_working_days(start, count) == end


@given(st.dates(DAY(2026, 1, 1), DAY(2030, 1, 1)), st.integers(1, 40))
def test_without_a_calendar_only_weekends_are_off(start: dt.date, count: int) -> None:
    end = NEUTRAL.add_working_days(start, count)
    between = [start + dt.timedelta(days=n) for n in range(1, (end - start).days + 1)]
    assert sum(day.weekday() < 5 for day in between) == count
    assert end.weekday() < 5


def test_a_licence_ends_on_the_eve_of_its_third_anniversary() -> None:
    assert licence(DAY(2026, 2, 1)).expires(KAZAKHSTAN) == DAY(2029, 1, 31)
    assert licence(DAY(2028, 2, 29)).expires(KAZAKHSTAN) == DAY(2031, 2, 28)
    assert licence(DAY(2026, 2, 1)).expires(NEUTRAL) is None


@pytest.mark.parametrize(
    ("today", "state", "left"),
    [
        (DAY(2025, 12, 31), LicenceState.NOT_YET, None),
        (DAY(2026, 1, 1), LicenceState.VALID, None),
        (DAY(2028, 7, 3), LicenceState.VALID, None),  # 181 days before 31.12.2028
        (DAY(2028, 7, 4), LicenceState.ENDING, 180),
        (DAY(2028, 12, 31), LicenceState.ENDING, 0),
        (DAY(2029, 1, 1), LicenceState.EXPIRED, None),
    ],
)
def test_states_and_reminders(today: dt.date, state: LicenceState, left: int | None) -> None:
    card = licence(DAY(2026, 1, 1))
    assert card.state(KAZAKHSTAN, today) is state
    if state is LicenceState.ENDING:
        assert card.reminder(KAZAKHSTAN, today) == left


def test_an_open_ended_licence_is_flagged_after_the_window() -> None:
    card = licence(DAY(2020, 1, 1), open_ended=True)
    assert card.state(KAZAKHSTAN, DAY(2026, 6, 30)) is LicenceState.VALID
    assert card.state(KAZAKHSTAN, DAY(2026, 7, 1)) is LicenceState.OPEN_ENDED
