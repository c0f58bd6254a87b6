"""What is said about the open job, changed: purpose, scope, terms, people. The log names the fields."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from sweeper.ui import job_forms
from sweeper.ui.job_forms import Field, Kind
from sweeper.ui.job_parts import told
from sweeper.ui.words import _

if TYPE_CHECKING:
    from sweeper.jobs.job import Head, Job
    from sweeper.ui.desk import Desk

LONGEST_DAYS = 3650


def change(desk: Desk, parent: QWidget) -> None:
    """Read the open job's head, then ask for it anew."""
    desk.jobs.look(lambda job, _who: job.head, partial(_ask, desk, parent))


def _ask(desk: Desk, parent: QWidget, head: object, _problem: str) -> None:
    from sweeper.jobs.job import Head

    if not isinstance(head, Head):
        return
    fields = head_fields(head)
    given = job_forms.ask(parent, desk.style, _("Change the job"), _("Keep"), fields)
    if given is None:
        return
    said: dict[str, object] = {
        field.key: given.text(field.key) for field in fields if field.kind in (Kind.LINE, Kind.TEXT)
    }
    said |= {
        "profile": given.text("profile"),
        "retention_days": given.number("retention_days"),
        "next_sweep": given.day("next_sweep"),
    }
    changed = {key: value for key, value in said.items() if value != getattr(head, key)}
    subkind = given.number("subkind")

    def work(job: Job, who: str) -> None:
        from sweeper.jobs import practice

        if subkind:
            card = job.head.licence or practice.read().licence
            changed["licence"] = job.head.of_kind(card, subkind).licence
        if changed:
            job.change_head(who, **changed)

    desk.jobs.ask(work, told(desk, _("The job is changed."), _("The job did not allow this.")))


def head_fields(head: Head) -> list[Field]:
    """Every field of a job's head that a person may change."""
    subkind = head.licence.subkind if head.licence is not None else 0
    return [
        Field(key="number", title=_("Name or number"), value=head.number, required=True),
        Field(key="place", title=_("Place"), value=head.place, required=True),
        Field(key="purpose", title=_("Purpose"), value=head.purpose, required=True),
        Field(key="permission", title=_("Permission: who allowed it, and how"), value=head.permission,
              required=True),
        Field(key="client", title=_("Client"), value=head.client),
        Field(key="scope", title=_("Scope"), kind=Kind.TEXT, value=head.scope),
        Field(key="out_of_scope", title=_("Out of scope"), kind=Kind.TEXT, value=head.out_of_scope),
        Field(key="recommendations", title=_("Recommendations, a line each"), kind=Kind.TEXT,
              value=head.recommendations),
        Field(key="next_sweep", title=_("Day of the next sweep"), kind=Kind.DAY, value=head.next_sweep),
        Field(key="retention_days", title=_("Days that other people's identifiers are kept"),
              kind=Kind.NUMBER, value=head.retention_days, low=1, high=LONGEST_DAYS),
        Field(key="profile", title=_("Law"), kind=Kind.CHOICE, value=head.profile, entries=laws()),
        Field(key="subkind", title=_("Sub-kind of the licence (0: no licence)"), kind=Kind.NUMBER,
              value=subkind, low=0, high=3),
    ]  # fmt: skip


def laws() -> tuple[tuple[str, str], ...]:
    """Every law that is known here, by its code."""
    from sweeper.jobs.law import profiles

    names = {"kz": _("Kazakhstan"), "neutral": _("Elsewhere")}
    return tuple((code, names.get(code, code)) for code in profiles())


def roles() -> tuple[tuple[str, str], ...]:
    """What a person may do in a job."""
    return (("technician", _("technician")), ("reviewer", _("reviewer")), ("viewer", _("viewer")))


def add_person(desk: Desk, parent: QWidget) -> None:
    """Ask for a person and a role; who is entered already takes the new role."""
    fields = (
        Field(key="name", title=_("Name"), required=True),
        Field(key="role", title=_("Role"), kind=Kind.CHOICE, entries=roles()),
    )
    given = job_forms.ask(parent, desk.style, _("A person of this job"), _("Enter"), fields)
    if given is None:
        return
    name, role = given.text("name"), given.text("role")

    def work(job: Job, who: str) -> None:
        from sweeper.jobs.job import Person, Role

        job.change_head(who, people=job.head.with_people([Person(name, Role(role))]).people)

    desk.jobs.ask(work, told(desk, _("The person is entered."), _("The job did not allow this.")))
