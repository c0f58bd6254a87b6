"""Identification against captured and specified payloads, and against peers' known errors."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sweeper.detectors.ble_inventory import identify
from sweeper.protocols.ble import ad
from sweeper.protocols.ble.facts import facts
from sweeper.records import Level, Medium
from sweeper.signatures import Library

LIBRARY = Library.load()
BLE = [s for s in LIBRARY.signatures if s.medium is Medium.BLE]
STATES = {
    "nearby_owner": "near_owner",
    "near owner": "near_owner",
    "owner seen": "near_owner",
    "state unknown": "unknown",
    "bound=1": "bound",
    "phone/buds": "overmature_offline",
}
TOKENS = (
    *("separated", "near_owner", "premature_offline", "offline", "overmature_offline"),
    *("connected", "unregistered", "unknown", "not_findmy"),
)
AIRTAG = bytes.fromhex("1eff4c00121910" + "0102030405060708090a0b0c0d0e0f10111213141516" + "0300")


def maker(company: int, data: str = "0102") -> bytes:
    return ad.from_fields(manufacturer=[(company, bytes.fromhex(data))])


def test_the_library_has_enough_kinds_and_no_problem() -> None:
    assert [str(p) for p in LIBRARY.problems if "/ble/" in str(p)] == []
    assert len(BLE) >= 45
    assert len({s.device for s in BLE}) >= 40


@pytest.mark.parametrize("signature", BLE, ids=lambda s: s.id)
def test_every_signature_meets_its_own_examples(signature) -> None:  # type: ignore[no-untyped-def]
    for examples, wanted in ((signature.examples.positive, True), (signature.examples.negative, False)):
        for example in examples:
            known = facts(bytes.fromhex(example.ad), example.address, example.address_type)
            hits = [hit.id for hit in LIBRARY.match(Medium.BLE, known)]
            assert (signature.id in hits) is wanted, example.provenance


@pytest.mark.parametrize("signature", BLE, ids=lambda s: s.id)
def test_a_positive_example_gives_the_signature_s_kind(signature) -> None:  # type: ignore[no-untyped-def]
    for example in signature.examples.positive:
        found = identify(LIBRARY, bytes.fromhex(example.ad), example.address, example.address_type)
        assert found.kind == signature.device


def _sender(told: str) -> tuple[str | None, str | None]:
    if told.startswith("addr "):
        return told[5:7] + ":01:02:03:04:05", "random"
    if " " in told:
        return told.split()[1] + ":01:02:03", "public"
    return None, told or None


@pytest.mark.corpus
def test_every_vector_of_the_corpus(corpus_path: Path) -> None:
    with (corpus_path / "ble" / "vectors.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if "CONFLICT" not in row["expected_state"]]
    assert len(rows) > 80
    wrong = []
    for row in rows:
        found = identify(LIBRARY, bytes.fromhex(row["hex_payload"]), *_sender(row["address_type_if_known"]))
        told = row["expected_state"]
        state = next((s for text, s in STATES.items() if told.startswith(text)), None)
        state = state or next(
            (t for t in TOKENS if told.split(";")[0].split(" ")[0].split("/")[0] == t), None
        )
        if found.kind != row["expected_class"] or (state is not None and found.state != state):
            wrong.append((row["expected_class"], told, found))
        if row["expected_class"].startswith("benign") and found.threat not in ("none", "info"):
            wrong.append((row["expected_class"], told, found))
        for battery in ("full", "medium", "low"):
            if f"battery={battery}" in told and found.battery != battery:
                wrong.append((row["expected_class"], told, found))
    assert wrong == []


@pytest.mark.parametrize(
    ("data", "kind_it_is_not"),
    [
        (ad.from_fields(service_data=[("FD6F", bytes(20))]), "airtag"),
        (maker(0x00C7), "tile"),
        (ad.from_fields(service_data=[("FE2C", bytes(21))]), "google_findhub"),
        (maker(0x4C, "1202" + "0800"), "airtag"),
        (maker(0x0820), "smart_glasses"),
        (maker(0x00A3), "smart_glasses"),
        (ad.from_fields(uuids=["FD44"]), "chipolo"),
        (maker(0x0059), "voice_recorder"),
        (ad.from_fields(uuids=["180A", "1809", "1819"]), "flock_raven_audio"),
    ],
    ids=[
        "FD6F",
        "Quuppa",
        "FE2C",
        "bits 3-2",
        "Brilliant Home",
        "Meta Watch",
        "FD44",
        "Nordic",
        "Raven's others",
    ],
)
def test_peers_known_errors_are_not_made_here(data: bytes, kind_it_is_not: str) -> None:
    found = identify(LIBRARY, data)
    assert found.kind != kind_it_is_not
    assert found.threat in ("none", "info")


def test_separated_is_told_by_length_not_by_a_status_bit() -> None:
    """A peer reads 'separated' from bit 1 and the kind from bits 3-2; both contradict the two mature ones."""
    for status in (0x10, 0x12, 0x1E):
        found = identify(LIBRARY, maker(0x4C, f"1202{status:02x}01"))
        assert (found.kind, found.state) == ("airtag", "near_owner")


@pytest.mark.parametrize("cut", range(1, len(AIRTAG)))
def test_a_cut_airtag_is_malformed(cut: int) -> None:
    found = identify(LIBRARY, AIRTAG[:cut])
    assert (found.kind, found.state, found.threat) == ("malformed", "truncated", "none")


def test_a_broken_tail_does_not_hide_a_tracker() -> None:
    assert identify(LIBRARY, AIRTAG + b"\x09\xff").kind == "airtag"


def test_two_makers_give_the_stronger_in_any_order() -> None:
    snap, apple = maker(0x03C2), maker(0x4C, "10051b1c0a0b0c")
    assert identify(LIBRARY, snap + apple) == identify(LIBRARY, apple + snap)
    assert identify(LIBRARY, apple + snap).kind == "smart_glasses"


def test_other_structures_around_the_payload_change_nothing() -> None:
    plain = identify(LIBRARY, AIRTAG, "C1:02:03:04:05:06", "random")
    extra = ad.from_fields(flags=6, name="x", tx_power_dbm=-4)
    for data in (extra + AIRTAG, AIRTAG + extra):
        assert identify(LIBRARY, data, "C1:02:03:04:05:06", "random") == plain


def test_weak_evidence_stays_below_medium() -> None:
    """What rests on a shared company id, an address block or the registry alone."""
    for data, address in (
        (maker(0x01AB), None),
        (maker(0x058E), None),
        (maker(0x034D), None),
        (maker(0x07D0, "800301"), None),
        (maker(0x0870), None),
        (b"", "00:25:DF:00:00:01"),
        (b"", "B4:1E:52:00:00:01"),
    ):
        found = identify(LIBRARY, data, address, "public")
        assert Level(found.threat).rank < Level.MEDIUM.rank


def test_nothing_known_is_unknown_and_harmless_is_not_claimed() -> None:
    found = identify(LIBRARY, maker(0x0001))
    assert (found.kind, found.benign, found.threat, found.vendor) == (
        "unknown",
        False,
        "none",
        "Nokia Mobile Phones",
    )
    assert identify(LIBRARY, b"").kind == "unknown"


@given(st.binary(max_size=62), st.sampled_from([None, "random", "public"]))
def test_anything_is_answered(data: bytes, kind: str | None) -> None:
    assert identify(LIBRARY, data, "C1:02:03:04:05:06", kind).kind


@given(st.data())
def test_damaged_examples_are_answered(data: st.DataObject) -> None:
    """The fuzzer builds on the signatures' own literals: one byte changed, cut anywhere."""
    signature = data.draw(st.sampled_from(BLE))
    payload = bytearray.fromhex(data.draw(st.sampled_from(signature.examples.positive)).ad)
    if payload:
        payload[data.draw(st.integers(0, len(payload) - 1))] = data.draw(st.integers(0, 255))
    assert identify(LIBRARY, bytes(payload[: data.draw(st.integers(0, len(payload)))])).kind


def test_the_documentation_lists_forty_kinds_that_there_are() -> None:
    text = (Path(__file__).parents[2] / "docs" / "bluetooth.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE))
    assert len(listed) >= 40
    assert listed <= {signature.device for signature in BLE}
