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

import datetime
import enum
import hashlib
import re
import tomllib
from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from sweeper.errors import SignatureError
from sweeper.records import Level, Medium, Value
from sweeper.signature_index import Index, Trial, trial
from sweeper.text import Phrase

Facts = Mapping[str, Value]
LANGUAGES = ("en", "ru", "kk")


class SignatureStatus(enum.StrEnum):
    EXPERIMENTAL = "experimental"
    TEST = "test"
    STABLE = "stable"
    DEPRECATED = "deprecated"


class DeviceClass(enum.StrEnum):
    GPS_TRACKER = "gps-tracker"
    GSM_DEVICE = "gsm-device"
    CAMERA = "camera"
    VOICE_RECORDER = "voice-recorder"
    GLASSES = "glasses"
    BODY_CAMERA = "body-camera"
    IMPLANT = "implant"
    TELEMATICS = "telematics"
    RADIO_MICROPHONE = "radio-microphone"
    ITEM_TRACKER = "item-tracker"
    DRONE = "drone"
    OTHER = "other"


class FindingKind(enum.StrEnum):
    """The closed list of the results document."""

    RF_BUG = "rf-bug"
    GSM_DEVICE = "gsm-device"
    ANALOG_CAMERA = "analog-camera"
    NEW_EMISSION = "new-emission"
    STRONGER_EMISSION = "stronger-emission"
    TRACKER = "tracker"
    FOLLOWER = "follower"
    CAMERA = "camera"
    GLASSES = "glasses"
    RECORDER = "recorder"
    BODY_CAMERA = "body-camera"
    DRONE = "drone"
    ROGUE_AP = "rogue-ap"
    DEAUTH_FLOOD = "deauth-flood"
    NETWORK_IMPLANT = "network-implant"
    UNKNOWN_TRANSMITTER = "unknown-transmitter"


class Grade(enum.StrEnum):
    """How well the pattern is evidenced."""

    SPECIFICATION = "specification"
    CODE = "code"
    FIELD = "field"
    WEAK = "weak"


class Words(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One text in the three languages."""

    en: str
    ru: str
    kk: str

    def phrase(self) -> Phrase:
        return Phrase(self.en, {}, {"ru": self.ru, "kk": self.kk})


class Condition(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One test on one fact; exactly one operator is set.

    ``equals``/``any_of`` compare (for a list fact: any element does); ``starts_with`` and ``contains`` work
    on text, ``contains`` also on lists; ``mask`` is text with ``?`` for any one character; ``range`` is
    inclusive, ``[low, high]``; ``regex`` searches names; ``present`` asks whether the fact was sent at all.
    """

    key: str
    equals: str | int | float | bool | None = None
    any_of: tuple[str | int, ...] | None = None
    starts_with: str | None = None
    contains: str | int | None = None
    mask: str | None = None
    range: tuple[float, float] | None = None
    regex: str | None = None
    present: bool | None = None

    def __post_init__(self) -> None:
        if len(self.operators()) != 1:
            raise ValueError(f"exactly one operator for `{self.key}`, not {self.operators() or 'none'}")
        if self.regex is not None:
            try:
                re.compile(self.regex)
            except re.error as error:
                raise ValueError(f"a valid regular expression for `{self.key}`: {error}") from None

    def operators(self) -> list[str]:
        return [name for name in OPERATORS if getattr(self, name) is not None]

    def holds(self, facts: Facts) -> bool:
        """Whether ``facts`` satisfy this condition; an absent fact satisfies only ``present = false``."""
        value = facts.get(self.key)
        if self.present is not None:
            return (value is not None) == self.present
        if value is None:
            return False
        if isinstance(value, list):
            return any(self._on(item) for item in value)
        return self._on(value)

    def _on(self, value: Value) -> bool:
        if self.equals is not None:
            return value == self.equals
        if self.any_of is not None:
            return value in self.any_of
        if self.range is not None:
            return isinstance(value, int | float) and self.range[0] <= value <= self.range[1]
        if not isinstance(value, str):
            return self.contains is not None and value == self.contains
        if self.starts_with is not None:
            return value.startswith(self.starts_with)
        if self.contains is not None:
            return str(self.contains) in value
        if self.mask is not None:
            return len(value) == len(self.mask) and all(
                m in ("?", c) for m, c in zip(self.mask, value, strict=True)
            )
        return self.regex is not None and _compiled(self.regex).search(value) is not None


OPERATORS = ("equals", "any_of", "starts_with", "contains", "mask", "range", "regex", "present")
_REGEXES: dict[str, re.Pattern[str]] = {}


def _compiled(pattern: str) -> re.Pattern[str]:
    compiled = _REGEXES.get(pattern)
    if compiled is None:
        compiled = _REGEXES[pattern] = re.compile(pattern)
    return compiled


class Match(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All of ``all`` hold, at least one of ``any`` (if given), and none of ``not``. One level deep."""

    all: tuple[Condition, ...] = ()
    any: tuple[Condition, ...] = ()
    none: tuple[Condition, ...] = msgspec.field(default=(), name="not")

    def __post_init__(self) -> None:
        if not any(c.present is not False for c in (self.all or self.any)):
            raise ValueError("at least one condition under all or any that asks for something sent")
        if any(c.present is False for c in self.any):
            raise ValueError("no 'present = false' under any: put it under all or not")

    def holds(self, facts: Facts) -> bool:
        return (
            all(c.holds(facts) for c in self.all)
            and (not self.any or any(c.holds(facts) for c in self.any))
            and not any(c.holds(facts) for c in self.none)
        )


class Example(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A captured or synthesised example and where it comes from.

    BLE: ``ad`` (hex of the AD structures), with address and type where they matter. Wi-Fi and LAN:
    ``frame`` (hex of one frame without radiotap). RF and anything else: the ``facts`` themselves.
    """

    provenance: str
    ad: str | None = None
    address: str | None = None
    address_type: str | None = None
    frame: str | None = None
    facts: dict[str, Value] | None = None


class Examples(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    positive: tuple[Example, ...]
    negative: tuple[Example, ...]


class Signature(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One reviewed pattern. See the module's head for the file."""

    id: str
    version: int
    status: SignatureStatus
    level: Level
    kind: FindingKind
    device: str
    device_class: DeviceClass
    confidence: float
    grade: Grade
    observed: datetime.date
    licence: str
    references: tuple[str, ...]
    title: Words
    description: Words
    benign: tuple[Words, ...]
    next: tuple[Words, ...]
    match: Match
    examples: Examples
    vendor: str = ""
    model: str = ""
    context: tuple[str, ...] = ("car", "flat", "office")
    medium: Medium = Medium.RF
    origin: str = ""

    def __post_init__(self) -> None:
        if not 0 < self.confidence <= 1:
            raise ValueError("`confidence` between 0 and 1")
        if len(self.benign) < 2 and self.level is not Level.INFO:
            raise ValueError("`benign`: at least two innocent causes")
        if not self.examples.positive or not self.examples.negative:
            raise ValueError("`examples`: at least one positive and one negative")


_FOLDERS = (Medium.RF, Medium.BLE, Medium.WIFI, Medium.LAN)


def builtin_folder() -> Path:
    """The ``signatures/`` folder: that of the checkout, or the one that the wheel carries."""
    packed = Path(__file__).parent / "data" / "signatures"
    return packed if packed.is_dir() else Path(__file__).parent.parent / "signatures"


def read(path: Path, medium: Medium) -> Signature:
    """Read and validate one file. Raises ``SignatureError`` with file, line, key and what was expected."""
    try:
        text = path.read_text(encoding="utf-8")
        raw = tomllib.loads(text)
    except UnicodeDecodeError as error:
        raise SignatureError(str(path), None, "text", f"UTF-8 expected, byte {error.start}") from None
    except OSError as error:
        raise SignatureError(str(path), None, "file", error.strerror or "unreadable") from None
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"line (\d+)", str(error))
        raise SignatureError(str(path), int(found[1]) if found else None, "TOML", str(error)) from None
    for computed in ("medium", "origin"):
        if computed in raw:
            raise SignatureError(str(path), _line_of(text, computed), computed, "not a key of the file")
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
        raise SignatureError(str(path), _line_of(text, "id"), "id", f"the file's name, {path.stem!r}")
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
    """The signatures in use, indexed so that a look costs little however many there are."""

    def __init__(self, signatures: Iterable[Signature], problems: Iterable[SignatureError] = ()) -> None:
        self.signatures = sorted(signatures, key=lambda s: (s.medium, s.id))
        self.problems = list(problems)
        self.by_id = {s.id: s for s in self.signatures}
        self._shelves: dict[Medium, _Shelf] = {}

    @classmethod
    def load(cls, *folders: Path) -> Library:
        """Load every file of the folders (the built-in one by default).

        A later folder overrides by id, unless its version is older: a bundle installed long ago must not
        take back what a newer program brought.
        """
        found: dict[str, Signature] = {}
        problems: list[SignatureError] = []
        for folder in folders or (builtin_folder(),):
            here: dict[str, Path] = {}
            for medium in _FOLDERS:
                for path in sorted((folder / medium.value).glob("*.toml")):
                    try:
                        signature = read(path, medium)
                    except SignatureError as error:
                        problems.append(error)
                        continue
                    if signature.id in here:
                        other = here[signature.id]
                        problems.append(
                            SignatureError(str(path), 1, "id", f"an id of its own, {other} has it")
                        )
                        continue
                    here[signature.id] = path
                    known = found.get(signature.id)
                    if known is None or signature.version >= known.version:
                        found[signature.id] = signature
        return cls(found.values(), problems)

    @property
    def version(self) -> str:
        """The newest observation date among the signatures, as the bundle's version until it is signed."""
        return max((s.observed.isoformat() for s in self.signatures), default="none")

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
            shelf = self._shelves[medium] = _Shelf([s for s in self.signatures if s.medium is medium])
        return shelf.match(facts)


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
