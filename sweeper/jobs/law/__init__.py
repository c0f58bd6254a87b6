"""What the law asks of a job, as data: one TOML file a country, none of it hard-coded elsewhere.

    law/kz.toml        Kazakhstan: licence of three years, terms in working days, duties, texts of papers
    law/neutral.toml   elsewhere: no licence, cautious terms, the same papers
    a folder of the user's own (``SWEEPER_LAW``, or ``law`` in the program's settings folder) adds others

A profile's texts are templates with ``{fields}``; they are to be confirmed with the licensor and a lawyer
before they are relied upon, and the program says so where it prints them.
"""

from __future__ import annotations

import datetime as dt
import enum
import os
from collections.abc import Mapping
from functools import cache
from importlib import resources
from pathlib import Path

import msgspec

from sweeper.errors import SweeperError
from sweeper.text import say

RETENTION_DAYS = 30
"""Default term of other people's identifiers in a job; the user may set a shorter or longer one."""

REMINDERS_DAYS = (180, 90, 30, 7)
"""How long before a licence ends the holder is reminded."""


class LicenceState(enum.StrEnum):
    VALID = "valid"
    ENDING = "ending"
    EXPIRED = "expired"
    NOT_YET = "not-yet"
    OPEN_ENDED = "open-ended"
    """Issued without a term: the window for re-registration has ended."""


class Text(msgspec.Struct, frozen=True):
    """A paper's title and paragraphs in the three languages, with ``{fields}``."""

    title: dict[str, str]
    en: tuple[str, ...]
    ru: tuple[str, ...]
    kk: tuple[str, ...]

    def paragraphs(self, language: str) -> tuple[str, ...]:
        return {"ru": self.ru, "kk": self.kk}.get(language, self.en)


class Duty(msgspec.Struct, frozen=True):
    """What has to be done again and again, and every how many months unless its holder sets otherwise."""

    id: str
    months: int
    en: str
    ru: str = ""
    kk: str = ""

    def name(self, language: str) -> str:
        return {"ru": self.ru, "kk": self.kk}.get(language) or self.en


class Source(msgspec.Struct, frozen=True):
    """Where a rule stands, for who wants to read it up."""

    what: str
    where: str


class Profile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One country's rules. Terms of ``None`` do not exist there."""

    code: str
    country: str
    licence_class: str
    subkinds: tuple[int, ...]
    withdrawal_working_days: int
    objection_working_days: int
    texts: dict[str, Text]
    licence_years: int | None = None
    retention_days: int = RETENTION_DAYS
    open_ended_until: dt.date | None = None
    police: str = ""
    duties: tuple[Duty, ...] = ()
    sources: tuple[Source, ...] = ()

    def add_working_days(self, day: dt.date, count: int) -> dt.date:
        """The ``count``-th working day after ``day``, by the country's calendar of holidays."""
        off = self._holidays(day.year, day.year + 1)
        current, left = day, count
        while left > 0:
            current += dt.timedelta(days=1)
            left -= current.weekday() < 5 and current not in off
        return current

    def working_days_between(self, day: dt.date, last: dt.date) -> int:
        """Working days after ``day`` up to and with ``last``; 0 where that has passed."""
        off = self._holidays(day.year, last.year)
        days = (day + dt.timedelta(days=n) for n in range(1, (last - day).days + 1))
        return sum(each.weekday() < 5 and each not in off for each in days)

    def _holidays(self, first: int, last: int) -> Mapping[dt.date, str]:
        if not self.country:
            return {}
        import holidays

        found: Mapping[dt.date, str] = holidays.country_holidays(self.country, years=range(first, last + 1))
        return found


PAPERS = ("notice", "consent", "objection-reply", "withdrawal-reply", "withdrawal-refusal")
"""The texts that every profile brings."""


def read(text: str, where: str) -> Profile:
    """A profile from its TOML; ``SweeperError`` names the file and the key that is wrong."""
    try:
        profile = msgspec.toml.decode(text, type=Profile)
    except (ValueError, RecursionError) as error:
        raise SweeperError(say("{where}: {error}", where=where, error=error)) from None
    missing = [name for name in PAPERS if name not in profile.texts]
    if missing:
        raise SweeperError(say("{where}: texts are missing: {list}", where=where, list=", ".join(missing)))
    return profile


def _built_in() -> dict[str, Profile]:
    folder = resources.files("sweeper.jobs.law")
    found = [read(folder.joinpath(f"{name}.toml").read_text("utf-8"), name) for name in ("kz", "neutral")]
    return {profile.code: profile for profile in found}


PROFILES = _built_in()
KAZAKHSTAN = PROFILES["kz"]
NEUTRAL = PROFILES["neutral"]


@cache
def profiles() -> dict[str, Profile]:
    """The built-in profiles and the user's own, which win; ``SweeperError`` for a file that is none."""
    import platformdirs

    found = dict(PROFILES)
    folder = Path(os.environ.get("SWEEPER_LAW") or platformdirs.user_config_path("sweeper") / "law")
    for path in sorted(folder.glob("*.toml")) if folder.is_dir() else ():
        try:
            profile = read(path.read_text("utf-8"), str(path))
        except (OSError, UnicodeDecodeError) as error:
            raise SweeperError(say("{path}: {error}", path=path, error=error)) from None
        found[profile.code] = profile
    return found


def profile(code: str) -> Profile:
    """The profile of this code; the neutral one where this computer does not know it."""
    return profiles().get(code, NEUTRAL)


class Licence(msgspec.Struct, frozen=True, kw_only=True):
    """The licence card. ``issued`` of ``None`` with a number means the holder did not enter it yet."""

    number: str
    holder: str
    authority: str
    subkind: int
    issued: dt.date
    open_ended: bool = False

    def expires(self, profile: Profile) -> dt.date | None:
        """Last day of the term: the eve of the anniversary, computed, never typed."""
        if self.open_ended or profile.licence_years is None:
            return None
        year = self.issued.year + profile.licence_years
        try:
            anniversary = self.issued.replace(year=year)
        except ValueError:  # issued on 29 February
            anniversary = dt.date(year, 3, 1)
        return anniversary - dt.timedelta(days=1)

    def state(self, profile: Profile, today: dt.date) -> LicenceState:
        if today < self.issued:
            return LicenceState.NOT_YET
        if self.open_ended:
            closed = profile.open_ended_until is not None and today >= profile.open_ended_until
            return LicenceState.OPEN_ENDED if closed else LicenceState.VALID
        last = self.expires(profile)
        if last is None:
            return LicenceState.VALID
        if today > last:
            return LicenceState.EXPIRED
        return LicenceState.ENDING if (last - today).days <= REMINDERS_DAYS[0] else LicenceState.VALID

    def reminder(self, profile: Profile, today: dt.date) -> int | None:
        """Days left, where the first reminder (180 days before) is already due; ``None`` before and after."""
        last = self.expires(profile)
        if last is None or today > last:
            return None
        left = (last - today).days
        return left if left <= REMINDERS_DAYS[0] else None

    def reminders(self, profile: Profile) -> tuple[dt.date, ...]:
        """The days on which the holder is to be reminded, the first one first."""
        last = self.expires(profile)
        return () if last is None else tuple(last - dt.timedelta(days=days) for days in REMINDERS_DAYS)
