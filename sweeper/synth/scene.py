"""A scene: what is on the air, when and how strongly, and what listens. Read from a TOML file.

A scene names emitters of three media, the receiver that hears them, the hops that a sweep of it makes and
the stretches to be recorded. All that is random in it follows from ``seed``: the same file always renders
to the same bytes. Frequencies in hertz, levels in dBm at the antenna, times in seconds from its start.

    seed = 7
    duration_s = 2.0
    [[rf]]
    kind = "nfm"
    name = "bug"
    center_hz = 433.9e6
    level_dbm = -80
    on = [[0.5, 1.5]]            # on the air between these times; left out: all the time
    [[capture]]
    center_hz = 433.92e6
    rate_hz = 250e3
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from sweeper.errors import InputError
from sweeper.text import say

Positive = Annotated[float, Meta(gt=0, le=1e6)]
Deviation = Annotated[float, Meta(gt=0, le=20e6)]
Period = Annotated[float, Meta(ge=0.02, le=1e6)]
Decibels = Annotated[float, Meta(ge=-250, le=250)]
Hertz = Annotated[float, Meta(gt=0, le=8e9)]
Dbm = Annotated[float, Meta(ge=-200, le=30)]
Share = Annotated[float, Meta(ge=0, le=1)]
Seconds = Annotated[float, Meta(ge=0, le=1e6)]
FileName = Annotated[str, Meta(pattern=r"^(\w[\w .+-]*)?$", max_length=80)]
"""Names become file names: no path in them."""
Sound = Literal["voice", "music", "tone"]


class Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What everything in a scene has: no key that is not known, so that a slip of the pen is told."""


class Emitter(Part, frozen=True, kw_only=True, tag_field="kind"):
    """What every emitter has: a name of its own and the stretches of time when it is on the air."""

    name: str
    on: tuple[tuple[Seconds, Seconds], ...] = ()


# --- radio frequency ---


class RfEmitter(Emitter, frozen=True, kw_only=True):
    """``level_dbm`` is the mean power while it transmits; ``fading_db`` lets it wander slowly."""

    center_hz: Hertz
    level_dbm: Dbm
    fading_db: Annotated[float, Meta(ge=0, le=20)] = 0.0


class Carrier(RfEmitter, frozen=True, kw_only=True, tag="carrier"):
    """An unmodulated carrier."""


class Am(RfEmitter, frozen=True, kw_only=True, tag="am"):
    """Amplitude modulation with carrier."""

    depth: Share = 0.8
    sound: Sound = "voice"


class Nfm(RfEmitter, frozen=True, kw_only=True, tag="nfm"):
    """Narrow FM. ``talk_s`` = mean seconds pressed and released, drawn at random (a PMR handset)."""

    deviation_hz: Deviation = 2_500.0
    sound: Sound = "voice"
    talk_s: tuple[Positive, Positive] | None = None


class Wfm(RfEmitter, frozen=True, kw_only=True, tag="wfm"):
    """Wide FM, mono: a radio microphone or the classic room bug."""

    deviation_hz: Deviation = 50_000.0
    sound: Sound = "voice"


class Broadcast(RfEmitter, frozen=True, kw_only=True, tag="fm-broadcast"):
    """A stereo broadcast station: music, 19 kHz pilot, ±75 kHz (ITU-R BS.450)."""


class Packets(RfEmitter, frozen=True, kw_only=True, tag="packets"):
    """Short keyed packets, one each ``period_s`` seconds (drawn between the two)."""

    format: Literal["weather-sensor", "key-fob", "tpms", "wmbus"]
    period_s: tuple[Period, Period] = (30.0, 50.0)
    first_s: Seconds | None = None


class GsmUplink(RfEmitter, frozen=True, kw_only=True, tag="gsm-uplink"):
    """A handset or GSM bug in a call: one slot in eight, one idle frame in 26 (3GPP 45.002)."""

    slot: Annotated[int, Meta(ge=0, le=7)] = 3
    training: Annotated[int, Meta(ge=0, le=7)] = 0


class GsmC0(RfEmitter, frozen=True, kw_only=True, tag="gsm-c0"):
    """A base station's first carrier: FCCH, SCH, BCCH on slot 0, dummy or traffic bursts on the rest."""

    bsic: Annotated[int, Meta(ge=0, le=63)] = 21
    mcc: Annotated[int, Meta(ge=0, le=999)] = 401
    mnc: Annotated[int, Meta(ge=0, le=99)] = 1
    lac: Annotated[int, Meta(ge=0, le=65535)] = 1201
    ci: Annotated[int, Meta(ge=0, le=65535)] = 30417
    first_frame: Annotated[int, Meta(ge=0, lt=2715648)] = 0
    load: Share = 0.3


class Dect(RfEmitter, frozen=True, kw_only=True, tag="dect"):
    """A DECT base: one short burst each 10 ms; in a call full slots of base and handset."""

    call: bool = False
    slot: Annotated[int, Meta(ge=0, le=11)] = 2


class Lte(RfEmitter, frozen=True, kw_only=True, tag="lte"):
    """An LTE-like downlink: 15 kHz carriers, normal cyclic prefix; ``load`` of its blocks in use."""

    width_hz: Annotated[float, Meta(ge=1e6, le=20e6)] = 9e6
    load: Share = 1.0


class AnalogVideo(RfEmitter, frozen=True, kw_only=True, tag="analog-video"):
    """A wireless camera: PAL picture as FM, ``deviation_hz`` from sync tip to white."""

    deviation_hz: Deviation = 4e6
    sound_hz: Annotated[float, Meta(ge=0, le=20e6)] = 6.5e6


Rf = Carrier | Am | Nfm | Wfm | Broadcast | Packets | GsmUplink | GsmC0 | Dect | Lte | AnalogVideo


# --- Bluetooth Low Energy ---


class BleEmitter(Emitter, frozen=True, kw_only=True):
    """``rssi_dbm`` is the mean; single adverts spread by ``spread_db`` and go missing at ``loss``."""

    rssi_dbm: Annotated[float, Meta(ge=-110, le=0)] = -70.0
    spread_db: Annotated[float, Meta(ge=0, le=20)] = 4.0
    loss: Share = 0.3


class AirTag(BleEmitter, frozen=True, kw_only=True, tag="airtag"):
    """An AirTag: away from its owner (29-byte Find My frame each 2 s) or near."""

    separated: bool = True


class SmartTag(BleEmitter, frozen=True, kw_only=True, tag="smarttag"):
    """A Samsung SmartTag; ``state`` as in its service data (2 offline, 3 overmature, 4-6 owner near)."""

    state: Annotated[int, Meta(ge=1, le=6)] = 5


class IPhone(BleEmitter, frozen=True, kw_only=True, tag="iphone"):
    """A phone in use: Apple's *nearby info*, resolvable address that rotates each 15 minutes."""


class WindowsLaptop(BleEmitter, frozen=True, kw_only=True, tag="windows-laptop"):
    """A laptop: Microsoft's connected-devices beacon, rotating non-resolvable address."""


class Headphones(BleEmitter, frozen=True, kw_only=True, tag="headphones"):
    """Headphones with a name and Google Fast Pair account data, public address."""

    label: Annotated[str, Meta(max_length=20)] = "LE_WH-1000XM4"


class IBeacon(BleEmitter, frozen=True, kw_only=True, tag="ibeacon"):
    """A fixed advertising beacon (shop, meeting room)."""


class Thermometer(BleEmitter, frozen=True, kw_only=True, tag="thermometer"):
    """A room thermometer that broadcasts its reading (Environmental Sensing service data)."""


class RawAdvert(BleEmitter, frozen=True, kw_only=True, tag="raw"):
    """Any advertisement: AD structures as hex."""

    data: Annotated[str, Meta(pattern="^([0-9a-fA-F]{2}){0,31}$")]
    address_type: Literal["public", "random"] = "random"
    interval_s: Period = 1.0


Ble = AirTag | SmartTag | IPhone | WindowsLaptop | Headphones | IBeacon | Thermometer | RawAdvert


# --- Wi-Fi ---

Mac = Annotated[str, Meta(pattern="^[0-9a-f]{2}(:[0-9a-f]{2}){5}$")]


class WifiEmitter(Emitter, frozen=True, kw_only=True):
    """``signal_dbm`` is the mean at the capturing adapter; ``address`` is drawn where it is not given."""

    signal_dbm: Annotated[float, Meta(ge=-110, le=0)] = -60.0
    loss: Share = 0.03
    address: Mac | None = None


class AccessPoint(WifiEmitter, frozen=True, kw_only=True, tag="access-point"):
    """A beacon each 102.4 ms with the elements of a WPA2 access point."""

    ssid: Annotated[str, Meta(max_length=32)]
    channel: Annotated[int, Meta(ge=1, le=165)]


class Station(WifiEmitter, frozen=True, kw_only=True):
    """What is joined to an access point of the scene (``ap`` is that one's name)."""

    ap: str


class WifiPhone(Station, frozen=True, kw_only=True, tag="phone"):
    """A phone: probe requests from randomised addresses, bursts of traffic, power saving."""


class WifiLaptop(Station, frozen=True, kw_only=True, tag="laptop"):
    """A laptop: a long download, or a video call in both directions."""

    use: Literal["download", "video-call"] = "download"


class Camera(Station, frozen=True, kw_only=True, tag="camera"):
    """A streaming camera: H.264-like frames uplink, a key frame each two seconds, sound."""

    frames_per_s: Annotated[float, Meta(ge=1, le=60)] = 20.0
    kbit_per_s: Annotated[float, Meta(gt=0, le=100_000)] = 1_500.0
    audio: bool = True


Wifi = AccessPoint | WifiPhone | WifiLaptop | Camera


# --- what listens ---


class Receiver(Part, frozen=True, kw_only=True):
    """The receiver. 0 dBFS stands for ``-gain_db`` dBm; its own noise is -174 dBm/Hz + ``noise_figure_db``.

    ``spurs`` are (offset from the tuned centre in Hz, dBFS); ``bits`` 0 leaves the samples as floats. The
    defaults are an RTL-SDR at medium gain in a town: as in captures of real ones the noise moves the
    converter by 1 to 4 steps and the DC offset is a tenth of a step.
    """

    gain_db: Decibels = 62.0
    noise_figure_db: Annotated[float, Meta(ge=0, le=60)] = 16.0
    dc_dbfs: Decibels = -58.0
    image_db: Decibels = -55.0
    spurs: tuple[tuple[Annotated[float, Meta(ge=-50e6, le=50e6)], Decibels], ...] = ()
    ppm: Annotated[float, Meta(ge=-200, le=200)] = 0.0
    bits: Annotated[int, Meta(ge=0, le=16)] = 8


class Sweep(Part, frozen=True, kw_only=True):
    """Looks of ``dwell_s`` at each of ``hops_hz`` in turn, ``passes`` times, spread over the scene."""

    hops_hz: Annotated[tuple[Hertz, ...], Meta(min_length=1, max_length=10_000)]
    rate_hz: Annotated[float, Meta(ge=1e3, le=20e6)] = 2.4e6
    dwell_s: Annotated[float, Meta(gt=0, le=1)] = 0.06
    passes: Annotated[int, Meta(ge=1, le=100_000)] = 1


class Capture(Part, frozen=True, kw_only=True):
    """One stretch to be written as an IQ recording."""

    center_hz: Hertz
    rate_hz: Annotated[float, Meta(ge=1e3, le=100e6)]
    start_s: Seconds = 0.0
    duration_s: Positive | None = None
    name: FileName = ""
    format: Literal["cu8", "cs8", "cs16", "cf32", "sigmf"] = "cu8"


class Stay(Part, frozen=True, kw_only=True):
    """The Wi-Fi adapter stays on one channel for so many seconds; the list of stays repeats."""

    channel: Annotated[int, Meta(ge=1, le=165)]
    seconds: Period


class Scene(Part, frozen=True, kw_only=True):
    """A whole scene. ``start_utc_s`` is its start as Unix time.

    ``formats`` are the files to write where nobody asks for others; ``snap_bytes`` cuts captured Wi-Fi frames
    (as ``tcpdump -s`` does), 0 keeps them whole.
    """

    seed: Annotated[int, Meta(ge=0, lt=2**62)]
    duration_s: Annotated[float, Meta(gt=0, le=86_400)]
    name: FileName = "scene"
    about: str = ""
    start_utc_s: Annotated[float, Meta(ge=0, le=4e9)] = 1_768_208_400.0
    formats: tuple[str, ...] = ()
    snap_bytes: Annotated[int, Meta(ge=0)] = 0
    receiver: Receiver = Receiver()
    sweep: Sweep | None = None
    capture: tuple[Capture, ...] = ()
    listen: tuple[Stay, ...] = ()
    rf: tuple[Rf, ...] = ()
    ble: tuple[Ble, ...] = ()
    wifi: tuple[Wifi, ...] = ()


def load(path: Path | str) -> Scene:
    """The scene in a TOML file; raises ``InputError`` naming file and key (or line) of what is wrong."""
    try:
        raw = Path(path).read_bytes()
    except OSError as error:
        raise InputError(str(path), error.strerror or say("cannot be read")) from error
    try:
        scene = msgspec.toml.decode(raw, type=Scene)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise InputError(str(path), say("not a scene: {error}", error=error)) from error
    problem = _contradiction(scene)
    if problem:
        raise InputError(str(path), problem)
    return scene if scene.name != "scene" else msgspec.structs.replace(scene, name=Path(path).stem)


def _contradiction(scene: Scene) -> str:
    emitters = (*scene.rf, *scene.ble, *scene.wifi)
    names = [emitter.name for emitter in emitters]
    for name in names:
        if names.count(name) > 1:
            return f"two emitters are called {name!r}"
    for emitter in emitters:
        edges = [edge for pair in emitter.on for edge in pair]
        if edges != sorted(set(edges)):
            return f"{emitter.name}: `on` must be pairs of a start and a later stop, one after the other"
        if isinstance(emitter, Packets) and emitter.period_s[1] < emitter.period_s[0]:
            return f"{emitter.name}: `period_s` must be the shortest and the longest period"
    points = {w.name for w in scene.wifi if isinstance(w, AccessPoint)}
    for station in scene.wifi:
        if isinstance(station, Station) and station.ap not in points:
            return f"{station.name}: no access point is called {station.ap!r}"
    for capture in scene.capture:
        if capture.start_s + (capture.duration_s or 0) > scene.duration_s:
            return f"capture at {capture.center_hz:.0f} Hz ends after the scene"
    return ""
