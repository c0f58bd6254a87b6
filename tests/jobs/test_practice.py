"""The technician's standing data: what is due, what is refused, what survives."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sweeper.errors import SweeperError
from sweeper.jobs import law, practice
from sweeper.jobs.law import KAZAKHSTAN, NEUTRAL, Licence
from sweeper.jobs.papers import Equipment
from sweeper.jobs.practice import OwnDuty, Practice, PracticeError, Reminder

DAY = dt.date


def card(**changes: object) -> Licence:
    made = Licence(number="L-1", holder="Nazar LLP", authority="KNB", subkind=1, issued=DAY(2026, 2, 1))
    return msgspec.structs.replace(made, **changes)


def test_a_licence_goes_to_nobody_else() -> None:
    mine = practice.licensed(practice.named(Practice(), "Nazar LLP", "kz"), card())
    with pytest.raises(PracticeError, match="non-alienable"):
        practice.named(mine, "Other LLP")
    with pytest.raises(PracticeError, match="non-alienable"):
        practice.licensed(mine, card(holder="Other LLP"))
    with pytest.raises(PracticeError, match="sub-kind 4"):
        practice.licensed(mine, card(subkind=4))


@pytest.mark.parametrize(
    ("today", "due"),
    [
        (DAY(2028, 8, 3), []),  # 181 days before 31.1.2029
        (DAY(2028, 8, 4), [Reminder(DAY(2029, 1, 31), "licence", "L-1", False)]),
        (DAY(2029, 1, 31), [Reminder(DAY(2029, 1, 31), "licence", "L-1", False)]),
        (DAY(2029, 2, 1), [Reminder(DAY(2029, 1, 31), "licence", "L-1", True)]),
    ],
)
def test_a_licence_is_reminded_of_180_days_before_its_end(today: dt.date, due: list[Reminder]) -> None:
    mine = practice.licensed(practice.named(Practice(), "Nazar LLP", "kz"), card())
    assert practice.reminders(mine, today) == due


def test_the_four_days_of_reminder() -> None:
    assert card().reminders(KAZAKHSTAN) == (
        DAY(2028, 8, 4),
        DAY(2028, 11, 2),
        DAY(2029, 1, 1),
        DAY(2029, 1, 24),
    )


def test_duties_calibrations_and_their_order() -> None:
    mine = practice.with_duties(practice.named(Practice(), "N", "kz"), "ru", DAY(2026, 11, 30))
    assert {duty.id for duty in mine.duties} >= {"licensor-report", "calibration", "retention"}
    assert next(duty for duty in mine.duties if duty.id == "licensor-report").due == DAY(2027, 2, 28)
    mine = practice.with_equipment(mine, Equipment(name="R", serial="1", calibration_due=DAY(2026, 12, 1)))
    told = practice.reminders(mine, DAY(2026, 12, 2))
    assert [(each.kind, each.late) for each in told] == [("calibration", True), ("duty", False)]
    assert practice.with_duties(mine, "en", DAY(2030, 1, 1)) == mine, "what is entered stays"


def test_done_late_or_early_the_rhythm_stays() -> None:
    duty = OwnDuty(id="a", name="A", months=3, due=DAY(2026, 3, 31))
    mine = practice.with_duty(Practice(), duty)
    early = practice.done(mine, "a", DAY(2026, 3, 1)).duties[0]
    assert (early.due, early.done) == (DAY(2026, 6, 30), (DAY(2026, 3, 1),))
    late = practice.done(mine, "a", DAY(2026, 8, 1)).duties[0]
    assert late.due == DAY(2026, 9, 30)
    with pytest.raises(PracticeError, match="no duty b"):
        practice.done(mine, "b", DAY(2026, 1, 1))


@given(st.dates(DAY(2000, 1, 1), DAY(2100, 1, 1)), st.integers(1, 240))
def test_months_later_is_that_month(day: dt.date, months: int) -> None:
    later = practice.add_months(day, months)
    assert (later.year * 12 + later.month) - (day.year * 12 + day.month) == months
    assert later.day <= day.day
    assert later.day == day.day or (later + dt.timedelta(days=1)).day == 1


def test_what_is_written_is_read_and_damage_is_told(tmp_path: Path) -> None:
    file = tmp_path / "a" / "practice.json"
    assert practice.read(file) == Practice()
    mine = practice.with_staff(
        practice.licensed(Practice(law="kz"), card()), practice.Staff("Aigul", "technician")
    )
    practice.write(mine, file)
    assert practice.read(file) == mine
    assert file.stat().st_mode & 0o077 == 0
    file.write_text('{"licence": {"number": 5}}')
    with pytest.raises(PracticeError, match=r"practice\.json"):
        practice.read(file)


def test_working_days_left_are_those_that_were_given() -> None:
    due = KAZAKHSTAN.add_working_days(DAY(2026, 12, 10), 15)
    assert KAZAKHSTAN.working_days_between(DAY(2026, 12, 10), due) == 15
    assert KAZAKHSTAN.working_days_between(due, due) == 0
    assert KAZAKHSTAN.working_days_between(due, DAY(2026, 12, 10)) == 0


@pytest.mark.parametrize("profile", [KAZAKHSTAN, NEUTRAL], ids=lambda p: p.code)
def test_every_text_of_a_law_is_whole_in_three_languages(profile: law.Profile) -> None:
    fields = {
        name
        for text in profile.texts.values()
        for line in text.en
        for name in line.replace("}", "{").split("{")[1::2]
    }
    for text in profile.texts.values():
        assert set(text.title) == {"en", "ru", "kk"}
        assert len(text.en) == len(text.ru) == len(text.kk) > 0
        for ours, theirs, kazakh in zip(text.en, text.ru, text.kk, strict=True):
            names = [set(line.replace("}", "{").split("{")[1::2]) for line in (ours, theirs, kazakh)]
            assert names[0] == names[1] == names[2], ours
            assert any("\u0400" <= letter <= "\u04ff" for letter in theirs + kazakh) or "{" in ours
    assert "answer" in fields
    assert all(duty.ru and duty.kk for duty in profile.duties)


def test_a_law_of_the_users_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    built_in = Path(law.__file__).parent / "neutral.toml"
    own = (
        built_in.read_text("utf-8")
        .replace('code = "neutral"', 'code = "uz"')
        .replace("retention_days = 30", "retention_days = 10")
    )
    (tmp_path / "uz.toml").write_text(own, "utf-8")
    monkeypatch.setenv("SWEEPER_LAW", str(tmp_path))
    law.profiles.cache_clear()
    try:
        assert law.profile("uz").retention_days == 10
        assert law.profile("nowhere") is NEUTRAL
        (tmp_path / "bad.toml").write_text('code = "x"\nretention_days = "soon"')
        law.profiles.cache_clear()
        with pytest.raises(SweeperError, match=r"bad\.toml"):
            law.profile("uz")
    finally:
        monkeypatch.undo()
        law.profiles.cache_clear()


@given(st.text(max_size=200))
def test_any_text_for_a_law_is_a_law_or_a_clear_line(text: str) -> None:
    with pytest.raises(SweeperError, match=r"x\.toml"):
        law.read(text, "x.toml")
