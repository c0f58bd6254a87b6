"""pyrtlsdr in its child process on the virtual dongle: signals in place, every fault a state, no leaks."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys
import threading
import time
from contextlib import aclosing
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from sweeper.errors import Reason, Unavailable
from sweeper.radio import rtlsdr
from sweeper.radio.hops import hops
from sweeper.radio.receiver import Heard, Look, ReceiverLost, Refused
from sweeper.radio.rtlsdr import RtlSdr
from sweeper.radio.sweep import SweepSource
from sweeper.records import State
from tests.radio.virtual import (
    blocks,
    children,
    closed,
    covered,
    gaps,
    heard,
    limited,
    opened,
    peak_hz,
    plan_of,
    scene,
    states,
)

DONGLE = "device serial=00000042\nnoise -100\n"
CARRIER = "carrier f=433.9e6 level=-40\n"
PREPARING = 6 + 6
"""Reads before the first hop of a plan of 6 hops: settle measurement and overload test."""

PLAN = plan_of((430, 441))


def source(serial: str = "", retries_s: tuple[float, ...] = (0.1, 0.5)) -> SweepSource:
    return SweepSource("rtlsdr", lambda: RtlSdr(serial), retries_s)


def test_a_carrier_stands_where_it_was_put(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scene(tmp_path, monkeypatch, DONGLE + CARRIER)
    records = heard(source(), PLAN)
    assert "R820T" in opened(records).format
    assert "00000042" in opened(records).format
    assert gaps(covered(records), 430e6, 441e6) == []
    near = [b for b in blocks(records) if abs(b.center_hz - 433.9e6) < 0.96e6]
    assert near
    for block in near:
        hz, db = peak_hz(block)
        assert abs(hz - 433.9e6) < 400
        assert db > 20
    assert closed(records).problems == ()


def test_the_dc_spike_is_taken_off_and_a_carrier_under_it_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = plan_of((430, 470), gain_db=29.7)
    centre = hops(plan, 2.56e6)[10].center_hz
    scene(tmp_path, monkeypatch, DONGLE + f"dc -40\ncarrier f={centre:.1f} level=-50\n")
    records = heard(source(), plan)
    means = {b.center_hz: abs(b.samples.mean()) for b in blocks(records)}
    strong = [hz for hz, size in means.items() if size > 0.5 * 10 ** (-40 / 20)]
    assert strong == []  # -40 dBFS were there, at every centre
    again = [b for b in blocks(records) if 400e3 < abs(b.center_hz - centre) < 700e3]
    assert again
    assert all(abs(peak_hz(b)[0] - centre) < 400 for b in again)


def test_the_crystal_error_is_taken_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scene(tmp_path, monkeypatch, DONGLE + "ppm 40\ncarrier f=868.3e6 level=-40\n")
    found = {}
    for ppm in (0.0, 40.0):
        records = heard(source(), plan_of((867, 869.4), ppm=ppm))
        found[ppm] = min(abs(peak_hz(b)[0] - 868.3e6) for b in blocks(records))
    assert found[0.0] > 30e3  # 40 ppm of 868 MHz are 34.7 kHz
    assert found[40.0] < 500


def test_settling_is_measured_and_thrown_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    strong = "carrier f=430.4e6 level=-30\n"  # so that stale samples differ from settled ones
    scene(tmp_path, monkeypatch, DONGLE + "stale 0.001\nsettle 0.003\ngarbage -15\n" + strong)
    swept = source()
    records = heard(swept, plan_of((430, 441), gain_db=30.0))
    assert 0.004 <= swept.stats.settle_s <= 0.0056
    for block in blocks(records):
        power = np.abs(block.samples[: 96 * 130].reshape(-1, 96)) ** 2
        assert power[0].mean() < 2 * power.mean()  # no garbage at the start of any look


def test_refused_ranges_are_not_swept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scene(tmp_path, monkeypatch, DONGLE + "range 24e6 1766e6\nrefuse 433e6 436e6\n")
    records = heard(source(), PLAN)
    assert not [b for b in blocks(records) if 433e6 <= b.center_hz <= 436e6]
    (gap,) = gaps(covered(records), 430e6, 441e6)
    assert 433e6 < gap[0] < 434e6
    assert 435e6 < gap[1] < 436e6
    (told,) = [s for s in states(records) if s.reason is Reason.REFUSED]
    assert told.detail.startswith(f"{gap[0] / 1e6:.2f}-{gap[1] / 1e6:.2f} MHz not swept")


def test_a_refused_rate_gives_the_next_lower(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scene(tmp_path, monkeypatch, DONGLE + "refuse_rate 2560000\nrefuse_rate 2400000\n" + CARRIER)
    records = heard(source(), PLAN)
    assert opened(records).rate_hz == pytest.approx(2.048e6)
    assert gaps(covered(records), 430e6, 441e6) == []


def test_unplugged_and_plugged_in_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = DONGLE + f"unplug_after {PREPARING + 3}\nunplug_for 1\n" + CARRIER
    scene(tmp_path, monkeypatch, text)
    records = heard(source(retries_s=(0.5, 1.0, 1.0, 1.0)), PLAN)
    assert [s.reason for s in states(records)] == [None, Reason.UNPLUGGED, None]
    assert gaps(covered(records), 430e6, 441e6) == []


@pytest.mark.parametrize("hang", ["", "hang 1\n"], ids=["the read fails", "the read never returns"])
def test_unplugged_for_good(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hang: str) -> None:
    scene(tmp_path, monkeypatch, DONGLE + f"unplug_after {PREPARING + 3}\n" + hang)
    monkeypatch.setattr(rtlsdr, "ANSWER_S", 2.0)
    before = children()
    records = heard(source(), PLAN)
    assert len(blocks(records)) == 3
    last = states(records)[-1]
    assert (last.state, last.reason) == (State.FAILED, Reason.UNPLUGGED)
    reached = max(high for _, high in covered(records))
    assert last.detail.startswith(f"{reached / 1e6:.2f}-441.00 MHz not swept")
    assert children() == before


def test_a_stalled_dongle_is_left_after_its_tries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scene(tmp_path, monkeypatch, DONGLE + f"stall_after {PREPARING + 3}\n")
    monkeypatch.setattr(rtlsdr, "ANSWER_S", 2.0)
    before = children()
    records = heard(source(), PLAN)
    assert Reason.STALLED in [s.reason for s in states(records)]
    assert children() == before


def test_busy_permission_and_absent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for fault, reason in (("busy 1\n", Reason.BUSY), ("denied 1\n", Reason.NO_PERMISSION)):
        scene(tmp_path, monkeypatch, DONGLE + fault)
        with pytest.raises(Unavailable) as why:
            heard(source(), PLAN)
        assert why.value.reason is reason
        assert why.value.mend
    scene(tmp_path, monkeypatch, DONGLE)
    with pytest.raises(Unavailable, match=r"no dongle with serial 77.*00000042") as why:
        heard(source("77"), PLAN)
    assert why.value.reason is Reason.NO_DEVICE


def test_a_second_program_holds_the_dongle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scene(tmp_path, monkeypatch, DONGLE)

    async def both() -> Reason:
        first, second = RtlSdr(), RtlSdr()
        await first.open()
        try:
            await second.open()
        except Unavailable as why:
            return why.reason
        finally:
            await first.close()
            await second.close()
        raise AssertionError("opened twice")

    assert limited(both()) is Reason.BUSY


def test_overload_lowers_the_gain_or_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scene(tmp_path, monkeypatch, DONGLE + "carrier f=434.5e6 level=-6\n")
    chosen = source()
    heard(chosen, plan_of((433.5, 435.5)))
    assert chosen.stats.gain_db is not None
    assert chosen.stats.gain_db < 37  # -6 dBFS at 29.7 dB reaches full scale at 35.7 dB
    records = heard(source(), plan_of((430, 441), gain_db=49.6))
    (told,) = [s for s in states(records) if s.reason is Reason.OVERLOAD]
    assert told.state is State.DEGRADED
    low, high = (float(mhz) for mhz in re.findall(r"[\d.]+", told.detail)[:2])
    assert low <= 434.5 <= high
    assert high - low < 5


def test_several_dongles_by_serial_number(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    two = "device serial=AAA\nnoise -100\ndevice serial=BBB\nnoise -100\n"
    scene(tmp_path, monkeypatch, two + "carrier f=433.9e6 level=-40 device=BBB\n")
    seen = {}
    for serial in ("AAA", "BBB"):
        records = heard(source(serial), plan_of((433.2, 434.8)))
        assert serial in opened(records).format
        seen[serial] = max(peak_hz(b)[1] for b in blocks(records))
    assert seen["BBB"] > seen["AAA"] + 15


def test_two_at_once_take_two_dongles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scene(tmp_path, monkeypatch, "device serial=AAA\nnoise -100\ndevice serial=BBB\nnoise -100\n")

    async def both() -> set[str]:
        first, second = RtlSdr(), RtlSdr()
        try:
            return {(await first.open()).label[-4:-1], (await second.open()).label[-4:-1]}
        finally:
            await first.close()
            await second.close()

    assert limited(both()) == {"AAA", "BBB"}


def test_a_question_that_is_cancelled_as_its_answer_comes_stays_cancelled() -> None:
    async def asked() -> None:
        line = asyncio.get_running_loop().create_future()
        child = rtlsdr.Child("rtlsdr")
        child._process = SimpleNamespace(stdout=SimpleNamespace(readline=lambda: line))  # type: ignore[assignment]
        question = asyncio.create_task(child.answer(30.0))
        await asyncio.sleep(0)
        line.set_result(b'{"ok":true}\n')
        question.cancel()
        with pytest.raises(asyncio.CancelledError):
            await question

    asyncio.run(asked())


def test_driver_faults_have_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SWEEPER_LIBRTLSDR", "/nowhere/librtlsdr.so")
    with pytest.raises(Unavailable, match=r"/nowhere/librtlsdr\.so") as why:
        limited(RtlSdr().open())
    assert why.value.reason is Reason.DRIVER_MISSING


def test_a_driver_too_old_is_said_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = scene(tmp_path, monkeypatch, DONGLE)
    old = tmp_path / "librtlsdr-old.so"
    whole = (folder / "librtlsdr.so.0").read_bytes()
    old.write_bytes(whole.replace(b"rtlsdr_set_dithering", b"rtlsdr_no__dithering"))
    monkeypatch.setenv("SWEEPER_LIBRTLSDR", str(old))
    with pytest.raises(Unavailable, match="too old for pyrtlsdr") as why:
        limited(RtlSdr().open())
    assert why.value.reason is Reason.DRIVER_TOO_OLD


def test_a_crash_in_the_driver_is_a_loss(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scene(tmp_path, monkeypatch, DONGLE + "latency 0.05\n")
    before = children()

    async def crash() -> ReceiverLost:
        dongle = RtlSdr()
        await dongle.open()
        await dongle.set_rate(2.4e6)
        (child,) = children() - before
        try:
            async with aclosing(dongle.look([Look(433e6, 4096)] * 50)) as outcomes:
                async for _ in outcomes:
                    os.kill(child, signal.SIGSEGV)
        except ReceiverLost as lost:
            return lost
        finally:
            await dongle.close()
        raise AssertionError("nothing was noticed")

    assert limited(crash()).reason is Reason.STALLED
    assert children() == before


def test_the_child_leaves_with_its_parent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scene(tmp_path, monkeypatch, DONGLE + "stall_after 0\n")
    before = children()

    async def orphan() -> None:
        dongle = RtlSdr()
        await dongle.open()
        await dongle.set_rate(2.4e6)
        pending = anext(dongle.look([Look(433e6, 4096)]))
        task = asyncio.ensure_future(pending)
        await asyncio.sleep(0.3)  # by now the child usually hangs in a read; earlier it must leave as well
        (child,) = children() - before
        assert dongle._child._process is not None
        assert dongle._child._process.stdin is not None
        dongle._child._process.stdin.close()  # what the child sees when its parent dies
        for _ in range(600):
            if child not in children():
                break
            await asyncio.sleep(0.1)
        task.cancel()
        with pytest.raises((asyncio.CancelledError, ReceiverLost)):
            await task
        await dongle.close()

    limited(orphan())
    assert children() == before


def test_it_works_on_a_loop_in_another_thread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scene(tmp_path, monkeypatch, DONGLE)
    made: list[int] = []
    thread = threading.Thread(target=lambda: made.append(len(blocks(heard(source(), PLAN)))))
    thread.start()
    thread.join(300)
    assert made == [6]


def test_a_killed_parent_takes_its_child_along(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scene(tmp_path, monkeypatch, DONGLE + "stall_after 0\nhang 1\n")
    script = (
        "import asyncio, os, signal\n"
        "from sweeper.radio.rtlsdr import RtlSdr\n"
        "from sweeper.radio.receiver import Look\n"
        "async def main():\n"
        "    dongle = RtlSdr()\n"
        "    await dongle.open()\n"
        "    await dongle.set_rate(2.4e6)\n"
        "    print(dongle._child._process.pid, flush=True)\n"
        "    asyncio.get_running_loop().call_later(0.5, os.kill, os.getpid(), signal.SIGKILL)\n"
        "    async for _ in dongle.look([Look(433e6, 4096)]): pass\n"
        "asyncio.run(main())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=300, check=False
    )
    child = Path("/proc") / done.stdout.strip()
    assert done.returncode == -signal.SIGKILL
    for _ in range(600):
        if not child.exists() or ") Z" in (child / "stat").read_text():
            break
        time.sleep(0.1)
    else:
        raise AssertionError("the child lives on")


def test_a_stream_has_no_gap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scene(tmp_path, monkeypatch, DONGLE + "paced 1\ncarrier f=433.9e6 level=-20\n")

    async def listen() -> list[Heard]:
        dongle = RtlSdr()
        await dongle.open()
        await dongle.set_rate(1.024e6)
        await dongle.set_gain(30.0)
        got: list[Heard] = []
        try:
            async with aclosing(dongle.stream(433.9e6 - 100e3, 32_768)) as stream:
                async for block in stream:
                    assert isinstance(block, Heard)
                    got.append(block)
                    if len(got) == 12:
                        return got
        finally:
            await dongle.close()
        return got

    whole = np.concatenate([block.samples for block in limited(listen())])
    turns = np.angle(whole[1:] * np.conj(whole[:-1])) / (2 * np.pi) * 1.024e6
    joints = turns[32_767::32_768]  # the step across each joint is a step of the same 100 kHz
    assert np.abs(joints - np.median(turns)).max() < 6 * turns.std() + 1000
    assert np.median(turns) == pytest.approx(100e3, rel=0.02)


def test_a_stream_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scene(tmp_path, monkeypatch, DONGLE + "range 24e6 1766e6\n")

    async def listen() -> object:
        dongle = RtlSdr()
        await dongle.open()
        await dongle.set_rate(1.024e6)
        try:
            return await anext(dongle.stream(10e6, 32_768))
        finally:
            await dongle.close()

    assert isinstance(limited(listen()), Refused)


def test_no_dongle_on_this_machine_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SWEEPER_LIBRTLSDR", raising=False)
    pytest.importorskip("pyrtlsdrlib")
    if limited(rtlsdr.present()):
        pytest.skip("a real dongle is plugged in")
    with pytest.raises(Unavailable) as why:
        limited(RtlSdr().open())
    assert why.value.reason is Reason.NO_DEVICE
