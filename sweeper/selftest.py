"""``sweeper selftest``: does this installation do what the program does? One check a line, nothing guessed.

A package that was put together wrongly fails in the field, where nobody can mend it: a template forgotten, a
catalogue not compiled, a library for another processor. So every part is imported, the signatures prove
themselves on their own examples, bundled recordings are analysed and must give the findings that are kept
beside them **byte for byte**, a report is made in every format, and every receiver says how it is.

What is not installed because nobody asked for it (an extra) is *absent*, not *failed*; ``require`` says
which extras must be there.
"""

from __future__ import annotations

import asyncio
import enum
import json
import pkgutil
from collections.abc import Callable, Collection, Iterator
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import msgspec

import sweeper
from sweeper import language
from sweeper.errors import SweeperError, contained
from sweeper.plan import SweepPlan
from sweeper.radio import Source
from sweeper.radio.inventory import list_sources
from sweeper.radio.replay import open_recordings
from sweeper.report import formats, results
from sweeper.report.collect import Collector
from sweeper.session import Session, standard_stages
from sweeper.signature_check import check_examples
from sweeper.signatures import Library, builtin_folder
from sweeper.synth import recordings_folder
from sweeper.text import Phrase, english, listed, phrase_of, say

EXTRAS = {
    "gui": ("PySide6", "pyqtgraph"),
    "report": ("typst", "docx"),
    "rtlsdr": ("rtlsdr",),
    "ble": ("bleak",),
    "ble-hci": ("bumble",),
    "wifi": ("scapy",),
    "cluster": ("distributed",),
}
"""The extras of ``pyproject.toml`` and what each brings."""

TOOLS = (
    "sweeper.locale.catalogues",
    "sweeper.vendors.compile_",
    "sweeper.ui.screenshots",
    "sweeper.radio.rtlsdr_child",
    "sweeper.packaging",
)
"""Not imported here: tools of the developers, and the driver's script, which is a program of its own."""

RECORDINGS = (
    "devices/airtag-separated.jsonl",
    "devices/smarttag-lost.btsnoop",
    "devices/camera-stream.pcap",
    "devices/gsm-bug-897.sigmf-meta",
    "clean/weather-sensor_433.92M_250k.cu8",
)
"""One of each medium and container, small enough for a few seconds; the last must raise nothing."""

EXPECTED = "selftest.json"
"""Beside the recordings: what each gives. ``python -m tests.recordings.expect`` writes it."""

REPORTS = (".html", ".json", ".zip", ".pdf", ".docx")
OPENINGS = {".html": b"<!", ".json": b"{", ".zip": b"PK", ".pdf": b"%PDF-", ".docx": b"PK"}
"""How a whole file of each kind begins."""

KNOWN_TEXT = "not available"
"""A text of the command line that each catalogue but the English one words differently."""


class Result(enum.StrEnum):
    """How a check came out."""

    OK = "ok"
    FAILED = "failed"
    ABSENT = "absent"
    TOLD = "told"
    """Neither good nor bad: the state of a receiver."""


class Check(msgspec.Struct, frozen=True):
    """One line: what was looked at, how it came out, and what was seen."""

    name: str
    result: Result
    detail: Phrase


def checks(require: Collection[str] = ()) -> Iterator[Check]:
    """Every check in turn. An error in one becomes its line and does not stop the rest."""
    library = Library.load(builtin_folder())
    yield from _guarded("parts", _parts)
    for extra in EXTRAS:
        yield from _guarded(f"extra: {extra}", partial(_extra, extra, extra in require))
    yield from _guarded("signatures", partial(_signatures, library))
    for code in language.CODES:
        yield from _guarded(f"language: {code}", partial(_catalogue, code))
    for name in RECORDINGS:
        yield from _guarded(f"replay: {name}", partial(_replay, name, library))
    for suffix in REPORTS:
        yield from _guarded(f"report: {suffix}", partial(_report, suffix, library, require))
    yield from _sources()


def _guarded(name: str, look: Callable[[], tuple[Result, Phrase]]) -> Iterator[Check]:
    with contained() as caught:
        result, detail = look()
        yield Check(name, result, detail)
    if caught.error is not None:
        yield Check(name, Result.FAILED, phrase_of(caught.words()))


def _parts() -> tuple[Result, Phrase]:
    """Import every module; one that lacks an extra's library is counted apart."""
    whole, without = 0, 0
    extra = {library for libraries in EXTRAS.values() for library in libraries}
    for found in pkgutil.walk_packages(sweeper.__path__, "sweeper.", onerror=lambda _name: None):
        if found.name.startswith(TOOLS) or found.name.endswith("__main__"):
            continue
        try:
            import_module(found.name)
        except ModuleNotFoundError as error:
            if str(error.name).partition(".")[0] not in extra:
                raise
            without += 1
        else:
            whole += 1
    return Result.OK, say("{n} modules imported, {k} wait for an extra", n=whole, k=without)


def _extra(name: str, required: bool) -> tuple[Result, Phrase]:
    missing = [library for library in EXTRAS[name] if find_spec(library) is None]
    if not missing:
        return Result.OK, say("installed")
    result = Result.FAILED if required else Result.ABSENT
    return result, say("{missing} not installed", missing=", ".join(missing))


def _signatures(library: Library) -> tuple[Result, Phrase]:
    problems = [str(problem) for problem in library.problems] + check_examples(library)
    if problems or not library.signatures:
        first = problems[0] if problems else "none"
        return Result.FAILED, say("{n} problems, the first: {first}", n=max(1, len(problems)), first=first)
    count, sha256 = len(library.signatures), library.sha256[:12]
    return Result.OK, say("{n} signatures match their own examples ({sha256})", n=count, sha256=sha256)


def _catalogue(code: str) -> tuple[Result, Phrase]:
    translated = language.get(code).gettext(KNOWN_TEXT)
    if (translated == KNOWN_TEXT) != (code == "en"):
        return Result.FAILED, say("the catalogue is missing or empty")
    return Result.OK, say("present")


def _replay(name: str, library: Library) -> tuple[Result, Phrase]:
    folder = recordings_folder()
    expected = json.loads((folder / EXPECTED).read_text("utf-8"))[name]
    found = findings(folder / name, library)
    if encoded(found) != encoded(expected):
        count = {"n": len(found), "k": len(expected)}
        return Result.FAILED, say("other findings than kept: {n} instead of {k}, or other words", **count)
    return Result.OK, say("{n} findings, byte for byte as kept", n=len(found))


def findings(path: Path, library: Library) -> list[dict[str, Any]]:
    """The ``findings`` of the results document of one recording, in English; its folder is left out."""
    opened, refused = open_recordings([str(path)])
    if refused:
        raise refused[0]
    collected = replayed(list(opened), library)
    text = json.dumps(results.document(collected, library=library)["findings"])
    made: list[dict[str, Any]] = json.loads(text.replace(json.dumps(str(path)), json.dumps(path.name)))
    return made


def encoded(made: list[dict[str, Any]]) -> bytes:
    """The bytes that are compared."""
    return msgspec.json.encode(made)


def replayed(sources: list[Source], library: Library) -> Collector:
    """One session over ``sources``. Raises ``SweeperError`` where something could not be read."""
    collected = Collector()
    outcome = asyncio.run(Session(sources, standard_stages(library, SweepPlan()), [collected]).run())
    for line in (*outcome.unreadable, *outcome.unheard):
        raise SweeperError(line)
    return collected


def _report(suffix: str, library: Library, require: Collection[str]) -> tuple[Result, Phrase]:
    wanted = {".pdf": "typst", ".docx": "docx"}.get(suffix)
    if wanted is not None and find_spec(wanted) is None:
        result = Result.FAILED if "report" in require else Result.ABSENT
        return result, say("{missing} not installed", missing=wanted)
    opened, _refused = open_recordings([str(recordings_folder() / RECORDINGS[0])])
    collected = replayed(list(opened), library)
    made = formats.made(f"report{suffix}", collected, library=library, language=language.get("en"))
    if not made.startswith(OPENINGS[suffix]):
        return Result.FAILED, say("does not begin as such a file does")
    return Result.OK, say("made, {n} bytes", n=len(made))


def _sources() -> Iterator[Check]:
    with contained() as caught:
        for entry in list_sources():
            ready = {True: say("ready"), None: say("by address"), False: say("not available")}[
                entry.available
            ]
            parts = [ready, *(words for words in (entry.what, entry.why) if words and english(words))]
            yield Check(f"source: {entry.name}", Result.TOLD, listed(parts, "; "))
    if caught.error is not None:
        yield Check("source", Result.FAILED, phrase_of(caught.words()))
