"""A scene as sources: records in time order, looks where the sweep says, everything marked as demo."""

from __future__ import annotations

import asyncio
import itertools

import msgspec
import numpy as np
import pytest

from sweeper import synth
from sweeper.plan import SweepPlan
from sweeper.radio.synthetic import looks, sources
from sweeper.records import AdvertisementBatch, Closed, FrameBatch, IqBlock, Medium, Opened, Record
from sweeper.synth import scene as s

SCENE = s.Scene(
    name="small",
    seed=2,
    duration_s=12.0,
    sweep=s.Sweep(hops_hz=(433e6, 435e6, 900e6), rate_hz=1e6, dwell_s=0.01, passes=4),
    rf=(s.Carrier(name="c", center_hz=433.2e6, level_dbm=-70),),
    ble=(s.AirTag(name="tag", loss=0.0),),
    wifi=(s.AccessPoint(name="ap", ssid="A", channel=1, loss=0.0),),
)


def heard(scene: s.Scene, start_s: float = 0.0) -> dict[Medium, list[Record]]:
    async def run() -> dict[Medium, list[Record]]:
        made = {}
        for source in sources(scene, start_s):
            made[source.info.medium] = [record async for record in source.records(SweepPlan())]
        return made

    return asyncio.run(run())


def test_one_source_for_each_medium_that_is_there() -> None:
    infos = [source.info for source in sources(SCENE)]
    assert [info.medium for info in infos] == [Medium.RF, Medium.BLE, Medium.WIFI]
    assert all(not info.live and info.duration_s == 12.0 for info in infos)
    assert [i.info.medium for i in sources(msgspec.structs.replace(SCENE, rf=(), wifi=()))] == [Medium.BLE]


def test_every_source_opens_as_demo_and_closes_with_its_count() -> None:
    for medium, records in heard(SCENE).items():
        opened, closed = records[0], records[-1]
        assert isinstance(opened, Opened)
        assert opened.demo
        assert opened.medium is medium
        assert not opened.live
        assert opened.duration_s == 12.0
        assert isinstance(closed, Closed)
        assert closed.duration_s == 12.0
        counts = {IqBlock: lambda r: r.samples.size, AdvertisementBatch: lambda r: len(r.adverts)}
        total = sum(counts.get(type(r), lambda r: len(r.frames))(r) for r in records[1:-1])
        assert closed.records == total > 0


def test_times_never_run_backwards() -> None:
    for records in heard(SCENE).values():
        assert all(a.time_s <= b.time_s for a, b in itertools.pairwise(records[1:]))
    for batch in heard(SCENE)[Medium.WIFI][1:-1]:
        assert isinstance(batch, FrameBatch)
        assert list(batch.times_s) == sorted(batch.times_s)
        assert batch.time_s == batch.times_s[0]


def test_the_sweep_looks_at_its_hops_in_turn() -> None:
    blocks = [r for r in heard(SCENE)[Medium.RF] if isinstance(r, IqBlock)]
    assert [b.center_hz for b in blocks] == [433e6, 435e6, 900e6] * 4
    assert [b.time_s for b in blocks] == pytest.approx([float(k) for k in range(12)])
    assert all(b.first_sample == 0 and len(b.samples) == 10_000 for b in blocks)
    z = blocks[0].samples
    tone = np.fft.fftfreq(len(z), 1e-6)[np.argmax(np.abs(np.fft.fft(z)))]
    assert tone == pytest.approx(200e3, abs=100)


def test_it_can_begin_later_and_gives_the_same() -> None:
    whole, late = heard(SCENE), heard(SCENE, start_s=6.0)
    for medium in whole:
        times = [r.time_s for r in late[medium][1:-1]]
        assert min(times) >= 6.0
    after = [r for r in whole[Medium.RF][1:-1] if r.time_s >= 6.0]
    for a, b in zip(after, late[Medium.RF][1:-1], strict=True):
        assert isinstance(a, IqBlock)
        assert isinstance(b, IqBlock)
        assert np.array_equal(a.samples, b.samples)


def test_without_a_sweep_the_captures_are_looked_at() -> None:
    capture = s.Capture(center_hz=433.1e6, rate_hz=250e3, start_s=1.0, duration_s=0.5)
    scene = msgspec.structs.replace(SCENE, sweep=None, capture=(capture,))
    (look,) = looks(scene)
    assert (look.start_s, look.center_hz, look.count) == (1.0, 433.1e6, 125_000)
    assert any(isinstance(r, IqBlock) for r in heard(scene)[Medium.RF])


def test_the_office_is_what_the_demo_promises() -> None:
    office = synth.load(synth.demo_scene())
    assert 110 <= office.duration_s <= 130
    assert len(sources(office)) == 3
    made = looks(office)
    assert all(look.count / look.rate_hz >= 0.056 for look in made)  # a base station's FCCH is certain
    hidden = {"room-bug", "gsm-bug", "tracker", "hidden-camera"}
    assert hidden <= {e.name for e in (*office.rf, *office.ble, *office.wifi)}
    for emitter in office.rf:  # everything on the air is listened to
        near = [look for look in made if abs(look.center_hz - emitter.center_hz) < 0.4 * look.rate_hz]
        assert len(near) >= 10, emitter.name
