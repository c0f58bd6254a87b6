"""Time stamps, with a real authority: openssl's, answering on this machine."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sweeper.jobs import evidence, stamp
from sweeper.jobs.evidence import MANIFEST, EvidenceError
from sweeper.jobs.job import Job, JobError
from tests.jobs.samples import made

pytest.importorskip("rfc3161_client")
OPENSSL = shutil.which("openssl")
pytestmark = pytest.mark.skipif(OPENSSL is None, reason="no openssl here to be the authority")

CONFIG = """
[req]
distinguished_name = dn
[dn]
[ca]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign
subjectKeyIdentifier = hash
[leaf]
basicConstraints = CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = critical,timeStamping
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[tsa]
default_tsa = own
[own]
serial = ./serial
signer_cert = ./leaf.pem
signer_key = ./leaf.key
certs = ./ca.pem
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha512
"""


def openssl(folder: Path, *arguments: str) -> None:
    assert OPENSSL is not None
    subprocess.run([OPENSSL, *arguments], cwd=folder, check=True, capture_output=True)


def authority(folder: Path) -> Path:
    """A root, a leaf for time stamping under it, and what ``openssl ts`` needs."""
    folder.mkdir()
    (folder / "conf").write_text(CONFIG)
    (folder / "serial").write_text("01")
    key = ("-newkey", "rsa:2048", "-nodes", "-config", "conf")
    openssl(folder, "req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.pem", "-days", "30",
            "-subj", "/CN=Root", "-extensions", "ca")  # fmt: skip
    openssl(folder, "req", *key, "-keyout", "leaf.key", "-out", "leaf.csr", "-subj", "/CN=Clock")
    openssl(folder, "x509", "-req", "-in", "leaf.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-out",
    "leaf.pem",
            "-days", "30", "-CAcreateserial", "-extfile", "conf", "-extensions", "leaf")  # fmt: skip
    return folder


@pytest.fixture(scope="module")
def clock(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return authority(tmp_path_factory.mktemp("tsa") / "a")


@pytest.fixture
def server(clock: Path) -> Iterator[str]:
    """The authority's address; ``/words`` answers with something else, ``/old`` with its first
    answer again.
    """
    first: list[bytes] = []

    class Answers(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            (clock / "q").write_bytes(self.rfile.read(int(self.headers["Content-Length"])))
            assert self.headers["Content-Type"] == stamp.REQUEST
            openssl(clock, "ts", "-reply", "-config", "conf", "-queryfile", "q", "-out", "r")
            answer = (clock / "r").read_bytes()
            first.append(answer)
            body = {"/words": b"hello", "/old": first[0]}.get(self.path, answer)
            self.send_response(200)
            self.send_header("Content-Type", "text/html" if self.path == "/html" else stamp.REPLY)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    made_server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=made_server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{made_server.server_port}"
    made_server.shutdown()
    thread.join()
    made_server.server_close()


@pytest.fixture
def job(tmp_path: Path) -> Job:
    begun = made(tmp_path / "job")
    (begun.folder / "photos" / "a.jpg").write_bytes(b"picture")
    evidence.seal(begun, "Aigul")
    return begun


def test_a_stamp_is_verified_by_us_and_by_openssl(job: Job, server: str, clock: Path) -> None:
    assert "no time stamp" in evidence.verify(job.folder)
    assert stamp.ask(job.folder / MANIFEST, server).startswith("stamped at 20")
    assert "issuer was not checked" in evidence.verify(job.folder)
    assert "issuer checked" in evidence.verify(job.folder, stamp_roots=clock / "ca.pem")
    answer = str(job.folder / (MANIFEST + stamp.SUFFIX))
    openssl(clock, "ts", "-verify", "-data", str(job.folder / MANIFEST), "-in", answer, "-CAfile", "ca.pem")


def test_a_stamp_of_another_manifest_or_authority_is_refused(
    job: Job, server: str, clock: Path, tmp_path: Path
) -> None:
    stamp.ask(job.folder / MANIFEST, server)
    other = authority(tmp_path / "other")
    with pytest.raises(EvidenceError, match="not by an authority under"):
        evidence.verify(job.folder, stamp_roots=other / "ca.pem")
    stamped = (job.folder / (MANIFEST + stamp.SUFFIX)).read_bytes()
    evidence.seal(job, "Aigul")
    assert "no time stamp" in evidence.verify(job.folder), "the old stamp went with the old seal"
    (job.folder / (MANIFEST + stamp.SUFFIX)).write_bytes(stamped)
    with pytest.raises(EvidenceError, match="of another manifest"):
        evidence.verify(job.folder)
    (job.folder / (MANIFEST + stamp.SUFFIX)).write_bytes(stamped[:100])
    with pytest.raises(EvidenceError, match="no time stamp"):
        evidence.verify(job.folder)


@pytest.mark.parametrize(("page", "why"), [("/words", "no time stamp"), ("/html", "no time stamp")])
def test_an_answer_that_is_no_stamp_is_one_clear_line(job: Job, server: str, page: str, why: str) -> None:
    with pytest.raises(JobError, match=why):
        stamp.ask(job.folder / MANIFEST, server + page)
    assert not (job.folder / (MANIFEST + stamp.SUFFIX)).exists()


def test_an_answer_from_yesterday_is_refused(job: Job, server: str) -> None:
    stamp.ask(job.folder / MANIFEST, server)
    with pytest.raises(JobError, match="not to this request"):
        stamp.ask(job.folder / MANIFEST, server + "/old")


def test_nobody_there_is_one_clear_line(job: Job) -> None:
    with pytest.raises(JobError, match="no answer"):
        stamp.ask(job.folder / MANIFEST, "http://127.0.0.1:1")
    with pytest.raises(JobError, match="not a web address"):
        stamp.ask(job.folder / MANIFEST, "file:///etc/passwd")


@given(st.binary(max_size=200))
def test_any_bytes_for_a_stamp_are_a_clear_line(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        manifest = Path(folder) / MANIFEST
        manifest.write_bytes(b"{}")
        manifest.with_name(MANIFEST + stamp.SUFFIX).write_bytes(content)
        with pytest.raises(JobError, match="no time stamp"):
            stamp.check(manifest)
