"""A text that a regular expression matches, for the example that every signature must have."""

from __future__ import annotations

import re
from importlib import import_module
from typing import Any

LIKELY = "aA0-_ .:/"
"""Tried where a class of characters is asked for, in this order."""


def sample(pattern: str) -> str | None:
    """A short text that ``pattern`` finds itself in, or ``None`` where none was made.

    >>> sample("^(?:IPC|NVR)-[0-9]{4}$")
    'IPC-0000'
    """
    try:
        parser = import_module("re._parser")
        text = _text(parser.parse(pattern))
        return text if re.search(pattern, text) else None
    except (ImportError, AttributeError, re.error, ValueError):
        return None


def _text(tree: Any) -> str:
    return "".join(_part(str(operator), argument) for operator, argument in tree)


def _part(name: str, argument: Any) -> str:
    if name == "LITERAL":
        return chr(argument)
    if name == "NOT_LITERAL":
        return next(c for c in LIKELY if ord(c) != argument)
    if name == "ANY":
        return "a"
    if name == "IN":
        return _member(argument)
    if name == "BRANCH":
        return _text(argument[1][0])
    if name == "SUBPATTERN":
        return _text(argument[-1])
    if name == "ATOMIC_GROUP":
        return _text(argument)
    if name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
        return _text(argument[-1]) * int(argument[0])
    return ""  # places and looks around: the whole text is tried at the end


def _member(choices: Any) -> str:
    """A character of a class: its first plain one, or the first likely one that the class holds."""
    kinds = {"CATEGORY_DIGIT": "0", "CATEGORY_WORD": "a", "CATEGORY_SPACE": " "}
    if choices and str(choices[0][0]) == "NEGATE":
        barred = {chr(value) for name, value in choices[1:] if str(name) == "LITERAL"}
        return next(c for c in LIKELY if c not in barred)
    for name, value in choices:
        if str(name) == "LITERAL":
            return chr(value)
        if str(name) == "RANGE":
            return chr(value[0])
        if str(name) == "CATEGORY" and str(value) in kinds:
            return kinds[str(value)]
    raise ValueError("a class that is not known here")
