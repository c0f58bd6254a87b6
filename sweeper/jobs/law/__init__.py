"""What the law asks of a job, as data: one profile a country, none of it hard-coded elsewhere.

Kazakhstan: the law on permits and notifications (annex 1, row 28: class 1, non-alienable, three years,
three sub-kinds) as amended by law No 231-VIII of 17.11.2025, and the law on personal data (article 8(7):
fifteen working days after consent is withdrawn; article 19-1(3): three working days for an objection).
Re-registration of open-ended licences: within six months from 1.01.2026. These texts are to be confirmed with
the licensor before they are relied upon; the program says so where it prints them.
"""

from __future__ import annotations

import datetime as dt
import enum

import msgspec

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


class Profile(msgspec.Struct, frozen=True):
    """One country's rules. Terms of ``None`` do not exist there."""

    code: str
    country: str
    licence_years: int | None
    licence_class: str
    subkinds: tuple[int, ...]
    withdrawal_working_days: int
    objection_working_days: int
    retention_days: int = RETENTION_DAYS
    open_ended_until: dt.date | None = None

    def add_working_days(self, day: dt.date, count: int) -> dt.date:
        """The ``count``-th working day after ``day``, by the country's calendar of holidays."""
        import holidays

        calendar = (
            holidays.country_holidays(self.country, years=range(day.year, day.year + 2))
            if self.country
            else {}
        )
        current, left = day, count
        while left > 0:
            current += dt.timedelta(days=1)
            if current.weekday() < 5 and current not in calendar:
                left -= 1
        return current


KAZAKHSTAN = Profile(
    code="kz",
    country="KZ",
    licence_years=3,
    licence_class="1",
    subkinds=(1, 2, 3),
    withdrawal_working_days=15,
    objection_working_days=3,
    open_ended_until=dt.date(2026, 7, 1),
)
NEUTRAL = Profile(
    code="neutral",
    country="",
    licence_years=None,
    licence_class="",
    subkinds=(),
    withdrawal_working_days=15,
    objection_working_days=3,
)
PROFILES = {profile.code: profile for profile in (KAZAKHSTAN, NEUTRAL)}


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
        """Days left, where a reminder is due: the smallest of 180, 90, 30, 7 that is not below them."""
        last = self.expires(profile)
        if last is None or today > last:
            return None
        left = (last - today).days
        return left if left <= REMINDERS_DAYS[0] else None
