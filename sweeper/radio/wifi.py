"""Wi-Fi frames from a live adapter in monitor mode (Linux).

    wifi                     the first interface in monitor mode, else one is added beside the first adapter
    wifi:wlan0mon            that interface            wifi:wlan0mon@2437     locked to a frequency in MHz
    wifi:helper,wlan0mon     the same through the privileged program sweeper-capture

Receives only. Frames come in batches of one dwell on one channel, with the kernel's times and its count of
what it dropped. The interface is put back as it was.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncGenerator, Callable
from pathlib import Path
from typing import Protocol

from sweeper.errors import Reason, Unavailable
from sweeper.plan import SweepPlan
from sweeper.radio import SourceInfo, clock
from sweeper.radio.wifi_socket import ARPHRD, MENDS, Heard, MonitorSocket, interfaces
from sweeper.radio.wifi_tuner import Fixed, Hopper, IwTuner, Tuner
from sweeper.records import Closed, FrameBatch, Medium, Opened, Record, State, Status, ended, told
from sweeper.text import Words, say

SILENCE_S = 10.0
"""Without a frame for so long on any channel the adapter has likely left monitor mode."""


class Ear(Protocol):
    """An open capture: what ``MonitorSocket`` offers."""

    link_type: int

    def read(self, seconds: float) -> Heard: ...

    def close(self) -> None: ...


Listen = Callable[[str], Ear]


def source(rest: str = "") -> WifiSource:
    """The factory. ``rest`` stands behind ``wifi:`` in the name."""
    kind, _, rest_of = rest.partition(",")
    if kind != "helper":
        return WifiSource(rest)
    from sweeper.radio import wifi_helper

    words = wifi_helper.command(rest_of)
    return WifiSource("helper", lambda _: wifi_helper.HelperEar(words), Fixed(), tuned_elsewhere=True)


def present(root: Path = Path("/sys/class/net")) -> Unavailable | None:
    """``None`` if frames can be captured right now, else why not. Changes nothing."""
    known = interfaces(root)
    monitor = next((n for n in known if known[n] in ARPHRD), None)
    adapter = next((n for n in known if (root / n / "phy80211").exists()), None)
    try:
        if monitor is not None:
            MonitorSocket(monitor).close()
        elif adapter is not None and os.geteuid() != 0:
            detail = say(
                "{adapter} is not in monitor mode, and this user may not change that", adapter=adapter
            )
            mend = MENDS[Reason.NO_PERMISSION]
            raise Unavailable(f"wifi:{adapter}", Reason.NO_PERMISSION, detail, mend)
        elif adapter is None:
            prepared("", root)
    except Unavailable as why:
        return why
    return None


def prepared(name: str, root: Path = Path("/sys/class/net")) -> tuple[str, Tuner]:
    """The monitor interface to use and its tuner. Raises ``Unavailable`` where there is none to be had."""
    known = interfaces(root)
    adapters = [n for n in known if (root / n / "phy80211").exists()]
    wanted = name or next((n for n in known if known[n] in ARPHRD), "") or next(iter(adapters), "")
    if not wanted:
        detail = say("no Wi-Fi adapter is connected")
        raise Unavailable("wifi", Reason.NO_DEVICE, detail, say("connect an adapter that knows monitor mode"))
    if wanted not in adapters:
        return wanted, Fixed()
    tuner = IwTuner(wanted)
    return tuner.monitor(), tuner


class WifiSource:
    """A live adapter. Nothing is imported or opened before ``records``."""

    def __init__(
        self,
        rest: str = "",
        listen: Listen = MonitorSocket,
        tuner: Tuner | None = None,
        tuned_elsewhere: bool = False,
    ) -> None:
        name, _, locked = rest.partition("@")
        if locked and not locked.isdecimal():
            raise Unavailable(
                f"wifi:{rest}", Reason.REFUSED, say("{locked!r} is no frequency in MHz", locked=locked)
            )
        self.interface = name
        self.locked_mhz = int(locked) if locked else None
        self.info = SourceInfo(name=f"wifi:{rest}" if rest else "wifi", medium=Medium.WIFI, live=True)
        self._listen = listen
        self._tuner = tuner
        self._tuned_elsewhere = tuned_elsewhere

    async def records(self, plan: SweepPlan) -> AsyncGenerator[Record, None]:
        """Opened, batches and states for ``plan.wifi_seconds``, then Closed. Raises ``Unavailable``."""
        if self._tuner is None:
            name, tuner = await asyncio.to_thread(prepared, self.interface)
        else:
            name, tuner = self.interface, self._tuner
        try:
            ear = await asyncio.to_thread(self._listen, name)
            try:
                async for record in self._heard(ear, tuner, plan):
                    yield record
            finally:
                ear.close()
        finally:
            await asyncio.to_thread(tuner.restore)

    async def _heard(self, ear: Ear, tuner: Tuner, plan: SweepPlan) -> AsyncGenerator[Record, None]:
        began, stood_s = clock.now_s(), 0.0
        source, log = self.info.name, _Log(self.info.name)
        yield Opened(
            source=source,
            time_s=0.0,
            medium=Medium.WIFI,
            format="monitor",
            start_utc_s=time.time(),
            live=True,
        )
        channels = await asyncio.to_thread(tuner.frequencies)
        hopper = Hopper(channels, plan.wifi_dwell_s) if channels and not self.locked_mhz else None
        if self.locked_mhz and not await asyncio.to_thread(tuner.tune, self.locked_mhz):
            yield log.state(
                0.0, Reason.REFUSED, say("the adapter does not tune to {mhz} MHz", mhz=self.locked_mhz)
            )
        elif not hopper and not self.locked_mhz and not self._tuned_elsewhere:
            yield log.state(
                0.0, Reason.REFUSED, say("the adapter stays on one channel: others are not heard")
            )
        still = clock.Standstill(plan.wifi_dwell_s)
        while (now := clock.now_s() - began) - stood_s < plan.wifi_seconds:
            freq, dwell = hopper.next() if hopper else (0, plan.wifi_dwell_s)
            if hopper and not await asyncio.to_thread(tuner.tune, freq):
                yield log.refused(now, freq)
                hopper = hopper.without(freq)
                continue
            still.beat()
            try:
                left_s = plan.wifi_seconds + stood_s - now
                heard = await asyncio.to_thread(ear.read, min(dwell, left_s))
            except OSError as error:
                log.problems.append(
                    say(
                        "the adapter was lost after {seconds:.0f} s: {error}",
                        seconds=now,
                        error=error.strerror,
                    )
                )
                yield log.state(now, Reason.UNPLUGGED, str(error), State.FAILED)
                break
            if hopper:
                hopper.heard(freq, len(heard.frames), dwell)
            stood_s += log.stood_still(still.beat())
            for record in log.take(heard, now, ear.link_type):
                yield record
        yield log.closed(clock.now_s() - began)


class _Log:
    """What was heard and lost so far, and the states that follow from it."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.problems: list[Words] = []
        self._frames = self._lost = 0
        self._last_s = 0.0
        self._silent = False
        self._wall = clock.WallTimes()

    def stood_still(self, seconds: float) -> float:
        """The same seconds: such a time was no silence of the adapter's."""
        self._last_s += seconds
        return seconds

    def take(self, heard: Heard, now: float, link_type: int) -> list[Record]:
        made: list[Record] = []
        times = self._wall.seconds(heard.times_s)
        if heard.frames:
            self._last_s, self._silent = max(self._last_s, now), False
            made.append(
                FrameBatch(
                    source=self.source,
                    time_s=times[0],
                    medium=Medium.WIFI,
                    link_type=link_type,
                    times_s=times,
                    frames=tuple(heard.frames),
                    lengths=tuple(heard.lengths),
                    lost=heard.lost,
                )
            )
        elif now - self._last_s > SILENCE_S and not self._silent:
            self._silent = True
            words = say(
                "nothing was heard for {seconds:.0f} s: has the adapter left monitor mode?", seconds=SILENCE_S
            )
            made.append(self.state(now, Reason.STALLED, words))
        if heard.lost and not self._lost:
            made.append(self.state(now, Reason.DROPPED, say("frames come faster than they can be read")))
        self._frames += len(heard.frames)
        self._lost += heard.lost
        return made

    def state(self, now: float, reason: Reason, words: Words, state: State = State.DEGRADED) -> Status:
        source = self.source
        return told(words, source=source, time_s=now, subject=source, state=state, reason=reason)

    def refused(self, now: float, freq: int) -> Status:
        """A frequency that the adapter lists and does not go to: it is not asked again."""
        self.problems.append(say("{mhz} MHz was not heard: the adapter does not tune there", mhz=freq))
        words = say("the adapter does not tune to {mhz} MHz: not heard", mhz=freq)
        return self.state(now, Reason.REFUSED, words)

    def closed(self, seconds: float) -> Closed:
        if self._lost:
            total = self._frames + self._lost
            self.problems.append(say("{lost} of {total} frames were lost", lost=self._lost, total=total))
        return ended(
            self.problems,
            source=self.source,
            time_s=seconds,
            records=self._frames,
            duration_s=round(seconds, 3),
        )
