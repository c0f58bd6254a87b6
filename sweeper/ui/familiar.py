"""The book of known devices as the window uses it: read at once, written by the core, shared by all views."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import msgspec
from PySide6.QtCore import QObject, Signal

from sweeper.errors import InputError
from sweeper.known import Book, Known, Mark, entry_of, load, save
from sweeper.records import Device, Emission
from sweeper.ui.words import _, told

if TYPE_CHECKING:
    from sweeper.ui.desk import Desk


class Familiar(QObject):
    """``changed`` follows every change; a file that cannot be read is said once, and never written over."""

    changed = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._desk = desk
        self._book: Book | None = None
        self.problem = ""

    @property
    def book(self) -> Book:
        """What is known."""
        if self._book is None:
            path = self._desk.settings.known_path
            try:
                self._book = load(path) if path.exists() else Book()
            except InputError as problem:
                self._book, self.problem = Book(), told(problem)
        return self._book

    def of(self, subject: Emission | Device | None) -> Known | None:
        """The entry that a device or signal is known by."""
        if isinstance(subject, Emission):
            match = self.book.emission(subject)
        elif isinstance(subject, Device):
            match = self.book.device(subject)
        else:
            return None
        return match.known if match is not None else None

    def proposed(self, subject: Emission | Device, alias: str) -> Known:
        """An entry for it, to be filled in."""
        entry = entry_of(subject, id=self.book.next_id(), mark=Mark.OWN, alias=alias)
        return msgspec.structs.replace(entry, added_utc_s=float(round(time.time())))

    def keep(self, entry: Known) -> None:
        """Add or replace an entry."""
        self._write(self.book.with_entry(entry))

    def drop(self, name: str) -> None:
        """Take an entry out."""
        self._write(self.book.without(name))

    def _write(self, book: Book) -> None:
        if self.problem:
            self._desk.say(_("The list of known devices cannot be read, so it is not changed."), self.problem)
            return
        try:
            save(book, self._desk.settings.known_path)
        except InputError as problem:
            self._desk.say(_("The list of known devices could not be written."), told(problem))
            return
        self._book = book
        self.changed.emit()
