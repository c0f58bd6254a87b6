"""SigMF recordings: pairs and archives written by the sigmf package, and metadata with everything wrong."""

import gzip
import json
import math
import tarfile
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sigmf import SigMFFile
from sigmf.archive import SigMFArchive

from sweeper.errors import InputError, SweeperError
from sweeper.recording import probe
from sweeper.records import IqBlock
from tests.recording.build import records, samples, sigmf_meta

RATE = 1e6
NOON = 1767268800.0


def values(count: int, seed: int = 1) -> np.ndarray[Any, Any]:
    return np.random.default_rng(seed).integers(-20_000, 20_000, 2 * count).astype("<i2")


def written(folder: Path, name: str = "x", **glob: Any) -> SigMFFile:
    """A recording of 1000 samples as the sigmf package writes it."""
    data = folder / f"{name}.sigmf-data"
    values(1_000).tofile(data)
    settings = {"core:datatype": "ci16_le", "core:sample_rate": RATE, **glob}
    recording = SigMFFile(data_file=str(data), global_info=settings)
    recording.add_capture(0, {"core:frequency": 433.92e6, "core:datetime": "2026-01-01T12:00:00.000Z"})
    recording.add_annotation(10, 20, {"core:label": "burst"})
    recording.tofile(str(folder / f"{name}.sigmf-meta"))
    return recording


@pytest.mark.parametrize("named", ["x.sigmf-meta", "x.sigmf-data"])
def test_a_pair_by_either_name(tmp_path: Path, named: str) -> None:
    written(tmp_path)
    found = probe(tmp_path / named)
    assert (found.format, found.rate_hz, found.center_hz) == ("sigmf-cs16", RATE, 433.92e6)
    assert (found.start_utc_s, found.duration_s, found.problems) == (NOON, 1e-3, ())
    assert [mark["core:label"] for mark in found.annotations] == ["burst"]
    assert found.data_path == tmp_path / "x.sigmf-data"
    expected = values(1_000).astype(np.float32) / 32768
    assert np.array_equal(samples(tmp_path / named).view(np.float32), expected)


@pytest.mark.parametrize("packed", [None, "gz", "xz", "zip"])
def test_an_archive(tmp_path: Path, packed: str | None) -> None:
    recording = written(tmp_path)
    name = tmp_path / f"away.sigmf{'.' + packed if packed else ''}"
    SigMFArchive(recording, name=str(name), compression=packed)
    (tmp_path / "x.sigmf-data").unlink()
    found = probe(name)
    assert (found.format, found.center_hz, found.problems) == ("sigmf-cs16", 433.92e6, ())
    assert np.array_equal(samples(name).view(np.float32), values(1_000).astype(np.float32) / 32768)


def test_an_archive_of_two_recordings_is_read_one_after_the_other(tmp_path: Path) -> None:
    for name, freq, second in (("a", 1e8, 0), ("b", 2e8, 10)):
        values(500).tofile(tmp_path / f"{name}.sigmf-data")
        stamp = f"2026-01-01T12:00:{second:02d}Z"
        sigmf_meta(tmp_path / f"{name}.sigmf-meta", [{"frequency": freq, "datetime": stamp}])
    with tarfile.open(tmp_path / "both.sigmf", "w") as tar:
        for name in ("a", "b"):
            for ending in ("meta", "data"):
                tar.add(tmp_path / f"{name}.sigmf-{ending}", f"{name}/{name}.sigmf-{ending}")
    made, problems = records(tmp_path / "both.sigmf")
    assert [(b.time_s, b.center_hz, b.samples.size) for b in made if isinstance(b, IqBlock)] == [
        (0.0, 1e8, 500),
        (10.0, 2e8, 500),
    ]
    assert problems == ()


def test_a_cut_archive_gives_what_is_there(tmp_path: Path) -> None:
    written(tmp_path)
    whole = tmp_path / "away.sigmf"
    with tarfile.open(whole, "w") as tar:
        for ending in ("meta", "data"):
            tar.add(tmp_path / f"x.sigmf-{ending}", f"x/x.sigmf-{ending}")
    raw = whole.read_bytes()
    whole.write_bytes(raw[: raw.index(values(1_000).tobytes()) + 2_002])
    made, problems = records(whole)
    assert sum(block.samples.size for block in made if isinstance(block, IqBlock)) == 500
    assert any("breaks off" in line for line in problems)
    assert any(line.startswith("the last sample is cut: 2 of 4 bytes") for line in problems)


def test_an_archive_that_lost_its_metadata_is_refused(tmp_path: Path) -> None:
    written(tmp_path)
    with tarfile.open(tmp_path / "away.sigmf", "w") as tar:
        tar.add(tmp_path / "x.sigmf-data", "x/x.sigmf-data")
    with pytest.raises(InputError, match="without a SigMF recording"):
        probe(tmp_path / "away.sigmf")


def test_a_tar_header_of_a_gigabyte_is_not_taken_into_memory(tmp_path: Path) -> None:
    info = tarfile.TarInfo("x")
    info.type, info.size = tarfile.XHDTYPE, 1 << 30
    path = tmp_path / "bomb.sigmf.gz"
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(info.tobuf(tarfile.USTAR_FORMAT))
        for _ in range(64):
            file.write(bytes(1 << 20))
    tracemalloc.start()
    with pytest.raises(InputError, match="without a SigMF recording"):
        probe(path)
    assert tracemalloc.get_traced_memory()[1] < 20 << 20
    tracemalloc.stop()


def test_captures_of_different_centres_are_looks(tmp_path: Path) -> None:
    values(1_000).tofile(tmp_path / "x.sigmf-data")
    sigmf_meta(
        tmp_path / "x.sigmf-meta",
        [
            {"sample_start": 0, "frequency": 100e6},
            {"sample_start": 300, "frequency": 100e6},
            {"sample_start": 400, "frequency": 102e6},
        ],
    )
    made, _ = records(tmp_path / "x.sigmf-meta")
    looks = [(b.center_hz, b.first_sample, b.samples.size, b.time_s) for b in made if isinstance(b, IqBlock)]
    assert looks == [(100e6, 0, 400, 0.0), (102e6, 0, 600, 400e-6)]


def test_stated_times_tell_of_gaps_and_never_of_the_past(tmp_path: Path) -> None:
    values(900).tofile(tmp_path / "x.sigmf-data")
    stamps = ["12:00:00", "12:00:05", "11:59:00"]
    sigmf_meta(
        tmp_path / "x.sigmf-meta",
        [{"sample_start": 300 * i, "datetime": f"2026-01-01T{stamp}Z"} for i, stamp in enumerate(stamps)],
    )
    made, problems = records(tmp_path / "x.sigmf-meta")
    assert [b.time_s for b in made] == pytest.approx([0.0, 5.0])  # the third goes on where the second ended
    assert [b.samples.size for b in made if isinstance(b, IqBlock)] == [300, 600]
    assert any("behind; not followed" in line for line in problems)


def test_several_channels_come_apart(tmp_path: Path) -> None:
    raw = np.arange(600, dtype="<i2")
    raw.tofile(tmp_path / "x.sigmf-data")
    sigmf_meta(tmp_path / "x.sigmf-meta", num_channels=3)
    made, _ = records(tmp_path / "x.sigmf-meta")
    assert [(b.channel, b.samples.size) for b in made if isinstance(b, IqBlock)] == [
        (0, 100),
        (1, 100),
        (2, 100),
    ]
    second = made[1]
    assert isinstance(second, IqBlock)
    assert second.samples[0] == np.complex64(complex(2 / 32768, 3 / 32768))
    assert second.samples[1] == np.complex64(complex(8 / 32768, 9 / 32768))


def test_header_and_trailing_bytes_are_passed_over(tmp_path: Path) -> None:
    body = values(30)
    parts = b"H" * 7 + body[:20].tobytes() + b"J" * 5 + body[20:].tobytes() + b"T" * 6
    (tmp_path / "x.sigmf-data").write_bytes(parts)
    sigmf_meta(
        tmp_path / "x.sigmf-meta",
        [{"header_bytes": 7, "frequency": 1e8}, {"sample_start": 10, "header_bytes": 5, "frequency": 2e8}],
        trailing_bytes=6,
    )
    assert np.array_equal(
        samples(tmp_path / "x.sigmf-meta").view(np.float32), body.astype(np.float32) / 32768
    )


def test_sample_numbers_count_from_the_offset(tmp_path: Path) -> None:
    values(100).tofile(tmp_path / "x.sigmf-data")
    captures = [{"sample_start": 5_000, "frequency": 1e8}, {"sample_start": 5_040, "frequency": 2e8}]
    sigmf_meta(tmp_path / "x.sigmf-meta", captures, offset=5_000)
    made, _ = records(tmp_path / "x.sigmf-meta")
    assert [(b.center_hz, b.samples.size) for b in made if isinstance(b, IqBlock)] == [(1e8, 40), (2e8, 60)]


def test_a_dataset_of_another_name(tmp_path: Path) -> None:
    values(100).tofile(tmp_path / "other.bin")
    sigmf_meta(tmp_path / "x.sigmf-meta", dataset="other.bin")
    assert samples(tmp_path / "x.sigmf-meta").size == 100
    assert probe(tmp_path / "x.sigmf-meta").data_path == tmp_path / "other.bin"


@pytest.mark.parametrize("dataset", ["../secret.bin", "/etc/passwd", "sub/x.bin"])
def test_a_dataset_elsewhere_is_not_opened(tmp_path: Path, dataset: str) -> None:
    sigmf_meta(tmp_path / "x.sigmf-meta", dataset=dataset)
    with pytest.raises(InputError, match="another folder"):
        probe(tmp_path / "x.sigmf-meta")


@pytest.mark.parametrize(
    ("glob", "said"),
    [
        ({"datatype": "ci12_le"}, "'ci12_le' are not read"),
        ({"datatype": None}, "'None' are not read"),
        ({"sample_rate": None}, "say --rate"),
        ({"sample_rate": -1}, "say --rate"),
        ({"sample_rate": 1e14}, "not possible"),
        ({"num_channels": 10**12}, "channels are not possible"),
        ({"metadata_only": True}, "metadata only"),
    ],
)
def test_what_cannot_be_read_is_refused_with_one_line(
    tmp_path: Path, glob: dict[str, Any], said: str
) -> None:
    if "metadata_only" not in glob:
        values(10).tofile(tmp_path / "x.sigmf-data")
    sigmf_meta(tmp_path / "x.sigmf-meta", **glob)
    with pytest.raises(InputError, match=said) as caught:
        probe(tmp_path / "x.sigmf-meta")
    assert "\n" not in str(caught.value)


def test_overrides_stand_over_the_metadata(tmp_path: Path) -> None:
    values(100).tofile(tmp_path / "x.sigmf-data")
    sigmf_meta(tmp_path / "x.sigmf-meta", datatype="nonsense", sample_rate=None)
    found = probe(tmp_path / "x.sigmf-meta", format="cs8", rate_hz=2e6, center_hz=5e6)
    assert (found.rate_hz, found.center_hz, found.duration_s) == (2e6, 5e6, 200 / 2e6)


def test_formal_faults_are_problems_and_the_samples_are_read(tmp_path: Path) -> None:
    values(100).tofile(tmp_path / "x.sigmf-data")
    sigmf_meta(tmp_path / "x.sigmf-meta", version="one", license=5)
    made, problems = records(tmp_path / "x.sigmf-meta")
    assert len(made) == 1
    assert len(problems) == 1
    assert problems[0].startswith("metadata against the SigMF schema: global/core:")


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"global": 1}', "[" * 5_000, "\xff"])
def test_metadata_that_is_none(tmp_path: Path, text: str) -> None:
    values(10).tofile(tmp_path / "x.sigmf-data")
    (tmp_path / "x.sigmf-meta").write_text(text, encoding="latin-1")
    with pytest.raises(InputError, match="metadata"):
        probe(tmp_path / "x.sigmf-meta")


def test_samples_without_metadata_are_read_as_raw(tmp_path: Path) -> None:
    values(1_000).tofile(tmp_path / "x.sigmf-data")
    assert probe(tmp_path / "x.sigmf-data", format="cs16", rate_hz=1e6).format == "cs16"
    with pytest.raises(InputError, match="--format"):
        probe(tmp_path / "x.sigmf-data")


def test_a_collection_says_what_to_give(tmp_path: Path) -> None:
    (tmp_path / "x.sigmf-collection").write_text("{}")
    with pytest.raises(InputError, match="give those"):
        probe(tmp_path / "x.sigmf-collection")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
KEYS = ["datatype", "sample_rate", "num_channels", "offset", "trailing_bytes", "dataset", "metadata_only"]
ROWS = st.lists(
    st.dictionaries(
        st.sampled_from([f"core:{k}" for k in ("sample_start", "frequency", "datetime", "header_bytes")]),
        JSON,
    )
    | JSON,
    max_size=3,
)


@given(st.dictionaries(st.sampled_from([f"core:{key}" for key in KEYS]), JSON), ROWS | JSON, JSON)
def test_any_metadata_gives_samples_that_are_in_the_file_or_one_line(
    tmp_path_factory: pytest.TempPathFactory, glob: dict[str, Any], captures: Any, annotations: Any
) -> None:
    folder = tmp_path_factory.getbasetemp()
    (folder / "fuzz.sigmf-data").write_bytes(bytes(64))
    whole = {"core:datatype": "ci16_le", "core:sample_rate": 1e6, "core:version": "1.2.0", **glob}
    document = {"global": whole, "captures": captures, "annotations": annotations}
    (folder / "fuzz.sigmf-meta").write_text(json.dumps(document))
    try:
        made, _problems = records(folder / "fuzz.sigmf-meta")
    except SweeperError as error:
        assert "\n" not in str(error)  # noqa: PT017  either outcome is an answer
        return
    blocks = [record for record in made if isinstance(record, IqBlock)]
    assert sum(block.samples.size for block in blocks) <= 64
    assert all(math.isfinite(block.time_s) and block.rate_hz > 0 for block in blocks)


@pytest.mark.corpus
def test_the_official_logo(corpus_path: Path) -> None:
    """Two real channels, three annotations; 1,152,000 bytes are 288,000 samples of each."""
    found = probe(corpus_path / "rf/misc/sigmf_logo.sigmf-data")
    assert (found.rate_hz, found.duration_s, len(found.annotations)) == (48_000, 6.0, 3)
    assert found.looks[0].channels == 2
    assert found.start_utc_s == pytest.approx(1624058271.163959)  # 2021-06-18T23:17:51.163959Z
