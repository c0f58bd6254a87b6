"""Signatures: reviewed patterns, one TOML file each, and the library that matches them.

A file under ``signatures/{rf,ble,wifi,lan}/`` describes one kind of device::

    id = "airtag-separated"          # the file's name, never reused
    version = 1
    status = "test"                  # experimental, test, stable, deprecated
    level = "low"                    # info, low, medium, high; never "confirmed"
    kind = "tracker"                 # the finding's kind
    device = "airtag"                # what the device is called in the results
    device_class = "item-tracker"
    confidence = 0.9
    ...
    [match]
    all = [ {key = "findmy.kind", equals = "airtag"}, {key = "findmy.state", equals = "separated"} ]

It matches on *facts*, named values that a stage has made of what was heard; the operators are a closed
set. Whatever needs time, counts or several emitters is a detector, not a signature. A file with an error is
named with line, key and what was expected, and the rest load.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterable, Iterator
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from sweeper.errors import SignatureError
from sweeper.records import Medium
from sweeper.signature_index import Index, Trial, trial
from sweeper.signature_types import (
    LANGUAGES,
    OPERATORS,
    Condition,
    DeviceClass,
    Example,
    Examples,
    Facts,
    FindingKind,
    Grade,
    Match,
    Needs,
    Signature,
    SignatureStatus,
    Words,
)
from sweeper.text import say

__all__ = [
    "LANGUAGES",
    "OPERATORS",
    "PRIVATE",
    "Condition",
    "DeviceClass",
    "Example",
    "Examples",
    "Facts",
    "FindingKind",
    "Grade",
    "Library",
    "Match",
    "Needs",
    "Signature",
    "SignatureStatus",
    "Words",
    "builtin_folder",
    "read",
    "schema",
]

DEPRECATED = SignatureStatus.DEPRECATED
PRIVATE = "private"
"""The licence of one's own signatures: they may match on somebody's name, and nobody has been given them."""
MANIFEST = "manifest.json"
"""What an installed bundle has beside its files."""

_FOLDERS = (Medium.RF, Medium.BLE, Medium.WIFI, Medium.LAN)


READ_KEPT = 1024
"""Files whose signatures are kept while the program runs: four times the built-in ones, some megabytes.
Reading those takes a third of a second, most of it TOML; windows and batches read them again and again."""


def builtin_folder() -> Path:
    """The ``signatures/`` folder: that of the checkout, or the one that the wheel carries."""
    packed = Path(__file__).parent / "data" / "signatures"
    return packed if packed.is_dir() else Path(__file__).parent.parent / "signatures"


def read(path: Path, medium: Medium) -> Signature:
    """Read and validate one file. Raises ``SignatureError`` with file, line, key and what was expected."""
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise SignatureError(
            str(path), None, "text", say("UTF-8 expected, byte {start}", start=error.start)
        ) from None
    except OSError as error:
        raise SignatureError(str(path), None, "file", error.strerror or say("unreadable")) from None
    return _made(path, medium, text)


@lru_cache(maxsize=READ_KEPT)
def _made(path: Path, medium: Medium, text: str) -> Signature:
    """What the file with that text says; what is read again unchanged is not made again."""
    try:
        raw = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        found = re.search(r"line (\d+)", str(error))
        raise SignatureError(str(path), int(found[1]) if found else None, "TOML", str(error)) from None
    for computed in ("medium", "origin"):
        if computed in raw:
            raise SignatureError(str(path), _line_of(text, computed), computed, say("not a key of the file"))
    try:
        signature = msgspec.convert({**raw, "medium": medium.value, "origin": str(path)}, Signature)
    except msgspec.ValidationError as error:
        message, _, where = str(error).partition(" - at `")
        place = where.rstrip("`").removeprefix("$").removeprefix(".")
        named = _first_quoted(message)
        missing = "missing required" in message
        key = f"{place}.{named}".strip(".") if named else place
        raise SignatureError(
            str(path), _line_of(text, place if missing else key), key or "file", message
        ) from None
    if signature.id != path.stem:
        raise SignatureError(
            str(path), _line_of(text, "id"), "id", say("the file's name, {stem!r}", stem=path.stem)
        )
    return signature


def _first_quoted(message: str) -> str:
    """The key that msgspec or one of the checks below names in backquotes."""
    found = re.search(r"`([\w.]+)`", message)
    return found[1] if found and found[1] not in _TYPES else ""


_TYPES = {"int", "str", "float", "bool", "array", "object", "null", "date", "tuple", "number"}
"""What msgspec puts in backquotes beside keys: the types it expected and got."""


def _line_of(text: str, key: str) -> int:
    """The line on which ``key`` (``a.b[2].c``) most likely stands; 1 where it is absent."""
    names = [name for name in re.split(r"[.\[\]\d]+", key) if name and name != "..."]
    for name in [key, *reversed(names)]:
        for number, line in enumerate(text.splitlines(), start=1):
            if re.search(rf"(^|[\[{{,.\s\"]){re.escape(name)}\"?\s*[=\],]", line):
                return number
    return 1


def schema() -> dict[str, Any]:
    """JSON Schema of a signature file, made from the types that read it."""
    made = msgspec.json.schema(Signature)
    for computed in ("medium", "origin"):
        made["$defs"]["Signature"]["properties"].pop(computed)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "sweeper signature", **made}


class Library:
    """The signatures in use, indexed so that a look costs little however many there are.

    ``bundle`` is the version of the signed bundle among them, ``local`` the ids of the user's own and of
    other packages': unsigned, and said to be so wherever they speak.
    """

    def __init__(
        self,
        signatures: Iterable[Signature],
        problems: Iterable[SignatureError] = (),
        *,
        bundle: int | None = None,
        local: Iterable[str] = (),
    ) -> None:
        self.signatures = sorted(signatures, key=lambda s: (s.medium, s.id))
        self.problems = list(problems)
        self.bundle = bundle
        self.local = frozenset(local)
        self.by_id = {s.id: s for s in self.signatures}
        self._shelves: dict[Medium, _Shelf] = {}

    @classmethod
    def load(cls, *folders: Path) -> Library:
        """Load every file of the folders (the built-in one by default).

        A later folder overrides by id. An installed bundle does so only where its version is not older: one
        of long ago must not take back what a newer program brought. A user's own file always does.
        """
        found: dict[str, Signature] = {}
        problems: list[SignatureError] = []
        bundle: int | None = None
        local: set[str] = set()
        for folder in folders or (builtin_folder(),):
            signed = _bundle_version(folder)
            bundle = bundle if signed is None else signed
            for signature in _in_folder(folder, problems):
                known = found.get(signature.id)
                if known is None or signed is None or signature.version >= known.version:
                    found[signature.id] = signature
                    local.discard(signature.id)
                    if signed is None and folder != builtin_folder():
                        local.add(signature.id)
        return cls(found.values(), problems, bundle=bundle, local=local)

    def public(self) -> Library:
        """Without what its author gave to nobody: for everything that leaves this computer."""
        given = [s for s in self.signatures if s.licence != PRIVATE]
        return Library(given, self.problems, bundle=self.bundle, local=self.local & {s.id for s in given})

    @property
    def version(self) -> str:
        """What a report prints: the newest observation date, the bundle in use, and how many are unsigned."""
        date = max((s.observed.isoformat() for s in self.signatures), default="none")
        bundle = f", bundle {self.bundle}" if self.bundle is not None else ""
        local = f", {len(self.local)} local and unsigned" if self.local else ""
        return f"{date}{bundle}{local}"

    @cached_property
    def sha256(self) -> str:
        """Over every signature's canonical form, in order of medium and id."""
        digest = hashlib.sha256()
        for signature in self.signatures:
            canonical = msgspec.structs.replace(signature, origin="")
            digest.update(msgspec.json.encode(canonical, order="deterministic"))
        return digest.hexdigest()

    def match(self, medium: Medium, facts: Facts) -> list[Signature]:
        """Every signature that the facts satisfy: strongest level first, then confidence, then id."""
        shelf = self._shelves.get(medium)
        if shelf is None:
            shelf = self._shelves[medium] = _Shelf(
                [s for s in self.signatures if s.medium is medium and s.status is not DEPRECATED]
            )
        return shelf.match(facts)


def _in_folder(folder: Path, problems: list[SignatureError]) -> Iterator[Signature]:
    """The readable signatures of one folder; what cannot be used goes to ``problems``."""
    here: dict[str, Path] = {}
    for medium in _FOLDERS:
        for path in sorted((folder / medium.value).glob("*.toml")):
            try:
                signature = read(path, medium)
            except SignatureError as error:
                problems.append(error)
                continue
            if signature.id in here:
                expected = say("an id of its own, {here} has it", here=here[signature.id])
                problems.append(SignatureError(str(path), 1, "id", expected))
                continue
            here[signature.id] = path
            yield signature


class _Version(msgspec.Struct):
    version: int


def _bundle_version(folder: Path) -> int | None:
    """The version of the bundle that was installed there; ``None`` for a folder of plain files."""
    try:
        return msgspec.json.decode((folder / MANIFEST).read_bytes(), type=_Version).version
    except (OSError, ValueError, RecursionError):
        return None


class _Shelf:
    """One radio's signatures in the order of their answers, with their index and their compiled trials."""

    def __init__(self, signatures: list[Signature]) -> None:
        self._signatures = sorted(signatures, key=lambda s: (-s.level.rank, -s.confidence, s.id))
        needed = [([c for c in s.match.all if c.present is not False], s.match.any) for s in self._signatures]
        self._index = Index(needed)
        self._trials: dict[int, _Trials] = {}

    def match(self, facts: Facts) -> list[Signature]:
        return [self._signatures[n] for n in sorted(self._index.candidates(facts)) if self._holds(n, facts)]

    def _holds(self, number: int, facts: Facts) -> bool:
        trials = self._trials.get(number)
        if trials is None:
            match = self._signatures[number].match
            trials = self._trials[number] = _Trials(
                *(tuple(map(trial, conditions)) for conditions in (match.all, match.any, match.none))
            )
        for holds in trials.all:
            if not holds(facts):
                return False
        if trials.any and not any(holds(facts) for holds in trials.any):
            return False
        return not any(holds(facts) for holds in trials.none)


class _Trials(NamedTuple):
    """A match with its conditions ready to be tried."""

    all: tuple[Trial, ...]
    any: tuple[Trial, ...]
    none: tuple[Trial, ...]
