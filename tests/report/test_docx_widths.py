"""Columns of the DOCX report: every word that can be whole is, and a long text gets the room."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sweeper.report import docx_parts
from sweeper.report.model import Table

CELLS = st.text(st.sampled_from("ағқбвГД 1:/-"), max_size=90)


def tables(count: int) -> st.SearchStrategy[Table]:
    return st.builds(Table, st.just(""), st.tuples(*[CELLS] * count), rows_of(count))


def rows_of(count: int) -> st.SearchStrategy[tuple[tuple[str, ...], ...]]:
    return st.lists(st.tuples(*[CELLS] * count), max_size=6).map(tuple)


@given(st.integers(1, 7).flatmap(lambda n: st.tuples(st.tuples(*[CELLS] * n), rows_of(n))))
def test_the_columns_share_the_whole_width(
    table: tuple[tuple[str, ...], tuple[tuple[str, ...], ...]],
) -> None:
    shares = docx_parts.shares(Table("", *table))
    assert len(shares) == len(table[0])
    assert sum(shares) == pytest.approx(1.0)
    assert min(shares) > 0


def test_words_stay_whole_and_the_long_text_gets_the_room() -> None:
    """Measured in LibreOffice with Noto Sans: 9 points bold are at most 0.22 cm a Cyrillic letter."""
    table = Table(
        "",
        ("№", "Длительность", "Что это значит"),
        (("1", "2 с", "Метка передаёт каждые несколько секунд, но метка, чей владелец рядом, молчит."),),
    )
    number, duration, text = (share * docx_parts.TEXT_CM for share in docx_parts.shares(table))
    assert duration > len("Длительность") * 0.22 + 0.38
    assert text > 2 * duration > 4 * number
