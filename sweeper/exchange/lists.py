"""Lists with one thing a line: Kismet's manufacturers and alerts, and tables (CSV).

Kismet's manufacturer list: ``AA:BB:CC<tab>Maker`` (or ``AA:BB:CC/…``). Its alert lines::

    devicefound=AA:BB:CC:00:00:00/FF:FF:FF:00:00:00
    apspoof=Office:ssid="Office",validmacs="00:11:22:33:44:55,AA:BB:CC:DD:EE:FF"
    apspoof=Guests:ssidregex="^Guest",validmacs=00:11:22:33:44:55

Source: Kismet's documentation, *Alerts and WIDS* and the configuration of its manufacturer list. One whole
address is a device of somebody, not a kind of device: it is left out here, known devices have their own list.

A table has the columns ``what`` (oui, ssid, name, uuid, company), ``how`` (equals, starts_with, contains,
regex), ``value``, ``title``, and optionally ``id``, ``level``, ``kind``, ``class``, ``vendor``; lines of one
id are one signature.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator

import msgspec

from sweeper.errors import InputError
from sweeper.exchange.rules import How, Indicator, Literal, Rule, Term, What, slug, terms_of
from sweeper.records import Level
from sweeper.signatures import DeviceClass, FindingKind, Library
from sweeper.text import say

COLUMNS = ("id", "what", "how", "value", "title", "level", "kind", "class", "vendor")
KISMET = "Kismet list"
MOST_LINES = 100_000


def kismet(text: str, path: str) -> tuple[list[Rule], list[str]]:
    """The rules of a Kismet list and a line for what was left out. Raises ``InputError`` if it is none."""
    rules: dict[str, Rule] = {}
    left_out: list[str] = []
    lines = [line.strip() for line in text.splitlines()[:MOST_LINES]]
    wanted = [line for line in lines if line and not line.startswith("#")]
    for number, line in enumerate(wanted, start=1):
        try:
            rule = _kismet_line(line)
        except ValueError as error:
            left_out.append(f"{path}, line {number}: {error}")
            continue
        _join(rules, rule)
    if wanted and not rules and len(left_out) == len(wanted) and not any("=" in line for line in wanted):
        raise InputError(path, say("not a list of Kismet's: address block and maker expected on each line"))
    return list(rules.values()), left_out


def _kismet_line(line: str) -> Rule:
    name, equals, rest = line.partition("=")
    if equals and name.strip() == "apspoof":
        return _spoof(rest.strip())
    if equals and name.strip() in ("devicefound", "devicelost"):
        title = f"Device of block {rest.strip()[:8]}"
        return _block_rule(rest.strip(), title)
    found = re.match(r"^([0-9A-Fa-f:./-]+)[\s,]+(.*)$", line)
    if not found:
        raise ValueError("an address block and a maker expected")
    return _block_rule(found[1], found[2].split("\t")[0].strip())


def _block_rule(block: str, title: str) -> Rule:
    digits = _block(block)
    literal = Literal(Indicator(What.OUI, How.EQUALS, digits))
    return Rule(
        id=slug(f"list-{title}"), title=title or digits, terms=((literal,),), source=KISMET, vendor=title
    )


def _block(text: str) -> str:
    """The six digits of a block of three bytes. Raises ``ValueError`` for a whole address or another size."""
    address, _slash, mask = text.partition("/")
    digits = re.sub(r"[^0-9a-f]", "", address.lower())
    fixed = re.sub(r"[^0-9a-f]", "", mask.lower())
    whole = len(digits) == 12 and fixed in ("", "ffffffffffff", "48")
    if whole and set(digits[6:]) != {"0"}:
        raise ValueError("one whole address: put it on the list of known devices")
    if len(digits) not in (6, 12) or fixed not in ("", "ffffff", "ffffff000000", "24", "ffffffffffff", "48"):
        raise ValueError("a block of three bytes expected")
    return digits[:6]


def _spoof(rest: str) -> Rule:
    """A network's name heard from other makers' blocks than its own access points have."""
    name, _colon, options = rest.partition(":")
    told = {key: value.strip('"') for key, value in re.findall(r'(\w+)=("[^"]*"|[^,]*)', options)}
    if "ssid" in told:
        ssid = Indicator(What.SSID, How.EQUALS, told["ssid"])
    elif "ssidregex" in told:
        re.compile(told["ssidregex"])
        ssid = Indicator(What.SSID, How.REGEX, told["ssidregex"])
    else:
        raise ValueError("ssid= or ssidregex= expected")
    macs = [re.sub(r"[^0-9a-f]", "", mac.lower())[:6] for mac in told.get("validmacs", "").split(",") if mac]
    own = tuple(Literal(Indicator(What.OUI, How.EQUALS, mac), wanted=False) for mac in dict.fromkeys(macs))
    return Rule(
        id=slug(f"spoof-{name}"),
        title=f"Network named {ssid.value} from another maker's device",
        terms=((Literal(ssid), *own),),
        source=KISMET,
        kind=FindingKind.ROGUE_AP,
    )


def table(text: str, path: str) -> tuple[list[Rule], list[str]]:
    """The rules of a table. Raises ``InputError`` where columns are missing."""
    rows = csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline=""))
    try:
        if not {"what", "value", "title"} <= set(rows.fieldnames or ()):
            raise InputError(
                path,
                say("columns what, value and title expected ({list} are known)", list=", ".join(COLUMNS)),
            )
        lines = list(rows)
    except csv.Error as error:
        raise InputError(path, say("not a table: {error}", error=error)) from None
    rules: dict[str, Rule] = {}
    left_out: list[str] = []
    for number, row in enumerate(lines, start=2):
        try:
            rule = _table_row({key: _plain(value or "") for key, value in row.items() if key})
        except (ValueError, AttributeError) as error:
            left_out.append(f"{path}, line {number}: {error}")
            continue
        _join(rules, rule)
    return list(rules.values()), left_out


def _join(rules: dict[str, Rule], rule: Rule) -> None:
    """Lines of one id are one rule."""
    known = rules.get(rule.id)
    rules[rule.id] = rule if known is None else msgspec.structs.replace(known, terms=known.terms + rule.terms)


def _table_row(row: dict[str, str]) -> Rule:
    what, how = What(row["what"]), How(row.get("how") or "equals")
    value = row["value"]
    if not value:
        raise ValueError("an empty value")
    if what is What.OUI:
        value = _block(value)
    elif what is What.COMPANY:
        value = f"{int(value.removeprefix('0x'), 16):04X}"
    elif what is What.UUID:
        value = value.upper()
    elif what is What.PAYLOAD:
        raise ValueError("payloads are not read from tables")
    if how is How.REGEX:
        try:
            re.compile(value)
        except re.error as error:
            raise ValueError(f"not a regular expression: {error}") from None
    return Rule(
        id=slug(row.get("id") or f"list-{row['title']}"),
        title=row["title"],
        terms=((Literal(Indicator(what, how, value)),),),
        source="table of indicators",
        level=Level(row.get("level") or "low"),
        kind=FindingKind(row.get("kind") or "unknown-transmitter"),
        device_class=DeviceClass(row.get("class") or "other"),
        vendor=row.get("vendor", ""),
    )


def write_table(library: Library) -> tuple[str, list[str]]:
    """Every signature that is an *or* of lone indicators, a line each, and what was left out."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    left_out: list[str] = []
    for s in library.signatures:
        lone = [*_lone(terms_of(s))]
        if not lone:
            left_out.append(f"{s.id}: not a list of single indicators")
        for one in lone:
            about = (s.title.en, s.level.value, s.kind.value, s.device_class.value, s.vendor)
            writer.writerow(
                [_inert(cell) for cell in (s.id, one.what.value, one.how.value, one.value, *about)]
            )
    return out.getvalue(), left_out


def _lone(terms: tuple[Term, ...] | None) -> Iterator[Indicator]:
    if terms and all(len(term) == 1 and term[0].wanted for term in terms):
        for (literal,) in terms:
            if literal.indicator.what is What.PAYLOAD:
                return
            yield literal.indicator


FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the beginning of a formula."""


def _inert(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell.startswith(FORMULA) else cell


def _plain(cell: str) -> str:
    """The inverse of ``_inert``."""
    cell = cell.strip()
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(FORMULA) else cell


def write_kismet(library: Library) -> tuple[str, list[str]]:
    """The address blocks of every signature that is known by them, as a manufacturer list."""
    lines: list[str] = []
    left_out: list[str] = []
    for s in library.signatures:
        blocks = sorted({one.value for one in _lone(terms_of(s)) if one.what is What.OUI})
        if not blocks:
            left_out.append(f"{s.id}: not known by address blocks")
        for digits in blocks:
            block = f"{digits[:2]}:{digits[2:4]}:{digits[4:]}".upper()
            lines.append(f"{block}\t{s.vendor or s.title.en}")
    return "".join(f"{line}\n" for line in sorted(set(lines))), left_out
