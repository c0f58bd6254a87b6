"""Nesting without end: 100,000 brackets to every reader of JSON, TOML, XML and literals; each answers.

Such text is valid as far as it goes, and Python's readers leave it with a ``RecursionError``, none of the
errors that their documentation names. The last test walks the program's syntax: a reader that is added
tomorrow stands inside a ``try`` that expects it, or is named here with the reason why it need not.
"""

from __future__ import annotations

import ast
import io
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sweeper import allocations, checklists, known, operators, reference, signature_proof, wifi_reference
from sweeper.batch import run as batch
from sweeper.bundles import install
from sweeper.casework import spectra
from sweeper.cli import known as known_command
from sweeper.cli import signature_exchange
from sweeper.detectors import rf_rtl433 as rtl_433
from sweeper.errors import SweeperError
from sweeper.exchange import airhound
from sweeper.fleet import page
from sweeper.jobs import practice, store
from sweeper.jobs.job import DATABASE, Job
from sweeper.jobs.law import read as read_law
from sweeper.recording import advert_fields, positions
from sweeper.records import Emission
from sweeper.signatures import _bundle_version
from sweeper.synth import scene
from sweeper.text import english
from sweeper.ui import guide, plans, references
from tests.fuzz import __main__ as runner
from tests.fuzz.targets import TARGETS
from tests.jobs.samples import HEAD

DEPTH = 100_000
JSON, TOML = b"[" * DEPTH, b"a = " + b"[" * DEPTH
KEYS = b'{"a":' * DEPTH
GPX = b"<gpx>" + b"<trk>" * DEPTH
REFUSED = "refused"


def answered(read: Callable[[], object]) -> object:
    """What is read, or ``REFUSED`` for the one error that a reader may raise."""
    try:
        return read()
    except SweeperError:
        return REFUSED


@pytest.mark.parametrize("data", [JSON, KEYS, TOML, GPX], ids=["json", "keys", "toml", "xml"])
@pytest.mark.parametrize("name", sorted(TARGETS))
def test_no_parser_is_led_too_deep(name: str, data: bytes) -> None:
    shape, wrong = runner.defect(TARGETS[name], data)
    assert (wrong, bool(shape)) == ("", True)


FILES: dict[str, tuple[bytes, Callable[[Path], object]]] = {
    "allocations": (TOML, allocations.read),
    "checklist": (TOML, lambda path: checklists.read(path, dict)),
    "operators": (TOML, operators.read),
    "corpus": (TOML, signature_proof.read_parts),
    "law": (TOML, lambda path: read_law(path.read_text(), "law")),
    "floor plan": (TOML, page.load),
    "scene": (TOML, scene.load),
    "known": (JSON, known.load),
    "document": (KEYS, lambda path: known_command._subject(path, "rf-1")),
    "Wi-Fi reference": (JSON, wifi_reference.load),
    "practice": (JSON, practice.read),
    "AirHound": (JSON, lambda path: airhound.read(path.read_bytes(), "file")),
    "results": (b'{"findings":[' + KEYS, signature_exchange._results),
    "batch document": (KEYS, batch._read_back),
    "GPX": (GPX, positions.read_positions),
    "gpsd": (b'{"class":"TPV"}\n' + KEYS, positions.read_positions),
}


@pytest.mark.parametrize("name", FILES)
def test_a_file_nested_too_deep_is_refused_with_a_line(name: str, tmp_path: Path) -> None:
    data, read = FILES[name]
    path = tmp_path / "file.gpx" if name == "GPX" else tmp_path / "file.json"
    path.write_bytes(data)
    got = answered(lambda: read(path))
    if isinstance(got, positions.Positions):
        assert not got.problems or len(got.problems[0]) < 500
        assert not list(got.fixes)
    else:
        assert got == REFUSED


def test_what_is_kept_for_the_next_start_is_begun_anew(tmp_path: Path) -> None:
    (tmp_path / "current").mkdir()
    for name in ("plan.json", "friendly.json", "guide-car.json", "current/manifest.json", "manifest.json"):
        (tmp_path / name).write_bytes(JSON)
    assert plans.FloorPlan.load(tmp_path) is None
    assert references.friendlies(tmp_path) == []
    assert guide.Guide.taken_up(tmp_path, "car").progress == guide.Progress("car")
    assert install.installed(tmp_path) is None
    assert _bundle_version(tmp_path) is None
    (tmp_path / "progress.jsonl").write_bytes(b"\xff\n" + JSON + b"\n")
    assert batch._Log(tmp_path, "x").failures == {}


def test_lines_of_other_programs_are_left_out() -> None:
    assert rtl_433.packet_of(KEYS.decode()) is None
    for text in (KEYS[:4000].decode(), "[" * 4000, "b'" + "(" * 4000):
        assert advert_fields.payload({"serviceuuids": text, "manufacturerdata": text, "data": text}) == b""


def test_a_reference_nested_too_deep_is_refused(tmp_path: Path) -> None:
    made = io.BytesIO()
    none = np.zeros(0, np.float32)
    tables: dict[str, Any] = dict.fromkeys(("start", "count", *reference.FIELDS), none)
    np.savez(made, head=np.frombuffer(JSON, np.uint8), **tables)
    path = tmp_path / "outside.reference.npz"
    path.write_bytes(made.getvalue())
    assert answered(lambda: reference.load(path)) == REFUSED


def test_conditions_that_the_reader_follows_but_the_walk_cannot(tmp_path: Path) -> None:
    """Python's own functions need more of the stack a level than the reader of JSON does."""
    for depth in (100, 400, 480, 900):
        inner = b'{"not":' * depth + b'{"sig":"a"}' + b"}" * depth
        whole = b'{"version":1,"signatures":[],"rules":[{"id":"r","name":"r","detect":' + inner + b"}]}"
        assert answered(lambda whole=whole: airhound.read(whole, "file"))


def test_a_job_whose_database_holds_it(tmp_path: Path) -> None:
    """Every kind of value: a line that names it, and a log that is broken is told at the opening."""
    Job.create(tmp_path / "job", HEAD, "Aigul").close()
    base = sqlite3.connect(tmp_path / "job" / DATABASE)
    base.execute("INSERT INTO sweep VALUES (1, 0.0, 1.0, 'x', 'y')")
    for kind in ("emission", "waterfall", "spectrum"):
        base.execute("INSERT INTO item VALUES (1, ?, 'x', ?)", (kind, KEYS))
    base.commit()
    job = Job(tmp_path / "job")
    assert job.problem is None
    for read in (job.emissions, lambda: list(spectra.spectra(job)), lambda: list(spectra.waterfalls(job))):
        assert answered(read) == REFUSED
    job.close()
    base.execute("UPDATE audit SET value = ?", (JSON,))
    base.commit()
    base.close()
    job = Job(tmp_path / "job")
    assert "damaged" in english(job.problem or "")
    assert job.read_only
    job.close()


def test_a_value_of_the_database_names_what_it_should_have_been() -> None:
    with pytest.raises(store.StoreError, match="damaged Emission"):
        store.decoded(JSON, Emission)


READERS = {
    *("json.loads", "json.load", "msgspec.json.decode", "msgspec.toml.decode", "msgspec.json.Decoder"),
    *("tomllib.loads", "tomllib.load", "ast.literal_eval", "gpxpy.parse"),
}
EXPECTED = {"RecursionError", "RuntimeError", "DAMAGED_ARCHIVE"}
NEED_NOT = {
    ("sweeper/exchange/stix.py", "bundle"): "what this function made itself",
    ("sweeper/fleet/rooms.py", "_latest"): "the console's own database; the wire was read before",
    ("sweeper/radio/rtlsdr_child.py", "read"): "orders of the parent, which made them",
    ("sweeper/recording/advert_log.py", "<module>"): "made here, used inside a try",
    ("sweeper/selftest.py", "_replay"): "a file of the program",
    ("sweeper/selftest.py", "findings"): "what the program itself has just made",
    ("sweeper/ui/keeping.py", "read"): "runs as an errand of the core, which contains and tells",
    ("sweeper/vendors/compile_ieee.py", "main"): "a tool of the developers",
    ("sweeper/vendors/ieee.py", "_tables"): "a file of the program",
}


def _dotted(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else "?"


def _unguarded(node: ast.AST, guarded: bool, function: str) -> Iterator[tuple[str, str]]:
    """(function, reader) of each call that no ``try`` around it expects too deep a text of."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        guarded, function = False, node.name
    if isinstance(node, ast.Try):
        types = [kind for handler in node.handlers if handler.type for kind in ast.walk(handler.type)]
        inside = guarded or bool(EXPECTED & {_dotted(kind) for kind in types})
        for child in node.body:
            yield from _unguarded(child, inside, function)
        for child in (*node.handlers, *node.orelse, *node.finalbody):
            yield from _unguarded(child, guarded, function)
        return
    if isinstance(node, ast.Call) and _dotted(node.func) in READERS and not guarded:
        yield function, _dotted(node.func)
    for child in ast.iter_child_nodes(node):
        yield from _unguarded(child, guarded, function)


def test_every_reader_expects_it() -> None:
    root = Path(__file__).parents[2]
    found = {
        (str(path.relative_to(root)), function)
        for path in sorted((root / "sweeper").rglob("*.py"))
        for function, _reader in _unguarded(ast.parse(path.read_text("utf-8")), False, "<module>")
    }
    assert found == set(NEED_NOT)
