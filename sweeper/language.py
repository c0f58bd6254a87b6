"""What the core decided, spoken in the reader's language: texts, plurals, numbers, times, units.

One gettext catalogue per language serves window, command line and report alike. A phrase of the core may
carry its own translations (signatures do); they win. A translation that cannot be filled falls back to
English: a reader gets every sentence, whatever a translator did.

Inside a translation a whole number can choose the word that agrees with it, by the language's own plural
rule; several may stand in one sentence, which gettext's plurals cannot do::

    English  Heard {n} times in {s} seconds
    Russian  Услышано {n} {n:раз|раза|раз} за {s} {s:секунду|секунды|секунд}

Formats are those of CLDR for the three languages (a test compares them with Babel's), with the thin space
and the true minus sign of SI typography.
"""

from __future__ import annotations

import datetime as dt
import gettext
import math
import string
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from sweeper import labels
from sweeper.errors import Reason
from sweeper.records import Level, Medium, State
from sweeper.text import Field, Phrase, Scalar, Words, safe_text

CODES = ("en", "ru", "kk")
OWN_NAMES = {"en": "English", "ru": "Русский", "kk": "Қазақша"}
DOMAIN = "sweeper"
FOLDER = Path(__file__).parent / "locale"

THIN = "\u202f"
"""Narrow no-break space, between a number and its unit and between groups of three digits."""
MINUS = "\u2212"
_GROUP_FROM = 10_000
"""Numbers of four digits are not grouped (SI brochure, 5.4.4)."""

_CYRILLIC = {
    "Hz": "Гц",
    "kHz": "кГц",
    "MHz": "МГц",
    "GHz": "ГГц",
    "dB": "дБ",
    "dBm": "дБм",
    "dBFS": "дБFS",
    "dBm/Hz": "дБм/Гц",
    "dBFS/Hz": "дБFS/Гц",
    "µs": "мкс",
    "ms": "мс",
    "s": "с",
    "min": "мин",
    "m": "м",
    "km": "км",
    "B": "Б",
    "kB": "кБ",
    "MB": "МБ",
    "GB": "ГБ",
    "Bd": "Бод",
    "bit/s": "бит/с",
    "kbit/s": "кбит/с",
    "symbols/s": "симв/с",
    "bytes": "байт",
}
_UNITS = {
    "ru": {
        **_CYRILLIC,
        "h": "ч",
        "d": "сут",
        "frames": "кадр.",
        "MS/s": "Мвыб/с",
        "kS/s": "квыб/с",
    },
    "kk": {
        **_CYRILLIC,
        "h": "сағ",
        "d": "тәул",
        "frames": "кадр",
        "MS/s": "Мүлгі/с",
        "kS/s": "күлгі/с",
    },
}

_MONTHS = {
    "en": "January February March April May June July August September October November December",
    "ru": "января февраля марта апреля мая июня июля августа сентября октября ноября декабря",
    "kk": "қаңтар ақпан наурыз сәуір мамыр маусым шілде тамыз қыркүйек қазан қараша желтоқсан",
}
_LONG_DATE = {"en": "{day} {month} {year}", "ru": "{day} {month} {year} г.", "kk": "{year} ж. {day} {month}"}


def moment(utc_s: float, zone: dt.tzinfo | None = dt.UTC) -> dt.datetime | None:
    """A time of the calendar, in this computer's zone for ``None``; ``None`` before the year 1, after 9999,
    and where it is no number."""
    try:
        return dt.datetime.fromtimestamp(utc_s, zone)
    except (OverflowError, OSError, ValueError):
        return None


class Language:
    """One language of the reader. Get it with ``get``; it has no state that changes."""

    def __init__(self, code: str, catalogue: gettext.NullTranslations) -> None:
        self.code = code
        self._catalogue = catalogue
        self._speaker = _Speaker(self)

    def gettext(self, text: str) -> str:
        return self._catalogue.gettext(text) if text else ""

    def ngettext(self, one: str, many: str, n: int) -> str:
        return self._catalogue.ngettext(one, many, n)

    def pgettext(self, context: str, text: str) -> str:
        return self._catalogue.pgettext(context, text)

    def phrase(self, phrase: Phrase) -> str:
        """The sentence in this language, its fields filled; foreign text in the fields is made inert."""
        args = {key: self._spoken(value) for key, value in phrase.args.items()}
        wanted = phrase.translations.get(self.code) or self.gettext(phrase.text)
        for template in (wanted, phrase.text):
            try:
                return self._speaker.vformat(template, (), args) if args else template
            except (LookupError, ValueError, AttributeError, TypeError):
                continue
        return phrase.text

    def say(self, words: Words) -> str:
        """Our own sentence in this language; an outside word as it is, made inert."""
        return self.phrase(words) if isinstance(words, Phrase) else safe_text(words)

    def _spoken(self, value: Field) -> Scalar:
        return value if isinstance(value, int | float) else self.say(value)

    def number(self, value: float, digits: int | None = None) -> str:
        """``value`` with ``digits`` decimals (as many as it has, by default), grouped from 10,000 on.

        >>> get("ru").number(-12345.678, 1)
        '−12\u202f345,7'
        """
        if not math.isfinite(value):
            return "–"
        text = f"{abs(value):.{digits}f}" if digits is not None else _shortest(abs(value))
        whole, _, decimals = text.partition(".")
        if float(whole) >= _GROUP_FROM:
            whole = f"{int(whole):,}".replace(",", THIN)
        shown = whole + (self._comma + decimals if decimals else "")
        negative = value < 0 and any(character in "123456789" for character in shown)
        return (MINUS if negative else "") + shown

    @property
    def _comma(self) -> str:
        return "." if self.code == "en" else ","

    def unit(self, unit: str) -> str:
        """A unit's symbol as this language writes it; an unknown one as it is."""
        return _UNITS.get(self.code, {}).get(unit) or safe_text(unit)

    def quantity(self, value: float, unit: str, digits: int | None = None) -> str:
        """A number and its unit: ``−87 dBm``."""
        if unit in ("", "%", "°"):
            return self.number(value, digits) + (THIN + unit if unit == "%" else unit)
        return f"{self.number(value, digits)}{THIN}{self.unit(unit)}"

    def frequency(self, hz: float, digits: int | None = None) -> str:
        """``433.920 MHz``: three decimals of a megahertz by default, the honest width of a bin.

        Below 1 MHz in kHz or Hz (bandwidths, offsets), with one decimal where it says something.
        """
        if abs(hz) >= 1e6:
            return self.quantity(hz / 1e6, "MHz", 3 if digits is None else digits)
        if abs(hz) >= 1e3:
            places = (1 if abs(hz) < 1e5 and round(hz / 1e3, 1) % 1 else 0) if digits is None else digits
            return self.quantity(hz / 1e3, "kHz", places)
        return self.quantity(hz, "Hz", 0 if digits is None else digits)

    def duration(self, seconds: float) -> str:
        """``0.58 ms``, ``12 s``, ``9 min 30 s``, ``2 h 05 min``: two figures that matter."""
        if not math.isfinite(seconds):
            return "–"
        if abs(seconds) < 1e-3:
            return self.quantity(seconds * 1e6, "µs", 0) if seconds else self.quantity(0, "s")
        if abs(seconds) < 1:
            return self.quantity(seconds * 1e3, "ms", 1 if abs(seconds) < 0.01 else 0)
        if abs(seconds) < 59.95:
            return self.quantity(seconds, "s", 1 if round(seconds, 1) % 1 and abs(seconds) < 20 else 0)
        whole = round(seconds)
        if whole < 3600:
            return self._two(whole // 60, "min", whole % 60, "s")
        minutes = round(seconds / 60)
        if minutes < 2 * 24 * 60:
            return self._two(minutes // 60, "h", minutes % 60, "min")
        return self._two(round(minutes / 60) // 24, "d", round(minutes / 60) % 24, "h")

    def durations(self, seconds: Iterable[float]) -> str:
        """The shortest and the longest of some durations, or the one where both read alike."""
        known = tuple(seconds)
        return "–".join(dict.fromkeys(self.duration(one) for one in (min(known), max(known))))

    def _two(self, big: int, big_unit: str, small: int, small_unit: str) -> str:
        first = self.quantity(big, big_unit)
        return f"{first} {small:02d}{THIN}{self.unit(small_unit)}" if small else first

    def date(self, utc_s: float, zone: dt.tzinfo = dt.UTC) -> str:
        """``22 November 2026``; a number outside of the calendar, as somebody's file may hold, as it is."""
        when = moment(utc_s, zone)
        if when is None:
            return f"? ({utc_s:g} s)"
        month = _MONTHS[self.code].split()[when.month - 1]
        return _LONG_DATE[self.code].format(day=when.day, month=month, year=when.year)

    def day(self, day: dt.date) -> str:
        """A calendar day in a table or list: ``2026-11-22``, in Russian and Kazakh ``22.11.2026``."""
        return day.isoformat() if self.code == "en" else f"{day:%d.%m.%Y}"

    def datetime(self, utc_s: float, zone: dt.tzinfo = dt.UTC) -> str:
        """``22 November 2026, 05:04 UTC``: the zone is always said."""
        when = moment(utc_s, zone)
        return self.date(utc_s, zone) + ("" if when is None else f", {when:%H:%M} {when:%Z}")

    def listing(self, items: Sequence[str]) -> str:
        """``a, b and c``."""
        if len(items) < 2:
            return "".join(items)
        last = self.gettext("{list} and {last}")
        return last.format(list=", ".join(items[:-1]), last=items[-1])

    def level(self, level: Level) -> str:
        return self.gettext(labels.LEVELS[level])

    def medium(self, medium: Medium) -> str:
        return self.gettext(labels.MEDIA[medium])

    def state(self, state: State) -> str:
        return self.gettext(labels.STATES[state])

    def reason(self, reason: Reason) -> str:
        """What a reason means, as a sentence fragment: ``no receiver is connected``."""
        return self.gettext(labels.REASONS[reason])

    def finding_kind(self, kind: str) -> str:
        known = labels.FINDING_KINDS.get(kind)
        return self.gettext(known) if known else safe_text(kind)

    def emission_kind(self, kind: str) -> str:
        known = labels.EMISSION_KINDS.get(kind)
        return self.gettext(known) if known else safe_text(kind)

    def device_kind(self, kind: str) -> str:
        """What a device is called; an unlisted kind by its name, underscores and dashes as spaces."""
        known = labels.DEVICE_KINDS.get(kind)
        if kind in labels.MADE_BY:
            maker, made = labels.MADE_BY[kind]
            return self.gettext(made).format(maker=maker)
        name = kind.removeprefix("benign_").replace("_", " ").replace("-", " ")
        return self.gettext(known) if known else safe_text(name)

    def tag_state(self, state: str) -> str:
        """What a tag tells about its owner; an unlisted state by its name."""
        known = labels.STATES_OF_TAGS.get(state)
        return self.gettext(known) if known else safe_text(state.replace("_", " "))

    def feature(self, name: str) -> str:
        """What a measured feature or fact is called in evidence and tables."""
        group, _dot, last = name.rpartition(".")
        known = labels.FEATURES.get(name) or labels.FEATURES.get(group) or labels.FEATURES.get(last)
        return self.gettext(known) if known else safe_text(name)

    def choose(self, forms: Sequence[str], n: float) -> str:
        """The form of a word that agrees with ``n``; a fraction takes the form that fractions take."""
        index = _plural(self._catalogue, int(abs(n))) if n == int(n) else 1
        return forms[min(index, len(forms) - 1)]


def _plural(catalogue: gettext.NullTranslations, n: int) -> int:
    rule = getattr(catalogue, "plural", None)
    return int(rule(n)) if rule is not None else int(n != 1)


class _Speaker(string.Formatter):
    """``str.format`` whose numbers follow the language and whose ``{n:one|many}`` chooses a word."""

    def __init__(self, language: Language) -> None:
        self._language = language

    def get_field(self, field_name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> tuple[Any, str]:
        if not field_name.isidentifier():
            raise ValueError(f"a plain name expected, not {field_name!r}")
        return kwargs[field_name], field_name

    def format_field(self, value: Any, format_spec: str) -> str:
        if "|" in format_spec:
            return self._language.choose(format_spec.split("|"), value)
        text = format(value, format_spec)
        if isinstance(value, int | float) and text.startswith("-"):
            text = MINUS + text[1:]
        if isinstance(value, float) and self._language.code != "en":
            return text.replace(".", ",")
        return text


def _shortest(value: float) -> str:
    text = repr(float(value))
    if "e" in text:
        text = f"{value:f}"
    return text.removesuffix(".0")


@cache
def get(code: str) -> Language:
    """The language with this code; English for one that the program does not speak."""
    known = code if code in CODES else "en"
    catalogue = gettext.translation(DOMAIN, FOLDER, [known], fallback=True)
    return Language(known, catalogue)


def detect(environ: Mapping[str, str]) -> str:
    """The code that the environment asks for: ``SWEEPER_LANGUAGE``, then gettext's and POSIX's variables.

    >>> detect({"LANG": "kk_KZ.UTF-8"})
    'kk'
    """
    for variable in ("SWEEPER_LANGUAGE", "LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        for wanted in environ.get(variable, "").split(":"):
            code = wanted.partition(".")[0].partition("_")[0].partition("-")[0].lower()
            if code in CODES:
                return code
            if code and variable != "LANGUAGE":
                return "en"
    return "en"
