"""Making a signature: what is proposed, what is refused, and that the written file works like any other."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sweeper.errors import InputError
from sweeper.protocols.ble.facts import facts
from sweeper.records import Level, Medium
from sweeper.signatures import Library
from sweeper.subjects import Look, Subject, heard
from sweeper.teaching import Clean, Draft, choose, propose, slug, text_of, write
from sweeper.toml_text import toml

ROOT = Path(__file__).parent.parent
DAY = dt.date(2026, 11, 22)


def beacon(number: int, *payloads: str) -> Subject:
    """A Bluetooth device that sent these AD bytes."""
    looks = tuple(Look(facts(bytes.fromhex(ad)), ad=ad) for ad in payloads)
    return Subject(f"ble-{number:04d}", Medium.BLE, f"device {number}", "walk.jsonl", looks)


def advert(name: str, data: str) -> str:
    """Name, and manufacturer data of company 0x09F1, which no signature of ours asks for."""
    told = bytes([len(name) + 1, 9]) + name.encode()
    body = bytes.fromhex("f109" + data)
    return (told + bytes([len(body) + 1, 0xFF]) + body).hex()


SPY = beacon(1, advert("SPY_A1B2", "0a11cc01"), advert("SPY_A1B2", "0a22cc01"))
SISTER = beacon(2, advert("SPY_0042", "0a33cc01"))
TOY = beacon(3, advert("TOY_0042", "0a33cd01"))


def draft(**changes: object) -> Draft:
    made = {"id": "spy", "title": "Spy beacon", "benign": ("a toy", "a test"), "observed": DAY, **changes}
    return Draft(**made)  # type: ignore[arg-type]


def test_what_is_constant_is_proposed_and_the_sister_is_told() -> None:
    proposal = propose([SPY], [SISTER, TOY], [], Library([]))
    asked = [(c.condition.key, c.condition.operators()[0]) for c in proposal.conditions]
    assert ("ble.name", "starts_with") in asked
    assert ("ble.mfr.09F1", "mask") in asked
    (mask,) = [c.condition.mask for c in proposal.conditions if c.condition.mask]
    assert mask == "0a??cc01", "the byte that changed is open"
    assert [proposal.conditions[i].condition.starts_with for i in proposal.chosen] == ["SPY_"]
    assert proposal.also_hits == ("device 2",)


def test_a_condition_is_added_until_nothing_clean_is_hit() -> None:
    clean = [Clean("a neighbour", look) for look in beacon(9, advert("SPY_0042", "0b33cc01")).looks]
    proposal = propose([SPY], [], clean, Library([]))
    assert len(proposal.chosen) == 2
    assert proposal.clean_hits == ()
    assert [one.what for one in proposal.near_misses] == ["a neighbour"]
    names_only = choose(proposal, [0], [SISTER], clean)
    assert names_only.clean_hits == ("a neighbour",)
    assert names_only.also_hits == ("device 2",)


def test_the_file_is_read_by_the_loader_and_overrides_by_id(tmp_path: Path) -> None:
    proposal = propose([SPY], [TOY], [Clean("a toy", TOY.looks[0])], Library([]))
    path = write(draft(), proposal, tmp_path)
    assert path == tmp_path / "ble" / "spy.toml"
    assert "Local and unsigned" in path.read_text(encoding="utf-8").splitlines()[0]
    library = Library.load(tmp_path)
    assert library.problems == []
    assert [s.id for s in library.match(Medium.BLE, SISTER.looks[0].facts)] == ["spy"]
    assert library.match(Medium.BLE, TOY.looks[0].facts) == []
    assert library.by_id["spy"].examples.positive[0].ad == SPY.looks[0].ad, "the captured bytes"
    assert library.by_id["spy"].licence == "private"
    again = write(draft(title="Renamed"), proposal, tmp_path)
    assert Library.load(tmp_path).by_id["spy"].title.en == "Renamed"
    assert [p.name for p in tmp_path.rglob("*") if p.is_file()] == [again.name], "nothing is left lying"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"title": " "}, "title"),
        ({"benign": ("one",)}, "at least two"),
        ({"id": "../evil"}, "small Latin letters"),
    ],
)
def test_what_a_person_must_say_is_asked_for(tmp_path: Path, changes: dict[str, object], words: str) -> None:
    proposal = propose([SPY], [], [], Library([]))
    with pytest.raises(InputError, match=words):
        write(draft(**changes), proposal, tmp_path)
    assert list(tmp_path.rglob("*.toml")) == []


def test_several_radios_or_nothing_constant_are_refused() -> None:
    emission = Subject("rf-0001", Medium.RF, "433 MHz", "x", (Look({"rf.kind": "nfm"}),))
    with pytest.raises(InputError, match="one radio"):
        propose([SPY, emission], [], [], Library([]))
    with pytest.raises(InputError, match="constant"):
        propose([beacon(4, advert("AAA", "01")), beacon(5, "020106")], [], [], Library([]))


def test_an_emission_is_asked_for_with_room_for_drift() -> None:
    measured = {"rf.kind": "nfm", "rf.center_mhz": 139.97, "rf.width_khz": 10.0, "rf.snr_db": 20.0}
    subject = Subject("rf-0001", Medium.RF, "139.970 MHz", "room", (Look(measured),))
    proposal = propose([subject], [], [], Library([]))
    match = proposal.match()
    assert match.holds({**measured, "rf.center_mhz": 140.05, "rf.snr_db": 5.0})
    assert not match.holds({**measured, "rf.center_mhz": 145.0})
    assert not match.holds({**measured, "rf.kind": "wfm"})
    assert all(c.condition.key != "rf.snr_db" for c in proposal.conditions), "nearness is no property"


def test_what_a_decoder_says_tells_two_things_of_one_maker_apart() -> None:
    """Apple's Find My frame, byte for byte of one form: the status byte says which device it is."""
    airtag, earbuds = (
        beacon(n, f"1eff4c001219{status}" + "11" * 22 + "0000") for n, status in ((1, "10"), (2, "30"))
    )
    clean = [Clean("earbuds", earbuds.looks[0])]
    proposal = propose([airtag], [earbuds], clean, Library([]))
    assert proposal.clean_hits == ()
    assert "findmy.kind" in [proposal.conditions[i].condition.key for i in proposal.chosen]


def test_slug() -> None:
    assert slug("Камера  Sony-7!") == "sony-7"
    assert slug("Камера") == "own-signature"


plain = st.recursive(
    st.one_of(st.text(max_size=8), st.integers(-(2**40), 2**40), st.booleans(), st.dates()),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(min_size=1, max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(st.dictionaries(st.text(alphabet="abcxyz_é. ", min_size=1, max_size=5), plain, max_size=4))
def test_written_toml_reads_back(content: dict[str, object]) -> None:
    assert tomllib.loads(toml(content)) == content


def test_the_text_is_stable() -> None:
    proposal = propose([SPY], [TOY], [], Library([]))
    assert text_of(draft(), proposal) == text_of(draft(), proposal)


def test_the_command_makes_one_that_the_next_replay_uses(tmp_path: Path) -> None:
    recording = ROOT / "recordings" / "devices" / "smarttag-lost.btsnoop"
    tag = next(s for s in heard([recording], Library.load()).subjects() if "smarttag" in s.label)
    environment = {**os.environ, "XDG_DATA_HOME": str(tmp_path)}
    command = [sys.executable, "-m", "sweeper", "--lang", "en"]
    words = ["signatures", "make", str(recording)]
    listed = subprocess.run([*command, *words], capture_output=True, text=True, env=environment, check=False)
    assert tag.id in listed.stdout, listed.stderr
    told = ["--subject", tag.id, "--title", "Own tag", "--cause", "mine", "--cause", "a friend's"]
    done = subprocess.run(
        [*command, *words, *told, "--level", "medium"],
        capture_output=True, text=True, env=environment, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    made = tmp_path / "sweeper" / "signatures" / "local" / "ble" / "own-tag.toml"
    assert tomllib.loads(made.read_text(encoding="utf-8"))["level"] == Level.MEDIUM.value
    shown = subprocess.run(
        [*command, "identify", "ble", str(tag.looks[0].ad)],
        capture_output=True, text=True, env=environment, check=False,
    )  # fmt: skip
    assert "own-tag" in shown.stdout or "own-tag" in shown.stderr
