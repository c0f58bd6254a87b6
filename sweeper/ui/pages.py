"""Pictures from files: an image, or a page of a PDF."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QImage, QImageReader

from sweeper.errors import InputError
from sweeper.text import say

LONGEST = 2600
"""Pixels of the longer side that are kept: more than any screen shows of a plan."""

ALLOCATION_MB = 512
"""A picture that wants more memory than this is a trick or a mistake."""

PDF_MAX_BYTES = 200 << 20


def load(path: Path, page: int = 0) -> QImage:
    """The picture, or a page of the PDF, no larger than ``LONGEST``. Raises ``InputError``."""
    if path.suffix.casefold() == ".pdf":
        return _page(path, page)
    QImageReader.setAllocationLimit(ALLOCATION_MB)
    reader = QImageReader(str(path))
    reader.setAutoTransform(True)
    size = reader.size()
    if size.isValid() and max(size.width(), size.height()) > LONGEST:
        reader.setScaledSize(size.scaled(LONGEST, LONGEST, Qt.AspectRatioMode.KeepAspectRatio))
    image = reader.read()
    if image.isNull():
        raise InputError(str(path), say("no picture that can be read: {reader}", reader=reader.errorString()))
    return image.convertToFormat(QImage.Format.Format_RGB32)


def pages(path: Path) -> int:
    """How many pages a PDF has; 1 for a picture. Raises ``InputError``."""
    if path.suffix.casefold() != ".pdf":
        return 1
    with _pdf(path) as document:
        return len(document)


def _page(path: Path, page: int) -> QImage:
    with _pdf(path) as document:
        if not 0 <= page < len(document):
            raise InputError(str(path), say("it has no page {page}", page=page + 1))
        sheet = document[page]
        longer = max(sheet.get_size())
        if not 0 < longer < 1e6:
            raise InputError(str(path), say("a page without a size"))
        bitmap = sheet.render(scale=LONGEST / longer, rev_byteorder=False, prefer_bgrx=True)
        image = QImage(
            bytes(bitmap.buffer), bitmap.width, bitmap.height, bitmap.stride, QImage.Format.Format_RGB32
        )
        return image.copy()


@contextmanager
def _pdf(path: Path) -> Iterator[Any]:
    """The open document; closed afterwards."""
    try:
        import pypdfium2
    except ImportError:
        raise InputError(
            str(path), say("reading a PDF needs pypdfium2: pip install 'sweeper[gui]'")
        ) from None
    try:
        if path.stat().st_size > PDF_MAX_BYTES:
            raise InputError(str(path), say("the file is too large for a plan"))
        document = pypdfium2.PdfDocument(str(path))
        try:
            yield document
        finally:
            document.close()
    except (OSError, pypdfium2.PdfiumError) as error:
        raise InputError(str(path), say("no PDF that can be read: {error}", error=error)) from None
