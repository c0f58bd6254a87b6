"""Finding the few signatures that a set of facts could meet, however many there are.

Each signature is filed under one condition that must hold (or under all of its ``any``): of those it has, the
one that the fewest others share. What is filed where::

    equals, any_of    under each value
    starts_with       under the text, one table a length
    mask              under its first fixed letters, one table a length and place
    contains, regex   under three letters in a row that any match must hold
    range             under the stretches between all ranges' ends
    present           under the key

The index only ever leaves out what cannot match; whoever it hands out is tried in full. So the answer is that
of trying each, which a property test holds it to.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from importlib import import_module
from typing import Any, Protocol

from sweeper.patterns import longest

GRAM = 3
"""Letters in a row under which a text is filed: two are shared by too many names, four often missing."""
REPEATS = ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT")
ALWAYS_CROWD = 1 << 30
"""How shared a condition is that cannot be filed: never chosen where there is another."""

NUMBERS = (int, float)
MOST_KNOWN = 4096
"""Texts whose candidates are remembered, for each key: the names on the air in a busy street."""
LETTERS = str.maketrans({0x130: "i", 0x131: "i", 0x17F: "s", 0x212A: "k"})
"""The four letters outside ASCII that equal one inside it where case is ignored (Unicode's case folding)."""


class Asks(Protocol):
    """What the index reads of a condition."""

    @property
    def key(self) -> str: ...

    @property
    def equals(self) -> Any: ...

    @property
    def any_of(self) -> Any: ...

    @property
    def starts_with(self) -> str | None: ...

    @property
    def contains(self) -> Any: ...

    @property
    def mask(self) -> str | None: ...

    @property
    def range(self) -> tuple[float, float] | None: ...

    @property
    def regex(self) -> str | None: ...

    @property
    def present(self) -> bool | None: ...


Slot = tuple[str, Hashable]
Test = Callable[[Any], bool]
Trial = Callable[[Mapping[str, Any]], bool]


def folded(text: str) -> str:
    """Small letters, so that what is equal without case is equal; exact for ASCII, all that is used."""
    if text.isascii():
        return text.lower()
    return text.translate(LETTERS).lower()


def required(pattern: str) -> list[frozenset[str]]:
    """What any match of ``pattern`` must hold: of each set at least one text (folded ASCII).

    >>> [sorted(texts) for texts in required("(?i)^(ip|web)-?cam[_-]")]
    [['ip', 'web'], ['cam']]
    """
    try:
        parser = import_module("re._parser")  # Python's own; without it each regex is tried on each text
        return _needed(parser.parse(pattern))
    except (ImportError, AttributeError, re.error):
        return []


def _needed(tree: Iterable[tuple[Any, Any]]) -> list[frozenset[str]]:
    """The sets that one sequence of a parsed pattern offers."""
    offers: list[frozenset[str]] = []
    run = ""
    for operator, argument in tree:
        name = str(operator)
        letter = _letter(name, argument)
        if letter:
            run += letter
            continue
        offers.append(frozenset({run}))
        run = ""
        if name == "SUBPATTERN" or (name in REPEATS and argument[0] > 0):
            offers += _needed(argument[-1])
        elif name == "ATOMIC_GROUP":
            offers += _needed(argument)
        elif name == "BRANCH":
            branches = [_best(_needed(branch)) for branch in argument[1]]
            offers.append(frozenset().union(*branches) if all(branches) else frozenset())
    offers.append(frozenset({run}))
    return [offer for offer in offers if offer and all(offer)]


def _best(offers: list[frozenset[str]]) -> frozenset[str]:
    """The offer with the longest texts; of those, the one with the fewest."""
    return max(
        offers, key=lambda texts: (min(GRAM, *map(len, texts), GRAM), -len(texts)), default=frozenset()
    )


def _letter(name: str, argument: Any) -> str:
    """The one folded ASCII letter that a part of a pattern asks for: ``a``, or ``[aA]``."""
    if name == "LITERAL":
        letters = {folded(chr(argument))}
    elif name == "IN" and all(str(part[0]) == "LITERAL" for part in argument):
        letters = {folded(chr(part[1])) for part in argument}
    else:
        return ""
    only = letters.pop() if len(letters) == 1 else ""
    return only if only.isascii() and len(only) == 1 else ""


def tester(condition: Asks) -> Test:
    """The condition's test on one value, with its operator chosen once."""
    c = condition
    if c.equals is not None:
        wanted = c.equals
        return lambda value: bool(value == wanted)
    if c.any_of is not None:
        several = c.any_of
        return lambda value: value in several
    if c.range is not None:
        low, high = c.range
        return lambda value: isinstance(value, NUMBERS) and low <= value <= high
    if c.starts_with is not None:
        start = c.starts_with
        return lambda value: isinstance(value, str) and value.startswith(start)
    if c.contains is not None:
        part, text = c.contains, str(c.contains)
        return lambda value: text in value if isinstance(value, str) else bool(value == part)
    if c.mask is not None:
        shape = re.compile("".join("." if m == "?" else re.escape(m) for m in c.mask), re.DOTALL)
        return lambda value: isinstance(value, str) and shape.fullmatch(value) is not None
    search = re.compile(c.regex or "").search
    end = longest(c.key)
    return lambda value: isinstance(value, str) and search(value, 0, end) is not None


def trial(condition: Asks) -> Trial:
    """The condition's test on facts; the same answer as ``Condition.holds``."""
    key = condition.key
    if condition.present is not None:
        wanted = condition.present
        return lambda facts: (facts.get(key) is not None) == wanted
    test = tester(condition)

    def holds(facts: Mapping[str, Any]) -> bool:
        value = facts.get(key)
        if value.__class__ is list:
            return any(map(test, value))
        return value is not None and test(value)

    return holds


def grams(text: str) -> set[str]:
    """Every three letters in a row, or the text itself where it is shorter."""
    if len(text) <= GRAM:
        return {text}
    return {text[i : i + GRAM] for i in range(len(text) - GRAM + 1)}


class Index:
    """The conditions of one radio's signatures; a signature is known here by its number.

    ``needed`` holds, for each signature, its ``all`` that ask for something sent, and its ``any``.
    """

    def __init__(self, needed: Sequence[tuple[Sequence[Asks], Sequence[Asks]]]) -> None:
        self._tables: dict[str, _Table] = defaultdict(_Table)
        options = [
            [[condition] for condition in every] + ([list(some)] if some else []) for every, some in needed
        ]
        crowds = _Crowds(condition for several in options for option in several for condition in option)
        for number, several in enumerate(options):
            best = min(several, key=lambda option: sum(crowds.of(condition) for condition in option))
            for condition in best:
                for slot in crowds.slots(condition):
                    self._tables[condition.key].put(slot, number, condition)
        for table in self._tables.values():
            table.close()

    def candidates(self, facts: Mapping[str, Any]) -> set[int]:
        """Numbers of the signatures that the facts could meet."""
        found: set[int] = set()
        tables = self._tables
        for key, value in facts.items():
            table = tables.get(key)
            if table is None or value is None:
                continue
            if table.always:
                found.update(table.always)
            if value.__class__ is list:
                for item in value:
                    table.look(item, found)
            else:
                table.look(value, found)
        return found


class _Crowds:
    """How many conditions share a slot, so that each signature is filed where it is nearly alone."""

    def __init__(self, conditions: Iterable[Asks]) -> None:
        self._count: Counter[tuple[str, Slot]] = Counter()
        self._lows: dict[str, list[float]] = defaultdict(list)
        self._highs: dict[str, list[float]] = defaultdict(list)
        self._chosen: dict[int, tuple[Asks, list[Slot]]] = {}
        for condition in conditions:
            for offer in _offers(condition):
                for choice in offer:
                    self._count.update((condition.key, slot) for slot in choice)
            if condition.range is not None:
                self._lows[condition.key].append(condition.range[0])
                self._highs[condition.key].append(condition.range[1])
        for ends in (*self._lows.values(), *self._highs.values()):
            ends.sort()

    def of(self, condition: Asks) -> int:
        """How many others are tried whenever this one is."""
        if condition.range is not None:
            low, high = condition.range
            lows, highs = self._lows[condition.key], self._highs[condition.key]
            return bisect_right(lows, high) - bisect_left(highs, low)
        return sum(self._of_slot(condition.key, slot) for slot in self.slots(condition))

    def slots(self, condition: Asks) -> list[Slot]:
        """Where to file it: of the least shared offer, for each of its texts the least shared slot."""
        known = self._chosen.get(id(condition))
        if known is not None:
            return known[1]
        filings = [
            [
                min(choice, key=lambda slot: (self._of_slot(condition.key, slot), str(slot)))
                for choice in offer
            ]
            for offer in _offers(condition)
        ]
        best = min(filings, key=lambda filing: sum(self._of_slot(condition.key, slot) for slot in filing))
        self._chosen[id(condition)] = (condition, best)
        return best

    def _of_slot(self, key: str, slot: Slot) -> int:
        return ALWAYS_CROWD if slot[0] == "always" else self._count[key, slot]


def _offers(condition: Asks) -> list[list[list[Slot]]]:
    """Ways to file a condition: for each thing that would satisfy it, slots of which one is enough."""
    if condition.equals is not None:
        return [[[("equals", condition.equals)]]]
    if condition.any_of is not None:
        return [[[("equals", value)] for value in condition.any_of]]
    if condition.starts_with is not None:
        return [[[("starts", condition.starts_with)]]]
    if condition.range is not None:
        return [[[("range", tuple(condition.range))]]]
    if condition.mask is not None:
        return [[list(_windows(condition.mask)) or [("length", len(condition.mask))]]]
    if condition.contains is not None:
        literal = max(re.split(r"[^\x00-\x7f]+", str(condition.contains)), key=len)
        return [[_gram_slots(literal), [("equals", condition.contains)]]]
    if condition.regex is not None:
        offers = required(condition.regex) or [frozenset({""})]
        return [[_gram_slots(literal) for literal in sorted(offer)] for offer in offers]
    return [[[("present", True)]]]


def _gram_slots(literal: str) -> list[Slot]:
    if not literal:
        return [("always", True)]
    return [("gram", gram) for gram in sorted(grams(folded(literal)))]


def _windows(mask: str) -> Iterator[Slot]:
    """Fixed stretches of a mask: its length, where the stretch begins, and its up to four letters."""
    for stretch in re.finditer(r"[^?]+", mask):
        text = stretch[0]
        for at in range(max(1, len(text) - 3)):
            yield ("mask", (len(mask), stretch.start() + at, text[at : at + 4]))


class _Table:
    """What is filed under one key."""

    def __init__(self) -> None:
        self.always: list[int] = []
        self._equals: dict[Hashable, list[int]] = {}
        self._starts: dict[int, dict[str, list[int]]] = {}
        self._masks: dict[int, dict[tuple[int, int], dict[str, list[int]]]] = {}
        self._grams: dict[int, dict[str, list[int]]] = {}
        self._known: dict[str, tuple[int, ...]] = {}
        self._filed: dict[int, list[Asks]] = {}
        self._tests: dict[int, list[Test]] = {}
        self._lengths: dict[int, list[int]] = {}
        self._ranges: list[tuple[float, float, int]] = []
        self._ends: list[float] = []
        self._stretches: list[list[int]] = []

    def put(self, slot: Slot, number: int, condition: Asks) -> None:
        """File a signature under one of its conditions."""
        how, what = slot
        if how == "gram":
            self._filed.setdefault(number, []).append(condition)
        if how in ("always", "present"):
            self.always.append(number)
        elif how == "equals":
            self._equals.setdefault(what, []).append(number)
        elif how == "range" and isinstance(what, tuple):
            self._ranges.append((what[0], what[1], number))
        elif how == "length" and isinstance(what, int):
            self._lengths.setdefault(what, []).append(number)
        elif how == "mask" and isinstance(what, tuple):
            length, at, text = what
            places = self._masks.setdefault(length, {}).setdefault((at, at + len(text)), {})
            places.setdefault(text, []).append(number)
        elif isinstance(what, str):
            tables = self._starts if how == "starts" else self._grams
            tables.setdefault(len(what), {}).setdefault(what, []).append(number)

    def close(self) -> None:
        """Lay the ranges out: between two neighbouring ends the same signatures hold."""
        self._ends = sorted({end for low, high, _number in self._ranges for end in (low, high)})
        self._stretches = [[] for _ in range(2 * len(self._ends) + 1)]
        for low, high, number in self._ranges:
            first, last = bisect_left(self._ends, low), bisect_left(self._ends, high)
            for stretch in range(2 * first + 1, 2 * last + 2):
                self._stretches[stretch].append(number)

    def look(self, value: Any, found: set[int]) -> None:
        """Add the numbers of those that one value could meet."""
        if isinstance(value, str):
            self._look_text(value, found)
        elif isinstance(value, NUMBERS):
            if value in self._equals:
                found.update(self._equals[value])
            ends = self._ends
            if ends:
                at = bisect_left(ends, value)
                on_end = at < len(ends) and ends[at] == value
                found.update(self._stretches[2 * at + on_end])

    def _look_text(self, value: str, found: set[int]) -> None:
        same = self._equals.get(value)
        if same:
            found.update(same)
        for length, starts in self._starts.items():
            begun = starts.get(value[:length])
            if begun:
                found.update(begun)
        if self._lengths:
            found.update(self._lengths.get(len(value), ()))
        if self._masks:
            for (at, stop), texts in self._masks.get(len(value), {}).items():
                found.update(texts.get(value[at:stop], ()))
        if self._grams:
            known = self._known.get(value)
            found.update(self._search(value) if known is None else known)

    def _search(self, value: str) -> tuple[int, ...]:
        """Those whose condition on this text holds; remembered, for names come again with every beacon."""
        small = folded(value)
        found: set[int] = set()
        for length, filed in self._grams.items():
            for at in range(len(small) - length + 1):
                holding = filed.get(small[at : at + length])
                if holding:
                    found.update(holding)
        if len(self._known) >= MOST_KNOWN:
            self._known.clear()
        known = self._known[value] = tuple(n for n in found if self._fits(n, value))
        return known

    def _fits(self, number: int, value: str) -> bool:
        tests = self._tests.get(number)
        if tests is None:
            tests = self._tests[number] = [tester(condition) for condition in self._filed[number]]
        return any(test(value) for test in tests)
