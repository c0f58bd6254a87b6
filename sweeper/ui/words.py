"""The window's words and numbers, in the language now spoken.

Texts are literal English calls, ``_("Open a recording")``, so that they can be extracted; the catalogue of
the chosen language answers when the call is made, and a change of language rebuilds the views. Numbers and
units are ``sweeper.language``'s; here stand only the shapes that tables and read-outs need.
"""

from __future__ import annotations

from sweeper import language
from sweeper.errors import SweeperError
from sweeper.text import Phrase, Words

DASH = "–"
_spoken = language.get("en")


def use(code: str) -> None:
    """Speak ``en``, ``ru`` or ``kk`` from here on."""
    global _spoken
    _spoken = language.get(code)


def spoken() -> language.Language:
    """The language now spoken."""
    return _spoken


def _(text: str) -> str:
    """``text`` in the language now spoken."""
    return _spoken.gettext(text)


def ngettext(one: str, many: str, n: int) -> str:
    """The plural form for ``n``, its ``{n}`` filled."""
    return _spoken.ngettext(one, many, n).format(n=_spoken.number(n))


def phrase(said: Phrase) -> str:
    """A phrase of the core in the language now spoken."""
    return _spoken.phrase(said)


def told(what: BaseException | Words) -> str:
    """What went wrong, for a person: an error of ours or our own sentence in the language now spoken, an
    outside word as it is."""
    if isinstance(what, BaseException):
        what = what.said if isinstance(what, SweeperError) else str(what)
    return _spoken.say(what)


def frequency(hz: float, step_hz: float = 1_000.0) -> str:
    """A frequency with as many digits as a step of ``step_hz`` justifies: ``433.920 MHz``."""
    if abs(hz) < 1e6:
        return _spoken.frequency(hz)
    digits = 0
    while digits < 6 and 1e6 / 10**digits > step_hz * 1.001:
        digits += 1
    return _spoken.frequency(hz, digits)


def width(hz: float) -> str:
    """A bandwidth, two or three figures: ``12.5 kHz``, ``1.4 MHz``."""
    return _spoken.frequency(hz, 1 if 1e6 <= hz < 1e8 else None)


def decibels(value: float | None, unit: str = "dB", digits: int = 0) -> str:
    """A level: ``−87 dBm``; a dash where it was not measured."""
    return DASH if value is None else _spoken.quantity(value, unit, digits)


def duration(seconds: float | None) -> str:
    """A length of time; a dash where it is not known."""
    return DASH if seconds is None else _spoken.duration(seconds)


def clock(seconds: float) -> str:
    """A position in a recording: ``1:02``, ``1:02:03``."""
    minutes, left = divmod(max(0, int(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{left:02d}" if hours else f"{minutes}:{left:02d}"


def percent(share: float) -> str:
    """A share of 1: ``62 %``."""
    return _spoken.quantity(min(100.0, max(0.0, share * 100)), "%", 0)
