"""Photos in a job: without the camera's metadata, and with people made unrecognisable before they are kept.

Nobody's face is searched for: whoever adds a photo says whether a person is to be seen and marks where. The
marked parts are blurred in the pixels themselves before the file is written, so no file with a face exists in
the job. The original stays with its owner; its SHA-512 goes into the audit log and ties the two together.

    boxes   (left, top, right, bottom) as shares of width and height, 0 to 1, from the upper left
"""

from __future__ import annotations

import hashlib
import io
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import numpy as np
import numpy.typing as npt

from sweeper.errors import InputError, Reason, Unavailable
from sweeper.jobs.papers import KINDS, Mark, Photo, Plan, Role
from sweeper.jobs.store import JobError
from sweeper.text import say

if TYPE_CHECKING:
    from PIL.Image import Image

    from sweeper.jobs.job import Job

Pixels = npt.NDArray[np.uint8]
Box = tuple[float, float, float, float]

FOLDER = "photos"
MAX_BYTES = 64 << 20
MAX_PIXELS = 100_000_000
"""The largest telephone cameras have 200 megapixels and save 50; a picture that claims more is a trick."""
LONGEST = 2400
"""Pixels of the longer side that are kept: 300 dots an inch over the width of a page."""
QUALITY = 90
CELLS = 6
"""A blurred part is first reduced to so many cells across: what is averaged away cannot be computed back."""
FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "TIFF")


def add(
    job: Job,
    path: Path,
    *,
    who: str,
    caption: str,
    people: bool,
    boxes: Sequence[Box] = (),
    finding: str = "",
) -> Photo:
    """Put a photo into the job. ``people`` answers "is a person to be seen?"; if so, ``boxes`` say where.

    Raises ``JobError`` where a person is in the picture and nothing is marked, ``InputError`` for no picture.
    """
    job.require(who, Role.TECHNICIAN, Role.REVIEWER)
    if people and not boxes:
        raise JobError(
            say("a person's image needs that person's consent: mark the parts of the photo to blur")
        )
    content = _content(path)
    pixels = blurred(pixels_of(content, str(path)), boxes)
    name = _free(job.folder / FOLDER, path.stem, ".jpg")
    _write(job.folder / FOLDER / name, pixels, "JPEG")
    photo = Photo(
        file=f"{FOLDER}/{name}",
        caption=caption,
        who=who,
        utc_s=job.now(),
        finding=finding,
        people=people,
        blurred=len(boxes),
    )
    digest = hashlib.sha512(content).hexdigest()
    job.file(photo, who, "photo", file=photo.file, blurred=str(len(boxes)), original_sha512=digest)
    return photo


def blur(job: Job, number: int, boxes: Sequence[Box], who: str) -> Photo:
    """Blur more of a photo that is already kept; ``number`` is its paper's. A sealed one is refused."""
    job.require(who, Role.TECHNICIAN, Role.REVIEWER)
    photo = dict(job.filed(Photo)).get(number)
    if photo is None:
        raise JobError(say("{folder}: no photo {number}", folder=job.folder, number=number))
    path = job.folder / photo.file
    if not path.stat().st_mode & 0o200:
        raise JobError(say("{file}: sealed; add the photo again with the parts marked", file=photo.file))
    pixels = blurred(pixels_of(_content(path), str(path)), boxes)
    _write(path, pixels, "JPEG")
    changed = msgspec.structs.replace(photo, people=True, blurred=photo.blurred + len(boxes))
    with job.store.transaction():
        job.store.replace_paper(number, msgspec.json.encode(changed))
        job.store.audit(job.now(), who, "photo blurred", file=photo.file, blurred=str(changed.blurred))
    return changed


def add_plan(job: Job, path: Path, *, who: str, title: str, width_m: float | None = None) -> int:
    """Put a floor plan (a picture) into the job; the paper's number, for ``mark``."""
    job.require(who, Role.TECHNICIAN, Role.REVIEWER)
    pixels = pixels_of(_content(path), str(path))
    name = _free(job.folder / FOLDER, "plan-" + path.stem, ".png")
    _write(job.folder / FOLDER / name, pixels, "PNG")
    plan = Plan(file=f"{FOLDER}/{name}", title=title, width_m=width_m)
    return job.file(plan, who, "plan", file=plan.file)


def mark(job: Job, number: int, marks: Sequence[Mark], who: str) -> Plan:
    """Set what is marked on a plan, replacing what was; ``number`` is the plan's paper."""
    job.require(who, Role.TECHNICIAN, Role.REVIEWER)
    plan = dict(job.filed(Plan)).get(number)
    if plan is None:
        raise JobError(say("{folder}: no plan {number}", folder=job.folder, number=number))
    wrong = [m for m in marks if not (0 <= m.x <= 1 and 0 <= m.y <= 1)]
    if wrong:
        raise JobError(say("{title}: a mark lies outside the plan", title=plan.title))
    changed = msgspec.structs.replace(plan, marks=tuple(marks))
    with job.store.transaction():
        job.store.replace_paper(number, msgspec.json.encode(changed))
        job.store.audit(job.now(), who, KINDS[Plan], marks=str(len(marks)))
    return changed


def blurred(pixels: Pixels, boxes: Sequence[Box]) -> Pixels:
    """A copy of ``pixels`` (height, width, 3) with each box reduced to a few cells and smoothed.

    >>> picture = np.arange(300, dtype=np.uint8).reshape(10, 10, 3)
    >>> bool((blurred(picture, [(0, 0, 1, 1)]) == picture).all())
    False
    """
    made = pixels.copy()
    height, width = pixels.shape[:2]
    for left, top, right, bottom in boxes:
        x0, x1 = _span(left, right, width)
        y0, y1 = _span(top, bottom, height)
        made[y0:y1, x0:x1] = _smoothed(_cells(made[y0:y1, x0:x1]))
    return made


def _span(low: float, high: float, size: int) -> tuple[int, int]:
    """A share of a side as pixels, at least one, never outside."""
    if not (0 <= low <= 1 and 0 <= high <= 1):
        raise JobError(say("a part to blur lies outside the photo; shares go from 0 to 1"))
    first, last = sorted((low, high))
    start = min(int(first * size), size - 1)
    return start, max(start + 1, min(size, int(np.ceil(last * size))))


def _cells(part: Pixels) -> Pixels:
    """The part as a mosaic: the mean of each cell, ``CELLS`` along the shorter side."""
    height, width = part.shape[:2]
    cell = max(1, -(-min(height, width) // CELLS))
    mosaic = np.empty_like(part)
    for y in range(0, height, cell):
        for x in range(0, width, cell):
            block = part[y : y + cell, x : x + cell]
            mosaic[y : y + cell, x : x + cell] = np.rint(block.mean(axis=(0, 1))).astype(np.uint8)
    return mosaic


def _smoothed(part: Pixels) -> Pixels:
    """A running mean over both axes, as wide as half a cell: a mosaic's edges draw the eye."""
    radius = max(1, min(part.shape[:2]) // (2 * CELLS))
    values = part.astype(np.float64)
    for axis in (0, 1):
        padding = [(radius + 1, radius) if each == axis else (0, 0) for each in range(3)]
        sums = np.cumsum(np.pad(values, padding, mode="edge"), axis=axis)
        high = np.take(sums, range(2 * radius + 1, sums.shape[axis]), axis=axis)
        low = np.take(sums, range(sums.shape[axis] - 2 * radius - 1), axis=axis)
        values = (high - low) / (2 * radius + 1)
    return np.rint(values).clip(0, 255).astype(np.uint8)


def pixels_of(content: bytes, name: str) -> Pixels:
    """A picture's pixels (height, width, 3), turned upright, no longer than ``LONGEST`` on a side."""
    pil = _pillow()
    try:
        with pil.Image.open(io.BytesIO(content), formats=FORMATS) as picture:
            if picture.width * picture.height > MAX_PIXELS:
                raise InputError(name, say("the picture is larger than 100 megapixels"))
            upright: Image = pil.ImageOps.exif_transpose(picture).convert("RGB")
            upright.thumbnail((LONGEST, LONGEST))
            return np.asarray(upright, dtype=np.uint8)
    except (OSError, ValueError, SyntaxError, pil.Image.DecompressionBombError) as error:
        raise InputError(
            name, say("no picture that can be read: {name}", name=type(error).__name__)
        ) from None


def _write(path: Path, pixels: Pixels, form: str) -> None:
    """Through a file beside it, so that a kill leaves the old one or the new one."""
    buffer = io.BytesIO()
    _pillow().Image.fromarray(pixels).save(buffer, form, quality=QUALITY, optimize=True)
    part = path.with_suffix(".part")
    try:
        with part.open("wb") as stream:
            stream.write(buffer.getvalue())
            stream.flush()
            os.fsync(stream.fileno())
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise JobError(say("{path}: {error}", path=path, error=error.strerror)) from None


def _content(path: Path) -> bytes:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise InputError(str(path), say("larger than 64 MB"))
        return path.read_bytes()
    except OSError as error:
        raise InputError(str(path), error.strerror or say("cannot be read")) from None


def _free(folder: Path, stem: str, suffix: str) -> str:
    """A file name that nobody uses yet, of plain letters."""
    folder.mkdir(exist_ok=True)
    plain = re.sub(r"[^0-9A-Za-z_-]+", "-", stem).strip("-")[:60] or "photo"
    number, name = 1, plain + suffix
    while (folder / name).exists():
        number += 1
        name = f"{plain}-{number}{suffix}"
    return name


class _Pillow:
    """The two parts of Pillow that are used, imported when asked."""

    def __init__(self) -> None:
        from PIL import Image, ImageOps

        self.Image, self.ImageOps = Image, ImageOps


def _pillow() -> _Pillow:
    try:
        return _Pillow()
    except ImportError:
        raise Unavailable(
            "photos",
            Reason.LIBRARY_MISSING,
            say("Pillow is not installed"),
            say("pip install 'sweeper[report]'"),
        ) from None
