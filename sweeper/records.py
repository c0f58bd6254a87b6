"""Every kind of record. A sweep is a stream of these; nothing else passes between its parts.

Records are immutable. ``source`` names the input or receiver that a record comes from, ``time_s`` counts
seconds from that input's start; the ``Opened`` record of the source tells when that was in UTC. Units stand
in the field names. ``None`` means *not sent* or *not measured*, never zero.

    Source ──> Opened, IqBlock, Trace, AdvertisementBatch, FrameBatch, Status, Closed
    Stages ──> Trace, SweepPass, Emission, Device, Recognised, Detection, Finding, Coverage, Status
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from sweeper.errors import Reason
from sweeper.text import Phrase, Words, english, phrase_of

Floats = npt.NDArray[np.float32]
Samples = npt.NDArray[np.complex64]
Value = str | int | float | bool | None | list[Any] | dict[str, Any]


class Medium(enum.StrEnum):
    RF = "rf"
    BLE = "ble"
    WIFI = "wifi"
    LAN = "lan"


class Level(enum.StrEnum):
    """How much a finding asks of the reader. There is no level for certainty: a person decides."""

    INFO = "info"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"

    @property
    def rank(self) -> int:
        return _LEVELS.index(self)


_LEVELS = [Level.INFO, Level.LOW, Level.MEDIUM, Level.HIGH]


class State(enum.StrEnum):
    """State of a source or stage, as shown in the status strip and the report."""

    READY = "ready"
    LISTENING = "listening"
    DEGRADED = "degraded"
    FAILED = "failed"
    ENDED = "ended"


class Record(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """What every record has."""

    source: str
    time_s: float


class Opened(Record, frozen=True, kw_only=True, eq=False):
    """A source began. For a recording: what it is and how it is read. ``look`` as in ``Coverage``."""

    medium: Medium
    path: str = ""
    format: str = ""
    rate_hz: float | None = None
    center_hz: float | None = None
    start_utc_s: float | None = None
    duration_s: float | None = None
    live: bool = False
    demo: bool = False
    sha256: str | None = None
    annotations: tuple[dict[str, Any], ...] = ()
    look: str = ""


class Closed(Record, frozen=True, kw_only=True, eq=False):
    """A source ended. ``problems`` are English lines for a person, ``said`` the same lines for the reader's
    own language (``ended`` makes both); ``records`` counts samples, adverts or frames.

    ``sha256`` is that of a recording's file, computed while it was read.
    """

    records: int
    duration_s: float | None = None
    problems: tuple[str, ...] = ()
    sha256: str | None = None
    said: tuple[Phrase, ...] = ()


class IqBlock(Record, frozen=True, kw_only=True, eq=False):
    """Contiguous complex baseband samples, full scale 1.0, around ``center_hz``.

    ``time_s`` is that of the first sample, ``first_sample`` its index since the last retune or gap: a block
    with ``first_sample == 0`` starts a new look. ``center_hz`` is 0.0 where the recording does not tell.
    ``usable_hz`` is the span around the centre that the receiver's filters leave whole (``None``: all of it);
    a sweep overlaps its hops so that what lies outside is heard in the neighbour. ``sweep_pass`` counts the
    passes of a live sweep. A ``second_look`` tests what the receiver makes itself and counts as no listening;
    ``gain_step_db`` is its gain against that of the sweep, which ``gain_db`` tells where it is known.
    """

    rate_hz: float
    center_hz: float
    samples: Samples
    first_sample: int
    channel: int = 0
    usable_hz: float | None = None
    sweep_pass: int | None = None
    second_look: bool = False
    gain_step_db: float = 0.0
    gain_db: float | None = None


class Trace(Record, frozen=True, kw_only=True, eq=False):
    """Power density over frequency: bin ``i`` is centred on ``start_hz + i * bin_hz``.

    ``mean_db`` and ``max_db`` are dBFS/Hz (dBm/Hz where ``calibrated``) over ``transforms`` transforms in
    ``dwell_s`` seconds; ``floor_db`` is the estimated noise floor per bin, ``None`` where unknown.
    ``sweep_pass`` is that of the samples.
    """

    start_hz: float
    bin_hz: float
    mean_db: Floats
    max_db: Floats
    dwell_s: float
    transforms: int
    floor_db: Floats | None = None
    calibrated: bool = False
    sweep_pass: int | None = None


class SweepPass(Record, frozen=True, kw_only=True, eq=False):
    """One pass of a live sweep, its looks stitched to one trace from the lowest to the highest frequency.

    Bins that were not heard are NaN. ``number`` counts from 0; ``time_s`` is when the pass ended.
    """

    number: int
    trace: Trace


class Burst(msgspec.Struct, frozen=True):
    """One stretch of time during which an emission was on the air."""

    start_s: float
    duration_s: float
    center_hz: float
    snr_db: float


class Emission(Record, frozen=True, kw_only=True, eq=False):
    """One signal above the floor. A later record with the same ``id`` replaces the earlier one."""

    id: str
    center_hz: float
    width_hz: float
    power_dbfs: float
    snr_db: float
    start_s: float
    stop_s: float
    kind: str = "unknown"
    features: dict[str, Value] = {}
    bursts: tuple[Burst, ...] = ()


class Place(msgspec.Struct, frozen=True):
    """Where the listener was. Degrees WGS 84, or a name the user typed, or both."""

    lat: float | None = None
    lon: float | None = None
    name: str = ""


class Advertisement(msgspec.Struct, frozen=True):
    """One BLE advertisement. ``data`` holds the AD structures as sent (empty where the log has none),
    ``platform`` what the system knows of the sender besides (``alias``, ``paired`` …), with plain values."""

    time_s: float
    address: str
    address_type: str | None = None
    rssi_dbm: int | None = None
    data: bytes = b""
    channel: int | None = None
    place: Place | None = None
    hint: str = ""
    platform: dict[str, Value] | None = None


class AdvertisementBatch(Record, frozen=True, kw_only=True, eq=False):
    """Advertisements in time order; ``time_s`` is that of the first."""

    adverts: tuple[Advertisement, ...]


class FrameBatch(Record, frozen=True, kw_only=True, eq=False):
    """Captured link-layer frames in time order, as bytes, unparsed.

    ``link_type`` is libpcap's (105 802.11, 119 prism, 127 radiotap, 192 PPI; of the LAN 1 Ethernet, 113 and
    276 Linux cooked, 101, 12, 14, 228 and 229 raw IP, 0 loopback). ``times_s``,
    ``frames`` and ``lengths`` (the original lengths; a frame may be cut) are of equal length.
    ``lost`` counts what the kernel dropped since the previous batch.
    """

    medium: Medium
    link_type: int
    times_s: tuple[float, ...]
    frames: tuple[bytes, ...]
    lengths: tuple[int, ...]
    lost: int = 0


class Device(Record, frozen=True, kw_only=True, eq=False):
    """One transmitter of the BLE, Wi-Fi or LAN inventory. A later record with the same id replaces it.

    ``facts`` are the named keys that signatures match on and evidence quotes, e.g. ``ble.company``,
    ``findmy.state``, ``wifi.ssid``, ``wifi.oui``. ``addresses`` holds linked addresses, newest last;
    ``place`` is where the listener was when it was last heard.
    """

    id: str
    medium: Medium
    address: str
    kind: str = "unknown"
    state: str | None = None
    vendor: str | None = None
    model: str | None = None
    signature: str | None = None
    first_s: float = 0.0
    last_s: float = 0.0
    sightings: int = 0
    rssi_dbm: int | None = None
    addresses: tuple[str, ...] = ()
    facts: dict[str, Value] = {}
    place: Place | None = None


class Recognised(Record, frozen=True, kw_only=True, eq=False):
    """The user has said earlier what this emitter is (``sweeper.known``): it stays listed and does not alarm.

    ``subject`` is a Device's or Emission's id, ``entry`` and ``alias`` name the user's entry, ``by`` the key
    it was recognised by. ``elsewhere`` is true where it is away from the place that it belongs to.
    """

    subject: str
    entry: str
    mark: str
    alias: str
    confidence: float
    by: str
    place: str = ""
    elsewhere: bool | None = None


class Evidence(msgspec.Struct, frozen=True):
    """One thing that was measured: which record, what, how much."""

    what: str
    value: Value = None
    unit: str = ""
    source: str = ""
    time_s: float | None = None


class Detection(Record, frozen=True, kw_only=True, eq=False):
    """One detector's claim about one emitter (``subject`` is an Emission's or Device's id).

    ``confidence`` in 0..1 says how well the evidence fits the claim, not how likely harm is. ``why``,
    ``benign`` and ``next`` are shown to the reader; ``benign`` names at least two innocent causes.
    """

    detector: str
    subject: str
    kind: str
    level: Level
    confidence: float
    title: Phrase
    why: tuple[Phrase, ...]
    benign: tuple[Phrase, ...]
    next: tuple[Phrase, ...]
    evidence: tuple[Evidence, ...] = ()
    signature: str | None = None
    signature_version: int | None = None


class Finding(Record, frozen=True, kw_only=True, eq=False):
    """What the reader sees: all detections on one emitter, rated and explained.

    ``raised_s`` is when it first reached its present level. A later record with the same id replaces it.
    """

    id: str
    level: Level
    kind: str
    title: Phrase
    subject: str
    raised_s: float
    confidence: float
    why: tuple[Phrase, ...]
    benign: tuple[Phrase, ...]
    next: tuple[Phrase, ...]
    evidence: tuple[Evidence, ...]
    signature: str | None = None
    signature_version: int | None = None
    detectors: tuple[str, ...] = ()


class Coverage(Record, frozen=True, kw_only=True, eq=False):
    """What was listened to. A band without such a record was not swept. A later one with the same
    ``(source, medium, start_hz, stop_hz)`` replaces it. ``bin_hz`` is the resolution of a decision,
    ``gain_db`` that of a live receiver, ``looks_s`` when it was listened to (start, stop; looks less than a
    second apart are one), as far as it was kept. ``look`` names a lesser look: ``access-points-only`` where
    only networks that announce themselves were listed. ``duty`` is the share of the time in which a live
    adapter that listens in turns did listen, ``None`` where too little was heard to tell."""

    medium: Medium
    seconds: float
    start_hz: float | None = None
    stop_hz: float | None = None
    dwell_s: float | None = None
    floor_dbfs_per_hz: float | None = None
    adverts: int | None = None
    frames: int | None = None
    lost: int | None = None
    channels: tuple[int, ...] = ()
    bin_hz: float | None = None
    gain_db: float | None = None
    looks_s: tuple[tuple[float, float], ...] = ()
    look: str = ""
    duty: float | None = None


class Status(Record, frozen=True, kw_only=True, eq=False):
    """Something the reader must know about the sweep itself: a failure, a drop, a recovery.

    ``detail`` is English; ``said`` is the same for the reader's own language, where it was not an outside
    word (a driver's, an operating system's).
    """

    subject: str
    state: State
    reason: Reason | None = None
    detail: str = ""
    said: Phrase | None = None


def told(
    words: Words, *, source: str, time_s: float, subject: str, state: State, reason: Reason | None = None
) -> Status:
    """A Status that says ``words``, in English and for the reader's own language."""
    return Status(
        source=source,
        time_s=time_s,
        subject=subject,
        state=state,
        reason=reason,
        detail=english(words),
        said=phrase_of(words),
    )


def ended(
    problems: Sequence[Words],
    *,
    source: str,
    time_s: float,
    records: int,
    duration_s: float | None = None,
    sha256: str | None = None,
) -> Closed:
    """The end of a source that tells ``problems``, in English and for the reader's own language."""
    return Closed(
        source=source,
        time_s=time_s,
        records=records,
        duration_s=duration_s,
        problems=tuple(english(line) for line in problems),
        sha256=sha256,
        said=tuple(phrase_of(line) for line in problems),
    )
