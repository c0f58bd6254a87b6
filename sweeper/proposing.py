"""Which conditions a signature could ask for: what is the same in every look at a thing.

Only what identifies a thing is considered, the most telling first. What changes by itself (counters, keys,
signal strength, addresses) never is, however constant it looked in a short capture.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import msgspec

from sweeper.records import Medium, Value
from sweeper.signatures import Condition, Facts
from sweeper.text import Phrase, say

SHORTEST = 3
"""A beginning of fewer characters says nothing."""
FIXED_SHARE = 0.3
"""A payload of which fewer characters than this are fixed is not known by its bytes."""
LONGEST = 48
"""Characters of a payload or name that a condition asks for: what comes later is data, not form."""


class Proposed(msgspec.Struct, frozen=True):
    """One possible condition, in words too. Lower ``rank`` tells more; ``needed`` is always switched on."""

    condition: Condition
    text: Phrase
    rank: int
    needed: bool = False


RANKS: dict[Medium, tuple[tuple[str, int], ...]] = {
    Medium.BLE: (
        ("ble.name", 1),
        ("ble.uuids", 1),
        ("ble.uuids_reversed", 3),
        ("ble.service_data.", 2),
        ("ble.mfr.", 2),
        ("ble.company", 3),
        ("ble.appearance", 3),
        ("ble.flags", 5),
        ("ble.tx_power_dbm", 5),
        ("ble.oui", 4),
        ("ble.address_class", 6),
    ),
    Medium.WIFI: (
        ("wifi.ssid", 1),
        ("wifi.wps.", 1),
        ("wifi.vendor_elements", 2),
        ("wifi.taxonomy.", 2),
        ("wifi.vendor", 3),
        ("wifi.oui", 4),
        ("wifi.kind", 5),
    ),
    Medium.LAN: (
        ("lan.name", 1),
        ("lan.rtsp_server", 1),
        ("lan.ssdp_server", 1),
        ("lan.service", 2),
        ("lan.ws_scope", 2),
        ("lan.ssdp_type", 3),
        ("lan.vendor", 3),
        ("lan.oui", 4),
        ("lan.port", 4),
    ),
    Medium.RF: (
        ("rf.kind", 1),
        ("rf.center_mhz", 2),
        ("rf.symbol_rate_hz", 3),
        ("rf.line_rate_hz", 3),
        ("rf.deviation_hz", 4),
        ("rf.width_khz", 4),
        ("rf.burst_ms", 5),
        ("rf.duty", 6),
    ),
}
"""Fact (or, ending in a dot, family of facts) -> rank."""

TOLERANCE: dict[str, tuple[float, float]] = {
    "rf.center_mhz": (0.1, 0.0002),
    "rf.width_khz": (2.0, 0.4),
    "rf.symbol_rate_hz": (0.0, 0.03),
    "rf.line_rate_hz": (0.0, 0.01),
    "rf.deviation_hz": (500.0, 0.3),
    "rf.burst_ms": (0.5, 0.3),
    "rf.duty": (0.2, 0.0),
}
"""Half the width of the band around what was measured: a fixed part, and a share of the value.

Cheap transmitters drift by 100 kHz with the warmth of a hand; a receiver's clock errs by up to 100 ppm.
Clocks of data are crystals, good to a few per cent as measured; widths and lengths hang on strength.
"""

ALWAYS = ("rf.kind", "rf.center_mhz")
"""An emission of another kind or band is another thing, whatever else fits."""


def candidates(medium: Medium, looks: Sequence[Facts]) -> Iterator[Proposed]:
    """Conditions that hold for every look, the most telling first."""
    if not looks:
        return
    common = set(looks[0]).intersection(*looks[1:])
    ranked = sorted((rank, key) for key in common if (rank := _rank(medium, key)) is not None)
    for rank, key in ranked:
        values = [facts[key] for facts in looks]
        for condition in _conditions(key, values):
            if all(condition.holds(facts) for facts in looks):
                yield Proposed(condition, in_words(condition), rank, key in ALWAYS)


DECODED = {".kind": 2, ".model": 2, ".frame": 3, ".network": 3, ".state": 4}
"""Endings of facts that a Bluetooth protocol's decoder makes: what a thing is, then how it is just now."""


def _rank(medium: Medium, key: str) -> int | None:
    for name, rank in RANKS[medium]:
        if key == name or (name.endswith(".") and key.startswith(name)):
            return rank
    if medium is Medium.BLE and not key.startswith("ble."):
        return next((rank for ending, rank in DECODED.items() if key.endswith(ending)), None)
    return None


def _conditions(key: str, values: Sequence[Value]) -> Iterator[Condition]:
    if key in TOLERANCE:
        numbers = [float(v) for v in values if isinstance(v, int | float)]
        if len(numbers) == len(values):
            yield Condition(key, range=_band(key, numbers))
    elif isinstance(values[0], list):
        lists = [value if isinstance(value, list) else [value] for value in values]
        shared = [one for one in lists[0] if all(one in other for other in lists[1:])]
        for one in dict.fromkeys(one for one in shared if isinstance(one, str | int)):
            yield from _of_texts(key, [one]) if isinstance(one, str) else (Condition(key, equals=one),)
        if not shared and all(isinstance(one, str) for one in lists[0]):
            yield from _of_texts(key, [str(one) for other in lists for one in other[:1]])
    elif all(isinstance(value, str) for value in values):
        yield from _of_texts(key, [str(value) for value in values])
    elif all(isinstance(value, bool | int | float) for value in values) and len(set(map(str, values))) == 1:
        only = values[0]
        if isinstance(only, bool | int | float):
            yield Condition(key, equals=only)


def _of_texts(key: str, texts: Sequence[str]) -> Iterator[Condition]:
    """Equality, a common beginning, or fixed places among changing ones."""
    hexadecimal = key.startswith(("ble.mfr.", "ble.service_data."))
    named = key in ("ble.name", "wifi.ssid", "lan.name")
    if hexadecimal:
        yield from _of_payloads(key, texts)
    elif len(set(texts)) == 1 and not named:
        yield Condition(key, equals=texts[0])
    else:
        stem = _beginning(texts)
        if len(set(texts)) == 1:
            stem = _stem(texts[0])
            if stem == texts[0]:
                yield Condition(key, equals=stem)
                return
        if len(stem) >= SHORTEST:
            yield Condition(key, starts_with=stem[:LONGEST])


def _beginning(texts: Sequence[str]) -> str:
    """The longest beginning that all share: that of the first and the last in order."""
    low, high = min(texts), max(texts)
    return next((low[:i] for i, letter in enumerate(low) if high[i : i + 1] != letter), low)


def _stem(name: str) -> str:
    """A name without its serial number: what is likely shared by its sisters.

    >>> _stem("CAM_A1B2C3"), _stem("Front door"), _stem("ACME-00017")
    ('CAM_', 'Front door', 'ACME-')
    """
    found = re.match(r"^(.*[^0-9A-Fa-f])(?=[0-9A-Fa-f]*[0-9])[0-9A-Fa-f]{3,}$", name)
    return found[1] if found and len(found[1]) >= SHORTEST else name


def _of_payloads(key: str, texts: Sequence[str]) -> Iterator[Condition]:
    """Hex payloads: whole when short and constant, else fixed bytes among any, else a common beginning."""
    if len(texts) > 1 and len({len(text) for text in texts}) == 1 and len(set(texts)) > 1:
        mask = "".join(column[0] if len(set(column)) == 1 else "?" for column in zip(*texts, strict=True))
        fixed = len(mask) - mask.count("?")
        if fixed >= 4 and fixed >= FIXED_SHARE * len(mask) and len(mask) <= LONGEST:
            yield Condition(key, mask=mask)
    stem = _beginning(texts)
    if len(texts) == 1 or len(set(texts)) == 1:
        stem = stem[:4]  # one payload does not tell form from data; two bytes are its type and length
    stem = stem[: len(stem) // 2 * 2][:LONGEST]
    if stem:
        yield Condition(key, starts_with=stem)
    else:
        yield Condition(key, present=True)


def _band(key: str, numbers: Sequence[float]) -> tuple[float, float]:
    fixed, share = TOLERANCE[key]
    low, high = min(numbers), max(numbers)
    low, high = low - max(fixed, share * abs(low)), high + max(fixed, share * abs(high))
    if key == "rf.duty":
        high = min(high, 1.0)
    return max(0.0, round(low, 4)), round(high, 4)


def in_words(condition: Condition) -> Phrase:
    """The condition as a person reads it."""
    key = condition.key
    if condition.range is not None:
        low, high = condition.range
        return say("{key} between {low} and {high}", key=key, low=low, high=high)
    if condition.starts_with is not None:
        return say("{key} begins with {value}", key=key, value=condition.starts_with)
    if condition.mask is not None:
        return say("{key} looks like {value} (? is anything)", key=key, value=condition.mask)
    if condition.present is not None:
        return say("{key} is sent", key=key) if condition.present else say("{key} is not sent", key=key)
    if condition.any_of is not None:
        return say("{key} is one of {value}", key=key, value=", ".join(map(str, condition.any_of)))
    if condition.contains is not None:
        return say("{key} contains {value}", key=key, value=str(condition.contains))
    if condition.regex is not None:
        return say("{key} fits the pattern {value}", key=key, value=condition.regex)
    return say("{key} is {value}", key=key, value=str(condition.equals))
