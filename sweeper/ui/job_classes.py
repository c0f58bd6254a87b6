"""What a found device is before the law: civil, of dual use, special. A person says it; nothing is derived
from its looks. It is filed with the verdict, as a verdict again, so that the log shows who said it and when.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import msgspec
from PySide6.QtWidgets import QVBoxLayout, QWidget

from sweeper.ui import job_forms, job_parts
from sweeper.ui.job_forms import Field, Kind
from sweeper.ui.job_parts import told
from sweeper.ui.parts import button
from sweeper.ui.words import _, phrase

if TYPE_CHECKING:
    from sweeper.jobs.job import Decision, Job
    from sweeper.text import Phrase
    from sweeper.ui.desk import Desk


class Judged(msgspec.Struct, frozen=True):
    """A finding that a person holds for a device, or suspects."""

    title: Phrase
    decision: Decision


def judged(job: Job) -> tuple[Judged, ...]:
    """Every finding whose last verdict is suspicious or confirmed, in order of sweep and number."""
    from sweeper.jobs.job import Verdict

    wanted = (Verdict.SUSPICIOUS, Verdict.CONFIRMED)
    titles = {(sweep, finding.id): finding.title for sweep, finding in job.findings()}
    verdicts = sorted(job.verdicts().items())
    return tuple(Judged(titles[key], d) for key, d in verdicts if d.verdict in wanted and key in titles)


def draw(body: QVBoxLayout, desk: Desk, parent: QWidget, devices: Sequence[Judged], writable: bool) -> None:
    """A line for each; nothing where there is none."""
    if not devices:
        return
    text = _("Form is not decisive: what a device is before the law is said by a person, with the verdict.")
    job_parts.section(body, _("Devices before the law"), text, desk.style)
    names = dict(classes())
    for each in devices:
        decision = each.decision
        title = f"{decision.sweep}/{decision.finding} · {phrase(each.title)}"
        acts = [button(_("Say what it is…"), partial(ask, desk, parent, decision), desk.style)]
        named = [job_parts.named(act, title) for act in acts] if writable else []
        said = names[decision.device_class.value]
        body.addWidget(job_parts.line(title, (said, decision.note, decision.who), *named))


def ask(desk: Desk, parent: QWidget, decision: Decision) -> None:
    """Ask for the class, and file the verdict again with it."""
    fields = (
        Field(key="class", title=_("What it is"), kind=Kind.CHOICE, value=decision.device_class.value,
              entries=classes()),
        Field(key="note", title=_("Note"), kind=Kind.TEXT, value=decision.note),
    )  # fmt: skip
    given = job_forms.ask(parent, desk.style, _("Devices before the law"), _("File"), fields)
    if given is None:
        return
    chosen, note = given.text("class"), given.text("note")

    def work(job: Job, who: str) -> None:
        from sweeper.jobs.job import DeviceClass

        said = DeviceClass(chosen)
        job.decide(msgspec.structs.replace(decision, who=who, note=note, device_class=said))

    desk.jobs.ask(work, told(desk, _("Filed."), _("The job did not allow this.")))


def classes() -> tuple[tuple[str, str], ...]:
    """Every class by its value; the first is that nobody said it."""
    return (
        ("", _("not said")),
        ("civil", _("a civil device")),
        ("dual", _("a device of dual use")),
        ("special", _("special technical means")),
    )
