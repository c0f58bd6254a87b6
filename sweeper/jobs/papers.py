"""What a job files: its head, its people, and every kind of paper, as plain data.

A paper is never changed but for the answer to a term and the pseudonyms that a purge puts in; whatever
replaces it is filed after it, and the last one counts.
"""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Iterable

import msgspec

from sweeper.floorplan import Where
from sweeper.jobs.law import Licence, Profile, profile


class Role(enum.StrEnum):
    """What a person may do: a viewer reads, a technician sweeps and decides, a reviewer also seals."""

    TECHNICIAN = "technician"
    REVIEWER = "reviewer"
    VIEWER = "viewer"


class Verdict(enum.StrEnum):
    OPEN = "open"
    EXPLAINED = "explained"
    SUSPICIOUS = "suspicious"
    CONFIRMED = "confirmed"


class DeviceClass(enum.StrEnum):
    """What a found device is before the law: said by a person, never derived from its looks."""

    UNSAID = ""
    CIVIL = "civil"
    DUAL = "dual"
    SPECIAL = "special"


class Person(msgspec.Struct, frozen=True):
    name: str
    role: Role = Role.TECHNICIAN


class Equipment(msgspec.Struct, frozen=True, kw_only=True):
    """One piece of equipment as a report and an inspection name it. A date of ``None`` is unknown."""

    name: str
    serial: str = ""
    antenna: str = ""
    calibrated: dt.date | None = None
    calibration_due: dt.date | None = None
    note: str = ""


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """What is said before a sweep. A private person's job is about *own* property and needs no more."""

    number: str
    purpose: str
    permission: str
    place: str
    client: str = ""
    scope: str = ""
    out_of_scope: str = ""
    people: tuple[Person, ...] = ()
    own: bool = False
    licence: Licence | None = None
    profile: str = "neutral"
    retention_days: int = 30
    created_utc_s: float = 0.0
    equipment: tuple[Equipment, ...] = ()
    recommendations: str = ""
    next_sweep: dt.date | None = None

    def law(self) -> Profile:
        return profile(self.profile)

    def missing(self) -> list[str]:
        """The fields without which a sweep may not start."""
        needed = {"purpose": self.purpose, "permission": self.permission, "place": self.place}
        if not self.own:
            needed["people"] = " ".join(person.name for person in self.people)
        return [name for name, value in needed.items() if not value.strip()]

    def with_people(self, people: Iterable[Person]) -> Head:
        """With these people too; who is entered already takes the new role."""
        new = tuple(people)
        names = {person.name for person in new}
        kept = tuple(person for person in self.people if person.name not in names)
        return msgspec.structs.replace(self, people=(*kept, *new))

    def of_kind(self, licence: Licence | None, subkind: int | None) -> Head:
        """With this licence card, of the sub-kind under which this job is done (``None``: the card's own)."""
        if licence is not None and subkind is not None:
            licence = msgspec.structs.replace(licence, subkind=subkind)
        return msgspec.structs.replace(self, licence=licence)


class Decision(msgspec.Struct, frozen=True):
    """One verdict of one named person on one finding. The last one counts; none is erased."""

    sweep: int
    finding: str
    verdict: Verdict
    who: str
    note: str = ""
    device_class: DeviceClass = DeviceClass.UNSAID
    utc_s: float | None = None


class Term(msgspec.Struct, frozen=True):
    """A countdown that the law starts: a withdrawal of consent or an objection."""

    who: str
    received: dt.date
    due: dt.date
    text: str = ""
    answered: dt.date | None = None
    answer: str = ""

    def late(self, today: dt.date) -> bool:
        """Whether its last day passed without an answer."""
        return self.answered is None and self.due < today


class Consent(msgspec.Struct, frozen=True, kw_only=True):
    """Someone's consent to the processing of their data. Without ``until`` it ends with its purpose."""

    person: str
    purpose: str
    given: dt.date
    until: dt.date | None = None
    how: str = ""

    def holds(self, day: dt.date) -> bool:
        return self.given <= day and (self.until is None or day <= self.until)


class Purge(msgspec.Struct, frozen=True):
    """The certificate: what was deleted, when, by whom, and the audit log's hash at that moment."""

    who: str
    utc_s: float
    devices: int
    files: tuple[str, ...]
    audit_hash: str
    why: str = "retention"


class Photo(msgspec.Struct, frozen=True, kw_only=True):
    """A picture in the job's folder. ``people`` is what its photographer said: is anyone to be seen?"""

    file: str
    caption: str
    who: str
    utc_s: float
    finding: str = ""
    people: bool = False
    blurred: int = 0


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """A point on a floor plan; ``x`` and ``y`` are shares of its width and height, from the upper left."""

    x: float
    y: float
    label: str = ""
    finding: str = ""
    level_db: float | None = None
    where: Where | None = None
    """For a finding's emitter: where it is, and how sure that is."""


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """A floor plan: a picture in the job's folder, its real width in metres if known, and what was marked."""

    file: str
    title: str
    width_m: float | None = None
    marks: tuple[Mark, ...] = ()


class Meeting(msgspec.Struct, frozen=True, kw_only=True):
    """A time in which something worth hearing was said: a signal on the air just then is worth a look."""

    label: str
    start_utc_s: float
    stop_utc_s: float


class Found(enum.StrEnum):
    """What a search by eye and hand gave."""

    NOTHING = "nothing"
    SOMETHING = "something"
    NOT_DONE = "not-done"


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a checklist, done: where was looked, with what, what came of it."""

    place: str
    method: str
    result: Found
    who: str
    utc_s: float
    note: str = ""


class Custody(msgspec.Struct, frozen=True, kw_only=True):
    """One hand-over of one item of evidence."""

    item: str
    seal: str
    giver: str
    taker: str
    place: str
    why: str
    utc_s: float


KINDS: dict[type[msgspec.Struct], str] = {
    Decision: "verdict",
    Consent: "consent",
    Purge: "purge",
    Photo: "photo",
    Plan: "plan",
    Meeting: "meeting",
    Check: "check",
    Custody: "custody",
}
"""Under which word the store files each kind; terms are filed as ``withdrawal`` and ``objection``."""
