"""The bundled recordings: rendered anew they are the same bytes, and the product finds what it should.

``devices/`` must give the findings of ``NAME.expected.json`` and no other above *info*; ``clean/`` none.
The findings come through the whole pipeline, as ``sweeper replay`` runs it.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from sweeper import synth
from sweeper.plan import SweepPlan
from sweeper.radio import Source
from sweeper.radio.replay import ReplaySource
from sweeper.radio.synthetic import sources
from sweeper.records import Level
from sweeper.report.collect import Collector
from sweeper.report.results import document
from sweeper.session import Session, standard_stages
from sweeper.signatures import Library, builtin_folder
from tests.recordings.render import GROUPS, RECORDINGS, scenes

MOST_BYTES = 8_000_000
NEAR_HZ = 30e3
VECTORS = ("AVX2", "FMA3", "AVX512F", "AVX512CD", "AVX512_SKX", "AVX512_CLX", "AVX512_CNL", "AVX512_ICL")
NEWER_VECTORS = ("X86_V3", "X86_V4", "AVX512_ICL", "AVX512_SPR")
"""What NumPy 2.4 calls them; names that a NumPy does not know it passes over with a warning."""

PLAIN = {
    "NPY_DISABLE_CPU_FEATURES": " ".join(dict.fromkeys((*VECTORS, *NEWER_VECTORS))),
    "OPENBLAS_CORETYPE": "Nehalem",
    "OPENBLAS_NUM_THREADS": "1",
    "GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX2,-FMA,-AVX512F",
}
"""A processor of 2008, as far as NumPy, BLAS and the C library can be told so."""

COSINES = "import numpy as np; print(np.cos(np.arange(4000.0)).tobytes().hex())"


def recordings(group: str) -> list[Path]:
    """The file of each recording that one opens."""
    folder = RECORDINGS / group
    return sorted(p for p in folder.iterdir() if p.suffix not in (".sigmf-data", ".json"))


def results(made: list[Source], merge: bool = False) -> dict[str, Any]:
    """The results document of a session."""
    collected, library = Collector(), Library.load(builtin_folder())
    session = Session(made, standard_stages(library, SweepPlan()), [collected], merge=merge)
    outcome = asyncio.run(session.run())
    assert not outcome.unreadable
    return document(collected, library=library)


@cache
def replayed(path: Path) -> dict[str, Any]:
    return results([ReplaySource(path)])


def raised(found: dict[str, Any]) -> list[dict[str, Any]]:
    """Findings above *info*."""
    return [f for f in found["findings"] if f["level"] != Level.INFO]


def is_about(finding: dict[str, Any], found: dict[str, Any], near: dict[str, Any]) -> bool:
    """Whether a finding's subject is the expected emission or device."""
    if "address" in near:
        devices = [d for d in found["devices"] if d["id"] == finding["subject"]]
        heard = [a.lower() for d in devices for a in (d["address"], *d.get("addresses", ()))]
        return near["address"] in heard
    emissions = [e for e in found["emissions"] if e["id"] == finding["subject"]]
    return any(
        abs(e["center_hz"] - near["center_hz"]) <= max(NEAR_HZ, e["width_hz"] / 2, near.get("within_hz", 0))
        for e in emissions
    )


def unexpected(found: dict[str, Any], expected: list[dict[str, Any]]) -> list[str]:
    """Findings above *info* that no expectation covers."""
    return [
        f"{f['level']} {f['kind']} {f['subject']}"
        for f in raised(found)
        if not any(f["kind"] == e["kind"] and is_about(f, found, e["near"]) for e in expected)
    ]


def missing(found: dict[str, Any], expected: list[dict[str, Any]]) -> list[str]:
    """Expectations that no finding of their kind and level meets."""
    return [
        f"{e['kind']} near {e['near']}"
        for e in expected
        if not any(
            f["kind"] == e["kind"]
            and Level(f["level"]).rank >= Level(e["min_level"]).rank
            and is_about(f, found, e["near"])
            for f in found["findings"]
        )
    ]


@pytest.mark.parametrize(("group", "scene"), list(scenes()), ids=lambda x: getattr(x, "stem", x))
def test_rendered_anew_they_are_the_same_bytes(group: str, scene: Path, tmp_path: Path) -> None:
    for made in synth.write(synth.load(scene), tmp_path):
        kept = RECORDINGS / group / made.name
        assert hashlib.sha256(kept.read_bytes()).hexdigest() == hashlib.sha256(made.read_bytes()).hexdigest()


@pytest.mark.parametrize("name", ["devices/gsm-bug-897", "clean/lte-cell"])
def test_a_plainer_processor_gives_the_same_bytes(name: str, tmp_path: Path) -> None:
    """Without the wide vector instructions NumPy and BLAS round differently; the samples must not."""
    scene = RECORDINGS / "scenes" / f"{name}.toml"
    code = f"from sweeper import synth; synth.write(synth.load({str(scene)!r}), {str(tmp_path)!r})"
    plainly("-c", code)
    for made in tmp_path.iterdir():
        assert made.read_bytes() == (RECORDINGS / Path(name).parent / made.name).read_bytes()


def plainly(*arguments: str) -> str:
    """What Python prints on the plainer processor."""
    command = [sys.executable, "-W", "ignore", *arguments]
    run = subprocess.run(command, env={**os.environ, **PLAIN}, capture_output=True, text=True, check=False)
    if run.returncode and "baseline" in run.stderr:
        pytest.skip("this NumPy is built for such a processor only")
    assert run.returncode == 0, run.stderr
    return run.stdout


def test_a_plainer_processor_gives_the_same_results() -> None:
    """Its cosines differ in their last bits (or there is nothing to compare); what is found does not."""
    here = subprocess.run([sys.executable, "-c", COSINES], capture_output=True, text=True, check=True).stdout
    if plainly("-c", COSINES) == here:
        pytest.skip("here this processor cannot be made to round otherwise")
    names = ("clean/tyre-and-key_433.92M_250k.cu8", "clean/gsm-base-station.sigmf-meta")
    replay = ("-m", "sweeper", "replay", *(str(RECORDINGS / name) for name in names), "--json", "-")
    found = subprocess.run([sys.executable, *replay], capture_output=True, text=True, check=True).stdout
    assert len(json.loads(found)["emissions"]) >= 2
    assert plainly(*replay) == found


def test_every_file_has_its_scene_and_all_are_small(tmp_path: Path) -> None:
    names = {path.stem for _, path in scenes()}
    files = [p for group in GROUPS for p in (RECORDINGS / group).iterdir()]
    assert {p.name.split(".")[0].split("_")[0] for p in files} == names
    assert sum(p.stat().st_size for p in RECORDINGS.rglob("*") if p.is_file()) <= MOST_BYTES


def test_they_say_that_they_are_synthetic() -> None:
    for meta in RECORDINGS.rglob("*.sigmf-meta"):
        assert json.loads(meta.read_text())["global"]["core:description"].startswith("SYNTHETIC")
    for log in RECORDINGS.rglob("*.jsonl"):
        assert json.loads(log.read_text().splitlines()[0])["note"].startswith("SYNTHETIC")
    assert "synthetic" in (RECORDINGS / "README.md").read_text()


@pytest.mark.parametrize("path", recordings("devices"), ids=lambda p: p.name)
def test_devices_are_found(path: Path) -> None:
    expected = json.loads((path.parent / f"{path.name.split('.')[0]}.expected.json").read_text())
    found = replayed(path)
    assert not missing(found, expected), raised(found)
    assert not unexpected(found, expected)
    for finding in raised(found):
        assert len(finding["benign"]) >= 2
        assert finding["why"]
        assert finding["next"]


@pytest.mark.parametrize("path", recordings("clean"), ids=lambda p: p.name)
def test_clean_ones_raise_nothing(path: Path) -> None:
    found = replayed(path)
    assert found["inputs"][0]["problems"] == []
    assert [f"{f['level']} {f['kind']} {f['title']}" for f in raised(found)] == []


OFFICE = [
    {"kind": "rf-bug", "near": {"center_hz": 433.9e6}, "min_level": "low"},
    {"kind": "gsm-device", "near": {"center_hz": 897.4e6}, "min_level": "low"},
    {"kind": "camera", "near": {"address": "20:32:33:4a:91:0c"}, "min_level": "low"},
    {"kind": "tracker", "near": {"address": "fb:72:0d:0c:53:d3"}, "min_level": "low"},
]
"""What is hidden in the demo's office. The tag's address follows from the scene's seed."""


@pytest.mark.slow
def test_the_demo_finds_the_four_hidden_devices_and_nothing_else() -> None:
    found = results(sources(synth.load(synth.demo_scene())), merge=True)
    assert found["demo"] is True
    assert missing(found, OFFICE) == []
    assert unexpected(found, OFFICE) == []
