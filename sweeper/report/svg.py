"""Pictures as SVG text: spectrum, burst timing, signal strength over time. Axes have units, colours are
roles.

All pictures are 720 units wide, so that their lettering is of one size on a page. Every text that comes from
outside is escaped; coordinates have one decimal, so that the same data gives the same bytes.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import msgspec
import numpy as np
from markupsafe import escape

from sweeper.language import Language
from sweeper.records import Burst, Level
from sweeper.report.raster import Raster
from sweeper.report.spectra import Band
from sweeper.text import safe_text

WIDTH = 720
HALF = 352
"""Width of a picture that stands beside another, in the same units, so that its lettering is as large."""
LEFT, RIGHT = 62, 12
SPECTRUM_HEIGHT = 270
STRIP_HEIGHT = 108
WATERFALL_HEIGHT = 250
HALF_HEIGHT = 150
MAX_MARKS = 24
"""Labels above one spectrum: more would stand in each other's way."""
MARK_ROWS = 3
MARK_WIDTH = 56
"""Room that a label such as ``F-012`` takes, in units."""


class Mark(msgspec.Struct, frozen=True):
    """A frequency to point at: a finding's or an emission's."""

    hz: float
    width_hz: float
    label: str
    level: Level | None = None


class _Axis:
    """A linear axis: values to units, and ticks at round values."""

    def __init__(self, low: float, high: float, start: float, stop: float, wanted: int) -> None:
        self.low, self.high = low, high if high > low else low + 1
        self.start, self.stop = start, stop
        self.step = _nice((self.high - self.low) / wanted)

    def at(self, value: float) -> float:
        return self.start + (value - self.low) / (self.high - self.low) * (self.stop - self.start)

    def ticks(self) -> list[float]:
        first = math.ceil(self.low / self.step - 1e-9)
        last = math.floor(self.high / self.step + 1e-9)
        return [index * self.step for index in range(first, last + 1)]

    @property
    def digits(self) -> int:
        return max(0, -math.floor(math.log10(self.step) + 1e-9))


def _nice(rough: float) -> float:
    """The next of 1, 2, 5 times a power of ten."""
    if rough <= 0 or not math.isfinite(rough):
        return 1.0
    scale: float = 10.0 ** math.floor(math.log10(rough))
    return next((f * scale for f in (1, 2, 5) if f * scale >= rough * 0.999), 10 * scale)


def spectrum(
    band: Band, marks: Sequence[Mark], language: Language, title: str, *, small: bool = False
) -> str:
    """Max hold, mean and noise floor of a band, with its findings marked.

    ``small`` is half as wide and without legend: the close look at one signal.
    """
    width, height = (HALF, HALF_HEIGHT) if small else (WIDTH, SPECTRUM_HEIGHT)
    top, bottom = (24 if small else 64), height - 44
    low, high = _decibel_range(band)
    scale, unit = _hertz_scale(band.start_hz, band.stop_hz)
    x = _Axis(band.start_hz / scale, band.stop_hz / scale, LEFT, width - RIGHT, 4 if small else 8)
    y = _Axis(low, high, bottom, top, 3 if small else 5)
    name = _frequency_name(band.start_hz, language)
    density = language.unit("dBm/Hz" if band.calibrated else "dBFS/Hz")
    parts = [_frame(x, y, language, f"{name}, {language.unit(unit)}", density)]
    columns = [x.at(hz / scale) for hz in band.hz]
    highest = [y.at(v) for v in band.max_db]
    parts.append(_area(columns, highest, bottom))
    parts.append(_line(columns, highest, "trace-max", 1.1))
    parts.append(_line(columns, [y.at(v) for v in band.mean_db], "trace-now", 1.3))
    legend = [("trace-max", language.gettext("highest")), ("trace-now", language.gettext("mean"))]
    if band.floor_db is not None:
        parts.append(_line(columns, [y.at(v) for v in band.floor_db], "trace-floor", 1.1, dash="5 4"))
        legend.append(("trace-floor", language.gettext("noise floor")))
    if not small:
        parts.append(_legend(legend))
    parts.append(_marks(marks, x, scale, top, bottom))
    return framed(height, title, parts, width)


def _decibel_range(band: Band) -> tuple[float, float]:
    known = band.max_db[np.isfinite(band.max_db)]
    means = band.mean_db[np.isfinite(band.mean_db)]
    if not len(known):
        return -100.0, 0.0
    low = float(np.percentile(means, 1)) - 4 if len(means) else float(known.min())
    high = float(known.max()) + 3
    return 5 * math.floor(min(low, high - 15) / 5), 5 * math.ceil(high / 5)


def timing(
    bursts: Sequence[Burst], duration_s: float, language: Language, title: str, *, small: bool = False
) -> str:
    """When a signal was on the air: one bar a burst, as high as it stood above the noise."""
    width, height = (HALF, HALF_HEIGHT) if small else (WIDTH, STRIP_HEIGHT)
    top, bottom = (24 if small else 14), height - 44
    bursts = [b for b in bursts if math.isfinite(b.start_s + b.duration_s + b.snr_db)]
    end = max([duration_s, *(b.start_s + b.duration_s for b in bursts)])
    scale, unit = _time_scale(end)
    x = _Axis(0, end / scale, LEFT, width - RIGHT, 4 if small else 8)
    y = _Axis(0, max(10.0, max((b.snr_db for b in bursts), default=0.0)), bottom, top, 3)
    axis = f"{language.gettext('Time')}, {language.unit(unit)}"
    parts = [_frame(x, y, language, axis, language.unit("dB"))]
    for left, right, reach in _bars(bursts, x, y, scale):
        parts.append(
            f'<rect x="{left:.1f}" y="{reach:.1f}" width="{right - left:.1f}" '
            f'height="{bottom - reach:.1f}" fill="var(--trace-now)"/>'
        )
    return framed(height, title, parts, width)


def _bars(bursts: Iterable[Burst], x: _Axis, y: _Axis, scale: float) -> list[tuple[float, float, float]]:
    """Left, right and top of each bar; bars that would overlap on the page become one."""
    bars: list[tuple[float, float, float]] = []
    for burst in sorted(bursts, key=lambda b: b.start_s):
        left = x.at(burst.start_s / scale)
        right = max(left + 1.2, x.at((burst.start_s + burst.duration_s) / scale))
        top = y.at(max(0.5, min(burst.snr_db, y.high)))
        if bars and left < bars[-1][1]:
            last = bars.pop()
            left, right, top = last[0], max(right, last[1]), min(top, last[2])
        bars.append((left, right, top))
    return bars


def waterfall(raster: Raster, language: Language, title: str) -> str:
    """Frequency across, time downwards, strength as colour."""
    top, bottom = 12, WATERFALL_HEIGHT - 44
    scale, unit = _hertz_scale(raster.start_hz, raster.stop_hz)
    time_scale, time_unit = _time_scale(raster.end_s)
    x = _Axis(raster.start_hz / scale, raster.stop_hz / scale, LEFT, WIDTH - RIGHT, 8)
    y = _Axis(raster.times_s[0] / time_scale, raster.end_s / time_scale, top, bottom, 4)
    name = _frequency_name(raster.start_hz, language)
    time_name = f"{language.gettext('Time')}, {language.unit(time_unit)}"
    picture = (
        f'<image x="{x.start}" y="{top}" width="{x.stop - x.start}" height="{bottom - top}" '
        f'preserveAspectRatio="none" href="{raster.data_uri()}"/>'
    )
    frame = _frame(x, y, language, f"{name}, {language.unit(unit)}", time_name, floor=bottom)
    return framed(WATERFALL_HEIGHT, title, [picture, frame])


def _frequency_name(start_hz: float, language: Language) -> str:
    return language.gettext("Offset from the centre") if start_hz < 0 else language.gettext("Frequency")


def _hertz_scale(start_hz: float, stop_hz: float) -> tuple[float, str]:
    return (1e6, "MHz") if max(abs(start_hz), abs(stop_hz)) >= 1e6 else (1e3, "kHz")


def strength(points: Sequence[tuple[float, float]], language: Language, title: str, unit: str = "dBm") -> str:
    """Signal strength over time, one dot a sighting, joined."""
    top, bottom = 14, STRIP_HEIGHT - 44
    first, last = points[0][0], points[-1][0]
    scale, time_unit = _time_scale(max(last, 1.0))
    levels = [level for _, level in points]
    x = _Axis(first / scale, max(last, first + 1) / scale, LEFT, WIDTH - RIGHT, 8)
    y = _Axis(5 * math.floor(min(levels) / 5) - 5, 5 * math.ceil(max(levels) / 5) + 5, bottom, top, 3)
    axis = f"{language.gettext('Time')}, {language.unit(time_unit)}"
    parts = [_frame(x, y, language, axis, language.unit(unit))]
    columns = [x.at(time_s / scale) for time_s, _ in points]
    rows = [y.at(level) for level in levels]
    parts.append(_line(columns, rows, "trace-now", 1.2))
    places = zip(columns, rows, strict=True)
    dots = "".join(f'<circle cx="{cx:.1f}" cy="{cy:.1f}" r="1.8"/>' for cx, cy in places)
    parts.append(f'<g fill="var(--trace-now)">{dots}</g>')
    return framed(STRIP_HEIGHT, title, parts)


def _time_scale(end_s: float) -> tuple[float, str]:
    if end_s < 1:
        return 1e-3, "ms"
    return (1.0, "s") if end_s < 600 else (60.0, "min") if end_s < 6 * 3600 else (3600.0, "h")


def _frame(
    x: _Axis, y: _Axis, language: Language, x_name: str, y_name: str, *, floor: float | None = None
) -> str:
    """Grid, ticks with numbers, and the names of both axes; over a picture (``floor``) ticks but no grid."""
    lines, texts = [], []
    bottom = y.start if floor is None else floor
    for value in y.ticks():
        at = y.at(value)
        lines.append(f"M{x.start} {at:.1f}H{x.stop}" if floor is None else f"M{x.start} {at:.1f}h-5")
        texts.append(_text(x.start - 8, at + 4, language.number(value, y.digits), "end"))
    for value in x.ticks():
        at = x.at(value)
        lines.append(f"M{at:.1f} {bottom}v5")
        texts.append(_text(at, bottom + 20, language.number(value, x.digits), "middle"))
    texts.append(_text((x.start + x.stop) / 2, bottom + 38, x_name, "middle"))
    middle = (y.start + y.stop) / 2
    texts.append(
        f'<text x="14" y="{middle:.1f}" text-anchor="middle" transform="rotate(-90 14 {middle:.1f})">'
        f"{escape(y_name)}</text>"
    )
    return (
        f'<path d="{"".join(lines)}" stroke="var(--hairline)" fill="none"/>'
        f'<path d="M{x.start} {bottom}H{x.stop}" stroke="var(--line)" fill="none"/>'
        f'<g fill="var(--muted)" font-size="12">{"".join(texts)}</g>'
    )


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def _line(xs: Sequence[float], ys: Sequence[float], role: str, width: float, dash: str = "") -> str:
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return (
        f'<path d="{_path(xs, ys)}" fill="none" stroke="var(--{role})" stroke-width="{width}" '
        f'stroke-linejoin="round"{dashed}/>'
    )


def _path(xs: Sequence[float], ys: Sequence[float]) -> str:
    """Line segments; a NaN lifts the pen."""
    parts, pen = [], "M"
    for x, y in zip(xs, ys, strict=True):
        if math.isnan(y):
            pen = "M"
            continue
        parts.append(f"{pen}{x:.1f} {y:.1f}")
        pen = "L"
    return "".join(parts)


def _area(xs: Sequence[float], ys: Sequence[float], bottom: float) -> str:
    """What lies below a line, filled faintly, piece by piece."""
    pieces: list[str] = []
    run: list[tuple[float, float]] = []
    for x, y in [*zip(xs, ys, strict=True), (0.0, math.nan)]:
        if not math.isnan(y):
            run.append((x, y))
            continue
        if len(run) > 1:
            outline = "".join(f"L{px:.1f} {py:.1f}" for px, py in run)
            pieces.append(f"M{run[0][0]:.1f} {bottom}{outline}L{run[-1][0]:.1f} {bottom}Z")
        run = []
    return f'<path d="{"".join(pieces)}" fill="var(--trace-max)" fill-opacity="0.14"/>'


def _legend(entries: Sequence[tuple[str, str]]) -> str:
    parts, x = [], float(LEFT)
    for role, name in entries:
        dash = ' stroke-dasharray="5 4"' if role == "trace-floor" else ""
        parts.append(f'<path d="M{x:.1f} 14h22" stroke="var(--{role})" stroke-width="2"{dash}/>')
        parts.append(_text(x + 28, 18, name, "start"))
        x += 28 + 8.0 * len(name) + 24
    return f'<g fill="var(--muted)" font-size="12">{"".join(parts)}</g>'


def _marks(marks: Sequence[Mark], x: _Axis, scale: float, top: float, bottom: float) -> str:
    """Labels in up to three rows above the picture; a label without room is left out, its line stays."""
    reach = [-math.inf] * MARK_ROWS
    parts: list[str] = []
    inside = [mark for mark in marks if x.low <= mark.hz / scale <= x.high]
    pressing = sorted(inside, key=lambda m: (-(m.level.rank if m.level else -1), m.hz, m.label))[:MAX_MARKS]
    for mark in sorted(pressing, key=lambda m: (m.hz, m.label)):
        at = x.at(mark.hz / scale)
        role = f"level-{mark.level.value}" if mark.level else "muted"
        half = max(1.0, mark.width_hz / scale / (x.high - x.low) * (x.stop - x.start) / 2)
        left, right = max(x.start, at - half), min(x.stop, at + half)
        parts.append(
            f'<rect x="{left:.1f}" y="{top}" width="{right - left:.1f}" '
            f'height="{bottom - top}" fill="var(--{role})" fill-opacity="0.16"/>'
        )
        label_at = min(max(at, x.start + MARK_WIDTH / 2), x.stop - MARK_WIDTH / 2)
        row = next((i for i in range(MARK_ROWS) if reach[i] + 4 < label_at - MARK_WIDTH / 2), None)
        if row is None:
            continue
        reach[row] = label_at + MARK_WIDTH / 2
        height = top - 4 - 12 * row
        parts.append(f'<path d="M{at:.1f} {height + 2:.1f}V{top}" stroke="var(--{role})"/>')
        label = escape(safe_text(mark.label))
        parts.append(
            f'<text x="{label_at:.1f}" y="{height:.1f}" text-anchor="middle" font-size="11" '
            'font-weight="600" '
            f'fill="var(--{role})">{label}</text>'
        )
    return "".join(parts)


def framed(height: int, title: str, parts: Iterable[str], width: int = WIDTH) -> str:
    """Parts of a picture as one SVG of this height, named for who cannot see it."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
        f'aria-label="{escape(safe_text(title))}">{"".join(parts)}</svg>'
    )
