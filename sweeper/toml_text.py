"""TOML written from plain values, in the house's way: short tables inline, long ones under a heading.

The standard library reads TOML and does not write it. Only what our files hold is written: dicts, lists,
texts, numbers, truth and dates. Reading back gives equal values.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from typing import Any

WIDE = 100
"""A list or table longer than this is broken over lines."""


def toml(content: dict[str, Any]) -> str:
    """The text of a document: scalars and short values first, then tables and lists of tables by heading.

    >>> print(toml({"id": "x", "match": {"all": [{"key": "k", "equals": 1}]}}), end="")
    id = "x"
    <BLANKLINE>
    [match]
    all = [{ key = "k", equals = 1 }]
    """
    lines: list[str] = []
    later = {key: value for key, value in content.items() if _deep(value)}
    lines += [f"{_key(key)} = {_value(value)}" for key, value in content.items() if key not in later]
    for name, table in later.items():
        lists = {key: value for key, value in table.items() if _tables(value) and name != "match"}
        if len(lists) < len(table):
            lines += ["", f"[{_key(name)}]"]
            lines += [f"{_key(key)} = {_value(value)}" for key, value in table.items() if key not in lists]
        for key, tables in lists.items():
            for one in tables:
                lines += ["", f"[[{_key(name)}.{_key(key)}]]"]
                lines += [f"{_key(k)} = {_inline(v)}" for k, v in one.items()]
    return "\n".join(lines).strip("\n") + "\n"


def _deep(value: object) -> bool:
    return isinstance(value, dict) and any(isinstance(one, list | dict) for one in value.values())


def _tables(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(one, dict) for one in value)


def _value(value: object) -> str:
    short = _inline(value)
    if isinstance(value, list) and len(short) > WIDE:
        return "[\n" + "".join(f"  {_inline(one)},\n" for one in value) + "]"
    return short


def _inline(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, int | float | dt.date):
        return value.isoformat() if isinstance(value, dt.date) else repr(value)
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_inline(one) for one in value) + "]"
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{_key(k)} = {_inline(v)}" for k, v in value.items()) + " }"
    raise TypeError(f"no TOML for {type(value).__name__}")


def _key(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else _quoted(key)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
