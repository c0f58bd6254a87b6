"""What a sweep leaves in its job, read by other programs, and run again."""

from __future__ import annotations

import asyncio
import hashlib
import json
import shutil
import subprocess
from pathlib import Path

import pytest

from sweeper.casework.keeping import begin, end, made_by, made_of
from sweeper.casework.reproduce import Outcome, reproduce
from sweeper.casework.spectra import spectra, waterfalls
from sweeper.jobs.job import Head, Job
from sweeper.radio.replay import ReplaySource
from sweeper.session import Session, standard_stages
from sweeper.signatures import Library, builtin_folder
from sweeper.text import english

RECORDINGS = Path(__file__).parents[2] / "recordings" / "devices"
HEAD = Head(number="1", purpose="p", permission="mine", place="home", own=True)
TSHARK = shutil.which("tshark")


@pytest.fixture(scope="module")
def library() -> Library:
    return Library.load(builtin_folder())


def swept(job: Job, path: Path, library: Library, *, iq: bool = False) -> None:
    """Replay a recording into the job, as the command line does."""
    kept = begin(job, "me", "replay", made=made_by(library, antenna="whip"), iq=iq)
    asyncio.run(Session([ReplaySource(path)], standard_stages(library), kept.sinks).run())
    end(job, kept, "me")
    assert kept.problems == []


@pytest.fixture
def job(tmp_path: Path) -> Job:
    return Job.create(tmp_path / "job", HEAD, "me")


@pytest.mark.skipif(TSHARK is None, reason="no tshark here to read the capture")
def test_frames_lie_in_a_capture_that_tshark_reads(job: Job, library: Library) -> None:
    source = RECORDINGS / "camera-stream.pcap"
    swept(job, source, library)
    (made,) = (job.folder / "recordings").glob("*.pcapng")

    def fields(path: Path, *names: str) -> list[str]:
        assert TSHARK is not None
        wanted = [part for name in names for part in ("-e", name)]
        done = subprocess.run(
            [TSHARK, "-r", str(path), "-T", "fields", *wanted], capture_output=True, check=True, text=True
        )
        assert "malformed" not in done.stderr.lower()
        return done.stdout.splitlines()

    names = ("frame.time_epoch", "frame.len", "wlan.ta", "wlan.fc.type_subtype", "radiotap.dbm_antsignal")
    assert fields(made, *names) == fields(source, *names)
    longest = max(int(line) for line in fields(made, "frame.cap_len"))
    assert longest < 400, "what data frames carry is not kept"


def test_a_finding_by_its_packets_comes_out_again_on_another_machine(
    job: Job, library: Library, tmp_path: Path
) -> None:
    source = tmp_path / "walk.jsonl"
    shutil.copy(RECORDINGS / "airtag-separated.jsonl", source)
    swept(job, source, library)
    here = reproduce(job, library)
    assert [line.outcome for line in here.lines] == [Outcome.IDENTICAL]
    assert here.notes == ()
    source.unlink()
    there = reproduce(job, library)
    assert [(line.outcome, line.evidence) for line in there.lines] == [
        (Outcome.IDENTICAL, "sweep-001-ble.jsonl")
    ]
    assert there.whole
    shutil.copy(RECORDINGS.parent / "clean" / "ble-crowd.jsonl", source)
    assert "changed since the sweep" in english(reproduce(job, library).notes[0])


@pytest.mark.parametrize("name", ["nfm-bug-433", "gsm-bug-897", "analog-camera-1200"])
def test_a_second_of_a_findings_band_gives_the_finding_again(
    job: Job, library: Library, tmp_path: Path, name: str
) -> None:
    for ending in (".sigmf-meta", ".sigmf-data"):
        shutil.copy(RECORDINGS / (name + ending), tmp_path / ("in" + ending))
    swept(job, tmp_path / "in.sigmf-meta", library, iq=True)
    for ending in (".sigmf-meta", ".sigmf-data"):
        (tmp_path / ("in" + ending)).unlink()
    (line,) = reproduce(job, library).lines
    assert line.outcome in (Outcome.AGAIN, Outcome.IDENTICAL)
    assert line.evidence == "sweep-001-F-001.sigmf-meta"


def test_a_clip_is_valid_sigmf_and_says_what_it_is_of(job: Job, library: Library) -> None:
    sigmf = pytest.importorskip("sigmf")
    swept(job, RECORDINGS / "nfm-bug-433.sigmf-meta", library, iq=True)
    meta = next((job.folder / "recordings").glob("*.sigmf-meta"))
    data = meta.with_suffix(".sigmf-data").read_bytes()
    recording = sigmf.sigmffile.fromfile(str(meta))
    recording.validate()
    glob = json.loads(meta.read_text())["global"]
    assert glob["core:sha512"] == hashlib.sha512(data).hexdigest()
    assert "whip" in glob["core:hw"]
    seconds = len(data) / 4 / glob["core:sample_rate"]
    assert 0 < seconds <= 1.0 + 1e-6
    (note,) = json.loads(meta.read_text())["annotations"]
    assert note["core:freq_lower_edge"] < 433.9e6 < note["core:freq_upper_edge"]
    assert note["core:label"] == "rf-bug"
    assert "F-001" in note["core:comment"]
    assert glob["core:sample_rate"] < 600e3, "the finding's band, not the receiver's stream"


def test_without_the_users_word_no_sample_is_kept(job: Job, library: Library) -> None:
    swept(job, RECORDINGS / "nfm-bug-433.sigmf-meta", library)
    assert list((job.folder / "recordings").iterdir()) == []
    assert made_of(job)[1].antenna == "whip"
    ((_, trace), *_) = spectra(job)
    assert trace.start_hz < 433.9e6
    assert list(waterfalls(job)), "what is seen over time is kept"


def test_a_purged_job_says_why_nothing_comes_out(job: Job, library: Library, tmp_path: Path) -> None:
    source = tmp_path / "walk.jsonl"
    shutil.copy(RECORDINGS / "airtag-separated.jsonl", source)
    swept(job, source, library)
    source.unlink()
    job.purge("me")
    result = reproduce(job, library)
    assert [line.outcome for line in result.lines] == [Outcome.NO_EVIDENCE]
    assert not result.whole
    assert "purged" in english(result.notes[-1])
