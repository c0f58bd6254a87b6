"""The real SoapySDR of Debian, with its RTL-SDR driver on the virtual dongle, its remote driver beside it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.virtual_dongle.fixture import Dongle

SCENE = """device serial=soapy1
noise -100
dc -45
retune 0.008
settle 0.0005
paced 1
carrier f=433.9e6 level=-40
carrier f=436.2e6 level=-35
"""
SYSTEM = Path("/usr/bin/python3")
FILES = "import SoapySDR, _SoapySDR; print(SoapySDR.__file__); print(_SoapySDR.__file__)"
DRIVERS = (
    "import SoapySDR; print(*(dict(one)['driver'] for one in SoapySDR.Device.enumerate('driver=rtlsdr')))"
)


@pytest.fixture(scope="module")
def dongle(tmp_path_factory: pytest.TempPathFactory) -> Dongle:
    return Dongle(tmp_path_factory.mktemp("soapy")).plays(SCENE)


@pytest.fixture(scope="module")
def environment(dongle: Dongle, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    """The dongle's, with the system's SoapySDR and nothing else of the system's packages."""
    if not SYSTEM.exists():
        pytest.skip("no system Python that SoapySDR could be installed for")
    found = subprocess.run([SYSTEM, "-c", FILES], capture_output=True, text=True, check=False, timeout=60)
    if found.returncode:
        pytest.skip("python3-soapysdr is not installed here")
    folder = tmp_path_factory.mktemp("module")
    for name in found.stdout.split():
        (folder / Path(name).name).symlink_to(name)
    told = {**dongle.environment, "PYTHONPATH": str(folder)}
    del told["SWEEPER_LIBRTLSDR"]
    seen = subprocess.run(
        [sys.executable, "-c", DRIVERS], capture_output=True, text=True, check=False, timeout=60, env=told
    )
    if "ImportError" in seen.stderr:
        pytest.skip("SoapySDR is built for another Python than this one")
    if "rtlsdr" not in seen.stdout.split():
        pytest.skip("soapysdr-module-rtlsdr is not installed here")
    return told


def swept(environment: Mapping[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "sweeper", "sweep", "--source", "soapy:driver=rtlsdr", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120, env=environment)


def test_a_sweep_hears_each_hop_where_it_is(environment: Mapping[str, str]) -> None:
    """Old samples after a retune would show a carrier one hop off, or none: each hop is 2.2 MHz."""
    done = swept(environment, "--range", "430M:440M", "--json", "-")
    document = json.loads(done.stdout)
    kept = [one for one in document["emissions"] if one["kind"] != "spur"]  # the receiver's own offset
    lines = sorted(round(one["center_hz"] / 1e6, 2) for one in kept)
    assert lines == [433.9, 436.2]
    (row,) = [one for one in document["coverage"] if one["medium"] == "rf"]
    assert row["start_hz"] <= 430e6
    assert row["stop_hz"] >= 440e6
    assert "Traceback" not in done.stderr


def test_unplugged_in_the_middle(environment: Mapping[str, str], dongle: Dongle) -> None:
    dongle.plays(SCENE + "unplug_after 40\n")
    done = swept(environment, "--range", "24M:1700M")
    assert done.returncode == 3
    assert "no samples from the device in a second" in " ".join(done.stdout.split())
    assert "not swept: " in done.stderr
    assert "Traceback" not in done.stderr


def test_looking_for_devices_sends_nothing_over_the_network(environment: Mapping[str, str]) -> None:
    """SoapySDR's own look for everything does: its remote driver asks the whole network for servers."""
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed here")
    if "sa_family=AF_INET" not in traced("import SoapySDR; SoapySDR.Device.enumerate()", environment):
        pytest.skip("soapysdr-module-remote is not installed here")
    assert "sa_family=AF_INET" not in traced("from sweeper.radio import soapy; soapy.found()", environment)


def traced(code: str, environment: Mapping[str, str]) -> str:
    command = ["strace", "-f", "-qq", "-e", "trace=connect,bind,sendto,sendmsg", sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120, env=environment)
    if "ptrace" in done.stderr and "not permitted" in done.stderr:
        pytest.skip("this container forbids tracing")
    assert done.returncode == 0, done.stderr
    return done.stderr
