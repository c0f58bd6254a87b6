"""The user's list of known devices: what it recognises, what it must not, and what happens to a bad file."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sweeper.errors import InputError
from sweeper.known import (
    ADDRESS,
    CERTAIN,
    IDENTIFIER,
    Book,
    Known,
    Mark,
    distance_m,
    elsewhere,
    entry_of,
    keys_of,
    load,
    save,
)
from sweeper.records import Device, Emission, Medium, Place, Value

HOME = Place(lat=43.2380, lon=76.9450, name="home")
OFFICE = Place(lat=43.2567, lon=76.9286, name="office")


def device(address: str = "C1:02:03:04:05:06", **facts: Value) -> Device:
    named = {name.replace("__", "."): value for name, value in facts.items()}
    return Device(
        source="x",
        time_s=1.0,
        id="ble-0001",
        medium=Medium.BLE,
        address=address,
        addresses=(address,),
        kind="airtag",
        facts=named,
    )


def known(*keys: str, mark: Mark = Mark.OWN, place: Place | None = None, kind: str = "") -> Known:
    return Known(id="K-001", medium=Medium.BLE, mark=mark, alias="my keys", keys=keys, place=place, kind=kind)


def test_recognised_by_what_survives_rotation() -> None:
    entry = entry_of(device(findmy__key="0a0b"), id="K-001", mark=Mark.OWN, alias="my keys")
    rotated = device("FF:FF:FF:FF:FF:01", findmy__key="0a0b")
    match = Book([entry]).device(rotated)
    assert match is not None
    assert (match.by, match.confidence, match.known.alias) == ("findmy.key", IDENTIFIER, "my keys")


def test_the_surest_key_wins_and_another_device_is_not_known() -> None:
    book = Book([known("address=c1:02:03:04:05:06", "plaud.serial=8881")])
    both = book.device(device(plaud__serial="8881"))
    assert both is not None
    assert (both.by, both.confidence) == ("plaud.serial", CERTAIN)
    alone = book.device(device())
    assert alone is not None
    assert alone.confidence == ADDRESS
    assert book.device(device("C1:02:03:04:05:07", plaud__serial="8882")) is None


def test_another_medium_is_another_device() -> None:
    entry = Known(id="K-1", medium=Medium.WIFI, mark=Mark.OWN, alias="x", keys=("address=C1:02:03:04:05:06",))
    assert Book([entry]).device(device()) is None


def test_distance_is_that_of_the_globe() -> None:
    # one minute of latitude is one nautical mile, 1,852 m
    metres = distance_m(Place(lat=43.0, lon=76.0), Place(lat=43.0 + 1 / 60, lon=76.0))
    assert metres == pytest.approx(1852, rel=0.003)
    assert distance_m(Place(name="a"), HOME) is None


@pytest.mark.parametrize(
    ("there", "here", "away"),
    [
        (HOME, OFFICE, True),
        (HOME, Place(lat=43.2381, lon=76.9451), False),
        (Place(name="Home"), Place(name="home "), False),
        (Place(name="home"), Place(name="office"), True),
        (Place(name="home"), OFFICE, True),
        (Place(name="home"), Place(lat=1.0, lon=1.0), None),
        (HOME, None, None),
        (None, HOME, None),
    ],
)
def test_elsewhere(there: Place | None, here: Place | None, away: bool | None) -> None:
    assert elsewhere(known("address=x", place=there), here) is away


def test_one_of_a_kind_only_at_its_place() -> None:
    book = Book([known(mark=Mark.FALSE_ALARM, place=HOME, kind="airtag")])
    here = book.kind(device(), HOME)
    assert here is not None
    assert here.by == "kind"
    assert book.kind(device(), OFFICE) is None
    assert book.kind(device(), None) is None
    assert Book([known(kind="airtag")]).kind(device(), HOME) is None  # without a place it knows nothing


def emission(center_hz: float, width_hz: float = 12_500.0, kind: str = "nfm") -> Emission:
    return Emission(
        source="x",
        time_s=0.0,
        id="E-1",
        center_hz=center_hz,
        width_hz=width_hz,
        power_dbfs=-50.0,
        snr_db=20.0,
        start_s=0.0,
        stop_s=1.0,
        kind=kind,
    )


def test_an_emission_is_known_by_frequency_width_and_kind() -> None:
    book = Book([entry_of(emission(433.92e6), id="K-001", mark=Mark.FRIENDLY, alias="baby monitor")])
    assert book.emission(emission(433.9225e6, 14_000.0)) is not None
    assert book.emission(emission(433.93e6)) is None
    assert book.emission(emission(433.92e6, 200_000.0)) is None
    assert book.emission(emission(433.92e6, kind="wfm")) is None


def test_what_is_written_is_read_back_and_for_its_owner_alone(tmp_path: Path) -> None:
    target = tmp_path / "deep" / "known.json"
    book = Book([known("address=C1:02:03:04:05:06", place=HOME)])
    save(book, target)
    assert load(target).entries == book.entries
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert [p.name for p in target.parent.iterdir()] == ["known.json"]


def test_ids_are_not_used_twice() -> None:
    book = Book([known("address=x")])
    assert book.next_id() == "K-002"
    assert book.without("my keys").entries == ()
    assert book.with_entry(known("address=y")).entries[0].keys == ("address=y",)


def test_no_file_of_ones_own_is_an_empty_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sweeper.known.home", lambda: tmp_path / "none.json")
    assert load().entries == ()
    with pytest.raises(InputError):
        load(tmp_path / "none.json")


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"[]",
        b"\xff\xfe",
        b'{"sweeper_known": 2}',
        b'{"sweeper_known": 1, "entries": [{"id": 3}]}',
        b"[" * 100_000,
    ],
)
def test_a_bad_file_is_refused_in_one_line(tmp_path: Path, text: bytes) -> None:
    target = tmp_path / "known.json"
    target.write_bytes(text)
    with pytest.raises(InputError) as caught:
        load(target)
    assert "\n" not in str(caught.value)
    assert str(target) in str(caught.value)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=40), st.text(max_size=40))
def test_any_text_survives_the_file(tmp_path_factory: pytest.TempPathFactory, alias: str, key: str) -> None:
    target = tmp_path_factory.mktemp("known") / "known.json"
    alias = alias.encode("utf-8", "replace").decode()
    key = key.encode("utf-8", "replace").decode()
    entry = Known(id="K-001", medium=Medium.BLE, mark=Mark.OWN, alias=alias, keys=(key,))
    save(Book([entry]), target)
    assert load(target).entries == (entry,)
    assert json.loads(target.read_text(encoding="utf-8"))["entries"][0]["alias"] == alias


def test_every_address_is_a_key() -> None:
    one = device()
    assert list(keys_of(one)) == ["address=C1:02:03:04:05:06"]
