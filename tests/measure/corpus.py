"""``make corpus``: what the program makes of the corpus of real captures, against what is known to be in it.

Prints one line a figure. The truth is the corpus's own: rtl_433's decodes, the vectors' classes, the planted
tags, the device named by a capture's file name, tshark's frame counts.
"""

from __future__ import annotations

import asyncio
import csv
import json
import math
import os
import re
import shutil
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from sweeper.errors import InputError
from sweeper.radio.replay import open_recordings
from sweeper.report import results
from sweeper.report.collect import Collector
from sweeper.session import Session, standard_stages
from sweeper.signatures import Library

CORPUS = Path(os.environ.get("SWEEPER_CORPUS", Path(__file__).parents[3] / "shared" / "corpus"))
CAMERAS = ("Dropcam HD", "Dropcam Pro", "Nest Cam Indoor", "Nest Cam IQ")
ABOVE_INFO = ("low", "medium", "high")


def document(library: Library, path: Path, **how: Any) -> dict[str, Any]:
    """The results document of one input, through the same door as the command line's."""
    collected = Collector()
    sources, refused = open_recordings([str(path)], **how)
    for error in refused:
        collected.refuse(error.path, error.problem)
    asyncio.run(Session(sources, standard_stages(library), [collected]).run())
    return json.loads(results.encode(results.document(collected, library=library)))


def notable(found: dict[str, Any]) -> list[dict[str, Any]]:
    return [f for f in found["findings"] if f["level"] in ABOVE_INFO]


REAL_SIGMAS = 5.0
"""An unlisted burst whose band holds five standard deviations more energy than usual there is on the air."""


def excess_sigmas(path: Path, burst: dict[str, Any], width_hz: float) -> float:
    """Energy in a burst's time and band over what is usual there, in standard deviations of noise.

    A plain band-pass power sum on the raw samples: nothing of the program's own detection.
    """
    raw = np.fromfile(path, np.uint8).astype(np.float32) - 127.5
    samples, rate_hz, center_hz = raw[0::2] + 1j * raw[1::2], 250e3, 433.92e6
    count = max(64, round(burst["duration_s"] * rate_hz))
    pieces = samples[: len(samples) // count * count].reshape(-1, count)
    own = samples[round(burst["start_s"] * rate_hz) :][:count]
    hz = np.fft.fftfreq(count, 1 / rate_hz) + center_hz
    band = np.abs(hz - burst["center_hz"]) <= max(width_hz / 2, rate_hz / count)
    cells = float(np.count_nonzero(band))
    powers = np.sum(np.abs(np.fft.fft(pieces)[:, band]) ** 2, axis=1)
    # The quiet fifth of the file, put back to the mean of noise: a signal may be there half the time.
    usual = float(np.percentile(powers, 20)) * (1 + 0.84 / math.sqrt(cells))
    here = float(np.sum(np.abs(np.fft.fft(own, count)[band]) ** 2))
    return (here / usual - 1) * math.sqrt(cells)


def tpms(library: Library) -> None:
    """Listed bursts found within 1 ms and 25 kHz; detected bursts that rtl_433 did not list."""
    truth: dict[str, list[dict[str, Any]]] = {}
    for line in (CORPUS / "rf/tpms/bursts.jsonl").read_text().splitlines():
        row = json.loads(line)
        truth.setdefault(row["file"], []).append(row)
    listed = hit = unlisted = false = above = 0
    seconds = 0.0
    for path in sorted((CORPUS / "rf/tpms").glob("*.cu8")):
        found = document(library, path)
        seconds += found["inputs"][0]["duration_s"]
        bursts = [b for e in found["emissions"] for b in e["bursts"]]
        above += len(notable(found))
        rows = truth.get(path.name, [])
        for row in rows:
            tones = [row[key] for key in ("freq1_mhz", "freq2_mhz") if row[key] is not None]
            middle = sum(tones) / len(tones) * 1e6
            listed += 1
            hit += any(
                abs(b["start_s"] - row["time_s"]) <= 1e-3 and abs(b["center_hz"] - middle) <= 25e3
                for b in bursts
            )
        for e in found["emissions"]:
            for b in e["bursts"]:
                end_s = b["start_s"] + b["duration_s"]
                inside = any(b["start_s"] - 1e-3 <= r["time_s"] <= end_s for r in rows)
                unlisted += not inside
                false += not inside and excess_sigmas(path, b, e["width_hz"]) < REAL_SIGMAS
    print(f"rf/tpms: {hit} of {listed} listed bursts found ({100 * hit / listed:.1f} %, target 98)")
    print(
        f"rf/tpms: {unlisted} bursts rtl_433 did not list in {seconds:.1f} s, {false} of them without energy "
        f"of their own ({10 * false / seconds:.2f} a 10 s, target 1); {above} findings above info (target 0)"
    )


def vectors() -> None:
    """Every advertisement of known class, through ``identify``; states by their first word."""
    from sweeper.detectors.ble_inventory import identify

    library = Library.load()
    right = wrong = state_wrong = loud = 0
    for row in csv.DictReader((CORPUS / "ble/vectors.csv").open()):
        if "CONFLICT" in row["expected_state"]:
            continue
        address, kind = row["address_type_if_known"], None
        if address.startswith(("random", "public")):
            kind = address.split()[0].split("_")[0]
        found = re.search(r"\baddr ([0-9A-F]{2}):", address)
        sender = f"{found[1]}:11:22:33:44:55" if found else None
        got = identify(library, bytes.fromhex(row["hex_payload"]), address=sender, address_type=kind)
        if got.kind != row["expected_class"]:
            wrong += 1
            print(f"  ble/vectors: {row['hex_payload'][:24]}… is {row['expected_class']}, said {got.kind}")
        else:
            right += 1
        expected = re.match(
            r"(separated|near[_ ]?\w*owner|premature_offline|overmature_offline|offline|connected)",
            row["expected_state"],
        )
        if expected:
            want = "near_owner" if expected[0].startswith("near") else expected[0]
            state_wrong += got.state != want
        loud += row["expected_class"].startswith("benign") and got.threat in ABOVE_INFO
    print(
        f"ble/vectors.csv: {right} right, {wrong} wrong class, {state_wrong} wrong state, "
        f"{loud} benign above info"
    )


def walks(library: Library) -> None:
    """Planted tags found and others accused, by family of logs."""
    totals: dict[str, Counter[str]] = {}
    for path in sorted((CORPUS / "ble/walks").glob("*.jsonl")):
        with path.open() as stream:
            planted = set(json.loads(next(stream))["truth"]["planted"])
        found = document(library, path)
        devices = {d["id"]: {d["address"], *d["addresses"]} for d in found["devices"]}
        accused = [f for f in found["findings"] if f["kind"] == "follower" and f["level"] in ABOVE_INFO]
        hits: set[str] = set()
        others = 0
        for finding in accused:
            linked = devices.get(finding["subject"], set())
            hits |= planted & linked
            others += not planted & linked
        latest = max((f["raised_s"] for f in accused), default=0.0)
        family = totals.setdefault(path.stem.split("_")[0], Counter())
        family.update(planted=len(planted), found=len(hits), others=others)
        family["seconds"] += round(found["inputs"][0]["duration_s"])
        print(
            f"  ble/walks/{path.stem}: {len(hits)} of {len(planted)}, {others} others, "
            f"last raised {latest / 60:.1f} min"
        )
    for family, total in totals.items():
        hours = total["seconds"] / 3600
        print(
            f"ble/walks {family}: recall {total['found'] / total['planted']:.3f} "
            f"({total['found']} of {total['planted']}), {total['others']} others in {hours:.2f} h "
            f"({total['others'] / hours:.2f} an hour)"
        )


def tshark_count(path: Path) -> int | None:
    """Frames that tshark reads, ``None`` if it reads none of the file."""
    done = subprocess.run(
        ["tshark", "-n", "-r", str(path), "-T", "fields", "-e", "frame.number"],
        capture_output=True,
        text=True,
        check=False,
    )
    count = len(done.stdout.split())
    return count or (None if done.returncode else 0)


def captures(library: Library) -> None:
    """Every file read or refused; frame counts against tshark's; what was found in each."""
    files = [p for f in ("aircrack", "tcpdump", "zeek") for p in sorted((CORPUS / "wifi" / f).iterdir())]
    same = different = refused = 0
    for path in files:
        found = document(library, path)
        records = sum(i["records"] for i in found["inputs"])
        refused += all(i["medium"] is None for i in found["inputs"])
        if shutil.which("tshark"):
            count = tshark_count(path)
            if count in (records, None):
                same += 1
            else:
                different += 1
                print(f"  {path.name}: {records} frames, tshark {count}: {found['inputs'][0]['problems']}")
        for f in notable(found):
            print(f"  {path.name}: {f['level']} {f['kind']}")
    print(
        f"wifi/aircrack, tcpdump, zeek: {len(files)} files, {refused} refused with a line, "
        f"{same} as tshark, {different} not"
    )


def taxonomy(library: Library) -> None:
    """Cameras by the capture's file name."""
    tally: Counter[str] = Counter()
    for path in sorted((CORPUS / "wifi/taxonomy").glob("*.pcap")):
        camera = path.name.startswith(CAMERAS)
        said = any(f["kind"] == "camera" for f in notable(document(library, path)))
        tally[f"{'camera' if camera else 'other'} {'accused' if said else 'quiet'}"] += 1
        if camera != said:
            print(f"  {path.name}: {'missed' if camera else 'accused'}")
    print(f"wifi/taxonomy: {dict(sorted(tally.items()))}")
    loud = 0
    for folder in ("ap_beacons", "probes"):
        for path in sorted((CORPUS / "wifi" / folder).glob("*.pcap")):
            for f in notable(document(library, path)):
                loud += 1
                print(f"  {path.name}: {f['level']} {f['kind']} {f['title']}")
    print(f"wifi/ap_beacons, probes: {loud} findings above info")


def lan(library: Library) -> None:
    """What is said about the wired captures."""
    for path in sorted((CORPUS / "wifi/lan").glob("*.pcap")):
        found = [(f["level"], f["kind"], f["title"]) for f in notable(document(library, path))]
        print(f"wifi/lan/{path.name}: {found or 'quiet'}")


def iq(library: Library) -> None:
    """Every other IQ recording: what was heard, and whether anything was raised."""
    rates = {
        "gsm/GSMSP_20070204_robert_dbsrx_937MHz_16.cfile": (4e6, 937e6),
        "gsm/GSMSP_20070204_robert_dbsrx_941.0MHz_128.cfile": (500e3, 941e6),
        "gsm/GSMSP_20070204_robert_dbsrx_953.6MHz_128.cfile": (500e3, 953.6e6),
        "lte/f1815.3_s19.2_bw20_0.08s_hackrf-1.bin": (19.2e6, 1815.3e6),
        "lte/signal.10M.dat": (15.36e6, 0.0),
        "misc/GPS_L1_recording_10ms_4MHz_cf32.iq": (4e6, 1575.42e6),
        "misc/rtlamr_912.6M_2359296.cu8": (2.359296e6, 912.6e6),
        "misc/btle_ch37_iq_float32_welcom_msg.bin": (4e6, 2402e6),
        "wmbus/rtlsdr_868.625M_2M4_issue48.cu8": (2.4e6, 868.625e6),
        "wifi/bpsk-1-2-15db.cf32": (20e6, 0.0),
        "wifi/bpsk-3-4-30db.cf32": (20e6, 0.0),
    }
    for path in sorted((CORPUS / "rf/urh").iterdir()):
        rates[f"urh/{path.name}"] = (1e6, 0.0)
    formats = {"lte/f1815.3_s19.2_bw20_0.08s_hackrf-1.bin": "cs8"}
    for name, (rate, center) in rates.items():
        how: dict[str, Any] = {"rate_hz": rate, "center_hz": center, "format_name": formats.get(name)}
        found = document(library, CORPUS / "rf" / name, **how)
        for problem in (p for i in found["inputs"] for p in i["problems"]):
            print(f"  {name}: {problem}")
        for e in found["emissions"][:6]:
            facts = {k: v for k, v in e["features"].items() if k in ("fcch_s", "offset_hz", "symbol_rate_hz")}
            print(
                f"  rf/{name}: {e['kind']} at {(e['center_hz'] - center) / 1e3:+.1f} kHz, "
                f"{e['width_hz'] / 1e3:.0f} kHz, {e['snr_db']:.1f} dB, {len(e['bursts'])} bursts {facts}"
            )
        loud = [(f["level"], f["kind"]) for f in notable(found)]
        print(f"rf/{name}: {len(found['emissions'])} emissions, above info: {loud or 'none'}")


def twice(library: Library) -> None:
    """The same recording gives the same bytes."""
    paths = [CORPUS / "rf/tpms", CORPUS / "ble/walks/homescout_00.jsonl", CORPUS / "wifi/aircrack"]
    same = [document(library, p) == document(library, p) for p in paths]
    print(f"same document twice: {sum(same)} of {len(same)}")


def main() -> int:
    """Print all figures, or those of the parts named on the command line."""
    if not CORPUS.is_dir():
        print(f"no corpus of real captures at {CORPUS} (set SWEEPER_CORPUS)")
        return 0
    library = Library.load()
    parts = {
        "tpms": lambda: tpms(library),
        "iq": lambda: iq(library),
        "vectors": vectors,
        "walks": lambda: walks(library),
        "captures": lambda: captures(library),
        "taxonomy": lambda: taxonomy(library),
        "lan": lambda: lan(library),
        "twice": lambda: twice(library),
    }
    for name in sys.argv[1:] or parts:
        began = time.monotonic()
        try:
            parts[name]()
        except InputError as error:
            print(error)
        print(f"-- {name}: {time.monotonic() - began:.1f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
