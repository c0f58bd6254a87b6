"""Photos: nobody recognisable, no metadata, and nothing that is no picture gets in."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sweeper.errors import InputError
from sweeper.jobs import evidence, photos
from sweeper.jobs.job import JobError
from sweeper.jobs.papers import Mark, Photo, Plan
from tests.jobs.samples import made

Image = pytest.importorskip("PIL.Image")


def picture(path: Path, *, wide: int = 120, high: int = 80) -> Path:
    """A chequered board, and GPS coordinates in its metadata."""
    board = np.indices((high, wide)).sum(axis=0) % 2 * 255
    image = Image.fromarray(np.repeat(board[:, :, None], 3, axis=2).astype(np.uint8))
    exif = Image.Exif()
    exif[0x010E] = "a secret description"
    exif.get_ifd(0x8825)[2] = (43.0, 15.0, 0.0)
    image.save(path, exif=exif)
    return path


def test_a_photo_loses_its_metadata_and_the_marked_part(tmp_path: Path) -> None:
    job = made(tmp_path / "job")
    original = picture(tmp_path / "IMG 1.png")
    photo = photos.add(
        job,
        original,
        who="Aigul",
        caption="the socket",
        people=True,
        boxes=[(0, 0, 0.5, 1)],
        finding="1/F-001",
    )
    kept = job.folder / photo.file
    assert kept.name == "IMG-1.jpg"
    assert b"secret" not in kept.read_bytes()
    with Image.open(kept) as image:
        assert not image.getexif()
        pixels = np.asarray(image.convert("L"), dtype=float)
    left, right = pixels[:, :54], pixels[:, 66:]
    assert right.std() > 60, "the rest stays sharp"
    assert left.std() < 6, "a board of black and white becomes grey"
    assert abs(left.mean() - 127.5) < 8
    assert [p for _, p in job.filed(Photo)] == [photo]
    assert job.store.audit_log()[-1].detail["blurred"] == "1"


def test_a_person_needs_a_mark_and_a_viewer_adds_nothing(tmp_path: Path) -> None:
    job = made(tmp_path / "job")
    original = picture(tmp_path / "a.png")
    with pytest.raises(JobError, match="consent"):
        photos.add(job, original, who="Aigul", caption="", people=True)
    with pytest.raises(JobError, match="Viktor"):
        photos.add(job, original, who="Viktor", caption="", people=False)
    assert job.filed(Photo) == []
    assert list((job.folder / "photos").iterdir()) == []


def test_more_can_be_blurred_until_it_is_sealed(tmp_path: Path) -> None:
    job = made(tmp_path / "job")
    photos.add(job, picture(tmp_path / "a.png"), who="Aigul", caption="c", people=False)
    ((number, _),) = job.filed(Photo)
    changed = photos.blur(job, number, [(0, 0, 1, 1)], "Aigul")
    assert (changed.blurred, changed.people) == (1, True)
    evidence.seal(job, "Aigul")
    with pytest.raises(JobError, match="sealed"):
        photos.blur(job, number, [(0, 0, 1, 1)], "Aigul")
    with pytest.raises(JobError, match="no photo"):
        photos.blur(job, 99, [(0, 0, 1, 1)], "Aigul")


@pytest.mark.parametrize(
    "content", [b"", b"no picture", b"\x89PNG\r\n\x1a\n" + bytes(50), b"\xff\xd8\xff\xe0"]
)
def test_what_is_no_picture_is_one_clear_line(tmp_path: Path, content: bytes) -> None:
    job = made(tmp_path / "job")
    path = tmp_path / "x.jpg"
    path.write_bytes(content)
    with pytest.raises(InputError, match="no picture"):
        photos.add(job, path, who="Aigul", caption="", people=False)
    with pytest.raises(InputError):
        photos.add(job, tmp_path / "none.jpg", who="Aigul", caption="", people=False)


def test_a_plan_takes_marks_inside_it_only(tmp_path: Path) -> None:
    job = made(tmp_path / "job")
    number = photos.add_plan(job, picture(tmp_path / "p.png"), who="Aigul", title="2nd floor", width_m=12.0)
    photos.mark(job, number, [Mark(x=0.25, y=0.5, finding="1/F-001")], "Aigul")
    ((_, plan),) = job.filed(Plan)
    assert plan.marks[0].x == 0.25
    with pytest.raises(JobError, match="outside"):
        photos.mark(job, number, [Mark(x=1.5, y=0.5)], "Aigul")


shares = st.floats(0, 1)


@given(st.tuples(shares, shares, shares, shares), st.integers(1, 60), st.integers(1, 60))
def test_blurring_changes_only_the_box_and_keeps_its_mean(
    box: tuple[float, float, float, float], high: int, wide: int
) -> None:
    pixels = np.random.default_rng(3).integers(0, 256, (high, wide, 3), dtype=np.uint8)
    made_pixels = photos.blurred(pixels, [box])
    x0, x1 = sorted((box[0], box[2]))
    y0, y1 = sorted((box[1], box[3]))
    ys, xs = np.mgrid[0:high, 0:wide]
    inside = (xs >= int(x0 * wide) - 1) & (xs <= x1 * wide) & (ys >= int(y0 * high) - 1) & (ys <= y1 * high)
    assert (made_pixels[~inside] == pixels[~inside]).all()
    assert made_pixels.shape == pixels.shape
    assert (pixels != made_pixels).any() or inside.sum() < 60


def test_a_box_outside_is_refused() -> None:
    with pytest.raises(JobError, match="outside"):
        photos.blurred(np.zeros((4, 4, 3), np.uint8), [(0, 0, 2, 1)])
