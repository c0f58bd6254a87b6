"""``sweeper selftest``: it passes on a whole program, and each broken thing is told and counted."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from sweeper import selftest
from sweeper.selftest import Check, Result, checks, encoded, findings
from sweeper.signatures import Library, builtin_folder
from sweeper.synth import recordings_folder
from tests.recordings import expect


def test_the_kept_findings_are_those_of_today() -> None:
    """If this fails, a bundled recording gives other findings: see ``tests/recordings/expect.py``."""
    kept = (recordings_folder() / selftest.EXPECTED).read_text("utf-8")
    assert json.loads(kept) == json.loads(expect.kept())


def test_it_passes_and_prints_a_line_for_each_check() -> None:
    """In a process of its own: it opens the window, and an application of Qt does not go away."""
    code = "import sys; from sweeper.cli import main; sys.exit(main(sys.argv[1:]))"
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    command = [sys.executable, "-c", code, "--lang", "en", "selftest", "--json", "-"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    made = json.loads(done.stdout)
    assert [row for row in made["checks"] if row["result"] == "failed"] == []
    assert (done.returncode, made["failed"]) == (0, 0)
    names = {row["name"].partition(":")[0] for row in made["checks"]}
    assert names == {"parts", "extra", "signatures", "language", "replay", "report", "source", "window"}
    replays = [row for row in made["checks"] if row["name"].startswith("replay")]
    assert len(replays) == len(selftest.RECORDINGS)


@pytest.fixture
def broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the bundled recordings, to be damaged."""
    copy = tmp_path / "recordings"
    shutil.copytree(recordings_folder(), copy)
    (copy / selftest.EXPECTED).write_text(expect.kept(), "utf-8")
    monkeypatch.setattr(selftest, "recordings_folder", lambda: copy)
    monkeypatch.setattr(selftest, "_sources", lambda: iter(()))
    return copy


def failed() -> list[Check]:
    return [check for check in checks() if check.result is Result.FAILED]


def test_one_changed_word_in_what_is_kept_fails(broken: Path) -> None:
    kept = broken / selftest.EXPECTED
    made = json.loads(kept.read_text("utf-8"))
    made[selftest.RECORDINGS[0]][0]["why"][0] += "."
    kept.write_text(json.dumps(made), "utf-8")
    assert [check.name for check in failed()] == [f"replay: {selftest.RECORDINGS[0]}"]


def test_a_recording_that_is_missing_or_cut_fails_and_the_rest_goes_on(broken: Path) -> None:
    (broken / selftest.RECORDINGS[1]).unlink()
    capture = broken / selftest.RECORDINGS[2]
    capture.write_bytes(capture.read_bytes()[:1000])
    names = [check.name for check in failed()]
    assert names == [f"replay: {selftest.RECORDINGS[1]}", f"replay: {selftest.RECORDINGS[2]}"]


def test_a_required_extra_that_is_not_there_fails(broken: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(selftest.EXTRAS, "report", ("no_such_library",))
    result = {check.name: check.result for check in checks()}
    assert result["extra: report"] is Result.ABSENT
    result = {check.name: check.result for check in checks(["report"])}
    assert result["extra: report"] is Result.FAILED


def test_an_empty_catalogue_fails(broken: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    english = selftest.language.get("en")
    monkeypatch.setattr(selftest.language, "get", lambda _code: english)
    assert [check.name for check in failed()] == ["language: ru", "language: kk"]


def test_findings_are_the_results_documents_own() -> None:
    """Independent truth: the tag that the scene planted, and nothing in the clean recording."""
    library = Library.load(builtin_folder())
    (found,) = findings(recordings_folder() / selftest.RECORDINGS[0], library)
    assert (found["kind"], found["level"]) == ("tracker", "low")
    assert findings(recordings_folder() / selftest.RECORDINGS[-1], library) == []
    assert encoded([found]) == encoded([json.loads(json.dumps(found))])
