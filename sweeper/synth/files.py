"""A scene as files: IQ (plain or SigMF), advertisement logs and captures, Wi-Fi captures.

    cu8 cs8 cs16 cf32   samples, with centre and rate in the name as rtl_433 writes them
    sigmf               metadata and data (https://sigmf.org), what is in them annotated
    jsonl, ble-pcap, btsnoop     advertisements: a log, link type 256, Android's HCI log
    pcap                802.11 with radiotap, link type 127

Everything says that it is synthetic where the format has room to say so.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from sweeper.errors import InputError, SweeperError
from sweeper.records import Advertisement, Samples
from sweeper.synth import ble, packet_files, sigmf_text, wifi
from sweeper.synth.receiver import Receiver
from sweeper.synth.scene import Capture, Scene
from sweeper.text import say

IQ_FORMATS = ("cu8", "cs8", "cs16", "cf32", "sigmf")
BLE_FORMATS = ("jsonl", "ble-pcap", "btsnoop")
FORMATS = (*IQ_FORMATS, *BLE_FORMATS, "pcap")
BLOCK = 1 << 18
"""Samples rendered at once: 100 MB at most, whatever the length of the recording."""


def demo_scene() -> Path:
    """The bundled office: in a checkout under ``recordings``, in an installed wheel under ``data``."""
    return recordings_folder() / "scenes" / "office.toml"


def recordings_folder() -> Path:
    """Where the bundled recordings and scenes lie."""
    package = Path(__file__).parent.parent
    packed = package / "data" / "recordings"
    return packed if packed.is_dir() else package.parent / "recordings"


def write(scene: Scene, folder: Path | str, formats: Iterable[str] = ()) -> list[Path]:
    """Renders the scene into ``folder`` and names the files made, in order.

    ``formats`` chooses among ``FORMATS``; empty means what the scene says, and where it says nothing the
    format of each capture, ``jsonl`` and ``pcap``.
    Raises ``SweeperError`` for a format that is none, and where the folder cannot be written.
    """
    wanted = tuple(formats) or scene.formats
    for name in wanted:
        if name not in FORMATS:
            raise SweeperError(
                say("{name}: not a format to write; there are {list}", name=name, list=", ".join(FORMATS))
            )
    folder = Path(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return [*_iq(scene, folder, wanted), *_packets(scene, folder, wanted)]
    except OSError as error:
        raise InputError(str(error.filename or folder), error.strerror or say("cannot be written")) from error


def _iq(scene: Scene, folder: Path, wanted: tuple[str, ...]) -> Iterator[Path]:
    receiver = Receiver(scene)
    chosen = [name for name in wanted if name in IQ_FORMATS]
    for capture in scene.capture:
        for name in chosen or ([] if wanted else [capture.format]):
            yield from _capture(scene, receiver, capture, folder, name)
    if scene.sweep and scene.rf and not scene.capture and ("sigmf" in chosen or not wanted):
        stem = folder / f"{scene.name}-sweep"
        looks = list(sigmf_text.sweep_looks(scene))
        with open(f"{stem}.sigmf-data", "wb") as file:
            for look in looks:
                _samples(file, receiver, look, "cu8")
        Path(f"{stem}.sigmf-meta").write_text(sigmf_text.metadata(scene, looks, "cu8"), encoding="utf-8")
        yield from (Path(f"{stem}.sigmf-meta"), Path(f"{stem}.sigmf-data"))


def _capture(scene: Scene, receiver: Receiver, capture: Capture, folder: Path, kind: str) -> Iterator[Path]:
    label = capture.name or scene.name
    length = capture.duration_s or scene.duration_s - capture.start_s
    look = sigmf_text.Look(
        capture.start_s, capture.center_hz, capture.rate_hz, round(length * capture.rate_hz)
    )
    if kind == "sigmf":
        meta, data = folder / f"{label}.sigmf-meta", folder / f"{label}.sigmf-data"
        meta.write_text(sigmf_text.metadata(scene, [look], "cu8"), encoding="utf-8")
        yield meta
    else:
        mega, kilo = capture.center_hz / 1e6, capture.rate_hz / 1e3
        data = folder / f"{label}_{mega:.10g}M_{kilo:.10g}k.{kind}"
    with open(data, "wb") as file:
        _samples(file, receiver, look, "cu8" if kind == "sigmf" else kind)
    yield data


def _samples(file: IO[bytes], receiver: Receiver, look: sigmf_text.Look, kind: str) -> None:
    for done in range(0, look.count, BLOCK):
        count = min(BLOCK, look.count - done)
        block = receiver.samples(look.start_s + done / look.rate_hz, count, look.center_hz, look.rate_hz)
        packed(block, kind).tofile(file)


def packed(samples: Samples, kind: str) -> npt.NDArray[Any]:
    """Samples of full scale 1.0 as the numbers of a format, I and Q in turn."""
    parts = np.ascontiguousarray(samples).view(np.float32).astype(np.float64)
    if kind == "cf32":
        return np.asarray(parts, dtype="<f4")
    bits, dtype, middle = {"cu8": (8, "u1", 128), "cs8": (8, "i1", 0), "cs16": (16, "<i2", 0)}[kind]
    half = 1 << (bits - 1)
    numbers = np.clip(np.floor(parts * half), -half, half - 1) + middle
    return np.asarray(numbers, dtype=dtype)


def _packets(scene: Scene, folder: Path, wanted: tuple[str, ...]) -> Iterator[Path]:
    heard = ble.everything(scene) if scene.ble else []
    start = scene.start_utc_s
    if heard and ("jsonl" in wanted or not wanted):
        path = folder / f"{scene.name}.jsonl"
        path.write_text("".join(_log(scene, heard)), encoding="utf-8")
        yield path
    if heard and "ble-pcap" in wanted:
        path = folder / f"{scene.name}{'-ble' if scene.wifi else ''}.pcap"
        path.write_bytes(packet_files.ble_pcap(heard, start))
        yield path
    if heard and "btsnoop" in wanted:
        path = folder / f"{scene.name}.btsnoop"
        path.write_bytes(packet_files.btsnoop(heard, start))
        yield path
    if scene.wifi and ("pcap" in wanted or not wanted):
        path = folder / f"{scene.name}{'-wifi' if scene.ble else ''}.pcap"
        with open(path, "wb") as file:
            file.write(packet_files.pcap_header(packet_files.RADIOTAP))
            for time_s, frame in wifi.frames(scene):
                file.write(packet_files.pcap_packet(start + time_s, frame, scene.snap_bytes))
        yield path


def _log(scene: Scene, heard: list[Advertisement]) -> Iterator[str]:
    note = f"SYNTHETIC: rendered by sweeper synth from scene {scene.name!r}, seed {scene.seed}"
    yield json.dumps({"type": "log", "note": note}) + "\n"
    for advert in heard:
        line = {
            "type": "advertisement",
            "time": round(scene.start_utc_s + advert.time_s, 6),
            "address": advert.address,
            "address_type": advert.address_type,
            "rssi_dbm": advert.rssi_dbm,
            "channel": advert.channel,
            "data": advert.data.hex(),
        }
        yield json.dumps(line) + "\n"
