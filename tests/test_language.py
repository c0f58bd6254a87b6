"""Formats are those of CLDR (Babel is the judge), plurals agree, and a bad translation costs no sentence."""

from __future__ import annotations

import datetime as dt
import gettext
import math

import pytest
from babel import Locale
from babel.dates import format_date
from babel.numbers import format_decimal
from hypothesis import given
from hypothesis import strategies as st

from sweeper import labels, language
from sweeper.errors import Reason
from sweeper.records import Level, Medium, State
from sweeper.signatures import FindingKind
from sweeper.text import Phrase, say


def spaces(text: str) -> str:
    return text.replace("\u202f", " ").replace("\u00a0", " ").replace("\u2212", "-")


@pytest.mark.parametrize("code", ["ru", "kk"])
@given(value=st.integers(10_000, 10**9) | st.integers(-(10**9), -10_000), tenths=st.integers(0, 9))
def test_numbers_are_written_as_cldr_writes_them(code: str, value: int, tenths: int) -> None:
    number = value + math.copysign(tenths / 10, value)
    assert spaces(language.get(code).number(number, 1)) == spaces(
        format_decimal(number, "#,##0.0", locale=code, decimal_quantization=True)
    )


def test_numbers_in_english_have_a_point_and_thin_spaces() -> None:
    english = language.get("en")
    assert english.number(-12345.678, 1) == "\u221212\u202f345.7"
    assert english.number(1234) == "1234"
    assert english.number(0.1) == "0.1"
    assert english.number(-0.04, 1) == "0.0"
    assert english.number(math.nan) == "–"


@pytest.mark.parametrize("code", ["en", "ru", "kk"])
@given(day=st.dates(dt.date(1971, 1, 1), dt.date(2099, 12, 31)))
def test_dates_have_the_month_names_of_cldr(code: str, day: dt.date) -> None:
    utc_s = dt.datetime(day.year, day.month, day.day, 12, tzinfo=dt.UTC).timestamp()
    written = language.get(code).date(utc_s)
    pattern = {"en": "d MMMM y", "ru": "d MMMM y 'г'.", "kk": "y 'ж'. d MMMM"}[code]
    assert written == format_date(day, pattern, locale=code)


def test_a_time_says_its_zone() -> None:
    assert language.get("en").datetime(1_700_000_000.0) == "14 November 2023, 22:13 UTC"


@pytest.mark.parametrize("code", ["en", "ru", "kk"])
@given(n=st.integers(0, 10**6))
def test_plural_forms_are_those_of_cldr(code: str, n: int) -> None:
    """The catalogue's rule chooses the same form as CLDR's category."""
    forms = {"en": ["one", "other"], "ru": ["one", "few", "many"], "kk": ["one", "other"]}[code]
    assert language.get(code).choose(forms, n) == Locale(code).plural_form(n)


@pytest.mark.parametrize(
    ("n", "expected"), [(1, "1 посылка"), (3, "3 посылки"), (11, "11 посылок"), (21, "21 посылка")]
)
def test_russian_counts(n: int, expected: str) -> None:
    russian = language.get("ru")
    assert russian.ngettext("{n} burst", "{n} bursts", n).format(n=n) == expected


def test_a_phrase_chooses_words_by_number() -> None:
    said = Phrase(
        "Heard {n} times in {s} s", {"n": 22, "s": 1.5}, {"ru": "{n} {n:раз|раза|раз} за {s} {s:с|сек|сек}"}
    )
    assert language.get("ru").phrase(said) == "22 раза за 1,5 сек"


def test_a_phrase_of_the_catalogue_is_translated_and_filled() -> None:
    said = say("It was on the air in {count} bursts.", count=2)
    assert language.get("ru").phrase(said) == "Выходил в эфир 2 посылками."
    assert (
        language.get("en").phrase(say("It was on the air in {count} bursts.", count=1)).endswith("1 burst.")
    )


@pytest.mark.parametrize(
    "broken", ["{missing} x", "{n", "{n.__class__}", "{n[0]}", "{0}", "{n:%%}", "{n!z}", "}"]
)
def test_a_broken_translation_falls_back_to_english(broken: str) -> None:
    said = Phrase("Heard {n} times", {"n": 3}, {"ru": broken})
    assert language.get("ru").phrase(said) == "Heard 3 times"


def test_foreign_text_in_a_phrase_is_inert() -> None:
    said = say("Its address is {address}.", address="\x1b[2J\u202egpj {n.__class__}")
    assert language.get("en").phrase(said) == "Its address is \\x1b[2J\\u202egpj {n.__class__}."


def test_a_signatures_own_words_win() -> None:
    said = Phrase("Wi-Fi camera", {}, {"ru": "своё", "kk": "өзінікі"})
    assert language.get("ru").phrase(said) == "своё"
    assert language.get("kk").phrase(said) == "өзінікі"
    assert language.get("en").phrase(said) == "Wi-Fi camera"


@pytest.mark.parametrize(
    ("environ", "code"),
    [
        ({}, "en"),
        ({"LANG": "kk_KZ.UTF-8"}, "kk"),
        ({"LANG": "ru_RU"}, "ru"),
        ({"LANG": "ru_RU", "LC_ALL": "C"}, "en"),
        ({"LANGUAGE": "de:kk:ru", "LANG": "ru_RU"}, "kk"),
        ({"SWEEPER_LANGUAGE": "ru", "LANGUAGE": "kk"}, "ru"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({"LANG": ""}, "en"),
    ],
)
def test_the_environment_chooses(environ: dict[str, str], code: str) -> None:
    assert language.detect(environ) == code


def test_an_unknown_language_is_english_and_one_object_serves_all() -> None:
    assert language.get("de").code == "en"
    assert language.get("ru") is language.get("ru")


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0, "0 s"),
        (577e-6, "577 µs"),
        (0.00461, "4.6 ms"),
        (0.26, "260 ms"),
        (12, "12 s"),
        (12.34, "12.3 s"),
        (59.99, "1 min"),
        (90, "1 min 30 s"),
        (7500, "2 h 05 min"),
        (86_400 * 7, "7 d"),
        (math.inf, "–"),
    ],
)
def test_durations(seconds: float, expected: str) -> None:
    assert spaces(language.get("en").duration(seconds)) == expected


def test_several_durations_are_told_as_their_span() -> None:
    english = language.get("en")
    assert spaces(english.durations(iter([12.0, 3.0, 7.5]))) == "3 s–12 s"
    assert spaces(english.durations([12.0, 12.01])) == "12 s"


def test_frequencies_and_units_follow_the_language() -> None:
    assert spaces(language.get("en").frequency(433.92e6)) == "433.920 MHz"
    assert spaces(language.get("kk").frequency(12_500)) == "12,5 кГц"
    assert spaces(language.get("ru").quantity(-87, "dBm")) == "-87 дБм"
    assert spaces(language.get("ru").quantity(62, "%")) == "62 %"
    assert spaces(language.get("en").quantity(3, "furlong")) == "3 furlong"


@pytest.mark.parametrize("code", ["en", "ru", "kk"])
def test_every_closed_list_has_words(code: str) -> None:
    spoken = language.get(code)
    for level in Level:
        assert spoken.level(level)
    for medium in Medium:
        assert spoken.medium(medium)
    for state in State:
        assert spoken.state(state)
    for reason in Reason:
        assert " " in spoken.reason(reason), reason
    for kind in FindingKind:
        assert spoken.finding_kind(kind) != kind


def test_the_levels_are_translated() -> None:
    assert [language.get("ru").level(level) for level in Level] == [
        "Для сведения",
        "Низкий",
        "Средний",
        "Высокий",
    ]
    assert [language.get("kk").level(level) for level in Level] == [
        "Мәлімет үшін",
        "Төмен",
        "Орташа",
        "Жоғары",
    ]


def test_an_unlisted_kind_keeps_its_name() -> None:
    assert language.get("en").device_kind("brand_new-thing") == "brand new thing"
    assert language.get("en").device_kind("chipolo_classic") == "Chipolo item tracker"
    assert language.get("ru").emission_kind("brand-new") == "brand-new"


def test_glossary_terms_are_used() -> None:
    """The terms that the project's glossary fixes."""
    russian, kazakh = language.get("ru"), language.get("kk")
    for english, ru, kk in [
        ("No device was found.", "Устройства не обнаружены.", "Құрылғы анықталған жоқ."),
        ("not swept", "не проверено", "тексерілмеді"),
        ("Why", "Почему", "Неліктен"),
        ("May also be", "Что ещё это может быть", "Бұдан басқа не болуы мүмкін"),
        ("What next", "Что делать", "Не істеу керек"),
        ("Coverage", "Охват проверки", "Тексеру ауқымы"),
        ("Item tracker", "Метка-трекер", "Трекер-белгі"),
    ]:
        assert (russian.gettext(english), kazakh.gettext(english)) == (ru, kk)


def test_without_catalogues_english_still_speaks() -> None:
    bare = language.Language("ru", gettext.NullTranslations())
    assert bare.phrase(say("Its address is {address}.", address="x")) == "Its address is x."
    assert bare.choose(["one", "many"], 2) == "many"


def test_labels_mark_returns_its_text() -> None:
    assert labels.mark("x") == "x"


@pytest.mark.parametrize("code", ["ru", "kk"])
def test_a_day_in_a_table_has_the_order_of_its_language(code: str) -> None:
    """Babel's short date, with all four figures of the year."""
    day = dt.date(2026, 3, 5)
    short = format_date(day, "short", locale=code)
    assert language.get(code).day(day).replace("2026", "26") == short.replace("2026", "26")
    assert language.get("en").day(day) == "2026-03-05"


@pytest.mark.parametrize(("code", "wanted"), [("en", "−56.5"), ("ru", "−56,5"), ("kk", "−56,5")])
def test_a_number_below_nought_has_the_true_minus_sign(code: str, wanted: str) -> None:
    spoken = language.get(code)
    assert wanted in spoken.phrase(say("Its strongest signal was {dbm} dBm.", dbm=-56.5))
    assert "−56" in spoken.phrase(say("Its strongest signal was {dbm} dBm.", dbm=-56))
    assert "a-b" in spoken.phrase(say("Its address is {address}.", address="a-b"))
