"""A technician's and a private person's day on the command line: every command once, and what it refuses."""

from __future__ import annotations

import csv
import io
import json
import shutil
import sqlite3
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import pytest

from sweeper.cli import main
from sweeper.jobs.job import Job
from tests.cli.test_replay import tag_log

ADDRESS = "C1:02:03:04:05:06"
ABOUT = ("--purpose", "=1+1 a sweep", "--permission", "letter", "--place", "Almaty", "--law", "kz")


@pytest.fixture(autouse=True)
def practice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "practice.json"
    monkeypatch.setenv("SWEEPER_PRACTICE", str(file))
    return file


def run(*arguments: object, code: int | None = 0) -> None:
    """Run a command; ``code`` is what it must answer, ``None`` anything."""
    answer = main(["--lang", "en", *map(str, arguments)])
    assert code in (None, answer), arguments


def entered(**changes: object) -> None:
    card = {"number": "L-1", "holder": "Nazar LLP", "authority": "KNB", "issued": "2026-02-01", **changes}
    run("licence", "set", *(part for key, value in card.items() for part in (f"--{key}", value)))


@pytest.fixture
def job(tmp_path: Path) -> Path:
    """A technician's job with one sweep in it and one finding."""
    folder = tmp_path / "jobs" / "a"
    run("job", "new", folder, *ABOUT, "--technician", "Aigul", "--reviewer", "Boris", "--viewer", "Vera",
        "--who", "Aigul")  # fmt: skip
    run("replay", tag_log(tmp_path / "walk.jsonl"), "--job", folder, "--who", "Aigul", code=1)
    return folder


def test_a_private_persons_job_asks_for_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("job", "new", tmp_path / "mine", "--own", "--who", "me")
    assert "needs" not in capsys.readouterr().out
    run("replay", tag_log(tmp_path / "walk.jsonl"), "--job", tmp_path / "mine", "--who", "me", code=1)
    run("job", "open", tmp_path / "mine")
    assert "1/F-001" in capsys.readouterr().out


def test_the_licence_card_stands_in_the_job_and_cannot_move(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run("licence", "show", code=3)
    entered()
    assert "2029-01-31" in capsys.readouterr().out
    run(
        "licence",
        "equipment",
        "RTL-SDR",
        "--serial",
        "0001",
        "--calibrated",
        "2026-01-10",
        "--due",
        "2027-01-10",
    )
    run("job", "new", tmp_path / "j", *ABOUT, "--technician", "Aigul", "--subkind", 3)
    head = Job(tmp_path / "j").head
    assert head.licence is not None
    assert (head.licence.number, head.licence.subkind) == ("L-1", 3)
    assert head.equipment[0].serial == "0001"
    capsys.readouterr()
    run("licence", "set", "--number", "L-2", "--holder", "Other LLP", "--authority", "KNB", "--issued",
        "2026-02-01", code=2)  # fmt: skip
    assert "non-alienable" in capsys.readouterr().err
    run("licence", "drop", "--organisation", "Other LLP")
    entered(holder="Other LLP", number="L-2")


def test_an_expired_and_an_open_ended_licence_are_flagged(capsys: pytest.CaptureFixture[str]) -> None:
    entered(issued="2020-02-01")
    run("licence", "show", code=3)
    assert "EXPIRED" in capsys.readouterr().out
    run("licence", "set", "--number", "L", "--holder", "Nazar LLP", "--authority", "KNB", "--issued",
        "2020-02-01", "--open-ended")  # fmt: skip
    run("licence", "show", code=3)
    assert "re-registration" in capsys.readouterr().out


def test_duties_are_the_users_to_set(capsys: pytest.CaptureFixture[str]) -> None:
    entered()
    run("licence", "duty", "licensor-report", "--every", 6, "--due", "2026-03-31")
    run("licence", "duty", "own", "--name", "Insurance", "--every", 12, "--due", "2026-05-01")
    run("licence", "duty", "licensor-report", "--done", "2026-03-30")
    capsys.readouterr()
    run("licence", "duty")
    lines = capsys.readouterr().out.splitlines()
    assert any(line.startswith("2026-09-30  licensor-report") and "every 6 months" in line for line in lines)
    run("licence", "duty", "own", "--drop")
    run("licence", "duty", "own", "--done", "2026-05-01", code=2)
    assert "no duty own" in capsys.readouterr().err


def test_the_register_and_the_inspection_pack(job: Path, tmp_path: Path) -> None:
    entered()
    run("licence", "staff", "Aigul", "--qualification", "course of 2025")
    run("job", "consent", job, "The tenant", "--until", "2026-12-31", "--who", "Aigul")
    run("evidence", "seal", job, "--who", "Boris")
    out = tmp_path / "register.csv"
    run("job", "register", job.parent, "--out", out)
    rows = list(csv.DictReader(io.StringIO(out.read_text("utf-8-sig"))))
    assert rows[0]["Purpose"] == "'=1+1 a sweep", "a formula is text"
    assert rows[0]["Findings"] == "1"
    run("job", "register", job.parent, "--out", tmp_path / "register.ods")
    with zipfile.ZipFile(tmp_path / "register.ods") as ods:
        assert ods.namelist()[0] == "mimetype"
        cells = ElementTree.fromstring(ods.read("content.xml")).iter()
        values = [dict(c.attrib) for c in cells if c.tag.endswith("table-cell")]
    assert all(any(v == "string" for v in cell.values()) for cell in values)
    pytest.importorskip("typst")
    run("licence", "pack", job.parent, "--out", tmp_path / "pack.zip")
    with zipfile.ZipFile(tmp_path / "pack.zip") as pack:
        names = set(pack.namelist())
        assert {
            "inspection.pdf",
            "inspection.ods",
            "staff.csv",
            "equipment.csv",
            "consents.csv",
            "hashes.csv",
        } <= names
        assert pack.read("inspection.pdf").startswith(b"%PDF")
        assert b"course of 2025" in pack.read("staff.csv")
        assert b"The tenant" in pack.read("consents.csv")
        hashes = pack.read("hashes.csv").decode("utf-8-sig")
    opened = Job(job, read_only=True)
    assert opened.store.audit_log()[-1].hash in hashes


def test_consent_withdrawal_and_objection_with_their_terms(
    job: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run("job", "withdraw", job, "--person", "The tenant", "--received", "2026-11-02", "--who", "Aigul")
    assert "2026-11-23" in capsys.readouterr().out
    run("job", "object", job, "--person", "A guest", "--received", "2026-01-05", "--who", "Aigul")
    capsys.readouterr()
    run("job", "terms", job, code=1)
    late = capsys.readouterr().out
    assert "A guest: LATE since" in late
    run("job", "answer", job, "objection", 2, "explained in person", "--day", "2026-01-08", "--who", "Aigul")
    run("job", "answer", job, "objection", 77, "x", code=2)
    capsys.readouterr()
    for kind in ("notice", "consent", "objection-reply", "withdrawal-reply", "withdrawal-refusal", "custody",
                 "safe-use"):  # fmt: skip
        out = job.parent / f"{kind}.txt"
        run("job", "paper", job, kind, "--out", out, "--who", "Aigul")
        text = out.read_text()
        assert "{" not in text, kind
    assert "explained in person" in (job.parent / "objection-reply.txt").read_text()
    own = job.parent / "own.txt"
    own.write_text("Our notice\n\nCall {people} about {number} {nothing}")
    run("job", "paper", job, "notice", "--template", own, "--out", job.parent / "n.txt", "--who", "Aigul")
    assert "Call Aigul, Boris, Vera about a ____" in (job.parent / "n.txt").read_text()
    own.write_text("Our notice\n\nCall {people!r:>{x}} {0}")
    run("job", "paper", job, "notice", "--template", own, "--out", job.parent / "n.txt", code=2)
    run("job", "paper", job, "certificate", "--out", job.parent / "c.txt", code=2)


def test_a_data_subject_sees_and_deletes_what_is_kept(job: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("evidence", "seal", job, "--who", "Boris")
    capsys.readouterr()
    run("job", "subject", job, ADDRESS.lower())
    told = json.loads(capsys.readouterr().out)
    assert told["devices"][0]["address"] == ADDRESS
    assert told["findings"]
    run("job", "subject", job, "AA:AA:AA:AA:AA:AA", "--delete", "--yes", "--who", "Boris", code=2)
    run("job", "subject", job, ADDRESS, "--delete", "--yes", "--who", "Boris")
    for path in job.rglob("*"):
        if path.is_file():
            assert ADDRESS.encode() not in path.read_bytes(), path
    run("job", "subject", job, ADDRESS)
    run("evidence", "verify", job)
    assert "purged as certified" in capsys.readouterr().out


def test_a_viewer_only_reads(job: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = [entry.act for entry in Job(job, read_only=True).store.audit_log()]
    vera = ("--who", "Vera")
    run("replay", tag_log(tmp_path / "walk2.jsonl"), "--job", job, *vera, code=2)
    run("job", "verdict", job, "1/F-001", "confirmed", *vera, code=2)
    run("job", "purge", job, "--yes", *vera, code=2)
    run("job", "change", job, "--purpose", "other", *vera, code=2)
    run("job", "check", job, "car/obd", "nothing", *vera, code=2)
    run("job", "consent", job, "x", *vera, code=2)
    run("evidence", "seal", job, *vera, code=2)
    assert "Vera is not entered" in capsys.readouterr().err
    run("evidence", "seal", job, "--who", "Aigul", code=2)  # sealing is the reviewer's, where there is one
    assert [entry.act for entry in Job(job, read_only=True).store.audit_log()] == before
    run("job", "open", job)


def test_what_was_seen_and_done_reaches_the_report(job: Path, tmp_path: Path) -> None:
    run("job", "verdict", job, "1/F-001", "confirmed", "--class", "special", "--note", "under the desk",
        "--who", "Aigul")  # fmt: skip
    run(
        "job",
        "check",
        job,
        "office/table",
        "something",
        "--method",
        "lens",
        "--note",
        "a lens",
        "--who",
        "Aigul",
    )
    run("job", "meeting", job, "2022-11-23T10:00+05:00", "2022-11-23T11:00+05:00", "--label", "Board",
        "--who", "Aigul")  # fmt: skip
    run("job", "meeting", job, "2022-11-23T10:00+05:00", "2022-11-23T09:00+05:00", "--who", "Aigul", code=2)
    run(
        "job",
        "custody",
        job,
        "Item 1",
        "--seal",
        "S-77",
        "--from",
        "Aigul",
        "--to",
        "Police",
        "--who",
        "Aigul",
    )
    run(
        "job",
        "change",
        job,
        "--recommendations",
        "Lock the meeting room",
        "--next",
        "2027-02-01",
        "--who",
        "Aigul",
    )
    image = pytest.importorskip("PIL.Image")
    image.new("RGB", (64, 48), "white").save(tmp_path / "p.png")
    run("job", "photo", job, tmp_path / "p.png", "--no-people", "--caption", "the desk", "--who", "Aigul")
    run("job", "plan", job, tmp_path / "p.png", "--width", 8, "--mark", 50, 50, "1/F-001", "--who", "Aigul")
    out = tmp_path / "r.html"
    run("report", job, "--out", out, "--who", "Aigul")
    page = out.read_text()
    for words in (
        "class: special technical means", "under the desk", "a lens", "Under tables", "Board", "S-77",
        "Lock the meeting room", "1 February 2027", "the desk", "Chain of custody", "Floor plan", ADDRESS,
        "Audit log", "Files of the job",
    ):  # fmt: skip
        assert words in page, words


@pytest.mark.usefixtures("little_work")
def test_lock_unlock_export_import(job: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("pyrage")
    secret, wrong = tmp_path / "pw", tmp_path / "wrong"
    secret.write_text("right\nsecond line")
    wrong.write_text("left\n")
    run("job", "export", job, tmp_path / "x.zip", "--who", "Aigul")
    run("job", "import", tmp_path / "x.zip")
    assert (tmp_path / "x" / "job.sqlite").is_file()
    run("job", "lock", job, "--password-file", secret, "--who", "Aigul", code=2)  # the reviewer's
    run("job", "lock", job, "--password-file", secret, "--who", "Boris")
    assert not job.exists()
    locked = job.with_name("a.locked.zip")
    capsys.readouterr()
    run("job", "unlock", locked, "--password-file", wrong, code=2)
    err = capsys.readouterr().err
    assert "password is wrong" in err
    assert err.count("\n") == 1
    run("job", "unlock", locked, "--password-file", secret)
    run("job", "open", job)
    run("job", "import", tmp_path / "none.zip", code=2)


def test_evidence_comes_out_again_and_a_tampered_job_says_so(
    job: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "walk.jsonl").unlink()
    run("evidence", "key", tmp_path / "key")
    public = capsys.readouterr().out.strip().splitlines()[-1]
    run("evidence", "seal", job, "--key", tmp_path / "key", "--who", "Boris")
    run("evidence", "verify", job, "--trusted-key", public)
    run("evidence", "reproduce", job)
    assert "identical (sweep-001-ble.jsonl)" in capsys.readouterr().out
    copy = tmp_path / "copy"
    shutil.copytree(job, copy)
    recording = next((copy / "recordings").iterdir())
    recording.chmod(0o600)
    recording.write_bytes(recording.read_bytes()[:-1] + b" ")
    run("evidence", "verify", copy, code=1)
    assert "recordings/sweep-001-ble.jsonl: changed" in capsys.readouterr().err
    run("evidence", "verify", job)


def test_keep_iq_warns_and_is_audited(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = Path(__file__).parents[2] / "recordings" / "devices" / "nfm-bug-433.sigmf-meta"
    run("job", "new", tmp_path / "mine", "--own", "--who", "me")
    run("replay", source, "--job", tmp_path / "mine", "--keep-iq", "--who", "me", code=1)
    assert "may hold what people say" in capsys.readouterr().err
    assert list((tmp_path / "mine" / "recordings").glob("*.sigmf-data"))
    acts = [entry.act for entry in Job(tmp_path / "mine").store.audit_log()]
    assert "samples of findings are kept" in acts


def test_what_a_kept_sweep_writes_is_pseudonymised(tmp_path: Path) -> None:
    run("job", "new", tmp_path / "mine", "--own", "--who", "me")
    log, page, rows = tag_log(tmp_path / "walk.jsonl"), tmp_path / "p.html", tmp_path / "r.json"
    run("replay", log, "--job", tmp_path / "mine", "--report", page, "--json", rows, "--who", "me", code=1)
    assert ADDRESS not in page.read_text() + rows.read_text()
    stand_in = Job(tmp_path / "mine").pseudonym(ADDRESS, "mac")
    assert json.loads(rows.read_text())["devices"][0]["address"] == stand_in
    run("replay", log, "--json", rows, code=1)
    assert ADDRESS in rows.read_text(), "without a job, as recorded"


def test_hostile_texts_do_not_reach_the_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bad = "evil\x1b[2J\u202e\u2066name"
    folder = tmp_path / "j"
    run("job", "new", folder, "--purpose", bad, "--permission", bad, "--place", bad, "--client", bad,
        "--technician", bad, "--number", bad, "--who", bad)  # fmt: skip
    run("job", "withdraw", folder, "--person", bad, "--text", bad, "--who", bad)
    run("job", "terms", folder, code=None)
    run("job", "open", folder)
    run("job", "list", tmp_path)
    run("job", "list", tmp_path, "--json", "-")
    run("job", "register", tmp_path)
    run("job", "verdict", folder, bad, "open", "--who", bad, code=2)
    run("job", "purge", folder, "--yes", "--who", "nobody" + bad, code=2)
    run("evidence", "verify", folder, code=1)
    run("licence", "staff", bad)
    run("licence", "show", code=3)
    said = "".join(capsys.readouterr())
    assert "evil" in said
    for character in ("\x1b", "\u202e", "\u2066"):
        assert character not in said


def test_a_tampered_job_opens_read_only_and_says_so(
    job: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run("job", "export", job, tmp_path / "x.zip", "--who", "Aigul")
    with sqlite3.connect(job / "job.sqlite") as db:
        (value,) = db.execute("SELECT value FROM audit WHERE seq=2").fetchone()
        db.execute("UPDATE audit SET value=? WHERE seq=2", (value.replace(b"Aigul", b"Arman"),))
    db.close()
    for command in (("job", "open", job), ("job", "list", job.parent), ("job", "terms", job)):
        run(*command)
        assert "audit log entry 2 was changed" in capsys.readouterr().err
    run("job", "verdict", job, "1/F-001", "explained", "--who", "Aigul", code=2)
    run("report", job, "--out", tmp_path / "r.html", "--who", "Aigul")
    run("evidence", "seal", job, "--who", "Boris", code=2)
