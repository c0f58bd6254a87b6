"""From what a session left to the report model: chooses, orders and words; draws no page."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from sweeper import __version__
from sweeper.language import Language
from sweeper.records import Burst, Device, Emission, Finding, Level
from sweeper.report import svg, tables
from sweeper.report.advice import advice
from sweeper.report.collect import Collector
from sweeper.report.facts import device_facts, device_kind, emission_facts, evidence_fact, input_name, moment
from sweeper.report.model import (
    Fact,
    FindingView,
    Group,
    JobPart,
    Picture,
    Report,
    Section,
    Summary,
    Table,
    inert,
)
from sweeper.report.pictures import Gallery
from sweeper.report.reach import missed
from sweeper.report.summary import heard_table, summary, unheard
from sweeper.report.words import guide, limits, words
from sweeper.signatures import Library
from sweeper.text import Phrase, safe_text

OVERVIEW_FROM = 4
"""With fewer findings the findings themselves are overview enough."""
OVERVIEW_TO = 40
"""With more, a list of all is no overview any more: then kinds are counted."""
COMPACT_FROM = 6
"""From so many alike on, findings are rows of a table instead of cards of a third of a page each."""
MAX_STRIPS = 40
"""Findings that get pictures of their own, the most pressing first."""
EVIDENCE_SHOWN = 12
"""Pieces of evidence printed with one finding; the results document has all."""


def build(
    collected: Collector,
    *,
    library: Library,
    language: Language,
    job: JobPart | None = None,
    made_utc_s: float | None = None,
) -> Report:
    """The report on one session, in one language.

    ``made_utc_s`` prints when the report was made; without it nothing depends on the clock, and the same
    session gives the same bytes.
    """
    about = inert(job or JobPart())
    gallery = Gallery(collected, language)
    drawn, more = gallery.spectra()
    views = _Views(collected, language, about, gallery)
    notable = [finding for finding in collected.findings if finding.level is not Level.INFO]
    groups = views.groups(notable)
    return Report(
        language=language.code,
        title=about.title or language.gettext("Sweep report"),
        demo=language.gettext("These signals were made up by the program.") if collected.demo else "",
        cover=(*about.cover, *_cover(collected, language, made_utc_s)),
        summary=_summary(collected, language, about, notable),
        before=about.before,
        overview=_overview(groups, language) if len(notable) >= OVERVIEW_FROM else None,
        groups=groups,
        informative=tables.informative(collected, language),
        heard=heard_table(collected, language),
        unheard=unheard(collected, language),
        missed=missed(collected.coverage, language),
        middle=about.middle,
        spectra=drawn,
        spectra_more=more,
        signals=tables.signals(collected, language),
        guide=guide(language),
        advice=_advice(collected, language, about),
        limits=limits(language),
        inputs=tables.inputs(collected, language),
        events=tables.events(collected, language),
        made=_made(library, language),
        after=about.after,
        words=words(language),
        confidentiality=about.confidentiality,
    )


def _summary(collected: Collector, language: Language, about: JobPart, notable: Sequence[Finding]) -> Summary:
    """The plain words, with what persons have decided about the findings."""
    made = summary(collected, language)
    decided = [about.verdicts[finding.id].word for finding in notable if finding.id in about.verdicts]
    if not decided:
        return made
    counts = [f"{word} {language.number(decided.count(word))}" for word in dict.fromkeys(decided)]
    left = len(notable) - len(decided)
    line = language.gettext("Decided by the persons named: {counts}; not decided yet: {left}.")
    told = line.format(counts=language.listing(counts), left=language.number(left))
    return msgspec.structs.replace(made, sentences=(made.sentences[0], told, *made.sentences[1:]))


def _advice(collected: Collector, language: Language, about: JobPart) -> Section:
    """The general steps, after those that a person wrote for this job."""
    general = advice(collected, language)
    own = about.advice
    if own is None:
        return general
    return msgspec.structs.replace(general, steps=(*own.steps, *general.steps), facts=own.facts)


def _cover(collected: Collector, language: Language, made_utc_s: float | None) -> list[Fact]:
    _ = language.gettext
    facts = []
    starts = [opened.start_utc_s for opened in collected.opened.values() if opened.start_utc_s is not None]
    if starts:
        facts.append(Fact(_("Recorded from"), language.datetime(min(starts))))
    if made_utc_s is not None:
        facts.append(Fact(_("Report made"), language.datetime(made_utc_s)))
    count = len(collected.opened) + len(collected.refused)
    if count == 1 and collected.opened:
        facts.append(Fact(_("Input"), input_name(next(iter(collected.opened.values())))))
    elif count:
        facts.append(Fact(_("Inputs"), language.number(count)))
    return facts


def _made(library: Library, language: Language) -> Section:
    _ = language.gettext
    return Section(
        title=_("How these results were made"),
        paragraphs=(
            _(
                "By fixed rules and signatures, without artificial intelligence. The same recordings give "
                "the "
                "same results with the same versions."
            ),
        ),
        facts=(
            Fact(_("Program"), f"sweeper {__version__}"),
            Fact(_("Signatures"), f"{library.version}, {language.number(len(library.signatures))}"),
            Fact("SHA-256", library.sha256),
            Fact("ai_assisted", "false"),
        ),
    )


class _Views:
    """Findings as they are printed; counts the strips drawn, so that a long report stays readable."""

    def __init__(self, collected: Collector, language: Language, job: JobPart, gallery: Gallery) -> None:
        self._collected = collected
        self._gallery = gallery
        self._language = language
        self._job = job
        self._emissions = {emission.id: emission for emission in collected.emissions}
        self._devices = {device.id: device for device in collected.devices}
        self._strips = 0

    def groups(self, findings: Sequence[Finding]) -> tuple[Group, ...]:
        """Findings of one level and kind with the same innocent causes and next steps, together."""
        grouped: dict[tuple[object, ...], list[Finding]] = {}
        for finding in findings:
            benign, steps = self._all(finding.benign), self._all(finding.next)
            grouped.setdefault((finding.level, finding.kind, benign, steps), []).append(finding)
        return tuple(self._group(own) for own in grouped.values())

    def _group(self, own: Sequence[Finding]) -> Group:
        compact = len(own) >= COMPACT_FROM
        views = tuple(self._view(finding, pictures=not compact) for finding in own)
        common = set(views[0].why).intersection(*(view.why for view in views)) if compact else set()
        return Group(
            level=own[0].level,
            level_word=self._language.level(own[0].level),
            kind=self._language.finding_kind(own[0].kind),
            findings=tuple(
                msgspec.structs.replace(view, why=tuple(line for line in view.why if line not in common))
                for view in views
            ),
            benign=self._all(own[0].benign),
            next=self._all(own[0].next),
            compact=compact,
            why=tuple(line for line in views[0].why if line in common),
        )

    def _all(self, phrases: Sequence[Phrase]) -> tuple[str, ...]:
        return tuple(safe_text(self._language.phrase(phrase)) for phrase in phrases)

    def _view(self, finding: Finding, *, pictures: bool) -> FindingView:
        language = self._language
        shown = finding.evidence[:EVIDENCE_SHOWN]
        times = {item.time_s for item in shown}
        same = times.pop() if len(times) == 1 else None
        evidence = [evidence_fact(item, language, timed=same is None) for item in shown]
        if same is not None:
            evidence.append(Fact(language.gettext("Measured at"), moment(same, language)))
        left = len(finding.evidence) - EVIDENCE_SHOWN
        if left > 0:
            line = language.ngettext(
                "{n} more in the results document", "{n} more in the results document", left
            )
            evidence.append(Fact("…", line.format(n=language.number(left))))
        if finding.signature:
            version = f" v{finding.signature_version}" if finding.signature_version is not None else ""
            evidence.append(Fact(language.gettext("Signature"), finding.signature + version))
        evidence.append(Fact(language.gettext("Fit of the evidence"), _fit(finding.confidence, language)))
        return FindingView(
            id=safe_text(finding.id),
            level=finding.level,
            level_word=language.level(finding.level),
            title=safe_text(language.phrase(finding.title)),
            subject=self.subject(finding.subject),
            facts=(*self._facts(finding.subject), *self._place(finding.id)),
            why=self._all(finding.why),
            evidence=tuple(evidence),
            pictures=self._pictures(finding) if pictures else (),
            verdict=self._job.verdicts.get(finding.id),
        )

    def subject(self, subject: str) -> str:
        """What a finding is about, in a few words."""
        emission = self._emissions.get(subject)
        if emission is not None:
            return self._language.frequency(emission.center_hz)
        device = self._devices.get(subject)
        if device is not None:
            return f"{safe_text(device.address)} ({device_kind(device, self._language)})"
        return safe_text(subject)

    def _place(self, finding: str) -> tuple[Fact, ...]:
        """Where the floor plan says that it is."""
        said = self._job.places.get(finding)
        return (Fact(self._language.gettext("Place"), said),) if said else ()

    def _facts(self, subject: str) -> tuple[Fact, ...]:
        emission = self._emissions.get(subject)
        if emission is not None:
            return emission_facts(emission, self._language)
        device = self._devices.get(subject)
        return device_facts(device, self._language) if device is not None else ()

    def _pictures(self, finding: Finding) -> tuple[Picture, ...]:
        if self._strips >= MAX_STRIPS:
            return ()
        emission = self._emissions.get(finding.subject)
        device = self._devices.get(finding.subject)
        made: list[Picture | None] = []
        if emission is not None:
            close = self._gallery.around(emission, finding)
            made = [close, self._timing(emission, small=close is not None)]
        elif device is not None:
            made = [self._strength(device)]
        pictures = tuple(picture for picture in made if picture is not None)
        self._strips += bool(pictures)
        return pictures

    def _timing(self, emission: Emission, *, small: bool) -> Picture | None:
        if len(emission.bursts) < 2:
            return None
        language = self._language
        closed = self._collected.closed.get(emission.source)
        duration_s = (closed.duration_s if closed is not None else None) or emission.stop_s
        title = language.gettext("When {frequency} was on the air").format(
            frequency=language.frequency(emission.center_hz)
        )
        strip = svg.timing(emission.bursts, duration_s, language, title, small=small)
        return Picture(title, _bursts_caption(emission.bursts, language), strip, half=small)

    def _strength(self, device: Device) -> Picture | None:
        history = self._collected.history(device)
        if len(history) < 3:
            return None
        title = self._language.gettext("Signal of {address} over time").format(
            address=safe_text(device.address)
        )
        levels = [level for _, level in history]
        caption = self._language.gettext("Between {low} and {high}. Stronger is usually nearer.").format(
            low=self._language.quantity(min(levels), "dBm", 0),
            high=self._language.quantity(max(levels), "dBm", 0),
        )
        return Picture(title, caption, svg.strength(history, self._language, title))


def _fit(confidence: float, language: Language) -> str:
    """Confidence in words: a percentage would claim a measurement."""
    if confidence >= 0.85:
        return language.gettext("good")
    return language.gettext("fair") if confidence >= 0.6 else language.gettext("weak")


def _bursts_caption(bursts: Sequence[Burst], language: Language) -> str:
    lengths = sorted(burst.duration_s for burst in bursts)
    count = language.ngettext("{n} burst", "{n} bursts", len(bursts)).format(n=language.number(len(bursts)))
    typical = language.duration(lengths[len(lengths) // 2])
    return language.gettext("{count}; typically {length} long.").format(count=count, length=typical)


def _overview(groups: Sequence[Group], language: Language) -> Table:
    """All findings by title; where they are very many, how many there are of each kind."""
    _ = language.gettext
    if sum(len(group.findings) for group in groups) > OVERVIEW_TO:
        counts: dict[tuple[str, str], int] = {}
        for group in groups:
            key = (group.level_word, group.kind)
            counts[key] = counts.get(key, 0) + len(group.findings)
        counted = tuple((level, kind, language.number(count)) for (level, kind), count in counts.items())
        return Table(_("All findings"), (_("Level"), _("Kind"), _("Number")), counted, numeric=(2,))
    rows = tuple(
        (view.id, view.level_word, group.kind, view.subject, view.title)
        for group in groups
        for view in group.findings
    )
    columns = (_("No."), _("Level"), _("Kind"), _("About"), _("Title"))
    return Table(_("All findings"), columns, rows, loose=(3,))
