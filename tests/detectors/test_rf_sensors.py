"""Known sensors by rtl_433: its lines read, its answers put to the right emission, never more than a name."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.signal import resample_poly

from sweeper.detectors import Setup, rf_sensors, rf_sensors_live
from sweeper.detectors import rf_rtl433 as rtl_433
from sweeper.detectors.rf_emissions import RfEmissions
from sweeper.detectors.rf_rtl433 import Packet, name_of, packet_of
from sweeper.detectors.rf_sensors import Sensors
from sweeper.detectors.rf_sensors_live import LiveSensors
from sweeper.errors import Reason
from sweeper.pipeline import Pipeline, Stage
from sweeper.records import Burst, Closed, Emission, Medium, Opened, Record, Status
from sweeper.signatures import Library
from tests.dsp.signals import blocks, emissions, noise, read

LINE = (
    '{"time" : "@0.051840s", "model" : "Hyundai-VDO", "type" : "TPMS", "id" : "d0", "freq1" : 433.959, '
    '"freq2" : 433.887}'
)


def emission(kind: str = "fsk", center_hz: float = 433.92e6) -> Emission:
    return Emission(
        source="t",
        time_s=1.0,
        id="rf-0001",
        center_hz=center_hz,
        width_hz=80e3,
        power_dbfs=-20,
        snr_db=20,
        start_s=0.05,
        stop_s=0.06,
        kind=kind,
        bursts=(Burst(0.05, 0.01, center_hz, 20.0),),
    )


def test_a_line_of_the_program() -> None:
    assert packet_of(LINE) == Packet(0.05184, pytest.approx(433.923e6), "Hyundai-VDO", "TPMS")


@given(st.one_of(st.text(max_size=80), st.dictionaries(st.sampled_from(["time", "model", "type", "freq"]),
       st.one_of(st.none(), st.text(max_size=20), st.floats(), st.integers())).map(json.dumps)))  # fmt: skip
def test_any_line_is_a_packet_or_nothing(line: str) -> None:
    found = packet_of(line)
    assert found is None or (found.time_s >= 0 and len(found.model) <= 80)


@pytest.mark.parametrize(
    ("one", "packet", "named"),
    [
        (emission(), Packet(0.0518, 433.923e6, "A", ""), True),
        (emission(), Packet(0.0518, None, "A", ""), True),
        (emission(), Packet(0.2, 433.923e6, "A", ""), False),
        (emission(), Packet(0.0518, 434.3e6, "A", ""), False),
        (emission("gsm-uplink"), Packet(0.0518, 433.923e6, "A", ""), False),
    ],
)
def test_a_packet_belongs_to_a_burst_at_its_time_and_place(
    one: Emission, packet: Packet, named: bool
) -> None:
    assert (name_of(one, [packet]) is not None) == named


def test_the_model_heard_most_often_names_it() -> None:
    packets = [Packet(0.051, None, "B", ""), Packet(0.052, None, "C", ""), Packet(0.053, None, "C", "")]
    found = name_of(emission(), packets)
    assert found is not None
    assert found.model == "C"


def run(program: str | None, path: Path | None = None) -> list[Record]:
    stage = Sensors(program)
    samples = noise(100_000, 250e3) if path is None else read(path)
    told = emissions(samples, 250e3, 433.92e6) or [emission()]
    out = list(stage.feed(Opened(source="t", time_s=0.0, medium=Medium.RF)))
    for record in [*blocks(samples, 250e3, 433.92e6), *told, Closed(source="t", time_s=0.4, records=0)]:
        out += stage.feed(record)
    return [*out, *stage.finish()]


def test_without_the_program_nothing_changes_but_that_it_is_said() -> None:
    assert not [one for one in run(None) if isinstance(one, Emission)]


def fake(folder: Path, text: str) -> str:
    path = folder / "rtl_433"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


def test_a_program_that_talks_nonsense_or_is_none_does_no_harm(tmp_path: Path) -> None:
    assert run(fake(tmp_path, "echo '{\"model\": 3'; echo nonsense; exit 7")) == []
    (told,) = run(str(tmp_path / "absent"))
    assert "known sensors were not named" in getattr(told, "detail", "")


def test_only_the_models_name_and_kind_are_kept(tmp_path: Path) -> None:
    text = f"cat >/dev/null\ncase $1 in -V) echo 'rtl_433 version 99.9';; *) echo '{LINE}';; esac"
    (told,) = run(fake(tmp_path, text))
    assert isinstance(told, Emission)
    assert told.features == {
        "sensor": "Hyundai-VDO",
        "sensor_by": "rtl_433 99.9",
        "sensor_type": "TPMS",
    } | {k: v for k, v in told.features.items() if not k.startswith("sensor")}
    assert "d0" not in map(str, told.features.values())


def test_the_setting_turns_it_off_or_names_another(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(rtl_433.SETTING, "off")
    assert rtl_433.program_file() is None
    monkeypatch.setenv(rtl_433.SETTING, fake(tmp_path, "true"))
    assert rtl_433.program_file() == str(tmp_path / "rtl_433")


@pytest.mark.corpus
@pytest.mark.skipif(rtl_433.program_file() is None, reason="rtl_433 is not installed")
def test_tyre_sensors_get_the_model_that_the_corpus_lists(corpus_path: Path) -> None:
    rows = [json.loads(line) for line in (corpus_path / "rf/tpms/bursts.jsonl").read_text().splitlines()]
    for name in ("g001_433.92M_250k.cu8", "g004_433.92M_250k.cu8"):
        listed = {row["model"] for row in rows if row["file"] == name}
        told = run(rtl_433.program_file(), corpus_path / "rf/tpms" / name)
        assert {e.features.get("sensor") for e in told if isinstance(e, Emission)} == listed


CLEAN = Path(__file__).parents[2] / "recordings" / "clean"
WIDE_HZ = 1_000_000.0


def wide(name: str) -> np.ndarray:
    """A made-up recording of 250 kS/s as a receiver four times as wide hears it, 180 kHz off its centre."""
    samples = read(CLEAN / name)
    moved = resample_poly(samples, 4, 1).astype(np.complex64)
    turns = np.exp(2j * np.pi * 180e3 / WIDE_HZ * np.arange(len(moved)))
    made: np.ndarray = (0.05 * moved * turns + noise(len(moved), WIDE_HZ, 1e-12)).astype(np.complex64)
    return made


def live(program: str | None, samples: np.ndarray, *, off: bool = False) -> list[Record]:
    """What the real chain tells of samples that come from a live receiver."""
    stages: list[Stage] = [RfEmissions(Setup(Library([]))), Sensors(program, off=off)]
    pipeline = Pipeline(stages)
    records: list[Record] = [Opened(source="t", time_s=0.0, medium=Medium.RF, live=True)]
    records += blocks(samples, WIDE_HZ, 433.92e6 - 180e3)
    records.append(Closed(source="t", time_s=len(samples) / WIDE_HZ, records=len(samples)))
    return [told for record in records for told in pipeline.feed(record)] + list(pipeline.finish())


def models(told: list[Record]) -> set[object]:
    last = {one.id: one for one in told if isinstance(one, Emission)}
    return {one.features.get("sensor") for one in last.values() if one.kind in rtl_433.KEYED}


@pytest.mark.skipif(rtl_433.program_file() is None, reason="rtl_433 is not installed")
def test_a_live_sensors_burst_is_named_by_the_real_program() -> None:
    program = rtl_433.program_file()
    named = models(live(program, wide("tyre-and-key_433.92M_250k.cu8")[:450_000]))
    assert {"Renault", "Akhan-100F14"} <= named


@pytest.mark.parametrize(
    ("look_s", "found"), [(0.01, False), (0.06, False), (0.2, True)], ids=["hop", "cut at its end", "whole"]
)
def test_only_a_burst_that_lies_wholly_within_a_look_is_asked_about(look_s: float, found: bool) -> None:
    burst = Burst(0.05, 0.03, 433.92e6, 20.0)
    heard = [
        block
        for number in range(4)
        for block in blocks(
            noise(round(look_s * 250e3), 250e3), 250e3, 433.92e6, size=4096, start_s=number * look_s
        )
    ]
    taken = rf_sensors_live.whole(heard, burst)
    assert bool(taken) == found
    assert sum(len(block.samples) for block in taken) == (50_000 if found else 0)


def test_an_emission_is_asked_about_a_few_times_only(tmp_path: Path) -> None:
    asked = tmp_path / "asked"
    program = fake(tmp_path, f"echo x >> {asked}\ncat >/dev/null")
    one = emission()
    sensors = LiveSensors("rf-sensors", program, lambda: "rtl_433")
    for block in blocks(noise(500_000, 250e3), 250e3, 433.92e6):
        sensors.remember(block)
    for number in range(10):
        bursts = tuple(Burst(0.1 + 0.1 * n, 0.01, one.center_hz, 20.0) for n in range(number + 1))
        list(sensors.emission(msgspec.structs.replace(one, bursts=bursts)))
        while sensors._waiting:  # one after the other, however slow the machine
            list(sensors._take(*sensors._waiting.popleft()))
    list(sensors.end())
    assert len(asked.read_text().split()) == rf_sensors_live.MOST_TRIES


def test_a_program_that_fails_live_is_told_once(tmp_path: Path) -> None:
    told = live(str(tmp_path / "absent"), wide("weather-sensor_433.92M_250k.cu8")[:350_000])
    (said,) = [one for one in told if isinstance(one, Status) and one.subject == "rf-sensors"]
    assert said.detail.startswith("known sensors were not named: ")


def test_without_the_program_it_is_said_once_where_there_was_something_to_ask() -> None:
    samples = wide("weather-sensor_433.92M_250k.cu8")[:350_000]
    told = live(None, samples)
    (said,) = [one for one in told if isinstance(one, Status) and one.subject == "rf-sensors"]
    assert said.detail.startswith("known sensors are not named: rtl_433 is not installed")
    assert said.reason is Reason.LIBRARY_MISSING
    assert not [one for one in live(None, samples, off=True) if isinstance(one, Status)]
    assert not [one for one in live(None, noise(200_000, WIDE_HZ)) if isinstance(one, Status)]


def test_the_users_own_settings_of_the_program_are_not_read(tmp_path: Path) -> None:
    asked = tmp_path / "asked"
    rtl_433.answer(
        fake(tmp_path, f'echo "$@" > {asked}\ncat >/dev/null'), [noise(1000, 250e3)], 250e3, 433.92e6
    )
    assert "-c 0" in asked.read_text()
    assert "-r cs16:-" in asked.read_text()


def test_samples_in_pieces_are_handed_over_as_one(tmp_path: Path) -> None:
    """Whatever their pieces: every value times 32000, rounded to the nearest 16-bit number."""
    got = tmp_path / "got"
    whole = noise(100_000, 250e3)
    whole /= np.float32(2 * np.abs(whole).max())
    expected = np.round(whole.view(np.float32) * np.float32(32000)).astype("<i2")
    for cuts in ([], [1], [33_000, 33_001, 90_000]):
        rtl_433.answer(fake(tmp_path, f"cat > {got}"), np.split(whole, cuts), 250e3, 433.92e6)
        assert got.read_bytes() == expected.tobytes()


def test_the_overlap_may_lie_in_several_pieces() -> None:
    parts = np.split(np.arange(10), [2, 3, 7])
    for count in range(1, 13):
        assert rf_sensors._last(parts, count).tolist() == list(range(10))[-count:]
