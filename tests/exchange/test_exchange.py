"""Other programs' formats: a published example in, our own out and in again, and nothing of anybody's out."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import re
from contextlib import suppress
from pathlib import Path

import pytest
import stix2
from hypothesis import given
from hypothesis import strategies as st

from sweeper.errors import InputError
from sweeper.exchange import airhound, lists, stix
from sweeper.exchange.rules import signatures_of
from sweeper.exchange.samples import sample
from sweeper.protocols.ble.facts import facts
from sweeper.records import Medium
from sweeper.signature_check import check_examples
from sweeper.signature_writing import put
from sweeper.signatures import Library

DAY = dt.date(2026, 11, 22)
NOW = dt.datetime(2026, 11, 22, 9, 0, tzinfo=dt.UTC)

AIRHOUND = {
    "version": 1,
    "signatures": [
        {"id": "block", "type": "mac_oui", "oui": "B4:1E:52"},
        {"id": "net", "type": "wifi_ssid", "match": "regex", "value": "^Flock-[0-9A-Fa-f]{6}$"},
        {"id": "word", "type": "ble_name", "match": "contains", "value": "Flock", "case_sensitive": False},
        {"id": "firm", "type": "ble_manufacturer_id", "company_id": 2504},
        {"id": "gps", "type": "ble_service_uuid", "uuid": "3100"},
        {"id": "tag", "type": "ble_ad_bytes", "bytes": [76, 0, 18, 25], "offset": 0},
        {"id": "anywhere", "type": "ble_ad_bytes", "bytes": [128, 48]},
    ],
    "rules": [
        {
            "id": "flock-camera",
            "name": "Flock camera",
            "detect": {"anyOf": [{"sig": "block"}, {"sig": "net"}, {"sig": "word"}]},
        },
        {
            "id": "flock-both",
            "name": "Flock by two marks",
            "detect": {"allOf": [{"sig": "firm"}, {"sig": "word"}, {"not": {"sig": "gps"}}]},
        },
        {"id": "flipper", "name": "Flipper", "detect": {"sig": "anywhere"}},
    ],
}
"""As the published schema has it (github.com/dougborg/AirHound, schemas/signatures.v1.schema.json)."""


@pytest.fixture(scope="module")
def imported() -> Library:
    rules, _left_out = airhound.read(json.dumps(AIRHOUND).encode(), "x.json")
    return Library(signatures_of(rules, DAY).signatures)


def names(library: Library, medium: Medium, look: dict[str, object]) -> set[str]:
    return {s.id for s in library.match(medium, look)}  # type: ignore[arg-type]


def test_airhound_is_taken_as_it_means(imported: Library) -> None:
    assert names(imported, Medium.WIFI, {"wifi.oui": "b41e52"}) == {"flock-camera-wifi"}
    assert names(imported, Medium.BLE, {"ble.oui": "B41E52"}) == {"flock-camera-ble"}
    assert names(imported, Medium.WIFI, {"wifi.ssid": ["Flock-A1B2C3"]}) == {"flock-camera-wifi"}
    assert names(imported, Medium.WIFI, {"wifi.ssid": ["Flock-A1B2C"]}) == set()
    advert = bytes.fromhex("0506666c6f63").replace(b"\x06", b"\x09") + b"\x04\xff\xc8\x09\x01"
    look = facts(advert.replace(b"\x05\x09floc", b"\x06\x09flock"))
    assert names(imported, Medium.BLE, look) == {"flock-camera-ble", "flock-both-ble"}
    raven = {**look, "ble.uuids": ["3100"]}
    assert "flock-both-ble" not in names(imported, Medium.BLE, raven)
    apple = facts(bytes.fromhex("06ff4c00121900"))
    assert names(imported, Medium.BLE, apple) == {"tag-ble"}


def test_what_cannot_be_said_is_named() -> None:
    _rules, left_out = airhound.read(json.dumps(AIRHOUND).encode(), "x.json")
    assert any("anywhere" in line for line in left_out)
    assert any("flipper" in line for line in left_out)


def test_imported_ones_are_weak_checked_and_written_through_the_loader(
    imported: Library, tmp_path: Path
) -> None:
    assert check_examples(imported) == []
    for signature in imported.signatures:
        put(signature, tmp_path, "imported")
        assert signature.grade.value == "weak"
        assert signature.level.value == "low"
    again = Library.load(tmp_path)
    assert again.problems == []
    assert {s.id: s.match for s in again.signatures} == {s.id: s.match for s in imported.signatures}


def test_our_library_goes_out_and_comes_back_with_the_same_meaning() -> None:
    ours = Library.load()
    text, left_out = airhound.write(ours)
    rules, missed = airhound.read(text.encode(), "ours")
    assert missed == []
    assert len(rules) + len(left_out) == len(ours.signatures)
    back = Library(signatures_of(rules, DAY).signatures)
    by_rule = {s.id.rpartition(f"-{s.medium.value}")[0]: s for s in back.signatures}
    tried = 0
    for signature in ours.signatures:
        other = by_rule.get(signature.id)
        for example in signature.examples.negative:
            if other is not None and example.ad is not None and other.medium is signature.medium:
                assert not other.match.holds(facts(bytes.fromhex(example.ad))), signature.id
                tried += 1
    assert tried > 20


def test_what_is_written_follows_the_published_schema() -> None:
    text, _left_out = airhound.write(Library.load())
    document = json.loads(text)
    shapes = {
        "mac_oui": {"oui"}, "wifi_ssid": {"match", "value"}, "ble_name": {"match", "value"},
        "ble_service_uuid": {"uuid"}, "ble_manufacturer_id": {"company_id"},
        "ble_ad_bytes": {"bytes", "offset"},
    }  # fmt: skip
    ids = [row["id"] for row in document["signatures"]]
    assert len(set(ids)) == len(ids)
    for row in document["signatures"]:
        assert shapes[row["type"]] <= set(row) <= shapes[row["type"]] | {"id", "type", "case_sensitive"}
        assert re.fullmatch(r"[a-z0-9][a-z0-9_-]*[a-z0-9]", row["id"])
    for rule in document["rules"]:
        assert re.fullmatch(r"[a-z0-9][a-z0-9_-]*[a-z0-9]", rule["id"])
        assert len(rule["id"]) <= 64


KISMET = """\
# makers
B4:1E:52\tFlock Safety
B4:1E:53\tFlock Safety
devicefound=AA:BB:CC:00:00:00/FF:FF:FF:00:00:00
devicefound=00:11:22:33:44:55
apspoof=Office:ssid="Office",validmacs="00:11:22:33:44:55,AA:BB:CC:DD:EE:FF"
apspoof=Guests:ssidregex="^Guest",validmacs=00:11:22:33:44:55
nonsense
"""


def test_kismet_lists() -> None:
    rules, left_out = lists.kismet(KISMET, "list")
    library = Library(signatures_of(rules, DAY).signatures)
    assert check_examples(library) == []
    assert names(library, Medium.WIFI, {"wifi.oui": "b41e53"}) == {"list-flock-safety-wifi"}
    assert names(library, Medium.WIFI, {"wifi.oui": "aabbcc"}) == {"list-device-of-block-aa-bb-cc-wifi"}
    office = {"wifi.ssid": ["Office"], "wifi.oui": "001122"}
    assert names(library, Medium.WIFI, office) == set()
    assert names(library, Medium.WIFI, {**office, "wifi.oui": "dead00"}) == {"spoof-office-wifi"}
    assert len(left_out) == 2
    assert any("known devices" in line for line in left_out), "one address is somebody's, not a kind"


def test_a_makers_blocks_are_those_of_the_registry() -> None:
    text, _left_out = lists.write_kismet(Library.load())
    assert "30:8C:FB\tDropcam\n" in text, "the registry's one block of that maker"
    rules, problems = lists.kismet(text, "ours")
    assert problems == []
    assert len(rules) > 10


def test_tables_come_back_the_same() -> None:
    ours = Library.load()
    text, left_out = lists.write_table(ours)
    rules, problems = lists.table(text, "t.csv")
    assert problems == []
    assert len(rules) + len(left_out) == len(ours.signatures)
    assert all(not row[2].startswith(("=", "+", "@")) for row in csv.reader(io.StringIO(text)))
    with pytest.raises(InputError, match="columns"):
        lists.table("a,b\n1,2\n", "t.csv")
    rules, _problems = lists.table("what,value,title\nssid,'=CAM,T\n", "t.csv")
    assert rules[0].terms[0][0].indicator.value == "=CAM", "an apostrophe against formulas is taken off again"
    rules, problems = lists.table("what,value,title\noui,xx,T\nssid,Cam,T\n", "t.csv")
    assert [rule.title for rule in rules] == ["T"]
    assert "line 2" in problems[0]


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    for read in (
        lambda: airhound.read(data, "x"),
        lambda: lists.table(text, "x"),
        lambda: lists.kismet(text, "x"),
    ):
        with suppress(InputError):
            rules, _left_out = read()
            assert all(rule.terms for rule in rules)


@given(st.from_regex(r"[a-c]{1,3}(-|_)?[0-9]{0,2}", fullmatch=True))
def test_a_sample_is_matched(text: str) -> None:
    made = sample(f"^{re.escape(text)}[0-9a-f]+(cam|ipc)?$")
    assert made is not None
    assert made.startswith(text)


RESULTS = {
    "inputs": [{"start_utc_s": 1_700_000_000.0}],
    "devices": [
        {
            "id": "ble-0001", "medium": "ble", "address": "AA:BB:CC:11:22:33", "first_s": 1.0, "last_s": 61.0,
            "sightings": 9, "kind": "airtag", "facts": {"ble.name": "Aigerim's tag", "ble.oui": "AABBCC"},
        }
    ],
    "emissions": [{"id": "rf-0001", "start_s": 0.0, "stop_s": 3.0, "kind": "nfm"}],
    "findings": [
        {
            "id": "f1", "level": "low", "kind": "tracker", "title": "Aigerim's tag", "subject": "ble-0001",
            "signature": "airtag-separated", "why": ["Its address is AA:BB:CC:11:22:33."],
            "benign": ["A neighbour's."], "next": ["Look."],
        },
        {
            "id": "f2", "level": "medium", "kind": "rf-bug", "title": "A voice", "subject": "rf-0001",
            "signature": None, "why": [], "benign": [], "next": [],
        },
    ],
}  # fmt: skip


def test_stix_is_read_by_its_own_library_and_names_nobody() -> None:
    text, left_out = stix.bundle(Library.load(), NOW, b"key", [RESULTS])
    whole = stix2.parse(text, allow_custom=False)
    kinds = sorted(one.type for one in whole.objects)
    assert kinds == [
        "identity", "indicator", "note", "note", "observed-data", "observed-data", "sighting", "software",
        "software",
    ]  # fmt: skip
    for secret in ("AA:BB:CC", "aa:bb:cc", "Aigerim"):
        assert secret not in text
    (sighting,) = [one for one in whole.objects if one.type == "sighting"]
    (indicator,) = [one for one in whole.objects if one.type == "indicator"]
    assert sighting.sighting_of_ref == indicator.id
    assert sighting.count == 9
    assert sighting.first_seen == dt.datetime.fromtimestamp(1_700_000_001, dt.UTC)
    assert [line for line in left_out if line.startswith("f2")]


def test_stix_is_the_same_for_the_same_key_and_another_for_another() -> None:
    library = Library.load()
    first, again = (stix.bundle(library, NOW, b"key", [RESULTS])[0] for _ in range(2))
    assert first == again
    assert first != stix.bundle(library, NOW, b"other", [RESULTS])[0]


def test_indicators_of_the_whole_library() -> None:
    library = Library.load()
    whole = stix2.parse(stix.bundle(library, NOW, b"key")[0])
    indicators = [one for one in whole.objects if one.type == "indicator"]
    assert len(indicators) == len(library.signatures)
    native = [one for one in indicators if one.pattern_type == "stix"]
    assert native
    assert all(one.pattern.startswith("[mac-addr:value LIKE '") for one in native)
    assert all(one.confidence <= 85 for one in indicators)
