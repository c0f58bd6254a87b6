"""The proof of the library: every signature over every recording, and what each of them is worth.

    proof = prove(library, recordings=[...], clean=[...])

For each signature: whether its own examples come out, in which recordings it was met, how near its nearest
near miss came (how many conditions would have to change), and whether it hits anything clean. A signature
that asks for attention and hits clean material is a false alarm. *Stable* is earned: met in a real recording
that the file names, and no false alarm. Where that recording is at hand, the hit is checked.
"""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import msgspec

from sweeper.errors import InputError, ProtocolError, SignatureError
from sweeper.protocols.ble.facts import facts as ble_facts
from sweeper.records import Level, Medium
from sweeper.signature_check import Conflict, check_one, conflicts, example_facts
from sweeper.signatures import Facts, Library, Match, Signature, SignatureStatus
from sweeper.subjects import Look, Subject, heard
from sweeper.text import say

LABEL_SUFFIXES = (".json", ".toml", ".md", ".sigmf-meta", ".txt")
"""What lies beside recordings and is none."""


class NearMiss(msgspec.Struct, frozen=True):
    """The nearest thing that is not hit, and how many conditions keep it away."""

    distance: int
    what: str


class Proved(msgspec.Struct, frozen=True):
    """What one signature showed. ``hits`` and ``clean_hits`` are ``recording: subject`` lines."""

    signature: Signature
    problems: tuple[str, ...]
    hits: tuple[str, ...]
    clean_hits: tuple[str, ...]
    near_miss: NearMiss | None

    @property
    def false_alarms(self) -> tuple[str, ...]:
        """Clean hits of a signature that asks for attention."""
        return self.clean_hits if asks_attention(self.signature) else ()

    @property
    def recorded(self) -> bool:
        """Whether it was met in a real recording, which its file names. Ours are synthetic and prove less."""
        return bool(self.signature.recorded)


class Proof(msgspec.Struct, frozen=True):
    """All of it. ``problems`` are lines that make the check fail; ``unread`` names what could not be read."""

    signatures: tuple[Proved, ...]
    conflicts: tuple[Conflict, ...]
    problems: tuple[str, ...]
    unread: tuple[str, ...]


class Material(msgspec.Struct, frozen=True):
    """What the signatures are run over: subjects by recording, of things to find and of clean air."""

    devices: tuple[Subject, ...]
    clean: tuple[Subject, ...]
    unread: tuple[str, ...] = ()


def asks_attention(signature: Signature) -> bool:
    """Whether a hit is shown as more than a name: what must never happen on clean air."""
    return signature.level is not Level.INFO


def prove(library: Library, material: Material) -> Proof:
    """Run everything. Deterministic: same library and material, same proof."""
    hits = _hits(library, material.devices)
    clean_hits = _hits(library, material.clean)
    clean = {medium: _looks(material.clean, medium) for medium in Medium}
    proved = [
        Proved(
            signature,
            tuple(check_one(library, signature)),
            tuple(hits.get(signature.id, ())),
            tuple(clean_hits.get(signature.id, ())),
            nearest(signature, clean[signature.medium]),
        )
        for signature in library.signatures
    ]
    problems = [str(problem) for problem in library.problems]
    run = {_line(subject) for subject in (*material.devices, *material.clean)}
    for one in proved:
        problems += [*one.problems, *_unearned(one, run)]
    return Proof(tuple(proved), tuple(conflicts(library)), tuple(problems), material.unread)


def _unearned(one: Proved, recordings: Iterable[str]) -> Iterable[str]:
    signature = one.signature
    met = [*one.hits, *one.clean_hits]
    for entry in signature.recorded:
        name = entry.rpartition(": ")[2]
        if any(name in line for line in recordings) and not any(name in line for line in met):
            yield f"{signature.id}: not met in {entry}, where its file says it is"
    for hit in one.false_alarms:
        yield f"{signature.id}: false alarm on clean material: {hit}"
    if signature.status is SignatureStatus.STABLE and not one.recorded:
        yield f"{signature.id}: stable without a real recording in which it was met"


def _hits(library: Library, subjects: Iterable[Subject]) -> dict[str, list[str]]:
    """Signature -> ``recording: subject`` lines, each once, as the pipeline would match them."""
    found: dict[str, dict[str, None]] = {}
    for subject in subjects:
        line = _line(subject)
        for look in subject.looks:
            for signature in library.match(subject.medium, look.facts):
                found.setdefault(signature.id, {})[line] = None
    return {signature: list(lines) for signature, lines in found.items()}


def _line(subject: Subject) -> str:
    return f"{Path(subject.recording).name}: {subject.label}"


def _looks(subjects: Iterable[Subject], medium: Medium) -> list[tuple[str, Facts]]:
    return [(_line(one), look.facts) for one in subjects if one.medium is medium for look in one.looks]


def nearest(signature: Signature, clean: Sequence[tuple[str, Facts]]) -> NearMiss | None:
    """The nearest of its own near misses and of the clean looks that it does not hit."""
    own: list[tuple[str, Facts]] = []
    for example in signature.examples.negative:
        try:
            own.append((example.provenance, example_facts(signature, example)))
        except (ProtocolError, ValueError):
            continue
    misses = [NearMiss(distance(signature.match, facts), what) for what, facts in (*own, *clean)]
    return min(
        (miss for miss in misses if miss.distance), key=lambda miss: (miss.distance, miss.what), default=None
    )


def distance(match: Match, facts: Facts) -> int:
    """How many conditions would have to change for a hit; 0 is a hit."""
    unmet = sum(not c.holds(facts) for c in match.all) + sum(c.holds(facts) for c in match.none)
    return unmet + bool(match.any and not any(c.holds(facts) for c in match.any))


# The material.


class Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Some files of a corpus: a glob, names left out, and whether they are known to be clean."""

    files: str
    clean: bool
    why: str
    but: tuple[str, ...] = ()


class _Parts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    part: tuple[Part, ...]


def material(library: Library, recordings: Path, corpus: Path | None = None) -> Material:
    """What lies in ``recordings/{devices,clean}``, and what is known of a corpus.

    ``corpus.toml``, in the corpus or else beside our recordings, says which of its files are clean.
    """
    devices, unread = _heard(_files(recordings / "devices"), library)
    clean, clean_unread = _heard(_files(recordings / "clean"), library)
    unread += clean_unread
    if corpus is not None:
        own = corpus / "corpus.toml"
        for part in read_parts(own if own.is_file() else recordings / "corpus.toml"):
            paths = [p for p in sorted(corpus.glob(part.files)) if not any(b in p.name for b in part.but)]
            tables = [p for p in paths if p.suffix == ".csv"]
            found, missed = _heard([p for p in paths if p not in tables], library)
            found += [one for path in tables for one in vectors(path, clean=part.clean)]
            unread += missed
            (clean if part.clean else devices).extend(found)
    return Material(tuple(devices), tuple(clean), tuple(unread))


def read_parts(path: Path) -> tuple[Part, ...]:
    """The parts that a ``corpus.toml`` lists. Raises ``SignatureError``."""
    try:
        return msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), _Parts).part
    except (OSError, ValueError, RecursionError) as error:
        raise SignatureError(str(path), None, "part", str(error)) from None


def _files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return [p for p in sorted(folder.iterdir()) if p.is_file() and p.suffix not in LABEL_SUFFIXES]


def _heard(paths: Sequence[Path], library: Library) -> tuple[list[Subject], list[str]]:
    """The subjects of each recording by itself; what cannot be read is named, not fatal."""
    found: list[Subject] = []
    unread: list[str] = []
    for path in paths:
        gather = heard([path], library)
        unread += gather.problems
        found += gather.subjects()
    return found, unread


def vectors(path: Path, *, clean: bool) -> list[Subject]:
    """Advertisements of a table, the clean ones or the others.

    Columns: ``hex_payload``, ``expected_class`` (``benign…`` is clean), ``address_type_if_known``,
    ``source``. Raises ``InputError`` for a table without them.
    """
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    if rows and not {"hex_payload", "expected_class"} <= set(rows[0]):
        raise InputError(str(path), say("columns hex_payload and expected_class expected"))
    chosen = [row for row in rows if row["expected_class"].startswith("benign") == clean]
    return [_vector(path, number, row) for number, row in enumerate(chosen, start=1)]


def _vector(path: Path, number: int, row: Mapping[str, str]) -> Subject:
    told = (row.get("address_type_if_known") or "").split()
    kind = told[0].split("_")[0] if told and told[0].startswith(("random", "public")) else None
    try:
        data = bytes.fromhex(row["hex_payload"])
    except ValueError:
        raise InputError(str(path), say("row {number}: hex expected", number=number)) from None
    look = Look(ble_facts(data, None, kind), ad=data.hex())
    label = f"row {number} {row['expected_class']} ({row.get('source') or ''})"
    return Subject(f"row-{number}", Medium.BLE, label, str(path), (look,))
