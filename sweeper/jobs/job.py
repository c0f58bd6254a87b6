"""One job: opened, gated, swept, decided, purged. What a person does goes through here and is audited."""

from __future__ import annotations

import datetime as dt
import enum
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from sweeper.errors import SweeperError
from sweeper.jobs.law import PROFILES, Licence, Profile
from sweeper.jobs.privacy import new_key, pseudonym
from sweeper.jobs.store import Store
from sweeper.records import Coverage, Device, Emission, Finding, Status

DATABASE = "job.sqlite"
FOLDERS = ("recordings", "photos", "reports")
PURGED_FOLDERS = ("recordings", "evidence")
"""What a purge deletes: recordings, and the sealed copies of the database with the addresses in it."""

IDENTIFYING = {"name", "names", "ssid", "ssids", "probes", "serial", "address", "addresses", "bssid", "host"}
"""Last parts of fact keys whose values can point to a person."""

DAY_S = 86_400.0
T = TypeVar("T")


class JobError(SweeperError):
    """What a job does not allow, and what to do about it."""


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


class Person(msgspec.Struct, frozen=True):
    name: str
    role: Role = Role.TECHNICIAN


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

    def law(self) -> Profile:
        return PROFILES[self.profile]

    def missing(self) -> list[str]:
        """The fields without which a sweep may not start."""
        needed = {"purpose": self.purpose, "permission": self.permission, "place": self.place}
        if not self.own:
            needed["people"] = " ".join(person.name for person in self.people)
        return [name for name, value in needed.items() if not value.strip()]


class Decision(msgspec.Struct, frozen=True):
    """One verdict of one named person on one finding. The last one counts; none is erased."""

    sweep: int
    finding: str
    verdict: Verdict
    who: str
    note: str = ""


class Term(msgspec.Struct, frozen=True):
    """A countdown that the law starts: a withdrawal of consent or an objection."""

    who: str
    received: dt.date
    due: dt.date
    text: str = ""
    answered: dt.date | None = None
    answer: str = ""


class Purge(msgspec.Struct, frozen=True):
    """The certificate: what was deleted, when, by whom, and the audit log's hash at that moment."""

    who: str
    utc_s: float
    devices: int
    files: tuple[str, ...]
    audit_hash: str


class Job:
    """A folder with its store. ``now`` is the clock (UTC seconds), given by tests."""

    def __init__(
        self, folder: Path, *, read_only: bool = False, now: Callable[[], float] = time.time
    ) -> None:
        self.folder = folder
        self.now = now
        if not (folder / DATABASE).is_file():
            raise JobError(f"{folder}: no job here (no {DATABASE})")
        self.store = Store(folder / DATABASE, read_only=read_only)
        self.problem = self.store.intact()
        if self.problem is not None and not read_only:
            self.store.close()
            self.store = Store(folder / DATABASE, read_only=True)
        self.read_only = read_only or self.problem is not None

    @classmethod
    def create(cls, folder: Path, head: Head, who: str, now: Callable[[], float] = time.time) -> Job:
        """A new job in a new or empty folder."""
        if folder.exists() and any(folder.iterdir()):
            raise JobError(f"{folder}: the folder is not empty; a job needs one of its own")
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for name in FOLDERS:
                (folder / name).mkdir()
        except OSError as error:
            raise JobError(f"{folder}: {error.strerror}") from None
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
        return msgspec.json.decode(self.store.get("head") or b"{}", type=Head)

    def change_head(self, who: str, **fields: object) -> None:
        """Change what was said before a sweep; the audit log names the fields, not their contents."""
        self._writable()
        head = msgspec.structs.replace(self.head, **fields)
        with self.store.transaction():
            self.store.put("head", msgspec.json.encode(head))
            self.store.audit(self.now(), who, "changed", fields=",".join(sorted(fields)))

    def start_sweep(self, who: str, what: str, place: str = "") -> int:
        """Start a sweep; refused while purpose, permission or place are missing or the licence has ended."""
        self._writable()
        head = self.head
        missing = head.missing()
        if missing:
            raise JobError(f"{self.folder}: the sweep cannot start without {', '.join(missing)}")
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
        self._writable()
        if not decision.who.strip():
            raise JobError("a verdict needs the name of the person who gives it")
        self._may(decision.who, {Role.TECHNICIAN, Role.REVIEWER})
        known = {(sweep, finding.id) for sweep, finding in self.findings()}
        if (decision.sweep, decision.finding) not in known:
            raise JobError(f"no finding {decision.finding} in sweep {decision.sweep}")
        with self.store.transaction():
            self.store.add_paper("verdict", self.now(), msgspec.json.encode(decision))
            self.store.audit(
                self.now(),
                decision.who,
                "verdict",
                finding=f"{decision.sweep}/{decision.finding}",
                verdict=decision.verdict.value,
            )

    def verdicts(self) -> dict[tuple[int, str], Decision]:
        """The last verdict on each finding."""
        decisions = [msgspec.json.decode(v, type=Decision) for _, _, v in self.store.papers("verdict")]
        return {(d.sweep, d.finding): d for d in decisions}

    def withdraw(self, who: str, received: dt.date, text: str = "") -> Term:
        """Consent withdrawn: the term in working days begins the day after."""
        return self._term("withdrawal", who, received, text, self.head.law().withdrawal_working_days)

    def objection(self, who: str, received: dt.date, text: str = "") -> Term:
        """An objection to automated processing: considered within its term, and the person is told."""
        return self._term("objection", who, received, text, self.head.law().objection_working_days)

    def terms(self, kind: str) -> list[tuple[int, Term]]:
        return [(n, msgspec.json.decode(v, type=Term)) for n, _, v in self.store.papers(kind)]

    def answer(self, kind: str, number: int, who: str, day: dt.date, text: str) -> None:
        """File the answer to a withdrawal or objection."""
        self._writable()
        found = dict(self.terms(kind)).get(number)
        if found is None:
            raise JobError(f"no {kind} {number}")
        with self.store.transaction():
            answered = msgspec.structs.replace(found, answered=day, answer=text)
            self.store.replace_paper(number, msgspec.json.encode(answered))
            self.store.audit(self.now(), who, f"{kind} answered", number=str(number))

    def pseudonym(self, text: str, prefix: str = "id") -> str:
        """What stands for ``text`` in exports. After a purge the key is gone and everything is ``purged``."""
        key = self.store.get("key")
        return f"{prefix}-purged" if key is None else pseudonym(key, text, prefix)

    def in_clear(self) -> set[str]:
        """Subjects whose identifiers may be printed: those a named person confirmed."""
        confirmed = {k for k, d in self.verdicts().items() if d.verdict is Verdict.CONFIRMED}
        return {f.subject for sweep, f in self.findings() if (sweep, f.id) in confirmed}

    def purge_due(self) -> float:
        """When (UTC seconds) other people's identifiers have to go."""
        return self.head.created_utc_s + self.head.retention_days * DAY_S

    def purge(self, who: str) -> Purge:
        """Really delete other people's identifiers and recordings; decisions stay, with a certificate."""
        self._writable()
        self._may(who, {Role.TECHNICIAN, Role.REVIEWER})
        files = sorted(p for name in PURGED_FOLDERS for p in (self.folder / name).rglob("*") if p.is_file())
        for path in files:
            path.chmod(0o600)
            path.unlink()
        stand_ins = {text: self.pseudonym(text) for text in self._identifiers()}
        with self.store.transaction():
            for kind in ("finding", "emission", "coverage", "status", "input"):
                for sweep, item, value in self.store.items(kind):
                    self.store.put_item(sweep, kind, item, _replaced(value, stand_ins))
            for number, _, value in self.store.papers("verdict"):
                self.store.replace_paper(number, _replaced(value, stand_ins))
            count = self.store.drop_items("device")
            self.store.drop("key")
            names = tuple(str(p.relative_to(self.folder)) for p in files)
            entry = self.store.audit(self.now(), who, "purged", devices=str(count), files=str(len(names)))
            certificate = Purge(who, entry.utc_s, count, names, entry.hash)
            self.store.add_paper("purge", entry.utc_s, msgspec.json.encode(certificate))
        self.store.vacuum()
        return certificate

    def purges(self) -> list[Purge]:
        """The certificates of all purges so far."""
        return [msgspec.json.decode(v, type=Purge) for _, _, v in self.store.papers("purge")]

    def _identifiers(self) -> set[str]:
        """Addresses, names and network names of other people's devices, as this job knows them."""
        found: set[str] = set()
        for _, device in self.devices():
            found |= {device.address, *device.addresses}
            for key, value in device.facts.items():
                if key.rpartition(".")[2] in IDENTIFYING:
                    found |= {
                        v for v in (value if isinstance(value, list) else [value]) if isinstance(v, str)
                    }
        return {text for text in found if len(text) > 1}

    def _term(self, kind: str, who: str, received: dt.date, text: str, days: int) -> Term:
        self._writable()
        term = Term(who, received, self.head.law().add_working_days(received, days), text)
        with self.store.transaction():
            self.store.add_paper(kind, self.now(), msgspec.json.encode(term))
            self.store.audit(self.now(), who, kind, due=term.due.isoformat())
        return term

    def _items(self, kind: str, type_: type[T]) -> list[tuple[int, T]]:
        return [(sweep, msgspec.json.decode(value, type=type_)) for sweep, _, value in self.store.items(kind)]

    def _writable(self) -> None:
        if self.read_only:
            why = self.problem or "opened for reading only"
            raise JobError(f"{self.folder}: this job cannot be changed: {why}")

    def _may(self, who: str, roles: set[Role]) -> None:
        role = {person.name: person.role for person in self.head.people}.get(who)
        if role is None and self.head.own:
            return
        if role not in roles:
            raise JobError(f"{who} is not entered in this job as {' or '.join(sorted(roles))}")


STRUCTURE = {
    "level",
    "kind",
    "state",
    "reason",
    "id",
    "subject",
    "medium",
    "detectors",
    "signature",
    "source",
}
"""Keys whose values are the program's own words; a device outside may be called "low"."""


def _replaced(value: bytes, stand_ins: dict[str, str]) -> bytes:
    """``value`` (JSON) with each identifier in its texts replaced, the longest first."""
    ordered = sorted(stand_ins.items(), key=lambda pair: -len(pair[0]))

    def walk(node: Any) -> Any:
        if isinstance(node, dict):
            return {key: item if key in STRUCTURE else walk(item) for key, item in node.items()}
        if isinstance(node, list):
            return [walk(item) for item in node]
        if isinstance(node, str):
            for text, stand_in in ordered:
                node = node.replace(text, stand_in)
        return node

    return msgspec.json.encode(walk(msgspec.json.decode(value)))
