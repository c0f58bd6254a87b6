"""The checklists: every place and object that the issue of hidden recorders names, in three languages."""

from __future__ import annotations

from pathlib import Path

import pytest

from sweeper.checklists import PLANS, Instrument, Means, _Places, examinations, places, read
from sweeper.errors import SignatureError
from sweeper.signatures import DeviceClass, Words

NAMED = {
    "car": ("Diagnostic socket", "12 V socket", "Bumpers"),
    "flat": ("Smoke detectors", "Clocks", "chargers", "Mains adapters", "Telephone", "Furniture", "Pens"),
    "office": ("Pens and dictaphones", "Flash drives", "Smoke detectors", "clocks", "Chargers", "Telephones"),
}


@pytest.mark.parametrize("plan", PLANS)
def test_every_named_place_is_there_once_with_tests(plan: str) -> None:
    listed = places(plan)
    names = " | ".join(place.name.en for place in listed)
    for wanted in NAMED[plan]:
        assert wanted in names
    assert len({place.id for place in listed}) == len(listed)
    assert all(place.tests and place.hides for place in listed)


def test_what_sends_nothing_is_looked_for_everywhere() -> None:
    for plan in ("flat", "office"):
        hidden = {kind for place in places(plan) for kind in place.hides}
        assert {DeviceClass.CAMERA, DeviceClass.VOICE_RECORDER, DeviceClass.IMPLANT} <= hidden
    assert DeviceClass.GPS_TRACKER in {kind for place in places("car") for kind in place.hides}
    assert "card" in " ".join(place.name.en + place.look.en for place in places("flat")).lower()


def test_each_test_has_a_result_for_nothing_and_one_to_follow() -> None:
    assert set(examinations()) == set(Instrument)
    for test in examinations().values():
        assert {result.means for result in test.results} == {Means.CLEAR, Means.LOOK}
        assert test.results[0].id == "none"
        assert len({result.id for result in test.results}) == len(test.results)


def all_words() -> list[Words]:
    made = [w for plan in PLANS for p in places(plan) for w in (p.name, p.look, p.benign)]
    for test in examinations().values():
        made += [test.name, test.how, test.limits, *(result.name for result in test.results)]
    return made


def test_the_three_languages_are_three() -> None:
    for words in all_words():
        assert words.en.isascii() or "–" in words.en, words.en
        for text in (words.ru, words.kk):
            assert any("а" <= letter <= "я" for letter in text.lower()) or text == words.en, text


def test_a_bad_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "car.toml"
    path.write_text('plan = "car"\nobserved = 2026-01-01\nreferences = []\n[[place]]\nid = "x"\n')
    with pytest.raises(SignatureError, match=r"car\.toml.*name"):
        read(path, _Places)
