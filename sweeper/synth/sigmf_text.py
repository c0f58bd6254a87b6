"""SigMF metadata of a rendered recording: what it is, that it is synthetic, and what is in it.

Every emitter inside a look becomes an annotation with its frequency edges, so that the truth travels with
the samples (https://sigmf.org, version 1.2).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from sweeper.synth import scene as s


class Look(msgspec.Struct, frozen=True):
    """A stretch on one frequency: start in the scene, centre, rate and number of samples."""

    start_s: float
    center_hz: float
    rate_hz: float
    count: int


def sweep_looks(scene: s.Scene) -> Iterator[Look]:
    """The looks of the scene's sweep, spread evenly over its duration."""
    sweep = scene.sweep
    if sweep is None:
        return
    total = len(sweep.hops_hz) * sweep.passes
    every = max(sweep.dwell_s, scene.duration_s / total)
    count = round(sweep.dwell_s * sweep.rate_hz)
    for k in range(total):
        start = round(k * every * sweep.rate_hz) / sweep.rate_hz
        if start + sweep.dwell_s <= scene.duration_s + 1e-9:
            yield Look(start, sweep.hops_hz[k % len(sweep.hops_hz)], sweep.rate_hz, count)


def metadata(scene: s.Scene, looks: Sequence[Look], datatype: str) -> str:
    """The text of the ``.sigmf-meta`` file for looks written one after the other."""
    captures: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    at = 0
    for look in looks:
        when = datetime.fromtimestamp(scene.start_utc_s + look.start_s, UTC).isoformat(
            timespec="microseconds"
        )
        captures.append(
            {
                "core:sample_start": at,
                "core:frequency": look.center_hz,
                "core:datetime": when.replace("+00:00", "Z"),
            }
        )
        annotations += [
            _annotation(emitter, at, look.count) for emitter in scene.rf if _inside(emitter, look)
        ]
        at += look.count
    about = {
        "core:datatype": datatype,
        "core:sample_rate": looks[0].rate_hz if looks else 0,
        "core:version": "1.2.0",
        "core:author": "sweeper synth",
        "core:recorder": "sweeper synth",
        "core:hw": "none: a rendered scene",
        "core:description": (
            f"SYNTHETIC: rendered from scene '{scene.name}', seed {scene.seed}. Nothing here was on the air."
        ),
    }
    document = {"global": about, "captures": captures, "annotations": annotations}
    return json.dumps(document, indent=2, sort_keys=True) + "\n"


def _inside(emitter: s.Rf, look: Look) -> bool:
    stop = look.start_s + look.count / look.rate_hz
    on = not emitter.on or any(a < stop and b > look.start_s for a, b in emitter.on)
    return on and abs(emitter.center_hz - look.center_hz) < look.rate_hz / 2


def _annotation(emitter: s.Rf, at: int, count: int) -> dict[str, Any]:
    half = HALF_WIDTH_HZ.get(type(emitter), 10e3)
    if isinstance(emitter, s.Lte):
        half = emitter.width_hz / 2
    return {
        "core:sample_start": at,
        "core:sample_count": count,
        "core:freq_lower_edge": emitter.center_hz - half,
        "core:freq_upper_edge": emitter.center_hz + half,
        "core:label": emitter.name[:20],
        "core:comment": str(msgspec.to_builtins(emitter)["kind"]),
        "core:generator": "sweeper synth",
    }


HALF_WIDTH_HZ: dict[type, float] = {
    s.Carrier: 500.0,
    s.Broadcast: 100e3,
    s.Wfm: 75e3,
    s.Packets: 40e3,
    s.GsmUplink: 100e3,
    s.GsmC0: 100e3,
    s.Dect: 864e3,
    s.AnalogVideo: 6e6,
}
"""Half of the width to mark; nominal channel widths, 10 kHz where a kind is not named."""
