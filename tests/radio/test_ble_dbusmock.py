"""The live source and the command line against python-dbusmock's BlueZ, in a process and on a bus of its own.

The mock is ``bluez_template.py``, run by the system's Python (Debian's python3-dbusmock).
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Coroutine, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from sweeper.errors import Reason
from sweeper.radio import ble, ble_ear
from sweeper.radio.ble_ring import WAYS, Outcome, Rung, ring
from sweeper.records import Closed, Coverage, Record, State, Status

pytest.importorskip("bleak")
from tests.radio.bluez import start_bus
from tests.radio.waiting import Scan, adverts, leave_bleak, scanned, states

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
        for _ in range(1000):
            told = subprocess.run(ask, env=self._environment, capture_output=True, check=False).stdout
            if b"true" in told:
                return
            time.sleep(0.02)
        raise AssertionError("the mock did not start")

    def next(self) -> None:
        """The next of the steps ``signalled`` happens now."""
        assert self._process is not None
        self._process.send_signal(signal.SIGUSR1)

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


SENDING = tag(0.0, every=0.05, times=100_000)
"""For as long as the mock lives."""


def listen(steps: Callable[[Scan], Coroutine[Any, Any, None]]) -> list[Record]:
    """What the source yields while the steps are done."""

    async def go() -> list[Record]:
        try:
            return await scanned(ble.source(), steps)
        finally:
            await leave_bleak()

    return asyncio.run(go())


def failed_and_listening(records: list[Record], reason: Reason) -> bool:
    """Whether it was told why nothing is heard, and afterwards that it is again."""
    told = states(records)
    if (State.FAILED, reason) not in told:
        return False
    return State.LISTENING in [state for state, _ in told[told.index((State.FAILED, reason)) :]]


def heard_again(records: list[Record]) -> bool:
    """Whether advertisements came both before the first failure and after it."""
    failed = next(i for i, one in enumerate(records) if isinstance(one, Status) and one.state is State.FAILED)
    return bool(adverts(records[:failed])) and bool(adverts(records[failed:]))


def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on a short silence is enough to begin anew."""
    monkeypatch.setattr(ble_ear, "SILENCE_S", 0.3)
    monkeypatch.setattr(ble_ear, "RETRY_S", 0.1)


def test_an_advertisement_comes_through(daemon: Daemon) -> None:
    daemon.start(script=[SENDING])
    heard = adverts(listen(lambda scan: scan.heard(2)))
    assert heard[0].data.hex().endswith("4c00" + FINDMY)
    assert (heard[0].address, heard[0].address_type, heard[0].rssi_dbm) == (TAG, "random", -61)


def interrupted(daemon: Daemon, reason: Reason, monkeypatch: pytest.MonkeyPatch) -> list[Record]:
    """Heard, then not because of what the first signal does, then heard again after the second."""

    async def steps(scan: Scan) -> None:
        await scan.heard(1)
        daemon.next()
        impatient(monkeypatch)
        await scan.told(State.FAILED, reason)
        before = len(adverts(scan.got))
        daemon.next()
        await scan.heard(before + 2)
        await scan.until(lambda: failed_and_listening(scan.got, reason))

    return listen(steps)


def test_switched_off_and_on_again_while_listening(daemon: Daemon, monkeypatch: pytest.MonkeyPatch) -> None:
    daemon.start(script=[SENDING], signalled=[{"do": "power", "on": False}, {"do": "power", "on": True}])
    records = interrupted(daemon, Reason.POWERED_OFF, monkeypatch)
    assert failed_and_listening(records, Reason.POWERED_OFF)
    assert heard_again(records)


def test_pulled_out_and_put_back_while_listening(daemon: Daemon, monkeypatch: pytest.MonkeyPatch) -> None:
    daemon.start(script=[SENDING], signalled=[{"do": "remove-adapter"}, {"do": "add-adapter"}])
    records = interrupted(daemon, Reason.NO_DEVICE, monkeypatch)
    assert failed_and_listening(records, Reason.NO_DEVICE)
    assert heard_again(records)


def test_bluetoothd_restarts_while_listening(daemon: Daemon, monkeypatch: pytest.MonkeyPatch) -> None:
    daemon.start(script=[SENDING])

    async def steps(scan: Scan) -> None:
        await scan.heard(1)
        daemon.stop()
        impatient(monkeypatch)
        await scan.until(lambda: State.FAILED in [state for state, _ in states(scan.got)])
        before = len(adverts(scan.got))
        await asyncio.to_thread(lambda: daemon.start(script=[SENDING]))
        await scan.heard(before + 2)
        await scan.until(lambda: states(scan.got)[-1][0] is State.LISTENING)

    assert heard_again(listen(steps))


def test_listening_in_turns_is_measured(daemon: Daemon, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half a second on, one off; what is sent in the pauses is lost, as with the real daemon."""
    monkeypatch.setattr(ble_ear, "PAUSE_S", 0.6)
    daemon.start(turns=[0.5, 1.0], script=[tag(0.0, every=0.02, times=10_000)])

    def pauses(records: list[Record]) -> list[float]:
        times = [0.0, *(advert.time_s for advert in adverts(records))]
        return [late - early for early, late in pairwise(times) if late - early > 0.6]

    def dense(records: list[Record]) -> bool:
        listened_s = adverts(records)[-1].time_s - sum(pauses(records)) + 0.6
        return len(adverts(records)) > ble_ear.LEAST_RATE * listened_s

    async def steps(scan: Scan) -> None:
        await scan.until(lambda: len(pauses(scan.got)) > 1 and dense(scan.got))

    records = listen(steps)
    (coverage,) = [r for r in records if isinstance(r, Coverage)]
    last_s = coverage.seconds - adverts(records)[-1].time_s
    silent_s = sum(pauses(records)) + (last_s if last_s > 0.6 else 0.0)
    assert coverage.duty == pytest.approx(1 - silent_s / coverage.seconds, abs=0.001)
    (closed,) = [r for r in records if isinstance(r, Closed)]
    assert "listens in turns" in closed.problems[0]


def _ring(daemon: Daemon, written: Path, **tag_: Any) -> Rung:
    way = tag_.pop("way")
    made = {"address": TAG, "service": way.service, "characteristic": way.characteristic, **tag_}
    daemon.start(tag=made, written=str(written), script=[SENDING])

    async def go() -> Rung:
        try:
            return await ring(TAG)
        finally:
            await leave_bleak()

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
    daemon.start(script=[tag(0.0, every=0.02, times=100_000)])
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
    done = subprocess.run(words, capture_output=True, timeout=300, check=False)
    document = json.loads(done.stdout)
    assert done.returncode == 1, done.stderr
    (device,) = document["devices"]
    assert (device["kind"], device["state"]) == ("airtag", "separated")
    (coverage,) = document["coverage"]
    assert coverage["seconds"] >= 3.0
    assert 0 < coverage["duty"] <= 1.0
