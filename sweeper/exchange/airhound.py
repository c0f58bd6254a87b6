"""AirHound's portable signature format, version 1 (JSON), in and out.

    {"version": 1,
     "signatures": [{"id", "type": mac_oui | wifi_ssid | ble_name | ble_service_uuid | ble_manufacturer_id
                                   | ble_ad_bytes, …}],
     "rules": [{"id", "name", "detect": {"sig": id} | {"anyOf": […]} | {"allOf": […]} | {"not": …}}]}

Source: ``schemas/signatures.v1.schema.json`` of github.com/dougborg/AirHound (MIT). Bytes of an advertisement
without a fixed place are left out: our facts know fields, not places.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from sweeper.errors import InputError
from sweeper.exchange.rules import (
    MOST_TERMS,
    How,
    Indicator,
    Literal,
    Rule,
    Term,
    What,
    slug,
    terms_of,
    without_case,
)
from sweeper.protocols.ble.ad import uuid_bytes, uuid_text
from sweeper.signatures import Library
from sweeper.text import say

SOURCE = "AirHound signature format v1"
SCHEMA = "https://raw.githubusercontent.com/dougborg/AirHound/main/schemas/signatures.v1.schema.json"


class _Node(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """One expression; exactly one of the four."""

    sig: str | None = None
    any_of: list[_Node] | None = msgspec.field(default=None, name="anyOf")
    all_of: list[_Node] | None = msgspec.field(default=None, name="allOf")
    negated: _Node | None = msgspec.field(default=None, name="not")

    def __post_init__(self) -> None:
        if sum(one is not None for one in (self.sig, self.any_of, self.all_of, self.negated)) != 1:
            raise ValueError("one of sig, anyOf, allOf, not")


class _Rule(msgspec.Struct):
    id: str
    name: str
    detect: _Node
    description: str = ""


class _File(msgspec.Struct):
    version: int
    signatures: list[dict[str, Any]]
    rules: list[_Rule] = []


def read(data: bytes, path: str) -> tuple[list[Rule], list[str]]:
    """The rules of a file and a line for what was left out. Raises ``InputError``.

    A signature that no rule names becomes a rule of its own.
    """
    try:
        file = msgspec.json.decode(data, type=_File)
        if file.version != 1:
            raise InputError(path, say("version {version}; 1 can be read", version=file.version))
        return _rules(file)
    except (ValueError, RecursionError) as error:  # what is asked for can be nested too deep for both
        raise InputError(path, say("not AirHound JSON: {error}", error=error)) from None


def _rules(file: _File) -> tuple[list[Rule], list[str]]:
    left_out: list[str] = []
    indicators = _indicators(file.signatures, left_out)
    used: set[str] = set()
    rules = []
    for one in file.rules:
        terms = _terms(one.detect, True, indicators, used)
        missing = sorted(_named(one.detect) - set(indicators))
        if terms is not None and missing:
            left_out.append(f"{one.id}: without {', '.join(missing)}")
        if terms is None:
            left_out.append(f"{one.id}: asks for what is not in the file or cannot be said here")
            continue
        rules.append(Rule(id=slug(one.id), title=one.name, terms=tuple(terms), source=SOURCE))
    for row in file.signatures:
        name = str(row.get("id"))
        if name in indicators and name not in used:
            title = str(row.get("description") or name)
            rules.append(
                Rule(id=slug(name), title=title, terms=((Literal(indicators[name]),),), source=SOURCE)
            )
    return rules, left_out


def _indicators(rows: Iterable[Mapping[str, Any]], left_out: list[str]) -> dict[str, Indicator]:
    made: dict[str, Indicator] = {}
    for row in rows:
        name = str(row.get("id"))
        try:
            found = _indicator(row)
        except (KeyError, TypeError, ValueError, re.error) as error:
            found = None
            left_out.append(f"{name}: {error!r}")
            continue
        if found is None:
            left_out.append(f"{name}: {row.get('type')} cannot be said here")
        else:
            made[name] = found
    return made


def _indicator(row: Mapping[str, Any]) -> Indicator | None:
    kind = row["type"]
    if kind == "mac_oui":
        digits = str(row["oui"]).replace(":", "").lower()
        if not re.fullmatch(r"[0-9a-f]{6}", digits):
            raise ValueError("an OUI of three bytes expected")
        return Indicator(What.OUI, How.EQUALS, digits)
    if kind in ("wifi_ssid", "ble_name"):
        hows = {"exact": How.EQUALS, "prefix": How.STARTS_WITH, "contains": How.CONTAINS, "regex": How.REGEX}
        how, value = hows[row["match"]], str(row["value"])
        if not row.get("case_sensitive", True):
            how, value = without_case(how, value)
        if how is How.REGEX:
            re.compile(value)
        return Indicator(What.SSID if kind == "wifi_ssid" else What.NAME, how, value)
    if kind == "ble_service_uuid":
        return Indicator(What.UUID, How.EQUALS, uuid_text(uuid_bytes(str(row["uuid"]))))
    if kind == "ble_manufacturer_id":
        return Indicator(What.COMPANY, How.EQUALS, f"{int(row['company_id']):04X}")
    if kind == "ble_ad_bytes":
        return _payload(row)
    return None


def _payload(row: Mapping[str, Any]) -> Indicator | None:
    """Bytes at the start of manufacturer data: two of the company, then its payload."""
    values = list(row["bytes"])
    if row.get("offset") != 0 or len(values) < 3 or any(value is None for value in values[:2]):
        return None
    company = f"{values[1]:02X}{values[0]:02X}"
    rest = values[2:]
    if any(value is None for value in rest):
        pattern = "^" + "".join(".." if value is None else f"{value:02x}" for value in rest)
        return Indicator(What.PAYLOAD, How.REGEX, pattern, company)
    return Indicator(What.PAYLOAD, How.STARTS_WITH, bytes(rest).hex(), company)


def _terms(
    node: _Node, wanted: bool, indicators: Mapping[str, Indicator], used: set[str]
) -> list[Term] | None:
    """The expression multiplied out; ``None`` where a part is unknown or it grows beyond reason."""
    if node.sig is not None:
        used.add(node.sig)
        one = indicators.get(node.sig)
        return None if one is None else [(Literal(one, wanted),)]
    if node.negated is not None:
        return _terms(node.negated, not wanted, indicators, used)
    children = [_terms(child, wanted, indicators, used) for child in node.any_of or node.all_of or []]
    either = (node.any_of is not None) == wanted  # not(a or b) is (not a) and (not b)
    if either:
        known = [terms for terms in children if terms is not None]
        return [term for terms in known for term in terms] or None
    product: list[Term] = [()]
    for terms in children:
        if terms is None:
            return None
        product = [(*left, *right) for left in product for right in terms]
        if len(product) > MOST_TERMS:
            return None
    return product


def _named(node: _Node) -> set[str]:
    """Every signature that an expression names."""
    if node.sig is not None:
        return {node.sig}
    children = [node.negated] if node.negated is not None else [*(node.any_of or node.all_of or [])]
    return set().union(*(_named(child) for child in children))


def write(library: Library) -> tuple[str, list[str]]:
    """The library in this format, and a line for each signature that it cannot say."""
    signatures: dict[str, dict[str, Any]] = {}  # by their own text, so that each is said once
    rules: list[dict[str, Any]] = []
    left_out: list[str] = []
    for signature in library.signatures:
        terms = terms_of(signature)
        said = None if terms is None else [_said(term, signatures) for term in terms]
        if said is None or any(one is None for one in said):
            left_out.append(f"{signature.id}: asks for what the format cannot say")
            continue
        detect = said[0] if len(said) == 1 else {"anyOf": said}
        rules.append({"id": _id(signature.id), "name": signature.title.en, "detect": detect})
    named = list(signatures.values())
    whole = {"$schema": SCHEMA, "version": 1, "signatures": named, "rules": rules}
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n", left_out


def _said(term: Term, signatures: dict[str, dict[str, Any]]) -> dict[str, Any] | None:
    parts = []
    for literal in term:
        row = _row(literal.indicator)
        if row is None:
            return None
        known = signatures.setdefault(
            json.dumps(row, sort_keys=True), {"id": f"s{len(signatures) + 1:04d}", **row}
        )
        leaf: dict[str, Any] = {"sig": known["id"]}
        parts.append(leaf if literal.wanted else {"not": leaf})
    return parts[0] if len(parts) == 1 else {"allOf": parts}


def _row(one: Indicator) -> dict[str, Any] | None:
    if one.what is What.OUI:
        digits = one.value.upper()
        return {"type": "mac_oui", "oui": f"{digits[:2]}:{digits[2:4]}:{digits[4:6]}"}
    if one.what in (What.SSID, What.NAME):
        matches = {
            How.EQUALS: "exact",
            How.STARTS_WITH: "prefix",
            How.CONTAINS: "contains",
            How.REGEX: "regex",
        }
        row: dict[str, Any] = {
            "type": "wifi_ssid" if one.what is What.SSID else "ble_name",
            "match": matches[one.how],
            "value": one.value,
        }
        if one.how is How.REGEX and one.value.startswith("(?i)"):
            row |= {"value": one.value.removeprefix("(?i)"), "case_sensitive": False}
        return row
    if one.what is What.UUID:
        return {"type": "ble_service_uuid", "uuid": one.value.lower()} if len(one.value) in (4, 36) else None
    if one.what is What.COMPANY:
        return {"type": "ble_manufacturer_id", "company_id": int(one.value, 16)}
    if one.how is not How.STARTS_WITH or len(one.value) % 2:
        return None
    raw = bytes.fromhex(one.company)[::-1] + bytes.fromhex(one.value)
    return {"type": "ble_ad_bytes", "bytes": list(raw), "offset": 0}


def _id(text: str) -> str:
    return slug(text)[:64]
