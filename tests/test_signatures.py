"""The signature format: what a file may say, what an error names, what a match means."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sweeper.errors import SignatureError
from sweeper.records import Medium
from sweeper.signature_index import required
from sweeper.signatures import Condition, Library, Match, builtin_folder, read, schema

GOOD = """\
id = "example"
version = 1
status = "test"
level = "low"
kind = "tracker"
device = "example_tag"
device_class = "item-tracker"
confidence = 0.7
grade = "specification"
observed = 2026-11-22
licence = "GPL-2.0-or-later"
references = ["a specification"]

[title]
en = "Example"
ru = "Пример"
kk = "Мысал"

[description]
en = "An example."
ru = "Пример."
kk = "Мысал."

[[benign]]
en = "A toy"
ru = "Игрушка"
kk = "Ойыншық"

[[benign]]
en = "A sensor"
ru = "Датчик"
kk = "Датчик"

[[next]]
en = "Look"
ru = "Посмотрите"
kk = "Қараңыз"

[match]
all = [{ key = "ble.company", equals = 76 }, { key = "ble.name", regex = "^x" }]
not = [{ key = "ble.uuids", contains = "FD6F" }]

[[examples.positive]]
provenance = "made up"
facts = { "ble.company" = 76, "ble.name" = "xy" }

[[examples.negative]]
provenance = "made up"
facts = { "ble.company" = 76, "ble.name" = "yx" }
"""


def put(folder: Path, text: str, name: str = "example", medium: str = "ble") -> Path:
    path = folder / medium / f"{name}.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_a_good_file_matches_as_it_says(tmp_path: Path) -> None:
    put(tmp_path, GOOD)
    library = Library.load(tmp_path)
    assert library.problems == []
    (signature,) = library.signatures
    example, near_miss = signature.examples.positive[0].facts, signature.examples.negative[0].facts
    assert example is not None
    assert near_miss is not None
    assert [s.id for s in library.match(Medium.BLE, example)] == ["example"]
    assert library.match(Medium.BLE, near_miss) == []
    assert library.match(Medium.WIFI, example) == [], "a signature belongs to its radio"
    assert library.match(Medium.BLE, {**example, "ble.uuids": ["180F", "FD6F"]}) == []
    assert signature.title.phrase().translations["kk"] == "Мысал"


@pytest.mark.parametrize(
    ("old", "new", "line", "key"),
    [
        ('level = "low"', 'level = "confirmed"', 4, "level"),
        ("confidence = 0.7", "confidence = 7", 8, "confidence"),
        ("version = 1", 'version = "one"', 2, "version"),
        ('id = "example"', 'id = "other"', 1, "id"),
        ('kk = "Мысал"\n\n[description]', "[description]", 14, "title"),
        ("equals = 76", "equal = 76", 40, "equal"),
        ('regex = "^x"', 'regex = "("', 40, "ble.name"),
        ("equals = 76 }", 'equals = 76, regex = "x" }', 40, "ble.company"),
        ("[match]", "[match", 39, "TOML"),
        ('licence = "GPL', 'medium = "rf"\nlicence = "GPL', 11, "medium"),
    ],
)
def test_an_error_names_file_line_and_key_and_the_rest_load(
    tmp_path: Path, old: str, new: str, line: int, key: str
) -> None:
    assert GOOD.count(old) >= 1
    bad = put(tmp_path, GOOD.replace(old, new, 1))
    put(tmp_path, GOOD.replace('id = "example"', 'id = "fine"'), "fine")
    library = Library.load(tmp_path)
    assert [s.id for s in library.signatures] == ["fine"]
    (problem,) = library.problems
    assert problem.path == str(bad)
    assert key in str(problem)
    assert problem.line == line, str(problem)


def test_a_file_that_is_no_text_is_refused_with_the_byte(tmp_path: Path) -> None:
    path = put(tmp_path, "")
    path.write_bytes(b'id = "\xff"')
    with pytest.raises(SignatureError, match="byte 6"):
        read(path, Medium.BLE)


def test_a_later_folder_overrides_by_id_and_the_hash_tells(tmp_path: Path) -> None:
    put(tmp_path / "a", GOOD)
    put(tmp_path / "b", GOOD.replace("version = 1", "version = 2"))
    alone, both = Library.load(tmp_path / "a"), Library.load(tmp_path / "a", tmp_path / "b")
    assert [s.version for s in both.signatures] == [2]
    assert alone.sha256 != both.sha256
    assert alone.sha256 == Library.load(tmp_path / "a").sha256


def test_one_id_in_two_radios_is_an_error_that_names_both(tmp_path: Path) -> None:
    put(tmp_path, GOOD)
    put(tmp_path, GOOD, medium="wifi")
    library = Library.load(tmp_path)
    assert [(s.medium, s.id) for s in library.signatures] == [(Medium.BLE, "example")]
    (problem,) = library.problems
    assert "wifi/example.toml" in str(problem)
    assert "ble/example.toml" in str(problem)


@pytest.mark.parametrize(
    ("condition", "yes", "no"),
    [
        (Condition("k", equals="a"), ["a", ["b", "a"]], ["b", ["b"], None]),
        (Condition("k", any_of=(1, 2)), [1, [5, 2]], [3, "1", None]),
        (Condition("k", starts_with="ab"), ["abc", ["x", "ab"]], ["xab", None]),
        (Condition("k", contains="b"), ["abc", ["b"]], ["ac", ["a"], None]),
        (Condition("k", contains=5), [[4, 5]], [[4]]),
        (Condition("k", mask="1?3"), ["123", "1x3"], ["12", "1234", "223"]),
        (Condition("k", range=(1.0, 2.0)), [1, 2.0, 1.5], [0.99, 2.01, "1", None]),
        (Condition("k", regex="^c.m$"), ["cam"], ["camp", None]),
        (Condition("k", present=True), ["", 0, False], [None]),
        (Condition("k", present=False), [None], ["", 0]),
    ],
    ids=lambda value: value.operators()[0] if isinstance(value, Condition) else "",
)
def test_operators(condition: Condition, yes: list[object], no: list[object]) -> None:
    def facts(value: object) -> dict[str, object]:
        return {} if value is None else {"k": value}

    for value in yes:
        assert condition.holds(facts(value)), value  # type: ignore[arg-type]
    for value in no:
        assert not condition.holds(facts(value)), value  # type: ignore[arg-type]


letters = st.text(alphabet="abkKsſı\u212aİ-1é", max_size=6)
values = st.one_of(
    st.integers(0, 3),
    st.floats(0, 3),
    st.booleans(),
    letters,
    st.lists(st.one_of(st.integers(0, 3), letters), max_size=3),
)
patterns = st.one_of(
    letters.map(re.escape),
    letters.map(lambda text: f"(?i){re.escape(text)}"),
    st.tuples(letters, letters).map(lambda two: f"^(?i:{re.escape(two[0])}|{re.escape(two[1])}x?)"),
    st.sampled_from(
        ["(?i)[kK]a", "ab+[ks]?-", "(?:a|b){2}k", "^$", "a.b", "(?i)(?:ask|bsk)[-1]", "(?<=a)bk", "(?!a)b"]
    ),
)
conditions = st.builds(
    lambda key, op: Condition(key, **op),
    st.sampled_from("xyz"),
    st.one_of(
        st.builds(lambda v: {"equals": v}, st.one_of(st.integers(0, 3), letters)),
        st.builds(
            lambda v: {"any_of": tuple(v)},
            st.lists(st.one_of(st.integers(0, 3), letters), min_size=1, max_size=3),
        ),
        st.builds(lambda v: {"starts_with": v}, letters),
        st.builds(lambda v: {"contains": v}, st.one_of(letters, st.integers(0, 3))),
        st.builds(lambda v: {"mask": v}, st.text(alphabet="ab?k-1", max_size=7)),
        st.builds(lambda a, b: {"range": (min(a, b), max(a, b))}, st.floats(0, 3), st.floats(0, 3)),
        st.builds(lambda v: {"regex": v}, patterns),
        st.just({"present": True}),
        st.just({"present": False}),
    ),
)


@settings(max_examples=400)
@given(
    st.lists(st.tuples(st.lists(conditions, max_size=3), st.lists(conditions, max_size=3)), max_size=8),
    st.dictionaries(st.sampled_from("xyz"), values),
)
def test_the_index_finds_exactly_what_trying_each_would(
    tmp: list[tuple[list[Condition], list[Condition]]], facts: dict[str, object]
) -> None:
    import msgspec

    base = read(builtin_example(), Medium.BLE)
    made = []
    for number, (every, some) in enumerate(tmp):
        try:
            match = Match(tuple(every), tuple(some))
        except ValueError:
            continue
        made.append(msgspec.structs.replace(base, id=f"s{number}", match=match))
    expected = {s.id for s in made if s.match.holds(facts)}  # type: ignore[arg-type]
    assert {s.id for s in Library(made).match(Medium.BLE, facts)} == expected  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("pattern", "texts"),
    [
        ("(?i)^plaud([ _-]|$)", [{"plaud"}]),
        ("^(?:IPC|NVR)-[0-9]+", [{"ipc", "nvr"}, {"-"}]),
        ("cam(era)?_", [{"cam"}, {"_"}]),
        ("x?y*", []),
        ("(?i)[Ff]lock", [{"flock"}]),
        ("камера-cam", [{"-cam"}]),
        ("a(?!bc)d", [{"a"}, {"d"}]),
    ],
)
def test_what_any_match_of_a_pattern_must_hold(pattern: str, texts: list[set[str]]) -> None:
    assert required(pattern) == texts


def builtin_example() -> Path:
    import tempfile

    folder = Path(tempfile.gettempdir()) / "sweeper-test-signature"
    return put(folder, GOOD)


def test_every_built_in_signature_loads() -> None:
    library = Library.load()
    assert [str(problem) for problem in library.problems] == []
    assert len(library.signatures) >= 30
    assert len({s.id for s in library.signatures}) == sum(
        1 for medium in Medium for _ in (builtin_folder() / medium.value).glob("*.toml")
    )


def test_the_published_schema_is_made_of_the_types() -> None:
    published = Path(__file__).parent.parent / "docs" / "signature.schema.json"
    made = json.loads(json.dumps(schema()))
    assert json.loads(published.read_text(encoding="utf-8")) == made


@pytest.mark.parametrize("wrong", ["{ sightings = 0 }", "{ dwell_s = -1.0 }", "{ places = 0 }"])
def test_what_a_signature_needs_is_checked(tmp_path: Path, wrong: str) -> None:
    put(tmp_path, GOOD.replace("[title]", f"needs = {wrong}\n\n[title]"))
    (problem,) = Library.load(tmp_path).problems
    assert "needs" in str(problem)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('kk = "Мысал."', 'kk = " "', "kk"),
        ("[title]", 'context = ["boat"]\n\n[title]', "context"),
    ],
)
def test_empty_texts_and_unknown_contexts_are_refused(tmp_path: Path, old: str, new: str, words: str) -> None:
    put(tmp_path, GOOD.replace(old, new, 1))
    (problem,) = Library.load(tmp_path).problems
    assert words in str(problem)


def test_a_deprecated_one_keeps_its_id_and_matches_no_more(tmp_path: Path) -> None:
    put(tmp_path, GOOD.replace('status = "test"', 'status = "deprecated"'))
    library = Library.load(tmp_path)
    assert "example" in library.by_id
    assert library.match(Medium.BLE, {"ble.company": 76, "ble.name": "xy"}) == []


def test_no_published_id_is_gone() -> None:
    """An id that vanished could be given to another thing, and old reports would mean something else."""
    lines = (builtin_folder() / "ids.txt").read_text(encoding="utf-8").splitlines()
    published = {line for line in lines if line and not line.startswith("#")}
    assert len(published) >= 150
    assert published <= set(Library.load().by_id)


def test_every_built_in_text_is_in_its_language() -> None:
    for signature in Library.load().signatures:
        texts = (signature.title, signature.description, *signature.benign, *signature.next)
        for words in texts:
            for text in (words.ru, words.kk):
                assert re.search("[а-яёәғқңөұүһі]", text.lower()), f"{signature.id}: {text}"
