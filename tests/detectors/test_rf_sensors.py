"""Known sensors by rtl_433: its lines read, its answers put to the right emission, never more than a name."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sweeper.detectors import rf_sensors
from sweeper.detectors.rf_sensors import Packet, Sensors, name_of, packet_of
from sweeper.records import Burst, Closed, Emission, Medium, Opened, Record
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


def run(program: str | None, path: Path | None = None, live: bool = False) -> list[Record]:
    stage = Sensors(program)
    samples = noise(100_000, 250e3) if path is None else read(path)
    told = emissions(samples, 250e3, 433.92e6) or [emission()]
    out = list(stage.feed(Opened(source="t", time_s=0.0, medium=Medium.RF, live=live)))
    for record in [*blocks(samples, 250e3, 433.92e6), *told, Closed(source="t", time_s=0.4, records=0)]:
        out += stage.feed(record)
    return [*out, *stage.finish()]


def test_without_the_program_nothing_changes() -> None:
    assert run(None) == []


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
    assert run(fake(tmp_path, text), live=True) == []


def test_the_setting_turns_it_off_or_names_another(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(rf_sensors.SETTING, "off")
    assert rf_sensors.program_file() is None
    monkeypatch.setenv(rf_sensors.SETTING, fake(tmp_path, "true"))
    assert rf_sensors.program_file() == str(tmp_path / "rtl_433")


@pytest.mark.corpus
@pytest.mark.skipif(rf_sensors.program_file() is None, reason="rtl_433 is not installed")
def test_tyre_sensors_get_the_model_that_the_corpus_lists(corpus_path: Path) -> None:
    rows = [json.loads(line) for line in (corpus_path / "rf/tpms/bursts.jsonl").read_text().splitlines()]
    for name in ("g001_433.92M_250k.cu8", "g004_433.92M_250k.cu8"):
        listed = {row["model"] for row in rows if row["file"] == name}
        told = run(rf_sensors.program_file(), corpus_path / "rf/tpms" / name)
        assert {e.features.get("sensor") for e in told if isinstance(e, Emission)} == listed
