"""The technician's own standing data: organisation, licence card, staff, equipment, duties.

Kept in one JSON file in the user's data folder (``SWEEPER_PRACTICE`` names another), apart from all jobs. It
holds nobody else's data. A licence belongs to the organisation that it was issued to and goes nowhere: the
organisation's name cannot be changed while a licence is entered for it.
"""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path

import msgspec

from sweeper.errors import SweeperError
from sweeper.jobs.law import Licence, LicenceState, Profile, profile
from sweeper.jobs.papers import Equipment, Head
from sweeper.text import say


class PracticeError(SweeperError):
    """What cannot be entered, and why."""


class Staff(msgspec.Struct, frozen=True):
    """One person of the organisation and what qualifies them."""

    name: str
    position: str = ""
    qualification: str = ""


class OwnDuty(msgspec.Struct, frozen=True, kw_only=True):
    """A duty as its holder set it: every how many months, when next, when it was done."""

    id: str
    name: str
    months: int
    due: dt.date
    done: tuple[dt.date, ...] = ()


class Practice(msgspec.Struct, frozen=True, kw_only=True):
    """All of it."""

    organisation: str = ""
    law: str = "neutral"
    licence: Licence | None = None
    staff: tuple[Staff, ...] = ()
    equipment: tuple[Equipment, ...] = ()
    duties: tuple[OwnDuty, ...] = ()

    def profile(self) -> Profile:
        return profile(self.law)


class Reminder(msgspec.Struct, frozen=True):
    """Something to be done: its day, what it is about, and whether the day has passed."""

    day: dt.date
    kind: str
    about: str
    late: bool


def path() -> Path:
    """Where the file lies."""
    chosen = os.environ.get("SWEEPER_PRACTICE")
    if chosen:
        return Path(chosen)
    import platformdirs

    return platformdirs.user_data_path("sweeper") / "practice.json"


def read(file: Path | None = None) -> Practice:
    """What is entered; empty where nothing was. ``PracticeError`` for a file that cannot be read."""
    source = file or path()
    try:
        return msgspec.json.decode(source.read_bytes(), type=Practice)
    except FileNotFoundError:
        return Practice()
    except (OSError, ValueError, RecursionError) as error:
        raise PracticeError(say("{source}: {error}", source=source, error=error)) from None


def write(practice: Practice, file: Path | None = None) -> None:
    """Keep it, whole or not at all."""
    target = file or path()
    part = target.with_name(target.name + ".part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as stream:
            part.chmod(0o600)
            stream.write(msgspec.json.format(msgspec.json.encode(practice), indent=1))
            stream.flush()
            os.fsync(stream.fileno())
        part.replace(target)
    except OSError as error:
        raise PracticeError(say("{target}: {error}", target=target, error=error.strerror)) from None


def named(practice: Practice, organisation: str, law: str | None = None) -> Practice:
    """With the organisation's name and its law; its duties are those of the law, unless some are entered."""
    held = practice.licence
    if held is not None and held.holder != organisation:
        raise PracticeError(
            say(
                "licence {number} was issued to {holder} and is non-alienable: {organisation} "
                "needs a licence of its own (drop this card first)",
                number=held.number,
                holder=held.holder,
                organisation=organisation,
            )
        )
    return msgspec.structs.replace(practice, organisation=organisation, law=law or practice.law)


def licensed(practice: Practice, licence: Licence) -> Practice:
    """With this licence card; it must be the organisation's own, of a kind that the law knows."""
    if practice.organisation and licence.holder != practice.organisation:
        raise PracticeError(
            say(
                "the licence is {holder}'s; {organisation} cannot hold it (non-alienable)",
                holder=licence.holder,
                organisation=practice.organisation,
            )
        )
    kinds = practice.profile().subkinds
    if kinds and licence.subkind not in kinds:
        raise PracticeError(
            say(
                "sub-kind {subkind}: the law knows {list}",
                subkind=licence.subkind,
                list=", ".join(map(str, kinds)),
            )
        )
    return msgspec.structs.replace(practice, organisation=licence.holder, licence=licence)


def entered(practice: Practice, licence: Licence, law: str, language: str, today: dt.date) -> Practice:
    """The card entered under its law, with the organisation that it names and the duties of that law."""
    practice = named(practice, practice.organisation or licence.holder, law)
    return with_duties(licensed(practice, licence), language, today)


def for_job(practice: Practice, head: Head, subkind: int | None = None) -> Head:
    """A new job with equipment and, where it is of the job's law, the licence card; one's own has none."""
    if head.own:
        return head
    card = practice.licence if practice.law == head.profile else None
    return msgspec.structs.replace(head.of_kind(card, subkind), equipment=practice.equipment)


def with_duties(practice: Practice, language: str, today: dt.date) -> Practice:
    """With every duty of the law that is not entered yet, due one period from today."""
    known = {duty.id for duty in practice.duties}
    new = [
        OwnDuty(id=duty.id, name=duty.name(language), months=duty.months, due=add_months(today, duty.months))
        for duty in practice.profile().duties
        if duty.id not in known
    ]
    return msgspec.structs.replace(practice, duties=(*practice.duties, *new))


def with_duty(practice: Practice, duty: OwnDuty) -> Practice:
    """With this duty, in place of the one of the same id."""
    if duty.months < 1:
        raise PracticeError(say("a duty comes again after one month or more"))
    others = tuple(each for each in practice.duties if each.id != duty.id)
    return msgspec.structs.replace(practice, duties=(*others, duty))


def without_duty(practice: Practice, name: str) -> Practice:
    _duty(practice, name)
    others = tuple(each for each in practice.duties if each.id != name)
    return msgspec.structs.replace(practice, duties=others)


def done(practice: Practice, name: str, day: dt.date) -> Practice:
    """With a duty done on ``day``: the next one is due a period after the day it was due, not after today."""
    duty = _duty(practice, name)
    due = duty.due
    while due <= day:
        due = add_months(due, duty.months)
    if due == duty.due:
        due = add_months(due, duty.months)
    return with_duty(practice, msgspec.structs.replace(duty, due=due, done=(*duty.done, day)))


def with_equipment(practice: Practice, piece: Equipment) -> Practice:
    """With this piece, in place of the one of the same name and serial number."""
    others = tuple(e for e in practice.equipment if (e.name, e.serial) != (piece.name, piece.serial))
    return msgspec.structs.replace(practice, equipment=(*others, piece))


def with_staff(practice: Practice, person: Staff) -> Practice:
    others = tuple(each for each in practice.staff if each.name != person.name)
    return msgspec.structs.replace(practice, staff=(*others, person))


def without_equipment(practice: Practice, name: str, serial: str = "") -> Practice:
    """Without this piece. ``PracticeError`` where it is not entered."""
    others = tuple(e for e in practice.equipment if (e.name, e.serial) != (name, serial))
    if len(others) == len(practice.equipment):
        raise PracticeError(say("no equipment {name}", name=f"{name} {serial}".rstrip()))
    return msgspec.structs.replace(practice, equipment=others)


def without_staff(practice: Practice, name: str) -> Practice:
    """Without this person. ``PracticeError`` where they are not entered."""
    others = tuple(each for each in practice.staff if each.name != name)
    if len(others) == len(practice.staff):
        raise PracticeError(say("nobody called {name} is entered", name=name))
    return msgspec.structs.replace(practice, staff=others)


def reminders(practice: Practice, today: dt.date, ahead_days: int = 30) -> list[Reminder]:
    """What is due within so many days or late, the earliest first; the licence by its own rhythm."""
    found = [
        Reminder(duty.due, "duty", duty.name, duty.due < today)
        for duty in practice.duties
        if (duty.due - today).days <= ahead_days
    ]
    found += [
        Reminder(piece.calibration_due, "calibration", piece.name, piece.calibration_due < today)
        for piece in practice.equipment
        if piece.calibration_due is not None and (piece.calibration_due - today).days <= ahead_days
    ]
    card = practice.licence
    if card is not None:
        law = practice.profile()
        last, state = card.expires(law), card.state(law, today)
        if state is LicenceState.OPEN_ENDED and law.open_ended_until is not None:
            found.append(Reminder(law.open_ended_until, "licence", card.number, True))
        elif last is not None and (state is LicenceState.EXPIRED or card.reminder(law, today) is not None):
            found.append(Reminder(last, "licence", card.number, last < today))
    return sorted(found, key=lambda each: (each.day, each.kind, each.about))


def add_months(day: dt.date, months: int) -> dt.date:
    """The same day so many months later, or that month's last day.

    >>> add_months(dt.date(2026, 11, 30), 3)
    datetime.date(2027, 2, 28)
    """
    month = day.year * 12 + day.month - 1 + months
    first = dt.date(month // 12, month % 12 + 1, 1)
    following = dt.date((month + 1) // 12, (month + 1) % 12 + 1, 1)
    return first.replace(day=min(day.day, (following - first).days))


def _duty(practice: Practice, name: str) -> OwnDuty:
    for duty in practice.duties:
        if duty.id == name:
            return duty
    known = ", ".join(duty.id for duty in practice.duties) or "none"
    raise PracticeError(say("no duty {name}; there are: {known}", name=name, known=known))
