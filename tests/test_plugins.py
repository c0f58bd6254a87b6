"""The package of ``tests/plugin_example`` is installed and takes part; its broken part is named."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parent / "plugin_example"


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The package installed into a folder of its own, which is put on the path."""
    target = tmp_path_factory.mktemp("plugins")
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation"]
    done = subprocess.run(
        [*install, "--target", str(target), str(EXAMPLE)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return {**os.environ, "PYTHONPATH": str(target)}


def sweeper(environment: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "sweeper", *words],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
        timeout=600,
    )


def test_plugins_lists_them_with_their_package(environment: dict[str, str]) -> None:
    out = sweeper(environment, "plugins").stdout
    for name in ("quiet-carrier", "tone", "example"):
        (line,) = [row for row in out.splitlines() if f" {name} " in row]
        assert "sweeper-example 1.0" in line


def test_source_and_detector_take_part_and_the_broken_one_is_named(environment: dict[str, str]) -> None:
    done = sweeper(environment, "sweep", "--source", "tone:433.92e6", "--range", "433.8M:434M", "--json", "-")
    document = json.loads(done.stdout)
    claims = [f for f in document["findings"] if f["detectors"] == ["quiet-carrier"]]
    assert [f["kind"] for f in claims] == ["unknown-transmitter"]
    (failure,) = [s for s in document["status"] if s["subject"] == "broken"]
    assert "broken on purpose" in failure["detail"]
    assert document["coverage"][0]["start_hz"] == 433.795e6


def test_a_detector_that_hangs_is_named_and_the_others_go_on(environment: dict[str, str]) -> None:
    patient = {**environment, "SWEEPER_PATIENCE_S": "3"}
    done = sweeper(patient, "sweep", "--source", "tone:13.56e6", "--range", "13.5M:13.6M", "--json", "-")
    document = json.loads(done.stdout)
    (failure,) = [s for s in document["status"] if s["subject"] == "sleeper"]
    assert "no answer in 3 s" in failure["detail"]
    assert [f for f in document["findings"] if f["detectors"] == ["quiet-carrier"]]


def test_a_source_that_hangs_is_named_and_not_heard(environment: dict[str, str]) -> None:
    patient = {**environment, "SWEEPER_PATIENCE_S": "3"}
    done = sweeper(patient, "sweep", "--source", "stuck", "--range", "100M:101M", "--json", "-")
    document = json.loads(done.stdout)
    assert done.returncode == 3, "part of the plan was not heard"
    assert any(s["subject"] == "stuck" and "no record in 3 s" in s["detail"] for s in document["status"])


def test_a_source_that_cannot_be_built_is_one_line(environment: dict[str, str]) -> None:
    done = sweeper(environment, "sweep", "--source", "tone:no-number", "--range", "100M:101M", "--json", "-")
    assert done.returncode == 2
    assert "tone:no-number: ValueError" in done.stderr
    assert "Traceback" not in done.stderr


def test_its_signature_identifies(environment: dict[str, str]) -> None:
    done = sweeper(environment, "identify", "ble", "05ffffff0102", "--json", "-")
    assert json.loads(done.stdout)["signature"] == "example-beacon"
    done = sweeper(environment, "signatures", "check", "--examples")
    assert done.returncode == 0, done.stderr


def test_without_the_package_nothing_of_it_is_there() -> None:
    out = sweeper(dict(os.environ), "plugins").stdout
    assert "quiet-carrier" not in out
