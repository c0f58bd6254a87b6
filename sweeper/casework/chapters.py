"""What a job brings to its report, in the reader's language: who, what for, with what, and what was decided.

A private person's job leaves out what nobody filled in: such a report must not look like a form.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence

from sweeper.casework.keeping import Made, made_of
from sweeper.jobs.job import Decision, DeviceClass, Job, Role, Verdict
from sweeper.jobs.law import Licence, LicenceState, Profile
from sweeper.jobs.papers import Consent, Custody, Equipment
from sweeper.language import Language
from sweeper.report import model as paper


def numbered(sweep: int, text: str, *, many: bool) -> str:
    """An id as the report prints it: with its sweep's number where there are several."""
    return f"{sweep}/{text}" if many else text


def day(when: dt.date, language: Language) -> str:
    """A calendar day in words."""
    return language.date(dt.datetime(when.year, when.month, when.day, tzinfo=dt.UTC).timestamp())


def cover(job: Job, language: Language) -> Iterator[paper.Fact]:
    """Job, client, place, people, licence."""
    _ = language.gettext
    head = job.head
    yield paper.Fact(_("Job"), head.number)
    if head.client:
        yield paper.Fact(_("Client"), head.client)
    yield paper.Fact(_("Place"), head.place)
    if head.people:
        roles = {Role.TECHNICIAN: _("technician"), Role.REVIEWER: _("reviewer"), Role.VIEWER: _("viewer")}
        names = "; ".join(f"{person.name} ({roles[person.role]})" for person in head.people)
        yield paper.Fact(_("People"), names)
    if head.licence is not None:
        yield from licence(head.licence, head.law(), job.now(), language)


def licence(card: Licence, law: Profile, now_s: float, language: Language) -> Iterator[paper.Fact]:
    """The licence card and its state today."""
    _ = language.gettext
    parts = [card.number, card.holder, card.authority]
    if law.licence_class:
        parts.append(_("class {number}").format(number=law.licence_class))
        parts.append(_("sub-kind {number}").format(number=card.subkind))
    yield paper.Fact(_("Licence"), ", ".join(part for part in parts if part))
    yield paper.Fact(_("Issued"), day(card.issued, language))
    yield paper.Fact(_("State of the licence"), licence_state(card, law, now_s, language))


def licence_state(card: Licence, law: Profile, now_s: float, language: Language) -> str:
    """One line: valid until when, ending, expired, or issued without a term."""
    _ = language.gettext
    today = dt.datetime.fromtimestamp(now_s, dt.UTC).date()
    words = {
        LicenceState.VALID: _("valid"),
        LicenceState.ENDING: _("valid, ends soon"),
        LicenceState.EXPIRED: _("EXPIRED"),
        LicenceState.NOT_YET: _("not valid yet"),
        LicenceState.OPEN_ENDED: _(
            "issued without a term; the time for re-registration has ended, confirm with the licensor"
        ),
    }
    state, last = words[card.state(law, today)], card.expires(law)
    if last is None:
        return state
    return _("{state}, until {day}").format(state=state, day=day(last, language))


def purpose(job: Job, language: Language) -> paper.Section:
    """Purpose, permission, scope."""
    _ = language.gettext
    head = job.head
    named = (
        (_("Purpose"), head.purpose),
        (_("Permission"), head.permission),
        (_("Scope"), head.scope),
        (_("Out of scope"), head.out_of_scope),
    )
    facts = tuple(paper.Fact(name, value) for name, value in named if value)
    return paper.Section(title=_("Purpose, permission, scope"), facts=facts)


def sweeps(job: Job, language: Language) -> paper.Section:
    """Method: which sweeps were made, when, where, with what."""
    _ = language.gettext
    made = made_of(job)
    rows = []
    for number, start_s, end_s, place, what in job.store.sweeps():
        length = language.duration(end_s - start_s) if end_s is not None else _("cut off")
        with_what = _made(made.get(number), language)
        rows.append((str(number), language.datetime(start_s), length, place, what, with_what))
    columns = (_("No."), _("Begun"), _("Duration"), _("Place"), _("What"), _("Made with"))
    return paper.Section(
        title=_("Method and sweeps"),
        paragraphs=(
            _(
                "Signals were received and compared with signatures and rules; the program proposed, and the "
                "persons named decided."
            ),
        ),
        table=paper.Table("", columns, tuple(rows)),
    )


def _made(made: Made | None, language: Language) -> str:
    if made is None:
        return ""
    _ = language.gettext
    parts = [f"sweeper {made.version}"]
    if made.signatures:
        parts.append(_("signatures {version}").format(version=made.signatures))
    if made.antenna:
        parts.append(made.antenna)
    if made.gain_db is not None:
        parts.append(_("gain {db}").format(db=language.quantity(made.gain_db, "dB", 1)))
    if made.reference:
        parts.append(_("reference {name}").format(name=made.reference))
    return ", ".join(parts)


def equipment(pieces: Sequence[Equipment], language: Language) -> paper.Section | None:
    """The equipment with its serial numbers and calibration, if any is entered."""
    if not pieces:
        return None
    _ = language.gettext
    rows = tuple(
        (
            piece.name,
            piece.serial,
            piece.antenna,
            day(piece.calibrated, language) if piece.calibrated is not None else _("not calibrated"),
            day(piece.calibration_due, language) if piece.calibration_due is not None else "–",
        )
        for piece in pieces
    )
    columns = (_("Equipment"), _("Serial number"), _("Antenna"), _("Calibrated"), _("Next calibration"))
    return paper.Section(title=_("Equipment"), table=paper.Table("", columns, rows, loose=(1,)))


def advice(job: Job, language: Language) -> paper.Section | None:
    """What a person recommends for this job, and the next date."""
    _ = language.gettext
    head = job.head
    steps = tuple(line.strip() for line in head.recommendations.splitlines() if line.strip())
    facts = (paper.Fact(_("Next sweep"), day(head.next_sweep, language)),) if head.next_sweep else ()
    return paper.Section(title="", steps=steps, facts=facts) if steps or facts else None


def data_protection(job: Job, language: Language) -> paper.Section:
    """Pseudonyms, consent, terms, purge, and the audit log's last hash."""
    _ = language.gettext
    facts = [paper.Fact(_("Identifiers are purged on"), language.date(job.purge_due()))]
    facts += _consents(job, language)
    for purge in job.purges():
        done = _("{day}, by {person}: {count} devices").format(
            day=language.date(purge.utc_s), person=purge.who, count=purge.devices
        )
        facts.append(paper.Fact(_("Purged"), done))
    log = job.store.audit_log()
    if log:
        facts.append(paper.Fact(_("Audit log, last hash"), log[-1].hash))
    return paper.Section(
        title=_("Data protection"),
        paragraphs=(
            _(
                "Addresses and names of other people's devices are replaced by pseudonyms in this report. "
                "They stand in clear only where a named person confirmed a finding."
            ),
        ),
        facts=tuple(facts),
    )


def _consents(job: Job, language: Language) -> Iterator[paper.Fact]:
    _ = language.gettext
    for _number, consent in job.filed(Consent):
        until = day(consent.until, language) if consent.until is not None else _("its purpose is reached")
        line = _("given on {day}, until {until}").format(day=day(consent.given, language), until=until)
        yield paper.Fact(_("Consent of {person}").format(person=consent.person), line)
    kinds = {"withdrawal": _("Consent withdrawn by {person}"), "objection": _("Objection by {person}")}
    for kind, name in kinds.items():
        for _number, term in job.terms(kind):
            received, due = day(term.received, language), day(term.due, language)
            if term.answered is None:
                line = _("received on {day}, due on {due}").format(day=received, due=due)
            else:
                answered = day(term.answered, language)
                line = _("received on {day}, answered on {answered}").format(day=received, answered=answered)
            yield paper.Fact(name.format(person=term.who), line)


def custody(job: Job, language: Language) -> paper.Section | None:
    """The chain of custody, if anything was handed over."""
    filed = [each for _number, each in job.filed(Custody)]
    if not filed:
        return None
    _ = language.gettext
    rows = tuple(
        (each.item, each.seal, language.datetime(each.utc_s), each.giver, each.taker, each.place, each.why)
        for each in filed
    )
    columns = (_("Item"), _("Seal"), _("When"), _("From"), _("To"), _("Where"), _("Why"))
    return paper.Section(title=_("Chain of custody"), table=paper.Table("", columns, rows, loose=(1,)))


ACTS_SHOWN = 200
"""Lines of the audit log that are printed; the job has them all."""


def audit(job: Job, language: Language) -> paper.Section:
    """The audit log: who did what, when; the newest lines where they are very many."""
    _ = language.gettext
    log = job.store.audit_log()
    rows = tuple(
        (
            str(entry.seq),
            language.datetime(entry.utc_s),
            entry.who,
            act_name(entry.act, language),
            entry.hash[:16],
        )
        for entry in log[-ACTS_SHOWN:]
    )
    left = len(log) - len(rows)
    more = _("{n} earlier lines are in the job.").format(n=left) if left > 0 else ""
    columns = (_("No."), _("When"), _("Who"), _("Act"), _("Hash"))
    return paper.Section(title=_("Audit log"), table=paper.Table("", columns, rows, more=more))


def act_name(act: str, language: Language) -> str:
    """An act of the audit log in the reader's language; one that another version wrote, as it stands."""
    _ = language.gettext
    names = {
        "created": _("job begun"),
        "changed": _("job changed"),
        "sweep started": _("sweep begun"),
        "sweep ended": _("sweep ended"),
        "samples of findings are kept": _("samples of findings are kept"),
        "verdict": _("verdict"),
        "consent": _("consent"),
        "withdrawal": _("withdrawal"),
        "withdrawal answered": _("withdrawal answered"),
        "objection": _("objection"),
        "objection answered": _("objection answered"),
        "photo": _("photo filed"),
        "photo blurred": _("photo blurred"),
        "plan": _("floor plan filed"),
        "check": _("search by hand filed"),
        "meeting": _("meeting entered"),
        "custody": _("hand-over filed"),
        "paper": _("paper written"),
        "report": _("report written"),
        "exported": _("saved as one file"),
        "locked": _("locked"),
        "sealed": _("sealed"),
        "stamped": _("time-stamped"),
        "purged": _("purged"),
    }
    return names.get(act, act)


def verdicts(job: Job, language: Language) -> dict[str, paper.Verdict]:
    """By finding: the last verdict, but for those that are open again."""
    many = len(job.store.sweeps()) > 1
    return {
        numbered(sweep, finding, many=many): verdict(decision, language)
        for (sweep, finding), decision in job.verdicts().items()
        if decision.verdict is not Verdict.OPEN
    }


def verdict(decision: Decision, language: Language) -> paper.Verdict:
    """Word, person, time and note; a device's class before the law where a person said it."""
    _ = language.gettext
    words = {
        Verdict.EXPLAINED: _("explained"),
        Verdict.SUSPICIOUS: _("suspicious"),
        Verdict.CONFIRMED: _("confirmed"),
        Verdict.OPEN: _("open"),
    }
    classes = {
        DeviceClass.UNSAID: "",
        DeviceClass.CIVIL: _("class: civil device"),
        DeviceClass.DUAL: _("class: device of dual use"),
        DeviceClass.SPECIAL: _("class: special technical means"),
    }
    when = language.datetime(decision.utc_s) if decision.utc_s is not None else ""
    note = "; ".join(part for part in (classes[decision.device_class], decision.note) if part)
    return paper.Verdict(words[decision.verdict], decision.who, when, note)
