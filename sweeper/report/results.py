"""The results document: what ``--json`` prints, and what other programs may rely on.

The keys are a contract (see the project's documentation, *Results document*): more may be added, none is
renamed. The same recording gives the same bytes: rows are in a stated order, numbers have no more digits than
the measurement, and no clock of this computer is read. Control and direction characters, which a hostile
name may carry, are written as JSON escapes, so the document is inert on a terminal too.

    document = results.document(collector, library=library)
    print(results.encode(document))
"""

from __future__ import annotations

import enum
import math
import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from sweeper import __version__, language, sensing
from sweeper.records import Coverage, Device, Emission, Evidence, Finding, Medium, Opened, Status, SweepPass
from sweeper.report.collect import Collector
from sweeper.report.reach import UPLINK_MHZ
from sweeper.signatures import Library
from sweeper.text import Phrase

Document = dict[str, Any]
Doubles = npt.NDArray[np.float64]
Render = Callable[[Phrase], str]

_DIGITS = {"_s": 6, "_hz": 1, "_mhz": 3, "_db": 1, "_dbm": 1, "_dbfs": 1, "_dbfs_per_hz": 1, "_ppm": 2}
"""Decimals by the unit in the name: a microsecond, a tenth of a hertz, a tenth of a decibel."""
_SIGNIFICANT = 6
"""Significant digits of a number without a unit in its name."""


def document(
    collected: Collector,
    *,
    library: Library,
    render: Render | None = None,
    sweep: Mapping[str, float] | None = None,
) -> Document:
    """The results of one session as plain JSON values.

    ``render`` speaks phrases (``Language.phrase``; English by default); ``sweep`` is the speed of a live
    sweep: hops, span_mhz, wall_s, mhz_per_s, lost_blocks.
    """
    speak = render or language.get("en").phrase
    made: Document = {
        "sweeper": {
            "version": __version__,
            "signatures": {
                "version": library.version,
                "sha256": library.sha256,
                "count": len(library.signatures),
            },
            "ai_assisted": False,
        },
        "demo": collected.demo,
        "inputs": _inputs(collected),
        "coverage": [_coverage(row) for row in collected.coverage],
        **_limits(collected, speak),
        "emissions": [_emission(emission) for emission in collected.emissions],
        "devices": [_device(device) for device in collected.devices],
        "findings": [_finding(finding, speak) for finding in collected.findings],
        "status": [_status(status, count) for status, count in collected.statuses],
    }
    if collected.passes:
        made["passes"] = [_pass(one) for one in collected.passes]
    if sweep is not None:
        made["sweep"] = {key: _plain(value, key) for key, value in sweep.items()}
    return made


def encode(made: Document, *, indent: int | None = 2) -> str:
    """The document as text without a final line break; ``indent=None`` puts it on one line."""
    data = msgspec.json.encode(made)
    text = (data if indent is None else msgspec.json.format(data, indent=indent)).decode()
    return _UNSEEN.sub(lambda found: _escaped(found[0]), text)


_UNSEEN = re.compile(
    "[\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e0fff]"
)
"""What a terminal would obey instead of show; JSON itself escapes what is below U+0020."""


def _escaped(character: str) -> str:
    return "".join(f"\\u{unit:04x}" for unit in np.frombuffer(character.encode("utf-16-le"), "<u2"))


def _inputs(collected: Collector) -> list[Document]:
    rows = [_input(collected, opened) for opened in collected.opened.values()]
    for refused in collected.refused:
        rows.append(
            {
                "path": _text(refused.path),
                "medium": None,
                "format": None,
                "rate_hz": None,
                "center_hz": None,
                "duration_s": None,
                "records": 0,
                "problems": [_text(refused.problem)],
            }
        )
    return rows


def _input(collected: Collector, opened: Opened) -> Document:
    closed = collected.closed.get(opened.source)
    duration_s = opened.duration_s
    if closed is not None and closed.duration_s is not None:
        duration_s = closed.duration_s
    return {
        "path": _text(opened.path),
        "medium": opened.medium.value,
        "format": _plain(opened.format or None),
        "rate_hz": _plain(opened.rate_hz, "rate_hz"),
        "center_hz": _plain(opened.center_hz, "center_hz"),
        "duration_s": _plain(duration_s, "duration_s"),
        "records": closed.records if closed is not None else 0,
        "problems": [_text(line) for line in collected.problems(opened.source)],
        "source": _text(opened.source),
        "live": opened.live,
        "start_utc_s": _plain(opened.start_utc_s, "start_utc_s"),
        "sha256": (closed.sha256 if closed is not None else None) or opened.sha256,
    }


_ROWS = {
    Medium.RF: ("start_hz", "stop_hz", "dwell_s", "floor_dbfs_per_hz", "seconds", "bin_hz", "gain_db"),
    Medium.BLE: ("seconds", "adverts", "duty"),
    Medium.WIFI: ("seconds", "channels", "frames", "lost"),
    Medium.LAN: ("seconds", "frames", "lost"),
}


def _coverage(row: Coverage) -> Document:
    made: Document = {"medium": row.medium.value, "source": _text(row.source)}
    for key in _ROWS[row.medium]:
        made[key] = _plain(getattr(row, key), "seconds_s" if key == "seconds" else key)
    if row.look:
        made["look"] = row.look
    return made


TRACKER_REPORTS_S = (300.0, 1800.0, 86_400.0)
"""How often cellular trackers report: while moving, at rest, and those that are to last for a year."""


def _limits(collected: Collector, speak: Render) -> Document:
    """What a live sweep could have found; nothing for recordings, whose gain is not known."""
    reaches = sensing.reaches(collected.coverage)
    if not reaches:
        return {}
    uplinks = [(low * 1e6, high * 1e6) for low, high in UPLINK_MHZ]
    made: Document = {
        "reach": [
            {
                "center_hz": _plain(one.hz, "center_hz"),
                "power_mw": one.power_mw,
                "sensitivity_dbm": _plain(one.needed_dbm.value, "sensitivity_dbm"),
                "error_db": _plain(one.needed_dbm.high - one.needed_dbm.value, "error_db"),
                "within_m": _plain(one.metres.low),
                "text": _text(speak(one.phrase)),
            }
            for one in reaches
        ],
        "cellular_tracker": [
            {"every_s": every_s, "chance": _plain(sensing.chance_heard(collected.coverage, uplinks, every_s))}
            for every_s in TRACKER_REPORTS_S
        ],
    }
    return {"limits": made}


PASS_POINTS = 2_048
"""Points of a stitched pass in the document: a screen is about as wide; ``--trace`` writes every bin."""


def _pass(one: SweepPass) -> Document:
    """Mean and maximum over the band, pooled to what a screen shows; ``null`` where nothing was heard."""
    trace = one.trace
    fold = max(1, -(-len(trace.mean_db) // PASS_POINTS))
    made: Document = {
        "source": _text(one.source),
        "number": one.number,
        **_measured(one, ("time_s",)),
        "start_hz": _plain(trace.start_hz + (fold - 1) * trace.bin_hz / 2, "start_hz"),
        "step_hz": _plain(trace.bin_hz * fold, "step_hz"),
        "bin_hz": _plain(trace.bin_hz, "bin_hz"),
        "bins": len(trace.mean_db),
        "dwell_s": _plain(trace.dwell_s, "dwell_s"),
    }
    heard = np.isfinite(trace.mean_db)
    power = np.where(heard, 10 ** (np.nan_to_num(trace.mean_db) / 10), 0.0)
    count = _folded(heard.astype(np.float64), fold).sum(axis=1)
    mean = _folded(power, fold).sum(axis=1) / np.maximum(count, 1)
    top = _folded(np.where(heard, np.nan_to_num(trace.max_db), -np.inf), fold, -np.inf).max(axis=1)
    there = count > 0
    made["mean_db"] = _levels(10 * np.log10(np.maximum(mean, 1e-30)), there)
    made["max_db"] = _levels(top, there)
    return made


def _folded(values: Doubles, fold: int, rest: float = 0.0) -> Doubles:
    """Rows of ``fold`` values, the last filled up with ``rest``."""
    return np.concatenate([values, np.full(-len(values) % fold, rest)]).reshape(-1, fold)


def _levels(values: Doubles, there: npt.NDArray[np.bool_]) -> list[float | None]:
    return [round(v, 1) if known else None for v, known in zip(values.tolist(), there.tolist(), strict=True)]


def _emission(emission: Emission) -> Document:
    return {
        "id": _text(emission.id),
        "source": _text(emission.source),
        **_measured(emission, ("center_hz", "width_hz", "power_dbfs", "snr_db", "start_s", "stop_s")),
        "kind": _text(emission.kind),
        "features": _plain(dict(sorted(emission.features.items()))),
        "bursts": [
            _measured(burst, ("start_s", "duration_s", "center_hz", "snr_db")) for burst in emission.bursts
        ],
    }


def _device(device: Device) -> Document:
    return {
        "id": _text(device.id),
        "medium": device.medium.value,
        "address": _text(device.address),
        "kind": _text(device.kind),
        "state": _plain(device.state),
        "vendor": _plain(device.vendor),
        "model": _plain(device.model),
        "signature": _plain(device.signature),
        **_measured(device, ("first_s", "last_s")),
        "sightings": device.sightings,
        "source": _text(device.source),
        "rssi_dbm": _plain(device.rssi_dbm),
        "addresses": [_text(address) for address in device.addresses],
        "facts": _plain(dict(sorted(device.facts.items()))),
    }


def _finding(finding: Finding, speak: Render) -> Document:
    return {
        "id": _text(finding.id),
        "level": finding.level.value,
        "kind": _text(finding.kind),
        "title": _text(speak(finding.title)),
        "subject": _text(finding.subject),
        "raised_s": _plain(finding.raised_s, "raised_s"),
        "signature": _plain(finding.signature),
        "confidence": round(finding.confidence, 2),
        "why": [_text(speak(phrase)) for phrase in finding.why],
        "benign": [_text(speak(phrase)) for phrase in finding.benign],
        "next": [_text(speak(phrase)) for phrase in finding.next],
        "evidence": [_evidence(item) for item in finding.evidence],
        "signature_version": finding.signature_version,
        "detectors": _plain(finding.detectors),
        "source": _text(finding.source),
    }


def _evidence(item: Evidence) -> Document:
    suffix = f"x_{item.unit.lower().replace('/', '_per_')}" if item.unit else ""
    return {
        "what": _text(item.what),
        "value": _plain(item.value, suffix),
        "unit": _text(item.unit),
        "source": _text(item.source),
        "time_s": _plain(item.time_s, "time_s"),
    }


def _status(status: Status, count: int) -> Document:
    return {
        "subject": _text(status.subject),
        "state": status.state.value,
        "reason": status.reason.value if status.reason is not None else None,
        "detail": _text(status.detail),
        "source": _text(status.source),
        "count": count,
    }


def _measured(record: object, keys: Iterable[str]) -> Document:
    return {key: _plain(getattr(record, key), key) for key in keys}


def _plain(value: Any, key: str = "") -> Any:
    """``value`` as JSON can say it, floats rounded by the unit that ``key`` names; not-a-number is null."""
    if type(value) is float:
        return _rounded(value, key)
    if isinstance(value, np.generic | np.ndarray):
        value = value.tolist()
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, float):
        return _rounded(value, key)
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, Mapping):
        return {_text(str(name)): _plain(item, str(name)) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item, key) for item in value]
    return value


def _rounded(value: float, key: str) -> float | None:
    if not math.isfinite(value):
        return None
    digits = _decimals(key)
    return (round(value, digits) if digits is not None else float(f"{value:.{_SIGNIFICANT}g}")) + 0.0


@cache
def _decimals(key: str) -> int | None:
    return next((digits for suffix, digits in _DIGITS.items() if key.endswith(suffix)), None)


def _text(value: str) -> str:
    """Text that UTF-8 can carry: a byte of a file name that is no UTF-8 becomes ``\\xNN``."""
    try:
        value.encode()
    except UnicodeEncodeError:
        pass
    else:
        return value
    try:
        return value.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    except UnicodeEncodeError:
        return value.encode("utf-8", "backslashreplace").decode()
