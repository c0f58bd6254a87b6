"""Making a signature from what was heard: propose, try, write.

    subjects = gather.subjects()                        # sweeper.subjects, or ``heard([path], library)``
    clean    = clean_looks(library, medium)             # what must not be hit
    proposal = propose([subject], others, clean, library)
    hits     = would_hit(proposal.match(), others)      # again after the user switched a condition
    path     = write(Draft(...), proposal, folder)      # read back by the loader, its examples checked

A condition is proposed for what is the same in every look at the subject: a value, the beginning of a name,
the fixed bytes of a payload, a band of measured values. Conditions are switched on one by one, the most
telling first, until nothing of the clean set is hit any more. What a person knows and a program cannot (what
it is, what else it may be) is asked for: the proposal is never a signature by itself.

A made signature is the user's own: it lives in the local folder, unsigned, and overrides a built-in one of
the same id.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from sweeper.errors import InputError, ProtocolError
from sweeper.proposing import Proposed, candidates
from sweeper.records import Level, Medium
from sweeper.signature_check import example_facts
from sweeper.signature_writing import NEXT, put
from sweeper.signature_writing import text_of as text_of_signature
from sweeper.signatures import (
    PRIVATE,
    DeviceClass,
    Example,
    Examples,
    Facts,
    FindingKind,
    Grade,
    Library,
    Match,
    Signature,
    SignatureStatus,
    Words,
    builtin_folder,
)
from sweeper.subjects import Look, Subject, heard
from sweeper.text import say

HEAD = "Made by sweeper from what was heard. Local and unsigned."
NEAR_MISSES = 3
MOST_SHOWN = 50


class Clean(msgspec.Struct, frozen=True):
    """One thing that a new signature must not hit, and where it comes from."""

    what: str
    look: Look


class Proposal(msgspec.Struct, frozen=True):
    """What could be asked for. ``chosen`` are the numbers of the conditions that are switched on.

    ``clean_hits`` names what of the clean set is still hit, ``also_hits`` the other subjects of the same
    sweep, ``known`` the signatures that match the subject already.
    """

    medium: Medium
    subjects: tuple[Subject, ...]
    conditions: tuple[Proposed, ...]
    chosen: tuple[int, ...]
    clean_hits: tuple[str, ...]
    also_hits: tuple[str, ...]
    known: tuple[str, ...]
    near_misses: tuple[Clean, ...]

    def match(self) -> Match:
        """The conditions that are switched on. Raises ``ValueError`` if none is."""
        return Match(all=tuple(self.conditions[i].condition for i in self.chosen))


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """What a person has to say about it. A text stands for all three languages until it is translated."""

    id: str
    title: str
    benign: tuple[str, ...]
    next: tuple[str, ...] = ()
    description: str = ""
    level: Level = Level.LOW
    kind: FindingKind = FindingKind.UNKNOWN_TRANSMITTER
    device: str = ""
    device_class: DeviceClass = DeviceClass.OTHER
    confidence: float = 0.5
    vendor: str = ""
    model: str = ""
    observed: dt.date


def clean_looks(library: Library, medium: Medium, folder: Path | None = None) -> list[Clean]:
    """The clean set of one radio: near misses and benign examples of the library, and clean recordings.

    ``folder`` holds recordings known to be clean; by default those that come with the program.
    """
    made = [clean for signature in library.signatures for clean in _of_examples(signature, medium)]
    recordings = folder or clean_folder()
    if recordings.is_dir():
        for subject in heard(_of_medium(recordings, medium), library).subjects():
            what = f"{Path(subject.recording).name}: {subject.label}"
            made += [Clean(what, look) for look in subject.looks if subject.medium is medium]
    return made


def clean_folder() -> Path:
    """The clean recordings: those of the checkout, or the ones that the wheel carries."""
    return builtin_folder().parent / "recordings" / "clean"


def _of_examples(signature: Signature, medium: Medium) -> Iterable[Clean]:
    if signature.medium is not medium:
        return
    examples = list(signature.examples.negative)
    if signature.level is Level.INFO:
        examples += signature.examples.positive
    for example in examples:
        try:
            facts = example_facts(signature, example)
        except (ProtocolError, ValueError):
            continue
        yield Clean(f"{signature.id}: {example.provenance}", Look(facts, ad=example.ad, frame=example.frame))


def _of_medium(folder: Path, medium: Medium) -> list[Path]:
    """The recordings of a folder that can hold the medium, by name: hearing all takes ten times as long."""
    packets = (".pcap", ".pcapng", ".cap")
    wanted = {Medium.BLE: (".jsonl", ".btsnoop", *packets), Medium.WIFI: packets, Medium.LAN: packets}
    samples = [p for p in sorted(folder.iterdir()) if p.suffix != ".sigmf-meta" and p.is_file()]
    known = (".jsonl", ".btsnoop", *packets)
    if medium is Medium.RF:
        return [p for p in samples if p.suffix not in (*known, ".json", ".toml", ".md")]
    return [p for p in samples if p.suffix in wanted[medium]]


def propose(
    subjects: Sequence[Subject], others: Sequence[Subject], clean: Sequence[Clean], library: Library
) -> Proposal:
    """What is constant over all looks at ``subjects`` (one, or several of one kind) and absent elsewhere.

    Raises ``InputError`` where the subjects are of several radios or have nothing in common.
    """
    mediums = {subject.medium for subject in subjects}
    if len(mediums) != 1:
        raise InputError("signature", say("one radio at a time"))
    (medium,) = mediums
    looks = [look.facts for subject in subjects for look in subject.looks]
    conditions = tuple(candidates(medium, looks))
    if not conditions:
        raise InputError(subjects[0].label, say("nothing in it is constant enough to know it by"))
    own = {subject.id for subject in subjects}
    apart = [one for one in others if one.medium is medium and one.id not in own]
    chosen = _choose(conditions, [one.look.facts for one in clean])
    known = sorted({hit.id for facts in looks for hit in library.match(medium, facts)})
    empty = Proposal(medium, tuple(subjects), conditions, chosen, (), (), tuple(known), ())
    return choose(empty, chosen, apart, clean)


def choose(
    proposal: Proposal, chosen: Sequence[int], others: Sequence[Subject], clean: Sequence[Clean]
) -> Proposal:
    """The proposal with other conditions switched on, tried anew. Raises ``ValueError`` if none is."""
    own = {subject.id for subject in proposal.subjects}
    apart = [one for one in others if one.medium is proposal.medium and one.id not in own]
    tried = msgspec.structs.replace(proposal, chosen=tuple(sorted(set(chosen))))
    match = tried.match()
    hit = dict.fromkeys(one.what for one in clean if match.holds(one.look.facts))
    looks = [Clean(one.label, look) for one in apart for look in one.looks]
    return msgspec.structs.replace(
        tried,
        clean_hits=tuple(hit)[:MOST_SHOWN],
        also_hits=tuple(would_hit(match, apart))[:MOST_SHOWN],
        near_misses=tuple(_nearest(match, clean) or _nearest(match, looks)),
    )


def would_hit(match: Match, subjects: Iterable[Subject]) -> list[str]:
    """Labels of the subjects that a match hits in any of their looks."""
    return [one.label for one in subjects if any(match.holds(look.facts) for look in one.looks)]


def _choose(conditions: Sequence[Proposed], clean: Sequence[Facts]) -> tuple[int, ...]:
    """The first condition, and each further one that keeps something of the clean set away."""
    hits = [{i for i, facts in enumerate(clean) if c.condition.holds(facts)} for c in conditions]
    order = sorted(range(len(conditions)), key=lambda i: (conditions[i].rank, len(hits[i]), i))
    needed = [i for i in order if conditions[i].needed] or order[:1]
    left = set.intersection(*(hits[i] for i in needed))
    while left:
        best = min((i for i in order if i not in needed), key=lambda i: len(left & hits[i]), default=None)
        if best is None or len(left & hits[best]) == len(left):
            break
        needed.append(best)
        left &= hits[best]
    return tuple(sorted(needed))


def _nearest(match: Match, pool: Sequence[Clean]) -> list[Clean]:
    """What is not hit, the nearest first: most conditions met. One for each payload and facts."""
    missed = [(sum(c.holds(one.look.facts) for c in match.all), one) for one in pool]
    near = [(met, one) for met, one in missed if met < len(match.all)]
    near.sort(key=lambda pair: (-pair[0], pair[1].what))
    apart = {one.look.ad or str(one.look.facts): one for _met, one in reversed(near)}
    return list(reversed(apart.values()))[:NEAR_MISSES]


def slug(text: str) -> str:
    """An id from a title: small Latin letters, digits and hyphens.

    >>> slug("My neighbour's Camera!")
    'my-neighbour-s-camera'
    """
    made = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
    return made[:60] or "own-signature"


def text_of(draft: Draft, proposal: Proposal) -> str:
    """The TOML of the signature. The first look of each subject is its captured example."""
    return text_of_signature(_signature(draft, proposal), HEAD)


def write(draft: Draft, proposal: Proposal, folder: Path) -> Path:
    """Write the file into ``folder/<radio>/``; it is read back and its examples are run first.

    Raises ``InputError`` where a text is missing and ``SignatureError`` where the loader refuses the file.
    """
    if not draft.title.strip():
        raise InputError("title", say("one is needed"))
    if draft.level is not Level.INFO and len([b for b in draft.benign if b.strip()]) < 2:
        raise InputError("innocent causes", say("at least two are needed: most things found are harmless"))
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,63}", draft.id):
        raise InputError("id", say("small Latin letters, digits and hyphens"))
    return put(_signature(draft, proposal), folder, HEAD)


def _signature(draft: Draft, proposal: Proposal) -> Signature:
    def words(text: str) -> Words:
        return Words(text, text, text)

    description = draft.description or f"Made from {Path(proposal.subjects[0].recording).name or 'a sweep'}."
    return Signature(
        id=draft.id,
        version=1,
        status=SignatureStatus.EXPERIMENTAL,
        level=draft.level,
        kind=draft.kind,
        device=draft.device or draft.id,
        device_class=draft.device_class,
        confidence=draft.confidence,
        grade=Grade.FIELD,
        observed=draft.observed,
        licence=PRIVATE,
        references=(f"own capture, {draft.observed.isoformat()}",),
        vendor=draft.vendor,
        model=draft.model,
        title=words(draft.title),
        description=words(description),
        benign=tuple(words(text) for text in draft.benign if text.strip()),
        next=tuple(words(text) for text in draft.next if text.strip()) or NEXT,
        match=proposal.match(),
        examples=Examples(tuple(_positive(proposal)), tuple(_negative(proposal))),
        medium=proposal.medium,
    )


def _positive(proposal: Proposal) -> Iterable[Example]:
    match = proposal.match()
    keys = {c.condition.key for c in proposal.conditions}
    for subject in proposal.subjects[:5]:
        for look in subject.looks[:5]:
            yield _example(look, f"captured: {Path(subject.recording).name}", match, keys, subject)


def _negative(proposal: Proposal) -> Iterable[Example]:
    match = proposal.match()
    keys = {c.condition.key for c in proposal.conditions}
    for one in proposal.near_misses:
        yield _example(one.look, f"near miss: {one.what}", match, keys, None)
    if not proposal.near_misses:
        facts = proposal.subjects[0].looks[0].facts
        last = match.all[-1].key
        kept = {key: facts[key] for key in sorted(keys) if key in facts and key != last}
        yield Example(provenance=f"the same without {last}", facts=kept)


def _example(look: Look, provenance: str, match: Match, keys: set[str], subject: Subject | None) -> Example:
    """The bytes where they make the same facts again, else the facts that were asked about."""
    kept = {key: look.facts[key] for key in sorted(keys) if key in look.facts}
    if look.ad is not None:
        sender = any(c.key in ("ble.oui", "ble.address_class") for c in match.all) and subject is not None
        address = subject.address if subject is not None and sender else None
        kind = subject.address_type if subject is not None and sender else None
        return Example(provenance=provenance, ad=look.ad, address=address, address_type=kind)
    return Example(provenance=provenance, facts=kept)
