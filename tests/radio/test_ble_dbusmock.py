"""The live source and the command line against python-dbusmock's BlueZ, in a process and on a bus of its own.

The mock is ``bluez_template.py``, run by the system's Python (Debian's python3-dbusmock).
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sweeper.errors import Reason
from sweeper.plan import SweepPlan
from sweeper.radio import ble, ble_ear
from sweeper.radio.ble_ring import WAYS, Outcome, Rung, ring
from sweeper.records import AdvertisementBatch, Closed, Coverage, Record, State, Status

pytest.importorskip("bleak")
from bleak.backends.bluezdbus import manager as bluez_manager

from tests.radio.bluez import start_bus

PYTHON = "/usr/bin/python3"
TEMPLATE = Path(__file__).parent / "bluez_template.py"
TAG = "C1:02:03:04:05:06"
FINDMY = "1219" + "10" + bytes(range(22)).hex() + "0200"


def _has_mock() -> bool:
    if sys.platform != "linux" or shutil.which("dbus-daemon") is None or not Path(PYTHON).exists():
        return False
    done = subprocess.run([PYTHON, "-c", "import dbusmock, gi"], capture_output=True, check=False)
    return done.returncode == 0


pytestmark = pytest.mark.skipif(not _has_mock(), reason="needs dbus-daemon and Debian's python3-dbusmock")


class Daemon:
    """bluetoothd, as far as the script goes."""

    def __init__(self, address: str) -> None:
        self._environment = {**os.environ, "DBUS_SYSTEM_BUS_ADDRESS": address}
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, **parameters: Any) -> None:
        words = [
            PYTHON,
            "-m",
            "dbusmock",
            "--template",
            str(TEMPLATE),
            "--parameters",
            json.dumps(parameters),
        ]
        self._process = subprocess.Popen(words, env=self._environment, stdout=subprocess.DEVNULL)
        ask = ["dbus-send", "--system", "--print-reply", "--dest=org.freedesktop.DBus", "/"]
        ask += ["org.freedesktop.DBus.NameHasOwner", "string:org.bluez"]
        for _ in range(200):
            told = subprocess.run(ask, env=self._environment, capture_output=True, check=False).stdout
            if b"true" in told:
                return
            time.sleep(0.02)
        raise AssertionError("the mock did not start")

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


@pytest.fixture
def daemon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Daemon]:
    bus, address = start_bus(tmp_path)
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", address)
    monkeypatch.setattr(ble_ear, "BATCH_S", 0.02)
    made = Daemon(address)
    yield made
    made.stop()
    bus.kill()
    bus.wait()
    assert bus.stdout is not None
    bus.stdout.close()


def tag(at: float, **more: Any) -> dict[str, Any]:
    return {"at": at, "do": "advertise", "address": TAG, "company": 76, "data": FINDMY, "rssi": -61, **more}


async def _leave() -> None:
    """bleak keeps its connection for the life of the loop, which ends here."""
    manager = bluez_manager._global_instances.get(asyncio.get_running_loop())
    if manager is not None and manager._bus is not None:
        manager._bus.disconnect()
        await asyncio.sleep(0.02)


def listen(seconds: float, restart: tuple[float, Daemon, dict[str, Any]] | None = None) -> list[Record]:
    """What the source yields; ``restart`` kills the daemon at a time and starts another."""

    async def go() -> list[Record]:
        got: list[Record] = []
        doing = asyncio.create_task(again()) if restart is not None else None
        try:
            async for record in ble.source().records(SweepPlan(ble_seconds=seconds)):
                got.append(record)
        finally:
            if doing is not None:
                await doing
            await _leave()
        return got

    async def again() -> None:
        assert restart is not None
        after_s, daemon, parameters = restart
        await asyncio.sleep(after_s)
        daemon.stop()
        await asyncio.sleep(0.6)
        await asyncio.to_thread(lambda: daemon.start(**parameters))

    return asyncio.run(go())


def states(records: list[Record]) -> list[tuple[State, Reason | None]]:
    return [(r.state, r.reason) for r in records if isinstance(r, Status)]


def adverts(records: list[Record]) -> list[Any]:
    return [a for r in records if isinstance(r, AdvertisementBatch) for a in r.adverts]


def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ble_ear, "SILENCE_S", 0.3)
    monkeypatch.setattr(ble_ear, "RETRY_S", 0.1)


def test_an_advertisement_comes_through(daemon: Daemon) -> None:
    daemon.start(script=[tag(0.5, every=0.05, times=40)])
    heard = adverts(listen(2.5))
    assert heard
    assert heard[0].data.hex().endswith("4c00" + FINDMY)
    assert (heard[0].address, heard[0].address_type, heard[0].rssi_dbm) == (TAG, "random", -61)


def test_switched_off_and_on_again_while_listening(daemon: Daemon, monkeypatch: pytest.MonkeyPatch) -> None:
    impatient(monkeypatch)
    power = [{"at": 1.2, "do": "power", "on": False}, {"at": 2.2, "do": "power", "on": True}]
    daemon.start(script=[tag(0.3, every=0.05, times=90), *power])
    records = listen(4.0)
    told = states(records)
    assert (State.FAILED, Reason.POWERED_OFF) in told
    assert State.LISTENING in [state for state, _ in told[told.index((State.FAILED, Reason.POWERED_OFF)) :]]
    assert adverts(records)[-1].time_s > 2.0


def test_pulled_out_and_put_back_while_listening(daemon: Daemon, monkeypatch: pytest.MonkeyPatch) -> None:
    impatient(monkeypatch)
    plug = [{"at": 1.2, "do": "remove-adapter"}, {"at": 2.2, "do": "add-adapter"}]
    daemon.start(script=[tag(0.3, every=0.05, times=90), *plug])
    records = listen(4.0)
    told = states(records)
    assert (State.FAILED, Reason.NO_DEVICE) in told
    assert State.LISTENING in [state for state, _ in told[told.index((State.FAILED, Reason.NO_DEVICE)) :]]
    assert adverts(records)[-1].time_s > 2.0


def test_bluetoothd_restarts_while_listening(daemon: Daemon, monkeypatch: pytest.MonkeyPatch) -> None:
    impatient(monkeypatch)
    daemon.start(script=[tag(0.2, every=0.05, times=60)])
    second = {"script": [tag(0.2, every=0.05, times=100)]}
    records = listen(5.0, restart=(1.0, daemon, second))
    told = [state for state, _ in states(records)]
    assert State.LISTENING in told[told.index(State.FAILED) :]
    assert adverts(records)[-1].time_s > 2.0


def test_listening_in_turns_is_measured(daemon: Daemon, monkeypatch: pytest.MonkeyPatch) -> None:
    """One second on, two off: a third; what is sent in the pauses is lost, as with the real daemon."""
    monkeypatch.setattr(ble_ear, "PAUSE_S", 0.4)
    daemon.start(turns=[1.0, 2.0], script=[tag(0.0, every=0.04, times=300)])
    records = listen(9.0)
    (coverage,) = [r for r in records if isinstance(r, Coverage)]
    assert coverage.duty == pytest.approx(1 / 3, abs=0.13)
    (closed,) = [r for r in records if isinstance(r, Closed)]
    assert "listens in turns" in closed.problems[0]


def _ring(daemon: Daemon, written: Path, **tag_: Any) -> Rung:
    way = tag_.pop("way")
    made = {"address": TAG, "service": way.service, "characteristic": way.characteristic, **tag_}
    daemon.start(tag=made, written=str(written), script=[tag(0.1, every=0.05, times=200)])

    async def go() -> Rung:
        try:
            return await ring(TAG)
        finally:
            await _leave()

    return asyncio.run(go())


AIRTAG, DULT, FINDMY_WAY = WAYS


@pytest.mark.parametrize(
    ("way", "more", "outcome", "written"),
    [
        (AIRTAG, {}, Outcome.SOUNDS, ["af"]),
        (FINDMY_WAY, {}, Outcome.SOUNDS, ["010003"]),
        (DULT, {"answer": "020300030000"}, Outcome.SOUNDS, ["0003"]),
        (DULT, {"answer": "020300030100"}, Outcome.REFUSED, ["0003"]),
        (DULT, {"refuses": True}, Outcome.REFUSED, []),
        (AIRTAG, {"unreachable": True}, Outcome.NO_CONNECTION, []),
        (AIRTAG, {"service": "0000180f-0000-1000-8000-00805f9b34fb"}, Outcome.NO_SERVICE, []),
    ],
    ids=["airtag", "find-my", "dult", "dult-refuses", "not-permitted", "unreachable", "no-service"],
)
def test_ringing_over_a_real_bus(
    daemon: Daemon, tmp_path: Path, way: Any, more: dict[str, Any], outcome: Outcome, written: list[str]
) -> None:
    target = tmp_path / "written"
    target.touch()
    rung = _ring(daemon, target, way=way, **more)
    assert rung.outcome is outcome
    assert target.read_text().split() == written
    assert rung.told.text
    assert rung.next


def test_the_command_line_hears_it_and_says_how_much_it_listened(daemon: Daemon) -> None:
    daemon.start(script=[tag(0.1, every=0.1, times=200)])
    words = [
        sys.executable,
        "-m",
        "sweeper",
        "ble",
        "scan",
        "--seconds",
        "3",
        "--known",
        "none",
        "--json",
        "-",
    ]
    done = subprocess.run(words, capture_output=True, timeout=60, check=False)
    document = json.loads(done.stdout)
    assert done.returncode == 1, done.stderr
    (device,) = document["devices"]
    assert (device["kind"], device["state"]) == ("airtag", "separated")
    (coverage,) = document["coverage"]
    assert coverage["seconds"] == pytest.approx(3.0, abs=0.7)
    assert 0.5 < coverage["duty"] <= 1.0
