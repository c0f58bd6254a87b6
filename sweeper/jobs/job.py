"""One job: opened, gated, swept, decided, purged. What a person does goes through here and is audited."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import msgspec

from sweeper.clocks import believable
from sweeper.jobs import purging
from sweeper.jobs.papers import (
    KINDS,
    Consent,
    Decision,
    DeviceClass,
    Equipment,
    Head,
    Person,
    Purge,
    Role,
    Term,
    Verdict,
)
from sweeper.jobs.privacy import new_key, pseudonym
from sweeper.jobs.store import JobError, Store, decoded
from sweeper.records import Coverage, Device, Emission, Finding, Status
from sweeper.text import say

__all__ = [
    "DATABASE",
    "FOLDERS",
    "Consent",
    "Decision",
    "DeviceClass",
    "Equipment",
    "Head",
    "Job",
    "JobError",
    "Person",
    "Purge",
    "Role",
    "Term",
    "Verdict",
]

DATABASE = "job.sqlite"
FOLDERS = ("recordings", "photos", "reports")

DAY_S = 86_400.0
T = TypeVar("T")
P = TypeVar("P", bound=msgspec.Struct)


class Job:
    """A folder with its store. ``now`` is the clock (UTC seconds), given by tests."""

    def __init__(
        self, folder: Path, *, read_only: bool = False, now: Callable[[], float] = time.time
    ) -> None:
        self.folder = folder
        self.now = now
        if not (folder / DATABASE).is_file():
            raise JobError(say("{folder}: no job here (no {database})", folder=folder, database=DATABASE))
        self.store = Store(folder / DATABASE, read_only=read_only)
        if not self.store.begun():
            self.store.close()
            raise JobError(
                say("{folder}: not a job's database, or damaged at its start", folder=folder / DATABASE)
            )
        self.problem = self.store.intact()
        if self.problem is not None and not self.store.read_only:
            self.store.close()
            self.store = Store(folder / DATABASE, read_only=True)
        self.read_only = self.store.read_only

    @classmethod
    def create(cls, folder: Path, head: Head, who: str, now: Callable[[], float] = time.time) -> Job:
        """A new job in a new or empty folder."""
        if folder.exists() and any(folder.iterdir()):
            raise JobError(
                say("{folder}: the folder is not empty; a job needs one of its own", folder=folder)
            )
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for name in FOLDERS:
                (folder / name).mkdir()
        except OSError as error:
            raise JobError(say("{folder}: {error}", folder=folder, error=error.strerror)) from None
        store = Store(folder / DATABASE)
        with store.transaction():
            store.put("head", msgspec.json.encode(msgspec.structs.replace(head, created_utc_s=now())))
            store.put("key", new_key())
            store.audit(now(), who, "created", number=head.number)
        store.close()
        return cls(folder, now=now)

    def close(self) -> None:
        self.store.close()

    @property
    def head(self) -> Head:
        return decoded(self.store.get("head") or b"{}", Head)

    def change_head(self, who: str, **fields: object) -> None:
        """Change what was said before a sweep; the audit log names the fields, not their contents."""
        self.require(who, Role.TECHNICIAN, Role.REVIEWER)
        head = msgspec.structs.replace(self.head, **fields)
        with self.store.transaction():
            self.store.put("head", msgspec.json.encode(head))
            self.store.audit(self.now(), who, "changed", fields=",".join(sorted(fields)))

    def start_sweep(self, who: str, what: str, place: str = "") -> int:
        """Start a sweep; refused while purpose, permission, place or people are missing."""
        self._writable()
        head = self.head
        missing = head.missing()
        if missing:
            raise JobError(
                say(
                    "{folder}: the sweep cannot start without {list}",
                    folder=self.folder,
                    list=", ".join(missing),
                )
            )
        self.require(who, Role.TECHNICIAN, Role.REVIEWER)
        with self.store.transaction():
            sweep = self.store.start_sweep(self.now(), place or head.place, what)
            self.store.audit(self.now(), who, "sweep started", sweep=str(sweep), what=what)
        return sweep

    def end_sweep(self, sweep: int, who: str) -> None:
        with self.store.transaction():
            self.store.end_sweep(sweep, self.now())
            self.store.audit(self.now(), who, "sweep ended", sweep=str(sweep))

    def findings(self) -> list[tuple[int, Finding]]:
        return self._items("finding", Finding)

    def devices(self) -> list[tuple[int, Device]]:
        return self._items("device", Device)

    def emissions(self) -> list[tuple[int, Emission]]:
        return self._items("emission", Emission)

    def coverage(self) -> list[tuple[int, Coverage]]:
        return self._items("coverage", Coverage)

    def statuses(self) -> list[tuple[int, Status]]:
        return self._items("status", Status)

    def decide(self, decision: Decision) -> None:
        """File a verdict. Only a person with a name may, and in a technician's job only one entered there."""
        if not decision.who.strip():
            raise JobError(say("a verdict needs the name of the person who gives it"))
        self.require(decision.who, Role.TECHNICIAN, Role.REVIEWER)
        known = {(sweep, finding.id) for sweep, finding in self.findings()}
        if (decision.sweep, decision.finding) not in known:
            raise JobError(
                say("no finding {finding} in sweep {sweep}", finding=decision.finding, sweep=decision.sweep)
            )
        dated = msgspec.structs.replace(decision, utc_s=self.now())
        about = f"{decision.sweep}/{decision.finding}"
        self.file(dated, decision.who, "verdict", finding=about, verdict=decision.verdict.value)

    def verdicts(self) -> dict[tuple[int, str], Decision]:
        """The last verdict on each finding."""
        return {(d.sweep, d.finding): d for _, d in self.filed(Decision)}

    def file(self, paper: msgspec.Struct, who: str, act: str, **detail: str) -> int:
        """File a paper, with the act in the audit log, in one transaction; the paper's number."""
        self._writable()
        with self.store.transaction():
            number = self.store.add_paper(KINDS[type(paper)], self.now(), msgspec.json.encode(paper))
            self.store.audit(self.now(), who, act, **detail)
        return number

    def filed(self, type_: type[P]) -> list[tuple[int, P]]:
        """Every paper of a kind with its number, the oldest first."""
        return [(n, decoded(v, type_)) for n, _, v in self.store.papers(KINDS[type_])]

    def consent(self, consent: Consent, who: str) -> int:
        """File someone's consent; its number."""
        self.require(who, Role.TECHNICIAN, Role.REVIEWER)
        until = consent.until.isoformat() if consent.until is not None else "purpose reached"
        return self.file(consent, who, "consent", until=until)

    def withdraw(self, person: str, received: dt.date, text: str = "", *, by: str = "") -> Term:
        """``person`` withdraws consent: the term in working days begins the day after. ``by`` files it."""
        days = self.head.law().withdrawal_working_days
        return self._term("withdrawal", person, received, text, days, by or person)

    def objection(self, person: str, received: dt.date, text: str = "", *, by: str = "") -> Term:
        """``person`` objects to automated processing: considered within its term, and the person is told."""
        days = self.head.law().objection_working_days
        return self._term("objection", person, received, text, days, by or person)

    def terms(self, kind: str) -> list[tuple[int, Term]]:
        return [(n, decoded(v, Term)) for n, _, v in self.store.papers(kind)]

    def answer(self, kind: str, number: int, who: str, day: dt.date, text: str) -> None:
        """File the answer to a withdrawal or objection."""
        self._writable()
        found = dict(self.terms(kind)).get(number)
        if found is None:
            raise JobError(say("no {kind} {number}", kind=kind, number=number))
        with self.store.transaction():
            answered = msgspec.structs.replace(found, answered=day, answer=text)
            self.store.replace_paper(number, msgspec.json.encode(answered))
            self.store.audit(self.now(), who, f"{kind} answered", number=str(number))

    def pseudonym(self, text: str, prefix: str = "id") -> str:
        """What stands for ``text`` in exports. After a purge the key is gone and everything is ``purged``."""
        key = self.store.get("key")
        return f"{prefix}-purged" if key is None else pseudonym(key, text, prefix)

    def pseudonyms(self) -> Callable[[str, str], str]:
        """What makes this job's pseudonyms, for after the job is closed: ``(text, prefix) -> stand-in``."""
        key = self.store.get("key")
        return lambda text, prefix: f"{prefix}-purged" if key is None else pseudonym(key, text, prefix)

    def in_clear(self) -> set[str]:
        """Subjects whose identifiers may be printed: those a named person confirmed."""
        confirmed = {k for k, d in self.verdicts().items() if d.verdict is Verdict.CONFIRMED}
        return {f.subject for sweep, f in self.findings() if (sweep, f.id) in confirmed}

    def purge_due(self) -> float:
        """When (UTC seconds) other people's identifiers have to go.

        A job begun by a clock that cannot be right counts from its first act under a right one.
        """
        head = self.head
        begun = head.created_utc_s
        if not believable(begun):
            acts = (entry.utc_s for entry in self.store.audit_log())
            begun = next((utc_s for utc_s in acts if believable(utc_s)), self.now())
        return begun + head.retention_days * DAY_S

    def purge(self, who: str, *, photos: bool = False) -> Purge:
        """Really delete other people's identifiers and recordings; decisions stay, with a certificate."""
        return purging.purge(self, who, photos=photos)

    def purges(self) -> list[Purge]:
        """The certificates of all purges so far."""
        return [certificate for _, certificate in self.filed(Purge)]

    def _term(self, kind: str, person: str, received: dt.date, text: str, days: int, who: str) -> Term:
        self._writable()
        term = Term(person, received, self.head.law().add_working_days(received, days), text)
        with self.store.transaction():
            self.store.add_paper(kind, self.now(), msgspec.json.encode(term))
            self.store.audit(self.now(), who, kind, due=term.due.isoformat())
        return term

    def _items(self, kind: str, type_: type[T]) -> list[tuple[int, T]]:
        return [(sweep, decoded(value, type_)) for sweep, _, value in self.store.items(kind)]

    def require(self, who: str, *roles: Role) -> None:
        """``JobError`` unless this job can be changed and this person is entered in it with such a role.

        One's own car or flat needs no entries: there, only somebody entered as a viewer may not.
        """
        self._writable()
        people = {person.name: person.role for person in self.head.people}
        role = people.get(who)
        if role is None and (self.head.own or not people):
            return
        if role not in roles:
            raise JobError(
                say("{who} is not entered in this job as {list}", who=who, list=" or ".join(sorted(roles)))
            )

    def require_reviewer(self, who: str) -> None:
        """For sealing and purging: a reviewer where one is entered, else a technician."""
        reviewed = any(person.role is Role.REVIEWER for person in self.head.people)
        self.require(who, Role.REVIEWER, *(() if reviewed else (Role.TECHNICIAN,)))

    def _writable(self) -> None:
        if self.read_only:
            why = self.problem or say("opened for reading only")
            raise JobError(say("{folder}: this job cannot be changed: {why}", folder=self.folder, why=why))
