"""The results document is the contract: its keys, its order, its digits; inert and the same every time."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sweeper import language
from sweeper.records import Burst, Coverage, Device, Emission, Evidence, Level, Medium, Opened, State, Status
from sweeper.report import results
from sweeper.report.collect import Collector
from sweeper.signatures import FindingKind, Library
from tests.report.samples import HOSTILE, session

LIBRARY = Library([])

CONTRACT = {
    "inputs": {"path", "medium", "format", "rate_hz", "center_hz", "duration_s", "records", "problems"},
    "emissions": {
        "id", "center_hz", "width_hz", "power_dbfs", "snr_db", "start_s", "stop_s", "kind", "features",
        "bursts",
    },
    "devices": {
        "id", "medium", "address", "kind", "state", "vendor", "model", "signature", "first_s", "last_s",
        "sightings",
    },
    "findings": {
        "id", "level", "kind", "title", "subject", "raised_s", "signature", "confidence", "why", "benign",
        "next", "evidence",
    },
    "status": {"subject", "state", "reason", "detail"},
}  # fmt: skip
"""The keys that the published contract promises, written down here by hand."""
COVERAGE = {
    "rf": {"medium", "start_hz", "stop_hz", "dwell_s", "floor_dbfs_per_hz"},
    "ble": {"medium", "seconds", "adverts"},
    "wifi": {"medium", "channels", "frames", "lost"},
}


def made(collected: Collector, **options: Any) -> dict[str, Any]:
    return results.document(collected, library=LIBRARY, **options)


def test_every_promised_key_is_there() -> None:
    document = made(session(4))
    assert {"version", "signatures"} <= set(document["sweeper"])
    assert set(document["sweeper"]["signatures"]) == {"version", "sha256", "count"}
    for name, keys in CONTRACT.items():
        assert document[name], name
        for row in document[name]:
            assert keys <= set(row), name
    for burst in document["emissions"][0]["bursts"]:
        assert set(burst) == {"start_s", "duration_s", "center_hz", "snr_db"}
    for finding in document["findings"]:
        assert finding["level"] in ("info", "low", "medium", "high")
        assert finding["kind"] in set(FindingKind)
        subjects = {row["id"] for row in document["emissions"]} | {row["id"] for row in document["devices"]}
        assert finding["subject"] in subjects


def test_coverage_rows_have_what_their_medium_promises() -> None:
    collected = session(0)
    collected(
        Coverage(source="w", time_s=0.0, medium=Medium.WIFI, seconds=9.0, frames=10, lost=1, channels=(1, 6))
    )
    rows = {row["medium"]: row for row in made(collected)["coverage"]}
    for medium, keys in COVERAGE.items():
        assert keys <= set(rows[medium])
    assert rows["wifi"]["channels"] == [1, 6]


def test_sweep_is_there_only_for_a_live_sweep() -> None:
    speed = {"hops": 12, "span_mhz": 24.0, "wall_s": 1.23456, "mhz_per_s": 19.44, "lost_blocks": 0}
    assert "sweep" not in made(session(0))
    assert made(session(0), sweep=speed)["sweep"]["wall_s"] == 1.234560


def test_the_same_records_give_the_same_bytes() -> None:
    first, second = (results.encode(made(session(30))) for _ in range(2))
    assert first == second


def test_records_in_another_order_give_the_same_rows() -> None:
    """Two sources run side by side; who comes first must not show in rows that are sorted."""
    forward, backward = Collector(), Collector()
    devices = [
        Device(
            source="b", time_s=0.0, id=f"d{i}", medium=Medium.BLE, address=f"{i:02X}", first_s=float(i % 3)
        )
        for i in range(9)
    ]
    for device in devices:
        forward(device)
    for device in reversed(devices):
        backward(device)
    assert results.encode(made(forward)) == results.encode(made(backward))


def test_a_later_record_replaces_the_earlier_one() -> None:
    collected = Collector()
    for kind in ("unknown", "camera"):
        collected(Device(source="w", time_s=0.0, id="d", medium=Medium.WIFI, address="a", kind=kind))
    assert [row["kind"] for row in made(collected)["devices"]] == ["camera"]


def test_digits_are_no_more_than_measured() -> None:
    collected = Collector()
    collected(
        Emission(
            source="a",
            time_s=0.0,
            id="e",
            center_hz=433_920_000.123456,
            width_hz=float(np.float32(12_345.678)),
            power_dbfs=-31.23456,
            snr_db=math.nan,
            start_s=0.123456789,
            stop_s=2.0,
            features={
                "symbol_rate_hz": np.float32(1200.04),
                "ratio": 0.123456789,
                "fcch_s": [0.0136000004],
                "n": 3,
            },
            bursts=(Burst(0.1234567891, 0.000577123456, 433.92e6, 12.3456),),
        )
    )
    row = json.loads(results.encode(made(collected)))["emissions"][0]
    assert row["center_hz"] == 433_920_000.1
    assert row["width_hz"] == 12_345.7
    assert row["power_dbfs"] == -31.2
    assert row["snr_db"] is None
    assert row["start_s"] == 0.123457
    assert row["features"] == {"symbol_rate_hz": 1200.0, "ratio": 0.123457, "fcch_s": [0.0136], "n": 3}
    assert row["bursts"][0]["duration_s"] == 0.000577
    assert row["bursts"][0]["snr_db"] == 12.3


def test_phrases_are_spoken_in_the_language_asked_for() -> None:
    russian = language.get("ru").phrase
    titles = [row["title"] for row in made(session(2), render=russian)["findings"]]
    assert "Передатчик голоса вне вещательных диапазонов" in titles


def test_hostile_text_reaches_the_reader_whole_but_obeyed_by_nothing() -> None:
    text = results.encode(made(session(2, hostile=True)))
    assert HOSTILE in [row["facts"].get("ble.name") for row in json.loads(text)["devices"]]
    for character in ("\x1b", "\u202e", "\x00", "\x9b"):
        assert character not in text


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_survives_the_document(text: str) -> None:
    encoded = results.encode({"a": text})
    assert json.loads(encoded) == {"a": text}
    assert not any(0x7F <= ord(c) < 0xA0 or (ord(c) < 0x20 and c != "\n") for c in encoded)


@pytest.mark.parametrize("path", ["caf\udce9.cu8", "\ud800x"])
def test_a_file_name_that_is_no_utf8_is_shown_as_escapes(path: str) -> None:
    collected = Collector()
    collected(Opened(source=path, time_s=0.0, medium=Medium.RF, path=path))
    encoded = results.encode(made(collected)).encode()
    shown = json.loads(encoded)["inputs"][0]["path"]
    assert shown in ("caf\\xe9.cu8", "\\ud800x")


def test_an_input_that_failed_says_so_in_its_row() -> None:
    collected = Collector()
    collected(Opened(source="a", time_s=0.0, medium=Medium.RF, path="a.cu8"))
    failed = Status(
        source="a", time_s=1.0, subject="a", state=State.FAILED, detail="a.cu8: cut short at byte 7"
    )
    collected(failed)
    collected.refuse("b.cu8", "b.cu8: empty")
    rows = made(collected)["inputs"]
    assert [(row["path"], row["problems"]) for row in rows] == [
        ("a.cu8", ["a.cu8: cut short at byte 7"]),
        ("b.cu8", ["b.cu8: empty"]),
    ]
    assert rows[1]["records"] == 0


def test_one_line_for_each() -> None:
    assert "\n" not in results.encode(made(session(3)), indent=None)


def test_evidence_keeps_its_number_and_unit() -> None:
    collected = session(2)
    evidence = made(collected)["findings"][0]["evidence"]
    assert {"what", "value", "unit"} <= set(evidence[0])
    assert results._evidence(Evidence("level", -12.3456, "dBFS"))["value"] == -12.3
    assert results._evidence(Evidence("when", 0.00057712345, "s"))["value"] == 0.000577
    assert results._evidence(Evidence("floor", math.inf, "dBm/Hz"))["value"] is None


def test_findings_come_most_pressing_first() -> None:
    levels = [Level(row["level"]).rank for row in made(session(20))["findings"]]
    assert levels == sorted(levels, reverse=True)
