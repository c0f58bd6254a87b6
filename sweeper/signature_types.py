"""What a signature file says, as types: the file's keys are these fields, and JSON Schema is made of them.

The operators of a condition are a closed set; ``Condition.holds`` is their plain meaning, against which the
index of ``signature_index`` is tested.
"""

from __future__ import annotations

import datetime
import enum
import re
from collections.abc import Mapping
from typing import Literal

import msgspec

from sweeper.patterns import longest, refusal
from sweeper.records import Level, Medium, Value
from sweeper.text import Phrase

Facts = Mapping[str, Value]
LANGUAGES = ("en", "ru", "kk")
Context = Literal["car", "flat", "office"]


class SignatureStatus(enum.StrEnum):
    """A *deprecated* file is matched no more; it stays so that its id is never given to another thing."""

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

    def __post_init__(self) -> None:
        for language in LANGUAGES:
            if not getattr(self, language).strip():
                raise ValueError(f"a text for `{language}`")

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
            refused = refusal(self.regex, self.key)
            if refused is not None:
                raise ValueError(f"a valid regular expression for `{self.key}`: {refused}")

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
        if self.regex is None:
            return False
        return _compiled(self.regex).search(value, 0, longest(self.key)) is not None


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


class Needs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a sweep must give for the signature to speak, or to be worth hearing.

    ``sightings`` is a gate: fewer make no claim. ``dwell_s`` (seconds on its band or channel) and ``places``
    (at how many it must be heard to mean more than a passer-by) are told to the reader; detectors count them.
    """

    dwell_s: float = 0.0
    sightings: int = 1
    places: int = 1

    def __post_init__(self) -> None:
        if self.dwell_s < 0 or self.sightings < 1 or self.places < 1:
            raise ValueError("`needs`: dwell_s from 0, sightings and places from 1")


class Signature(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One reviewed pattern. See the module's head for the file.

    ``recorded`` names recordings in which it was met: of ours, or public ones that are not shipped.
    """

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
    context: tuple[Context, ...] = ("car", "flat", "office")
    needs: Needs = Needs()
    recorded: tuple[str, ...] = ()
    medium: Medium = Medium.RF
    origin: str = ""

    def __post_init__(self) -> None:
        if not 0 < self.confidence <= 1:
            raise ValueError("`confidence` between 0 and 1")
        if len(self.benign) < 2 and self.level is not Level.INFO:
            raise ValueError("`benign`: at least two innocent causes")
        if not self.examples.positive or not self.examples.negative:
            raise ValueError("`examples`: at least one positive and one negative")
