"""Jobs on the command line, from the first folder to the certificate."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sweeper.cli import main
from tests.cli.test_replay import tag_log


def test_a_technicians_job_from_gate_to_certificate(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    job, log = tmp_path / "job", tag_log(tmp_path / "walk.jsonl")
    assert main(["job", "new", str(job), "--technician", "Aigul", "--place", "Almaty", "--who", "Aigul"]) == 0
    assert "purpose, permission" in capsys.readouterr().out
    assert main(["replay", str(log), "--job", str(job), "--who", "Aigul"]) == 2
    assert "cannot start without purpose, permission" in capsys.readouterr().err

    job = tmp_path / "job2"
    words = ["--purpose", "sweep", "--permission", "letter", "--place", "Almaty", "--technician", "Aigul"]
    assert main(["job", "new", str(job), *words, "--law", "kz", "--who", "Aigul"]) == 0
    assert main(["replay", str(log), "--job", str(job), "--who", "Aigul"]) == 1
    capsys.readouterr()
    assert main(["job", "verdict", str(job), "1/F-001", "explained", "--who", "a stranger"]) == 2
    assert main(["job", "verdict", str(job), "1/F-001", "explained", "--who", "Aigul"]) == 0
    assert main(["job", "show", str(job)]) == 0
    assert "explained (Aigul)" in capsys.readouterr().out
    assert main(["evidence", "seal", str(job), "--who", "Aigul"]) == 0
    assert main(["evidence", "verify", str(job)]) == 0
    assert main(["job", "purge", str(job), "--yes", "--who", "Aigul"]) == 0
    capsys.readouterr()
    assert main(["job", "list", str(tmp_path), "--json", "-"]) == 0
    rows = {Path(row["folder"]).name: row for row in json.loads(capsys.readouterr().out)}
    assert (rows["job"]["findings"], rows["job2"]["findings"]) == (0, 1)
    assert rows["job2"]["purged"]
    assert b"C1:02:03:04:05:06" not in (job / "job.sqlite").read_bytes()


def test_a_folder_that_is_no_job_is_one_clear_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["job", "show", str(tmp_path)]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert main(["evidence", "verify", str(tmp_path)]) == 1
    (tmp_path / "job.sqlite").write_bytes(b"no database at all, only words" * 100)
    assert main(["job", "show", str(tmp_path)]) == 2
    assert "Traceback" not in capsys.readouterr().err
