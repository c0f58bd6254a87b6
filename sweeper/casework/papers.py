"""The papers around a job: notice, consent, replies, custody form, certificate, the sheet on risks and safe
use.

Their texts are the law profile's, with ``{fields}`` filled from the job; what nobody filled in is a line to
write on. A text of the user's own (``--template FILE``) takes their place: first line the title, then
paragraphs.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from sweeper.casework.chapters import day, licence_state
from sweeper.errors import InputError, SweeperError
from sweeper.jobs.job import Job, JobError
from sweeper.jobs.law import Text
from sweeper.jobs.papers import Consent, Custody, Purge, Term
from sweeper.jobs.practice import Practice
from sweeper.jobs.register import Row
from sweeper.language import Language, moment
from sweeper.report.model import Fact, Section, Sheet, Table
from sweeper.report.words import guide, words
from sweeper.text import safe_text, say

BLANK = "______________________"
LONGEST_TEMPLATE = 1 << 20


class _Blanks(dict[str, str]):
    """A field that nobody filled in is a line to write on."""

    def __missing__(self, key: str) -> str:
        return BLANK


def from_text(
    text: Text, fields: Mapping[str, str], language: Language, *, signatures: tuple[str, ...] = ()
) -> Sheet:
    """A profile's text as a sheet, its fields filled; ``signatures`` are lines to sign on."""
    _ = language.gettext
    given = _Blanks({key: safe_text(value) for key, value in fields.items() if value})
    paragraphs = tuple(_filled(line, given) for line in text.paragraphs(language.code))
    title = text.title.get(language.code) or text.title.get("en", "")
    return Sheet(
        language=language.code,
        title=title,
        words=words(language),
        sections=(Section(title="", paragraphs=paragraphs),),
        note=_("A template of the program; to be confirmed with a lawyer before it is relied upon."),
        signatures=signatures,
    )


def _filled(line: str, fields: _Blanks) -> str:
    try:
        return line.format_map(fields)
    except (ValueError, IndexError, AttributeError, TypeError) as error:
        raise SweeperError(
            say("{line!r}: a field in braces is wrong: {error}", line=line[:40], error=error)
        ) from None


def template(path: Path) -> Text:
    """A text of the user's own: the first line is the title, every further one a paragraph."""
    try:
        if path.stat().st_size > LONGEST_TEMPLATE:
            raise InputError(str(path), say("larger than a megabyte"))
        lines = [line.strip() for line in path.read_text("utf-8-sig").splitlines() if line.strip()]
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(str(path), getattr(error, "strerror", None) or say("is not UTF-8 text")) from None
    if not lines:
        raise InputError(str(path), say("is empty"))
    body = tuple(lines[1:])
    return Text({"en": lines[0]}, body, body, body)


def written(text: Text, language: Language) -> str:
    """A text as the file that ``template`` reads, for the user to change."""
    title = text.title.get(language.code) or text.title.get("en", "")
    return "\n\n".join([title, *text.paragraphs(language.code)]) + "\n"


def fields_of(job: Job, language: Language) -> dict[str, str]:
    """What every text may ask of a job."""
    head, law = job.head, job.head.law()
    operator = head.licence.holder if head.licence is not None else ""
    return {
        "number": head.number,
        "place": head.place,
        "purpose": head.purpose,
        "permission": head.permission,
        "client": head.client,
        "people": ", ".join(person.name for person in head.people),
        "operator": operator or ", ".join(person.name for person in head.people),
        "retention_days": str(head.retention_days),
        "withdrawal_days": str(law.withdrawal_working_days),
        "objection_days": str(law.objection_working_days),
        "police": law.police,
    }


def notice(job: Job, language: Language, own: Text | None = None) -> Sheet:
    """For the people on site: what is done, what is seen of them, their rights."""
    return from_text(own or job.head.law().texts["notice"], fields_of(job, language), language)


def consent(job: Job, filed: Consent | None, language: Language, own: Text | None = None) -> Sheet:
    """A consent to be signed; filled where one is entered."""
    _ = language.gettext
    fields = fields_of(job, language)
    if filed is not None:
        until = day(filed.until, language) if filed.until is not None else _("its purpose is reached")
        fields |= {"person": filed.person, "purpose": filed.purpose, "until": until}
    text = own or job.head.law().texts["consent"]
    return from_text(text, fields, language, signatures=(_("Date"), _("Signed")))


def reply(
    job: Job, kind: str, term: Term, who: str, language: Language, own: Text | None = None, **more: str
) -> Sheet:
    """The answer to an objection or a withdrawal; ``kind`` is a name in the profile's texts."""
    _ = language.gettext
    answered = day(term.answered, language) if term.answered is not None else ""
    fields = fields_of(job, language) | {
        "person": term.who,
        "received": day(term.received, language),
        "answered": answered,
        "answer": term.answer,
        "who": who,
        **more,
    }
    text = own or job.head.law().texts[kind]
    return from_text(text, fields, language, signatures=(_("Date"), _("Signed")))


CUSTODY_LINES = 10
"""Empty lines of a custody form: what passes through more hands gets a second sheet."""


def custody(job: Job, language: Language, item: str = "") -> Sheet:
    """The chain of custody of one item or all: what is filed, then lines for what comes."""
    _ = language.gettext
    filed = [each for _number, each in job.filed(Custody) if not item or each.item == item]
    rows = [
        (
            each.item,
            each.seal,
            language.datetime(each.utc_s),
            each.giver,
            each.taker,
            each.place,
            each.why,
        )
        for each in filed
    ]
    rows += [("\u00a0",) * 7] * max(0, CUSTODY_LINES - len(rows))
    columns = (_("Item"), _("Seal"), _("When"), _("From"), _("To"), _("Where"), _("Why"))
    head = job.head
    cover = (Fact(_("Job"), head.number), Fact(_("Place"), head.place), Fact(_("Item"), item or BLANK))
    text = _(
        "Gloves, bag, label. Each hand-over is one line; giver and taker sign. The item is not opened, not "
        "powered and not connected."
    )
    return Sheet(
        language=language.code,
        title=_("Chain of custody"),
        words=words(language),
        cover=cover,
        sections=(Section(title="", paragraphs=(text,), table=Table("", columns, tuple(rows), loose=(1,))),),
        signatures=(_("Given by (name, date, signature)"), _("Taken by (name, date, signature)")),
        confidentiality=_("Confidential"),
    )


def certificate(job: Job, purge: Purge, language: Language) -> Sheet:
    """What was deleted, when, by whom, and the audit log's hash then."""
    _ = language.gettext
    why = {
        "retention": _("the term of retention"),
        "asked by the person concerned": _("at the request of the person concerned"),
    }
    facts = (
        Fact(_("Job"), job.head.number),
        Fact(_("When"), language.datetime(purge.utc_s)),
        Fact(_("Who"), purge.who),
        Fact(_("Reason"), why.get(purge.why, purge.why)),
        Fact(_("Devices deleted"), language.number(purge.devices)),
        Fact(_("Files deleted"), language.number(len(purge.files))),
        Fact(_("Audit log, hash"), purge.audit_hash),
    )
    text = _(
        "Addresses, names and recordings of other people's devices were deleted from this job, the files "
        "overwritten and the database compacted. Findings and verdicts remain under pseudonyms whose key no "
        "longer exists. A solid-state disk may hold old blocks until it reuses them."
    )
    table = Table("", (_("File"),), tuple((name,) for name in purge.files), loose=(0,))
    return Sheet(
        language=language.code,
        title=_("Certificate of deletion"),
        words=words(language),
        cover=facts,
        sections=(Section(title="", paragraphs=(text,), table=table if purge.files else None),),
        signatures=(_("Date"), _("Signed")),
    )


PAPERS = (
    "notice",
    "consent",
    "objection-reply",
    "withdrawal-reply",
    "withdrawal-refusal",
    "custody",
    "certificate",
    "safe-use",
)
"""Every paper around a job, by the name under which it is asked for."""


def of(
    job: Job,
    kind: str,
    language: Language,
    *,
    who: str,
    number: int | None = None,
    item: str = "",
    own: Text | None = None,
) -> Sheet:
    """The paper of this name; ``number`` is of the consent, term or purge it is about, the last one if none.

    Raises ``JobError`` where the job has nothing that it could be about.
    """
    if kind == "notice":
        return notice(job, language, own)
    if kind == "safe-use":
        return safe_use(language)
    if kind == "custody":
        return custody(job, language, item)
    if kind == "consent":
        filed = job.filed(Consent)
        return consent(job, _chosen(filed, number, kind, language) if filed else None, language, own)
    if kind == "certificate":
        purges = list(enumerate(job.purges(), 1))
        return certificate(job, _chosen(purges, number, kind, language), language)
    about = "objection" if kind == "objection-reply" else "withdrawal"
    term = _chosen(job.terms(about), number, about, language)
    return reply(job, kind, term, who, language, own)


def noted(job: Job, kind: str, who: str, language: Language) -> None:
    """Put into the audit log that a paper was written, where the job can be changed."""
    if not job.read_only:
        with job.store.transaction():
            job.store.audit(job.now(), who, "paper", kind=kind, language=language.code)


P = TypeVar("P")


def _chosen(filed: list[tuple[int, P]], number: int | None, kind: str, language: Language) -> P:
    """The paper of this number, or the last one."""
    _ = language.gettext
    if not filed:
        raise JobError(_("there is no {kind} in this job").format(kind=kind))
    if number is None:
        return filed[-1][1]
    found = dict(filed).get(number)
    if found is None:
        raise JobError(_("there is no {kind} {number} in this job").format(kind=kind, number=number))
    return found


def licensor_report(
    practice: Practice,
    rows: Sequence[Row],
    language: Language,
    *,
    from_day: dt.date,
    to_day: dt.date,
    own: Text | None = None,
) -> Sheet:
    """The report to the licensor on the jobs begun in these days: its form and period the licensor sets."""
    _ = language.gettext
    card, law = practice.licence, practice.profile()
    begun = [(moment(row.created_utc_s), row) for row in rows]
    inside = [row for when, row in begun if when is not None and from_day <= when.date() <= to_day]
    text = own or law.texts.get("licensor-report")
    if text is None:
        raise SweeperError(say("{code}: this law knows no report to a licensor", code=law.code))
    fields = {
        "from_day": day(from_day, language),
        "to_day": day(to_day, language),
        "jobs": str(len(inside)),
        "confirmed": str(sum(row.confirmed > 0 for row in inside)),
        "holder": card.holder if card is not None else practice.organisation,
        "licence": card.number if card is not None else "",
        "authority": card.authority if card is not None else "",
        "subkind": str(card.subkind) if card is not None else "",
    }
    return from_text(text, fields, language, signatures=(_("Date"), _("Signed")))


def licence_facts(practice: Practice, now_s: float, language: Language) -> tuple[Fact, ...]:
    """The licence card as facts of a cover."""
    _ = language.gettext
    card, law = practice.licence, practice.profile()
    if card is None:
        return (Fact(_("Licence"), _("none is entered")),)
    return (
        Fact(_("Licence"), card.number),
        Fact(_("Holder"), card.holder),
        Fact(_("Licensor"), card.authority),
        Fact(_("Class, sub-kind"), f"{law.licence_class or '–'}, {card.subkind}"),
        Fact(_("Issued"), day(card.issued, language)),
        Fact(_("State of the licence"), licence_state(card, law, now_s, language)),
    )


def safe_use(language: Language) -> Sheet:
    """What the program can and cannot do, and how it is used safely and lawfully: shown at first run."""
    _ = language.gettext
    return Sheet(
        language=language.code,
        title=_("Risks and safe use"),
        words=words(language),
        sections=(
            Section(title=_("What it is"), paragraphs=_what_it_is(language)),
            Section(title=_("Risks"), steps=_risks(language)),
            Section(title=_("Safe use"), steps=_safe(language)),
            guide(language),
        ),
    )


def _what_it_is(language: Language) -> tuple[str, ...]:
    _ = language.gettext
    return (
        _(
            "The program receives radio signals, Bluetooth and Wi-Fi and compares them with rules and "
            "signatures. It does not transmit, disturb, replay or decode content. It uses no artificial "
            "intelligence; should a part of it ever do so, its results will be marked."
        ),
    )


def _risks(language: Language) -> tuple[str, ...]:
    _ = language.gettext
    return (
        _("It can miss a device: one that is silent, weak, far away, or on a band that was not swept."),
        _("It can point at a harmless device: every finding names innocent causes. A person decides."),
        _(
            "Addresses and names of other people's devices are personal data. Keep them no longer than the "
            "job needs, and do not publish them."
        ),
        _("Collecting data about someone's private life without their consent is an offence."),
        _(
            "A fear of being watched is a burden of its own, with or without a device. If it does not leave "
            "you, talk to someone you trust or to a doctor."
        ),
    )


def _safe(language: Language) -> tuple[str, ...]:
    _ = language.gettext
    return (
        _("Sweep only what is yours or where you have permission."),
        _("Do not open, power, use, sell or keep a device that you found."),
        _("Do not confront the person whom you suspect, and do not go home if you fear for yourself."),
        _(
            "A radio sweep does not find spyware on a telephone. Restart it, update it, and ask a service "
            "that examines telephones; do not delete anything before."
        ),
    )
