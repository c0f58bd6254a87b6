"""Scene files: what is read, and what is refused in one line that names file and key."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sweeper import synth
from sweeper.errors import InputError

SMALL = 'seed = 1\nduration_s = 1.0\n[[rf]]\nkind = "carrier"\nname = "c"\ncenter_hz = 1e8\nlevel_dbm = -70\n'


def test_a_scene_is_named_after_its_file(tmp_path: Path) -> None:
    path = tmp_path / "small.toml"
    path.write_text(SMALL)
    scene = synth.load(path)
    assert scene.name == "small"
    assert scene.rf[0].center_hz == 100e6


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "seed"),
        ("seed = 1\nduration_s = 0\n", "$.duration_s"),
        ("seed = 1\nduration_s = 1\nsped = 2\n", "sped"),
        (SMALL.replace("carrier", "laser"), "laser"),
        (SMALL.replace("center_hz = 1e8", 'center_hz = "1e8"'), "$.rf[0].center_hz"),
        (SMALL + "on = [[2.0, 1.0]]\n", "`on`"),
        (SMALL + "on = [[0.0, 2.0], [1.0, 3.0]]\n", "`on`"),
        (SMALL.replace("-70", "nan"), "$.rf[0].level_dbm"),
        ('name = "../up"\n' + SMALL, "$.name"),
        (SMALL + '[[capture]]\ncenter_hz = 1e8\nrate_hz = 1e6\nname = "a/b"\n', "$.capture[0].name"),
        ("seed = " + "[" * 50_000, "not a scene"),
        ("seed = " + "9" * 5_000, "not a scene"),
        (SMALL + SMALL[SMALL.index("[[") :], "two emitters"),
        (SMALL + "[[capture]]\ncenter_hz = 1e8\nrate_hz = 1e6\nduration_s = 2\n", "after the scene"),
        ('seed = 1\nduration_s = 1\n[[wifi]]\nkind = "camera"\nname = "c"\nap = "x"\n', "no access point"),
        ("seed = [1\n", "not a scene"),
        ('seed = 1\nduration_s = 1\n[[ble]]\nkind = "raw"\nname = "r"\ndata = "0"\n', "$.ble[0].data"),
    ],
)
def test_a_mistake_is_told_with_its_place(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "bad.toml"
    path.write_text(text)
    with pytest.raises(InputError) as told:
        synth.load(path)
    assert str(path) in str(told.value)
    assert words in str(told.value)
    assert "\n" not in str(told.value)


@given(st.binary(max_size=200), st.integers(0, 200), st.integers(0, 200))
def test_damaged_scenes_are_refused_or_read(
    tmp_path_factory: Any, noise: bytes, start: int, stop: int
) -> None:
    path = tmp_path_factory.getbasetemp() / "damaged.toml"
    text = SMALL.encode()
    path.write_bytes(text[:start] + noise + text[stop:])
    with suppress(InputError):
        assert synth.load(path).duration_s > 0


def test_missing_binary_and_directory(tmp_path: Path) -> None:
    binary = tmp_path / "b.toml"
    binary.write_bytes(b"\xff\xfe\x00")
    for path in (tmp_path / "none.toml", tmp_path, binary):
        with pytest.raises(InputError):
            synth.load(path)


def test_the_bundled_scenes_load() -> None:
    folder = synth.recordings_folder() / "scenes"
    paths = sorted(folder.rglob("*.toml"))
    assert len(paths) >= 15
    names = [synth.load(path).name for path in paths]
    assert len(set(names)) == len(names)
    assert synth.demo_scene() in paths
