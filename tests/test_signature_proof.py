"""The proof of the library: what CI fails on, shown with signatures made wrong on purpose; the real one."""

from __future__ import annotations

import shutil
from pathlib import Path

import msgspec
import pytest

from sweeper.records import Level, Medium
from sweeper.signature_proof import Material, distance, material, prove, read_parts, vectors
from sweeper.signatures import Condition, Library, Match, SignatureStatus
from sweeper.subjects import Look, Subject
from tests.test_signatures import GOOD, put

ROOT = Path(__file__).parent.parent
HIT = {"ble.company": 76, "ble.name": "xy"}


def subject(facts: dict[str, object], recording: str = "walk.jsonl") -> Subject:
    return Subject("ble-0001", Medium.BLE, "a device", recording, (Look(facts),))  # type: ignore[arg-type]


@pytest.fixture
def library(tmp_path: Path) -> Library:
    put(tmp_path, GOOD)
    return Library.load(tmp_path)


def test_a_hit_and_the_nearest_near_miss_are_told(library: Library) -> None:
    over = Material((subject(HIT),), (subject({"ble.company": 76}, "clean.jsonl"),))
    proof = prove(library, over)
    (one,) = proof.signatures
    assert one.hits == ("walk.jsonl: a device",)
    assert one.near_miss is not None
    assert one.near_miss.distance == 1
    assert proof.problems == ()


def test_a_hit_on_clean_material_fails_unless_it_only_names(library: Library) -> None:
    over = Material((), (subject(HIT, "clean.jsonl"),))
    (line,) = prove(library, over).problems
    assert line == "example: false alarm on clean material: clean.jsonl: a device"
    quiet = msgspec.structs.replace(library.signatures[0], level=Level.INFO)
    assert prove(Library([quiet]), over).problems == ()


def test_stable_is_earned(library: Library) -> None:
    stable = msgspec.structs.replace(library.signatures[0], status=SignatureStatus.STABLE)
    (line,) = prove(Library([stable]), Material((), ())).problems
    assert "stable without a real recording" in line
    named = msgspec.structs.replace(stable, recorded=("a maker: walk.jsonl",))
    assert prove(Library([named]), Material((), ())).problems == ()
    assert prove(Library([named]), Material((subject(HIT),), ())).problems == ()
    (line,) = prove(Library([named]), Material((subject({"ble.name": "n"}),), ())).problems
    assert "not met in a maker: walk.jsonl" in line


def test_an_example_that_changed_fails(tmp_path: Path) -> None:
    put(tmp_path, GOOD.replace('"ble.name" = "yx"', '"ble.name" = "xyx"'))
    (line,) = prove(Library.load(tmp_path), Material((), ())).problems
    assert "a near miss is matched" in line


def test_missing_texts_examples_and_twice_used_ids_fail(tmp_path: Path) -> None:
    put(tmp_path / "a", GOOD.replace('kk = "Мысал."\n', ""))
    put(tmp_path / "b", GOOD.partition("[[examples.negative]]")[0])
    put(tmp_path / "c", GOOD)
    put(tmp_path / "c", GOOD, medium="wifi")
    for folder, words in (("a", "kk"), ("b", "negative"), ("c", "id of its own")):
        (line,) = prove(Library.load(tmp_path / folder), Material((), ())).problems
        assert words in line


def test_two_that_claim_one_payload_are_listed(library: Library) -> None:
    one = library.signatures[0]
    other = msgspec.structs.replace(one, id="other", device="another", confidence=0.9)
    (conflict,) = prove(Library([one, other]), Material((), ())).conflicts
    assert (conflict.first, conflict.second, conflict.shown) == ("example", "other", "other")


def test_distance_counts_conditions() -> None:
    match = Match(
        all=(Condition("a", equals=1), Condition("b", equals=2)),
        any=(Condition("c", equals=3), Condition("c", equals=4)),
        none=(Condition("d", present=True),),
    )
    assert distance(match, {"a": 1, "b": 2, "c": 4}) == 0
    assert distance(match, {"a": 1, "b": 0, "c": 4}) == 1
    assert distance(match, {"d": 0}) == 4


@pytest.fixture(scope="module")
def bundled() -> Material:
    """What lies in our own recordings, analysed once."""
    return material(Library.load(), ROOT / "recordings")


def test_the_built_in_signatures_over_the_bundled_recordings(bundled: Material) -> None:
    """Independent truth: what the scenes were rendered with (``recordings/scenes``)."""
    proof = prove(Library.load(), bundled)
    assert proof.problems == ()
    assert proof.unread == ()
    hits = {one.signature.id: " ".join(one.hits) for one in proof.signatures}
    for signature, recording in (
        ("airtag-separated", "airtag-separated.jsonl"),
        ("smarttag-offline", "smarttag-lost.btsnoop"),
        ("gsm-uplink-near", "gsm-bug-897"),
        ("voice-carrier-433", "nfm-bug-433"),
        ("wfm-airband", "wfm-bug-112"),
        ("analog-camera", "analog-camera-1200"),
    ):
        assert recording in hits[signature], signature


def test_the_parts_of_a_corpus_are_read() -> None:
    parts = read_parts(ROOT / "recordings" / "corpus.toml")
    assert any(part.clean for part in parts)
    assert any(not part.clean for part in parts)


def test_a_table_of_advertisements(tmp_path: Path) -> None:
    path = tmp_path / "v.csv"
    path.write_text(
        "hex_payload,address_type_if_known,expected_class,source\n"
        "020106,random,benign_x,here\n0303aafe,,tracker,there\n"
    )
    (clean,) = vectors(path, clean=True)
    (other,) = vectors(path, clean=False)
    assert clean.looks[0].facts["ble.flags"] == 6
    assert other.looks[0].facts["ble.uuids"] == ["FEAA"]
    assert other.label == "row 1 tracker (there)"


@pytest.mark.corpus
@pytest.mark.slow
def test_no_false_alarm_on_the_clean_part_of_the_corpus(
    corpus_path: Path, bundled: Material, tmp_path: Path
) -> None:
    library = Library.load()
    shutil.copy(ROOT / "recordings" / "corpus.toml", tmp_path)  # and no recordings: those are analysed
    corpus = material(library, tmp_path, corpus_path)
    assert len(corpus.clean) > 100
    proof = prove(
        library,
        Material(
            bundled.devices + corpus.devices, bundled.clean + corpus.clean, bundled.unread + corpus.unread
        ),
    )
    assert proof.problems == ()
    stable = [one for one in proof.signatures if one.signature.status is SignatureStatus.STABLE]
    assert stable
    assert all(one.hits or one.clean_hits for one in stable)
