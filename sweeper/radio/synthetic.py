"""A scene as Sources: one for each medium it has emitters of, played like recordings.

The RF source makes the looks of the scene's sweep: it dwells on one hop after the other and lets the
scene's clock run on between them, so two minutes of a whole office take seconds to render. All records say
``demo``: what they show was never on the air.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterator

from sweeper.plan import SweepPlan
from sweeper.radio import Source, SourceInfo
from sweeper.radio.receiver import USABLE
from sweeper.records import AdvertisementBatch, Closed, FrameBatch, IqBlock, Medium, Opened, Record
from sweeper.synth import ble, wifi
from sweeper.synth.receiver import Receiver
from sweeper.synth.scene import Scene
from sweeper.synth.sigmf_text import Look, sweep_looks

BATCH_S = 0.25
"""Advertisements handed over together."""


class SceneSource:
    """One medium of a scene. Ends by itself; ``start_s`` begins that far into it."""

    def __init__(self, scene: Scene, medium: Medium, start_s: float = 0.0) -> None:
        self._scene = scene
        self._medium = medium
        self._start_s = start_s
        self.name = f"demo:{medium.value}"

    @property
    def info(self) -> SourceInfo:
        return SourceInfo(name=self.name, medium=self._medium, live=False, duration_s=self._scene.duration_s)

    async def records(self, plan: SweepPlan) -> AsyncGenerator[Record, None]:
        """Opened, the scene as this medium hears it, Closed. The plan has no say: the scene has its own."""
        scene = self._scene
        yield self._opened()
        count = 0
        for size, record in self._made():
            count += size
            yield record
            await asyncio.sleep(0)
        yield Closed(source=self.name, time_s=scene.duration_s, records=count, duration_s=scene.duration_s)

    def _opened(self) -> Opened:
        scene = self._scene
        sweep = scene.sweep if self._medium is Medium.RF else None
        return Opened(
            source=self.name,
            time_s=0.0,
            medium=self._medium,
            path=scene.name,
            format="scene",
            rate_hz=sweep.rate_hz if sweep else None,
            start_utc_s=scene.start_utc_s,
            duration_s=scene.duration_s,
            demo=True,
        )

    def _made(self) -> Iterator[tuple[int, Record]]:
        match self._medium:
            case Medium.RF:
                return self._rf()
            case Medium.BLE:
                return self._ble()
            case _:
                return self._wifi()

    def _rf(self) -> Iterator[tuple[int, IqBlock]]:
        receiver = Receiver(self._scene)
        for look in looks(self._scene):
            if look.start_s >= self._start_s:
                samples = receiver.samples(look.start_s, look.count, look.center_hz, look.rate_hz)
                block = IqBlock(
                    source=self.name,
                    time_s=look.start_s,
                    rate_hz=look.rate_hz,
                    center_hz=look.center_hz,
                    samples=samples,
                    first_sample=0,
                    usable_hz=USABLE * look.rate_hz if self._scene.sweep else None,
                )
                yield look.count, block

    def _ble(self) -> Iterator[tuple[int, AdvertisementBatch]]:
        waiting = [advert for advert in ble.everything(self._scene) if advert.time_s >= self._start_s]
        at = 0
        while at < len(waiting):
            end = at
            while end < len(waiting) and waiting[end].time_s < waiting[at].time_s + BATCH_S:
                end += 1
            batch = tuple(waiting[at:end])
            yield len(batch), AdvertisementBatch(source=self.name, time_s=batch[0].time_s, adverts=batch)
            at = end

    def _wifi(self) -> Iterator[tuple[int, FrameBatch]]:
        for batch in wifi.batches(self._scene, self.name, BATCH_S):
            if batch.time_s >= self._start_s:
                yield len(batch.frames), batch


def looks(scene: Scene) -> list[Look]:
    """The RF looks of a scene: its sweep, or where it has none its captures one after the other."""
    if scene.sweep:
        return list(sweep_looks(scene))
    made = []
    for capture in scene.capture:
        length = capture.duration_s or scene.duration_s - capture.start_s
        made.append(
            Look(capture.start_s, capture.center_hz, capture.rate_hz, round(length * capture.rate_hz))
        )
    return sorted(made, key=lambda look: (look.start_s, look.center_hz))


def sources(scene: Scene, start_s: float = 0.0) -> list[Source]:
    """The sources of a scene: one for each medium that it has something of."""
    media = [
        (Medium.RF, bool(scene.rf) and bool(scene.sweep or scene.capture)),
        (Medium.BLE, bool(scene.ble)),
        (Medium.WIFI, bool(scene.wifi)),
    ]
    return [SceneSource(scene, medium, start_s) for medium, there in media if there]
