"""Every text of the program is translated, whole, and compiled: the catalogues match the source."""

from __future__ import annotations

import string

import pytest

from sweeper.locale import catalogues

TEMPLATE = catalogues.extracted()
OTHERS = ("ru", "kk")


@pytest.mark.parametrize("code", catalogues.LANGUAGES)
def test_the_catalogue_holds_exactly_the_texts_of_the_source(code: str) -> None:
    """If this fails, a text was added or changed: run ``make catalogues`` and translate what is new."""
    wanted = {(message.context, message.id) for message in TEMPLATE if message.id}
    there = {(message.context, message.id) for message in catalogues.load(code) if message.id}
    assert there == wanted


@pytest.mark.parametrize("code", OTHERS)
def test_nothing_is_missing_or_fuzzy(code: str) -> None:
    assert list(catalogues.untranslated(catalogues.load(code))) == []


@pytest.mark.parametrize("code", catalogues.LANGUAGES)
def test_translations_have_the_fields_of_their_text(code: str) -> None:
    for message in catalogues.load(code):
        ids = message.id if isinstance(message.id, tuple) else (message.id,)
        strings = message.string if isinstance(message.string, tuple) else (message.string,)
        for text in filter(None, strings if message.id else ()):
            assert any(catalogues.fields(text) == catalogues.fields(own) for own in ids), (code, ids, text)


@pytest.mark.parametrize("code", catalogues.LANGUAGES)
def test_only_phrases_choose_words_by_number(code: str) -> None:
    """``{n:one|many}`` is understood by ``Language.phrase``; plain ``str.format`` would raise on it."""
    for message in catalogues.load(code):
        strings = message.string if isinstance(message.string, tuple) else (message.string,)
        for text in filter(None, strings if message.id else ()):
            try:
                specs = [spec for _, _, spec, _ in string.Formatter().parse(text) if spec]
            except ValueError:
                continue
            if any("|" in spec for spec in specs):
                assert catalogues.PHRASE in message.auto_comments, (code, text)


@pytest.mark.parametrize("code", OTHERS)
def test_line_breaks_and_outer_spaces_are_kept(code: str) -> None:
    for message in catalogues.load(code):
        if not isinstance(message.id, str) or not message.id or not message.string:
            continue
        own, text = message.id, str(message.string)
        assert own.count("\n") == text.count("\n"), own
        assert (own[0].isspace(), own[-1].isspace()) == (text[0].isspace(), text[-1].isspace()), own


@pytest.mark.parametrize("code", catalogues.LANGUAGES)
def test_the_compiled_catalogue_is_current(code: str) -> None:
    compiled = catalogues.path_of(code).with_suffix(".mo").read_bytes()
    assert compiled == catalogues.mo_bytes(catalogues.load(code))


def test_the_template_is_current() -> None:
    assert (catalogues.FOLDER / "sweeper.pot").read_bytes() == catalogues.po_bytes(TEMPLATE)


def test_kazakh_uses_its_own_letters() -> None:
    text = "".join(str(message.string) for message in catalogues.load("kk") if message.id)
    assert set("әғқңөұүі") <= set(text.lower())
    russian = {str(m.id): m.string for m in catalogues.load("ru") if m.id}
    kazakh = {str(m.id): m.string for m in catalogues.load("kk") if m.id}
    same = [text for text in russian if russian[text] and russian[text] == kazakh[text] and len(text) > 40]
    same = [text for text in same if not text.startswith("sudo ")]  # a command is the same in any language
    assert same == [], "long texts that were not translated into Kazakh"
