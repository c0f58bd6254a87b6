"""Indicators and rules: what the formats of other programs have in common with ours.

A rule is an *or* of terms, a term an *and* of indicators of which some must be absent. Our match is one level
deep, so a rule becomes one signature for each radio and each term of several indicators; all its lone
indicators share one. Imported signatures are *experimental* and *weak*: nobody here has met what they name.
"""

from __future__ import annotations

import datetime as dt
import enum
import re
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from sweeper.exchange.samples import sample
from sweeper.records import Level, Medium, Value
from sweeper.signature_writing import NEXT
from sweeper.signatures import (
    Condition,
    DeviceClass,
    Example,
    Examples,
    Facts,
    FindingKind,
    Grade,
    Match,
    Signature,
    SignatureStatus,
    Words,
)
from sweeper.vendors import ieee


class What(enum.StrEnum):
    """What an indicator looks at."""

    OUI = "oui"
    SSID = "ssid"
    NAME = "name"
    UUID = "uuid"
    COMPANY = "company"
    PAYLOAD = "payload"


class How(enum.StrEnum):
    """How it compares; a payload is hex after its company id."""

    EQUALS = "equals"
    STARTS_WITH = "starts_with"
    CONTAINS = "contains"
    REGEX = "regex"


class Indicator(msgspec.Struct, frozen=True):
    """One thing to look for. OUIs are six small hex digits, companies four capital ones, UUIDs capital."""

    what: What
    how: How
    value: str
    company: str = ""


class Literal(msgspec.Struct, frozen=True):
    """An indicator that must be there, or must not."""

    indicator: Indicator
    wanted: bool = True


Term = tuple[Literal, ...]


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """What one device is known by: any of the terms."""

    id: str
    title: str
    terms: tuple[Term, ...]
    source: str
    level: Level = Level.LOW
    kind: FindingKind = FindingKind.UNKNOWN_TRANSMITTER
    device_class: DeviceClass = DeviceClass.OTHER
    vendor: str = ""


class Taken(msgspec.Struct, frozen=True):
    """What became of an import or export: signatures, and a line for each thing that was left out."""

    signatures: tuple[Signature, ...]
    left_out: tuple[str, ...]


MEDIA: dict[What, tuple[Medium, ...]] = {
    What.OUI: (Medium.WIFI, Medium.BLE),
    What.SSID: (Medium.WIFI,),
    What.NAME: (Medium.BLE,),
    What.UUID: (Medium.BLE,),
    What.COMPANY: (Medium.BLE,),
    What.PAYLOAD: (Medium.BLE,),
}
KEYS: dict[tuple[Medium, What], str] = {
    (Medium.WIFI, What.OUI): "wifi.oui",
    (Medium.BLE, What.OUI): "ble.oui",
    (Medium.WIFI, What.SSID): "wifi.ssid",
    (Medium.BLE, What.NAME): "ble.name",
    (Medium.BLE, What.UUID): "ble.uuids",
    (Medium.BLE, What.COMPANY): "ble.company",
}
LISTS = ("wifi.ssid", "ble.uuids", "ble.company")
"""Facts that are lists."""

BENIGN = (
    Words(
        "Another product of the same maker, or one with the same parts.",
        "Другое изделие того же производителя или с теми же деталями.",
        "Сол өндірушінің басқа бұйымы немесе бөлшектері бірдей бұйым.",
    ),
    Words(
        "Something that somebody gave the same name or number.",
        "Что-то, чему дали такое же имя или номер.",
        "Біреу дәл сондай ат не нөмір берген нәрсе.",
    ),
)
WORST = Level.MEDIUM
"""Imported patterns never ask for more: they were not tried here."""


def signatures_of(rules: Iterable[Rule], observed: dt.date) -> Taken:
    """Our signatures for the rules of another program."""
    made: list[Signature] = []
    left_out: list[str] = []
    for rule in rules:
        count = len(made)
        made += _of_rule(rule, observed, left_out)
        if len(made) == count:
            left_out.append(f"{rule.id}: nothing of it can be said here")
    return Taken(tuple(made), tuple(dict.fromkeys(left_out)))


def _of_rule(rule: Rule, observed: dt.date, left_out: list[str]) -> Iterator[Signature]:
    for medium in (Medium.BLE, Medium.WIFI):
        terms = [term for term in rule.terms if all(medium in MEDIA[one.indicator.what] for one in term)]
        lone = [term[0] for term in terms if len(term) == 1 and term[0].wanted]
        several = [term for term in terms if len(term) > 1 and any(one.wanted for one in term)]
        matches = [Match(any=_merged(medium, lone))] if lone else []
        matches += [_match(medium, term) for term in several]
        for number, match in enumerate(matches, start=1):
            suffix = f"-{medium.value}" + (f"-{number}" if number > 1 else "")
            signature = _signature(rule, medium, match, rule.id[: 64 - len(suffix)] + suffix, observed)
            if signature is None:
                left_out.append(f"{rule.id}{suffix}: no example of it could be made")
            else:
                yield signature


def condition(medium: Medium, indicator: Indicator) -> Condition:
    """Our condition for an indicator."""
    payload = indicator.what is What.PAYLOAD
    key = f"ble.mfr.{indicator.company}" if payload else KEYS[medium, indicator.what]
    value = indicator.value.upper() if key == "ble.oui" else indicator.value
    return Condition(key, **{indicator.how.value: value})  # type: ignore[arg-type]


def _merged(medium: Medium, literals: Sequence[Literal]) -> tuple[Condition, ...]:
    """Conditions of which one is enough; equal values of one key in one list."""
    values: dict[str, list[str | int]] = {}
    rest: list[Condition] = []
    for literal in literals:
        made = condition(medium, literal.indicator)
        if isinstance(made.equals, str):
            values.setdefault(made.key, []).append(made.equals)
        else:
            rest.append(made)
    several = [Condition(key, any_of=tuple(dict.fromkeys(found))) for key, found in values.items()]
    return (*several, *dict.fromkeys(rest))


def _match(medium: Medium, term: Term) -> Match:
    return Match(
        all=tuple(condition(medium, one.indicator) for one in term if one.wanted),
        none=tuple(condition(medium, one.indicator) for one in term if not one.wanted),
    )


def _signature(rule: Rule, medium: Medium, match: Match, id_: str, observed: dt.date) -> Signature | None:
    positive, negative = _examples(match)
    if positive is None or negative is None:
        return None
    level = rule.level if rule.level.rank <= WORST.rank else WORST
    words = Words(rule.title, rule.title, rule.title)
    return Signature(
        id=id_,
        version=1,
        status=SignatureStatus.EXPERIMENTAL,
        level=level,
        kind=rule.kind,
        device=slug(rule.id),
        device_class=rule.device_class,
        confidence=0.3,
        grade=Grade.WEAK,
        observed=observed,
        licence="as its source",
        references=(rule.source,),
        title=words,
        description=words,
        benign=BENIGN,
        next=NEXT,
        vendor=rule.vendor,
        match=match,
        examples=Examples(
            (Example(provenance="made of the imported pattern", facts=dict(positive)),),
            (Example(provenance="the same, one value changed", facts=dict(negative)),),
        ),
        medium=medium,
    )


def _examples(match: Match) -> tuple[Facts | None, Facts | None]:
    """Facts that meet the match, and a near miss."""
    facts: dict[str, Value] = {}
    for one in match.all or match.any[:1]:
        value = _value(one)
        if value is None:
            return None, None
        known = facts.get(one.key)
        if one.key in LISTS:
            facts[one.key] = [*(known if isinstance(known, list) else []), value]
        elif known is None or not one.holds(facts):
            facts[one.key] = value
    if not match.holds(facts):
        return None, None
    key = next(reversed(facts))
    for other in ("zz", "", "000000"):
        changed: Value = [other] if key in LISTS else other
        near = {**facts, key: changed}
        if not match.holds(near):
            return facts, near
    return facts, None


def _value(one: Condition) -> str | None:
    if one.equals is not None:
        return str(one.equals)
    if one.any_of is not None:
        return str(one.any_of[0])
    if one.regex is not None:
        return sample(one.regex)
    return one.starts_with or (str(one.contains) if one.contains is not None else None)


def slug(text: str) -> str:
    """An id: small Latin letters, digits and hyphens."""
    return re.sub(r"[^a-z0-9_]+", "-", text.lower()).strip("-_")[:50] or "imported"


def without_case(how: How, value: str) -> tuple[How, str]:
    """A comparison that ignores case, as a pattern."""
    start = "^" if how in (How.EQUALS, How.STARTS_WITH) else ""
    end = "$" if how is How.EQUALS else ""
    body = value if how is How.REGEX else re.escape(value)
    return How.REGEX, f"(?i){start}{body}{end}"


# The way back.


def terms_of(signature: Signature) -> tuple[Term, ...] | None:
    """The rule behind a signature; ``None`` where it asks for what no other format can say.

    A maker's name becomes the address blocks that the registry lists under it.
    """
    match = signature.match
    every = [_literals(one, wanted=True) for one in match.all]
    never = [_literals(one, wanted=False) for one in match.none]
    some = [_literals(one, wanted=True) for one in match.any]
    if any(found is None for found in (*every, *never, *some)):
        return None
    fixed: list[Term] = [()]
    for found in every:  # each condition is an or of values: multiply out
        fixed = [(*term, one) for term in fixed for one in found or ()]
    fixed = [(*term, *(one for found in never for one in found or ())) for term in fixed]
    if some:
        fixed = [(*term, one) for term in fixed for found in some for one in found or ()]
    return tuple(fixed) if 0 < len(fixed) <= MOST_TERMS else None


MOST_TERMS = 512
"""A large maker has a hundred blocks; more than this is a product of several such lists."""
_BACK = {key: what for (_medium, what), key in KEYS.items()}


def _literals(one: Condition, *, wanted: bool) -> tuple[Literal, ...] | None:
    if one.key in ("wifi.vendor", "lan.vendor"):
        found = ieee.blocks(lambda name: one.holds({one.key: name}))
        return tuple(Literal(Indicator(What.OUI, How.EQUALS, block), wanted) for block in found) or None
    what, company = _BACK.get(one.key), ""
    if one.key.startswith("ble.mfr.") and one.starts_with is not None:
        what, company = What.PAYLOAD, one.key.removeprefix("ble.mfr.")
    if what is None:
        return None
    values: list[tuple[How, str]] = []
    if one.equals is not None:
        values = [(How.EQUALS, str(one.equals))]
    elif one.any_of is not None:
        values = [(How.EQUALS, str(value)) for value in one.any_of]
    elif one.starts_with is not None:
        values = [(How.STARTS_WITH, one.starts_with)]
    elif one.contains is not None:
        how = How.EQUALS if one.key in LISTS and one.key != "wifi.ssid" else How.CONTAINS
        values = [(how, str(one.contains))]
    elif one.regex is not None:
        values = [(How.REGEX, one.regex)]
    if what in (What.OUI, What.UUID, What.COMPANY) and any(how is not How.EQUALS for how, _value in values):
        return None
    made = [Literal(Indicator(what, how, _small(what, value), company), wanted) for how, value in values]
    return tuple(made) or None


def _small(what: What, value: str) -> str:
    return value.lower() if what is What.OUI else value
