"""Streaming of raw samples: values, blocks, times, ends, and the memory of a long recording."""

import errno
import io
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sweeper.errors import InputError
from sweeper.recording import Problems, probe, read
from sweeper.recording.formats import format_named
from sweeper.recording.samples import BLOCK_SAMPLES, Look, block_samples, blocks
from sweeper.records import IqBlock
from tests.recording.build import records, samples


def test_blocks_follow_each_other(tmp_path: Path) -> None:
    count = 2 * BLOCK_SAMPLES + 1_000
    raw = np.random.default_rng(1).integers(-32768, 32767, 2 * count, dtype=np.int16)
    path = tmp_path / "x_433.92M_10000k.cs16"
    path.write_bytes(raw.tobytes())
    made, problems = records(path)
    made_blocks = [block for block in made if isinstance(block, IqBlock)]
    assert [block.samples.size for block in made_blocks] == [BLOCK_SAMPLES, BLOCK_SAMPLES, 1_000]
    assert [block.first_sample for block in made_blocks] == [0, BLOCK_SAMPLES, 2 * BLOCK_SAMPLES]
    assert [block.time_s for block in made_blocks] == [0.0, BLOCK_SAMPLES / 1e7, 2 * BLOCK_SAMPLES / 1e7]
    assert {(block.rate_hz, block.center_hz) for block in made_blocks} == {(1e7, 433.92e6)}
    joined = np.concatenate([block.samples for block in made_blocks])
    assert np.array_equal(joined.view(np.float32), raw.astype(np.float32) / 32768)
    assert problems == ()


@pytest.mark.parametrize("rate_hz", [1e3, 48e3, 250e3, 1e6, 2.4e6, 20e6])
def test_blocks_are_short_enough_to_watch(rate_hz: float) -> None:
    size = block_samples(rate_hz)
    assert size <= BLOCK_SAMPLES
    assert size & (size - 1) == 0
    assert size / rate_hz <= 0.15 or size == 4_096


def test_seeking_starts_a_new_look_at_the_right_sample(tmp_path: Path) -> None:
    path = tmp_path / "x_433.92M_100k.cs8"
    raw = np.arange(4_000, dtype=np.uint32).astype(np.uint8)
    path.write_bytes(raw.tobytes())
    made, _ = records(path, start_s=0.01)
    first = made[0]
    assert isinstance(first, IqBlock)
    assert (first.time_s, first.first_sample, first.samples.size) == (0.01, 0, 1_000)
    assert first.samples[0].real == np.float32(np.int8(raw[2_000].astype(np.int8)) / 128)


def test_seeking_past_the_end_gives_nothing(tmp_path: Path) -> None:
    path = tmp_path / "x_433.92M_100k.cs8"
    path.write_bytes(bytes(range(200)))
    assert records(path, start_s=99.0) == ([], ())


@pytest.mark.parametrize(("name", "frame"), [("cu8", 2), ("cs16", 4), ("cf32", 8), ("cf64", 16)])
def test_a_cut_last_sample_is_told_with_its_offset(tmp_path: Path, name: str, frame: int) -> None:
    path = tmp_path / f"x_433.92M_1000k.{name}"
    path.write_bytes(bytes(100 * frame) + b"\1")
    made, problems = records(path)
    assert sum(block.samples.size for block in made if isinstance(block, IqBlock)) == 100
    assert problems == (f"the last sample is cut: 1 of {frame} bytes at byte {100 * frame}",)


def test_values_that_are_no_numbers_are_mended_and_told(tmp_path: Path) -> None:
    values = np.ones(2_000, "<f4")
    values[[6, 7, 100]] = [np.nan, np.inf, -1e30]
    path = tmp_path / "x.cf32"
    path.write_bytes(values.tobytes())
    got = samples(path, rate_hz=1e6).view(np.float32)
    assert np.array_equal(np.flatnonzero(got == 0), [6, 7, 100])
    _, problems = records(path, rate_hz=1e6)
    assert problems == ("values that are no number or beyond 1e12, set to 0: 3, the first from byte 0 on",)


def test_a_file_that_shrinks_after_it_was_probed(tmp_path: Path) -> None:
    path = tmp_path / "x_433.92M_1000k.cu8"
    path.write_bytes(bytes(range(256)) * 100)
    found = probe(path)
    os.truncate(path, 1_001)
    problems = Problems()
    made_blocks = [block for block in read(found, "x", problems) if isinstance(block, IqBlock)]
    assert sum(block.samples.size for block in made_blocks) == 500
    assert problems.lines() == ("the file ends 12300 samples before its end was expected, at byte 1000",)


def test_a_file_that_vanishes_after_it_was_probed(tmp_path: Path) -> None:
    path = tmp_path / "x_433.92M_1000k.cu8"
    path.write_bytes(bytes(range(256)))
    found = probe(path)
    path.unlink()
    with pytest.raises(InputError, match="cannot be opened"):
        list(read(found, "x", Problems()))


class Failing(io.BytesIO):
    """A disk that gives an input/output error from byte 4096 on."""

    def readinto(self, view: Any) -> int:
        if self.tell() >= 4_096:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return super().readinto(memoryview(view)[: 4_096 - self.tell()])


@pytest.mark.parametrize(("offset", "samples"), [(0, 2_048), (96, 2_000)])
def test_a_disk_that_fails_on_the_way(offset: int, samples: int) -> None:
    form = format_named("cu8")
    assert form is not None
    look = Look(lambda: Failing(bytes(10_000)), offset, 4_000, form, 1e6, 0.0)
    problems = Problems()
    made = list(blocks("disk", "x", [look], problems))
    assert [block.samples.size for block in made] == [samples]
    assert problems.lines() == ("reading broke off at byte 4096: input/output error",)


def test_a_disk_that_fails_at_once_is_an_error_that_names_the_place() -> None:
    form = format_named("cu8")
    assert form is not None
    look = Look(lambda: Failing(bytes(10_000)), 5_000, 2_000, form, 1e6, 0.0)
    with pytest.raises(InputError, match="disk: cannot be read: input/output error at byte 5000"):
        list(blocks("disk", "x", [look], Problems()))


def test_two_gigabytes_stream_in_the_memory_of_a_block(tmp_path: Path) -> None:
    """A sparse file takes no disk; the peak is that of a process of its own, imports included."""
    path = tmp_path / "long_433.92M_2400k.cu8"
    with path.open("wb") as file:
        file.truncate(2 << 30)
    script = (
        "import resource, sys\n"
        "from sweeper.recording import Problems, probe, read\n"
        "base = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "count = sum(block.samples.size for block in read(probe(sys.argv[1]), 'x', Problems()))\n"
        "print(count, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - base)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(path)], capture_output=True, text=True, check=True
    )
    count, grown_kib = map(int, done.stdout.split())
    assert count == 1 << 30
    assert grown_kib < 50_000
