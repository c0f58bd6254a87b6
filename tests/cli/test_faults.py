"""Faults of receivers as the user meets them: a line, an exit code, a document whose coverage is true."""

from __future__ import annotations

import fcntl
import json
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.virtual_dongle.fixture import Dongle

DONGLE = "device serial=00000042\nnoise -100\n"
CARRIER = "carrier f=430.4e6 level=-40\n"
WHERE = ["--range", "430M:441M", "--gain", "30", "--json", "-"]


def sweep(dongle: Dongle, *words: str) -> tuple[int, dict[str, object] | None, str]:
    command = [sys.executable, "-m", "sweeper", "sweep", *words]
    done = dongle.run(command, timeout_s=150)
    err = done.stderr.decode()
    assert "Traceback" not in err
    assert "internal error" not in err
    return done.returncode, json.loads(done.stdout) if done.stdout else None, err


def reasons(document: dict[str, object] | None) -> set[object]:
    assert document is not None
    statuses = document["status"]
    assert isinstance(statuses, list)
    return {one["reason"] for one in statuses}


def reached(document: dict[str, object] | None) -> float:
    assert document is not None
    rows = document["coverage"]
    assert isinstance(rows, list)
    return max((row["stop_hz"] for row in rows), default=0.0)


def test_unplugged_in_the_middle_keeps_what_was_heard(tmp_path: Path) -> None:
    code, document, err = sweep(Dongle(tmp_path).plays(DONGLE + "unplug_after 16\n" + CARRIER), *WHERE)
    assert code in (1, 3)
    assert "unplugged" in reasons(document)
    assert 430e6 < reached(document) < 441e6, "coverage holds what was heard and no more"
    assert f"not swept: {reached(document) / 1e6:.3f}" in err
    assert document is not None
    emissions = document["emissions"]
    assert isinstance(emissions, list)
    assert [round(one["center_hz"] / 1e6, 1) for one in emissions] == [430.4]


def test_a_dongle_that_another_program_holds(tmp_path: Path) -> None:
    dongle = Dongle(tmp_path).plays(DONGLE)
    with Path(f"{dongle.path}.00000042.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)  # as the virtual dongle does for whoever opened it
        code, document, err = sweep(dongle, *WHERE)
    assert code == 3
    assert "rtlsdr" in err
    assert "busy" in reasons(document)
    assert reached(document) == 0.0


@contextmanager
def server(says: bytes) -> Iterator[int]:
    """A server that says this to everyone and hangs up."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(60)

        def serve() -> None:
            try:
                while True:
                    connection, _ = listening.accept()
                    connection.sendall(says)
                    connection.close()
            except OSError:
                return

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listening.getsockname()[1]


@pytest.mark.parametrize(
    "says", [b"HTTP/1.1 400 Bad Request\r\n", b"RTL0\0\0", b""], ids=["garbage", "half", "none"]
)
def test_a_server_that_is_none(tmp_path: Path, says: bytes) -> None:
    with server(says) as port:
        code, document, err = sweep(
            Dongle(tmp_path).plays(""), "--source", f"rtltcp:127.0.0.1:{port}", *WHERE
        )
    assert code == 3
    assert f"127.0.0.1:{port}" in err
    assert reasons(document) & {"bad-data", "no-service"}
    assert reached(document) == 0.0


def test_overload_is_told_and_the_sweep_goes_on(tmp_path: Path) -> None:
    dongle = Dongle(tmp_path).plays(DONGLE + "carrier f=434.5e6 level=3\n" + CARRIER)
    code, document, _ = sweep(dongle, "--range", "430M:441M", "--gain", "49.6", "--json", "-")
    assert code in (0, 1)
    assert "overload" in reasons(document)
    assert reached(document) >= 441e6
