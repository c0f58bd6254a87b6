"""Patterns of a hostile signature: what OWASP and Cox call evil is refused, what signatures need is not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sweeper import signature_index
from sweeper.patterns import LONGEST, LONGEST_PATTERN, LONGEST_TEXT, longest, refusal
from sweeper.signature_types import Condition


@pytest.mark.parametrize(
    "pattern",
    [
        "(a+)+$",  # OWASP, "Regular expression Denial of Service": evil regexes
        "([a-zA-Z]+)*$",
        "(a|aa)+$",
        "(a|a?)+$",
        "(.*a){11}$",
        "^(([a-z])+.)+[A-Z]([a-z])+$",
        "a?" * 30 + "a" * 30,  # Cox, "Regular Expression Matching Can Be Simple And Fast"
        "(a|a)" * 25 + "b",
        ".*.*.*.*x",
        "(?=(.*)(.*)(.*)(.*)x)",  # not behind a look ahead either
        r"(a*)b\1",
        "(?:a{1,9}){1,9}b",
        "(?>(a+)+)$",
    ],
)
def test_a_pattern_that_a_name_could_keep_busy_is_refused(pattern: str) -> None:
    assert refusal(pattern, "ble.name")
    with pytest.raises(ValueError, match=r"a valid regular expression for `ble.name`"):
        Condition("ble.name", regex=pattern)


@pytest.mark.parametrize(
    "pattern",
    [
        "^x",
        "(?i)^(cam(era)?s?|ipc)[_-]?[0-9A-F]{4,}$",
        r"\bspy\b",
        ".*a.*b",
        "(ab){3,}",
        "[a-z]{2}(-[0-9]{4})*",
    ],
)
def test_what_signatures_need_is_taken(pattern: str) -> None:
    assert refusal(pattern, "ble.name") is None


def test_more_is_allowed_where_texts_are_short() -> None:
    three = "[a-z]*[a-z0-9]*[a-z0-9-]*$"
    assert refusal(three, "ble.name")
    assert refusal(three, "wifi.ssid") is None


def test_a_pattern_of_many_letters_is_refused() -> None:
    assert refusal("a" * LONGEST_PATTERN, "ble.name") is None
    assert refusal("a" * (LONGEST_PATTERN + 1), "ble.name")


@pytest.mark.parametrize("key", ["ble.name", *LONGEST])
def test_no_more_of_a_text_is_searched_than_was_counted(key: str) -> None:
    found = Condition(key, regex="b")
    for searched in (lambda text: found.holds({key: text}), signature_index.tester(found)):
        assert searched("a" * (longest(key) - 1) + "b")
        assert not searched("a" * longest(key) + "b")
    assert longest("ble.name") == LONGEST_TEXT


@given(st.text(alphabet="ab()[]{}*+?|.^$\\12,:=!<>P", max_size=30))
def test_any_text_is_a_pattern_or_a_line(pattern: str) -> None:
    told = refusal(pattern, "ble.name")
    assert told is None or (told and "\n" not in told)
