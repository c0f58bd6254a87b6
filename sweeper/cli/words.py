"""The language of this run of the command line. It is chosen once, before the commands are built."""

from __future__ import annotations

from sweeper import language
from sweeper.records import Status

_spoken = language.get("en")


def use(chosen: language.Language) -> None:
    global _spoken
    _spoken = chosen


def spoken() -> language.Language:
    """The language chosen."""
    return _spoken


def _(text: str) -> str:
    """``text`` in that language."""
    return _spoken.gettext(text)


def ngettext(one: str, many: str, n: int) -> str:
    """``one`` or ``many`` in that language, as its plurals ask for ``n``."""
    return _spoken.ngettext(one, many, n)


def status_line(status: Status) -> str:
    """What a Status says, in that language where it is not an outside word."""
    return _spoken.say(status.said or status.detail)
