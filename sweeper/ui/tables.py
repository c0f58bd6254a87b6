"""Tables of ten thousand rows that change many times a second, without a stall.

``RecordTable`` is a Qt model over records by id. Records come in batches; a batch updates rows, sorts (the
keys are kept, so an almost sorted list costs little), and tells the view once. ``Table`` is a ``QTableView``
that paints its cells in *one* Python call: with Qt's delegate each cell is five calls from C++ into Python,
and each of them must win the interpreter's lock from the core's thread, which measured 110 to 275 ms a
repaint under load against 17 ms this way. Selection, keyboard and screen readers are Qt's own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Protocol

import msgspec
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, QRect, Qt, Signal
from PySide6.QtGui import QFont, QFontMetrics, QKeyEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from sweeper.ui.theme import Style

Index = QModelIndex | QPersistentModelIndex


class Item(Protocol):
    """What a table can hold: anything with an id."""

    @property
    def id(self) -> str: ...


class Column(msgspec.Struct, frozen=True):
    """One column: its title, what it shows of a record, and what it sorts by.

    ``paint(painter, rect, record, style)`` draws a cell that is not only text; ``text`` still says it.
    """

    title: Callable[[], str]
    text: Callable[[Any], str]
    sort: Callable[[Any], Any]
    width: int = 96
    right: bool = False
    tip: Callable[[], str] | None = None
    paint: Callable[[QPainter, QRect, Any, Style], None] | None = None
    stretch: bool = False
    longest: Callable[[], str] | None = None
    """A text that must fit whole, beside an icon; the column is at least so wide."""


class Group(msgspec.Struct, frozen=True):
    """A heading row between the groups of a grouped table."""

    title: str
    count: int


class RecordTable(QAbstractTableModel):
    """Records by id, filtered, grouped and sorted. It changes by ``put`` and the ``set_`` methods only."""

    reordered = Signal()

    def __init__(self, columns: list[Column], sort_by: int = 0, descending: bool = False) -> None:
        super().__init__()
        self.columns = columns
        self.records: dict[str, Any] = {}
        self.sort_by, self.descending = sort_by, descending
        self.arranging = False
        self._keys: dict[str, Any] = {}
        self._texts: dict[str, str] = {}
        self._order: list[str | Group] = []
        self._rows: dict[str, int] | None = None
        self._filter = ""
        self._keep: Callable[[Any], bool] | None = None
        self._group: Callable[[Any], str] | None = None

    # Changes.

    def put(self, records: Iterable[Item]) -> None:
        """Add or replace records."""
        changed = False
        key = self.columns[self.sort_by].sort
        for record in records:
            changed = True
            self.records[record.id] = record
            self._keys[record.id] = key(record)
            self._texts.pop(record.id, None)
        if changed:
            self._arrange()

    def clear(self) -> None:
        """Take all records out."""
        self.beginResetModel()
        self.records.clear()
        self._keys.clear()
        self._texts.clear()
        self._order, self._rows = [], None
        self.endResetModel()

    def set_filter(self, text: str) -> None:
        """Show only rows whose text contains every word of ``text``."""
        self._filter = text.casefold().strip()
        self._arrange()

    def set_keep(self, keep: Callable[[Any], bool] | None) -> None:
        """Show only records for which ``keep`` holds."""
        self._keep = keep
        self._arrange()

    def set_group(self, group: Callable[[Any], str] | None) -> None:
        """Gather rows under headings."""
        self._group = group
        self._arrange()

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        if not 0 <= column < len(self.columns):
            return
        self.sort_by, self.descending = column, order == Qt.SortOrder.DescendingOrder
        key = self.columns[column].sort
        self._keys = {name: key(record) for name, record in self.records.items()}
        self._arrange()

    def refresh(self) -> None:
        """Texts may read differently now (language, verdicts): show them anew."""
        self._texts.clear()
        self._arrange()

    def _arrange(self) -> None:
        names: list[str] = list(self.records)
        if self._filter or self._keep is not None:
            names = [name for name in names if self._shown(name)]
        names.sort(key=self._keys.__getitem__, reverse=self.descending)
        order: list[str | Group] = list(names) if self._group is None else self._grouped(names)
        before, after = len(self._order), len(order)
        self.arranging = True
        if after < before:
            self.beginRemoveRows(QModelIndex(), after, before - 1)
            del self._order[after:]
            self.endRemoveRows()
        self._order = order[: min(before, after)]
        if self._order:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self._order) - 1, len(self.columns) - 1))
        if after > before:
            self.beginInsertRows(QModelIndex(), before, after - 1)
            self._order = order
            self.endInsertRows()
        self._rows = None
        self.arranging = False
        self.reordered.emit()

    def _grouped(self, names: list[str]) -> list[str | Group]:
        groups: dict[str, list[str]] = {}
        for name in names:
            groups.setdefault(self._group(self.records[name]) if self._group else "", []).append(name)
        order: list[str | Group] = []
        for title in sorted(groups):
            order.append(Group(title, len(groups[title])))
            order.extend(groups[title])
        return order

    def _shown(self, name: str) -> bool:
        if self._keep is not None and not self._keep(self.records[name]):
            return False
        if not self._filter:
            return True
        text = self._texts.get(name)
        if text is None:
            record = self.records[name]
            text = self._texts[name] = " ".join(c.text(record) for c in self.columns).casefold()
        return all(word in text for word in self._filter.split())

    # Questions.

    def at(self, row: int) -> Any:
        """The record of a row, or the ``Group`` that heads a group; ``None`` outside."""
        if not 0 <= row < len(self._order):
            return None
        entry = self._order[row]
        return entry if isinstance(entry, Group) else self.records[entry]

    def row_of(self, name: str) -> int:
        """The row that shows a record now; -1 where it is not shown."""
        if self._rows is None:
            self._rows = {entry: row for row, entry in enumerate(self._order) if isinstance(entry, str)}
        return self._rows.get(name, -1)

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._order)

    def columnCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.columns)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role not in (
            Qt.ItemDataRole.DisplayRole,
            Qt.ItemDataRole.AccessibleTextRole,
            Qt.ItemDataRole.ToolTipRole,
        ):
            return None
        entry = self.at(index.row())
        if isinstance(entry, Group):
            return f"{entry.title} ({entry.count})" if index.column() == 0 else ""
        return None if entry is None else self.columns[index.column()].text(entry)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation != Qt.Orientation.Horizontal or not 0 <= section < len(self.columns):
            return None
        head = self.columns[section]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return head.title()
        if role == Qt.ItemDataRole.ToolTipRole:
            return head.tip() if head.tip else head.title()
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignRight if head.right else Qt.AlignmentFlag.AlignLeft
            return side | Qt.AlignmentFlag.AlignVCenter
        return None


ROWS_SEEN = 2
"""However small the window is, so many rows are seen at once."""


class Table(QTableView):
    """Shows a ``RecordTable``; ``chosen`` carries the id of the row that the reader selected."""

    chosen = Signal(str)
    opened = Signal(str)

    def __init__(self, model: RecordTable, style: Style, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._style, self._table = style, model
        self._selected = ""
        self._quiet = False
        self.setModel(model)
        self.setAccessibleName(name)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setTabKeyNavigation(False)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        rows = self.verticalHeader()
        rows.setVisible(False)
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        rows.setDefaultSectionSize(style.px(28))
        head = self.horizontalHeader()
        head.setHighlightSections(False)
        head.setMinimumSectionSize(style.px(32))
        titles, cells = QFontMetrics(style.font("caption")), QFontMetrics(style.font())
        for index, each in enumerate(model.columns):
            needed = titles.horizontalAdvance(each.title()) + style.px(24)
            if each.longest is not None:
                needed = max(needed, cells.horizontalAdvance(each.longest()) + 16 + style.px(28))
            head.resizeSection(index, max(style.px(each.width), needed))
        self._least = [head.sectionSize(index) for index in range(len(model.columns))]
        self.setMinimumHeight(ROWS_SEEN * style.px(28) + head.sizeHint().height() + style.px(16))
        self.setSortingEnabled(False)
        head.setSectionsClickable(True)
        head.setSortIndicatorShown(True)
        order = Qt.SortOrder.DescendingOrder if model.descending else Qt.SortOrder.AscendingOrder
        head.setSortIndicator(model.sort_by, order)
        head.sortIndicatorChanged.connect(model.sort)
        self.selectionModel().currentRowChanged.connect(self._current_changed)
        self.doubleClicked.connect(lambda index: self._open(index.row()))
        self.activated.connect(lambda index: self._open(index.row()))
        model.reordered.connect(self._keep_selected)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Letters and Space are the window's (F1 lists them): the base class would search by them."""
        if event.text().isprintable() and event.text():
            event.ignore()
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._stretch()

    def _stretch(self) -> None:
        """Give the room that is left to the column that can use it."""
        wide = [index for index, each in enumerate(self._table.columns) if each.stretch]
        if wide:
            head = self.horizontalHeader()
            others = sum(head.sectionSize(i) for i in range(head.count()) if i != wide[0])
            head.resizeSection(wide[0], max(self._least[wide[0]], self.viewport().width() - others))

    def show_column(self, title: str, on: bool) -> None:
        """Show or hide the column of this title; the room it leaves goes to the one that can use it."""
        for index, each in enumerate(self._table.columns):
            if each.title() == title and self.isColumnHidden(index) is on:
                self.setColumnHidden(index, not on)
                self._stretch()

    def select(self, name: str) -> None:
        """Select a record's row and bring it into view, without saying so by ``chosen``."""
        self._selected = name
        self._keep_selected()
        row = self._table.row_of(name)
        if row >= 0:
            self.scrollTo(self._table.index(row, 0))

    @property
    def selected(self) -> str:
        """The id of the selected record, or nothing."""
        return self._selected

    def _keep_selected(self) -> None:
        row = self._table.row_of(self._selected) if self._selected else -1
        self._quiet = True
        if row < 0:
            self.selectionModel().clearSelection()
        elif self.currentIndex().row() != row or not self.selectionModel().hasSelection():
            scroll = self.verticalScrollBar().value()
            self.selectRow(row)
            self.verticalScrollBar().setValue(scroll)
        self._quiet = False

    def _current_changed(self, current: QModelIndex, _before: QModelIndex) -> None:
        entry = self._table.at(current.row())
        if self._quiet or self._table.arranging or entry is None or isinstance(entry, Group):
            return
        self._selected = entry.id
        self.chosen.emit(entry.id)

    def _open(self, row: int) -> None:
        entry = self._table.at(row)
        if entry is not None and not isinstance(entry, Group):
            self.opened.emit(entry.id)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        height = self.verticalHeader().defaultSectionSize()
        first = max(0, self.rowAt(event.rect().top()))
        last = self.rowAt(event.rect().bottom())
        last = self._table.rowCount() - 1 if last < 0 else last
        spans = [
            (index, self.columnViewportPosition(index), self.columnWidth(index))
            for index in range(len(self._table.columns))
            if not self.isColumnHidden(index)
        ]
        plain, strong = self._style.font(), self._style.font(bold=True)
        top = self.rowViewportPosition(first)
        for row in range(first, last + 1):
            self._paint_row(
                painter, row, QRect(0, top, self.viewport().width(), height), spans, plain, strong
            )
            top += height
        painter.end()

    def _paint_row(
        self,
        painter: QPainter,
        row: int,
        area: QRect,
        spans: list[tuple[int, int, int]],
        plain: QFont,
        strong: QFont,
    ) -> None:
        entry, style = self._table.at(row), self._style
        if entry is None:
            return
        if isinstance(entry, Group):
            painter.fillRect(area, style.color("sunken"))
            painter.setFont(strong)
            painter.setPen(style.color("muted"))
            painter.drawText(area.adjusted(8, 0, -8, 0), _LEFT, f"{entry.title}  {entry.count}")
            return
        if entry.id == self._selected:
            painter.fillRect(area, style.color("selected"))
            painter.fillRect(QRect(area.left(), area.top(), 3, area.height()), style.color("accent"))
        painter.setFont(plain)
        metrics = painter.fontMetrics()
        for index, left, width in spans:
            cell = QRect(left + 8, area.top(), width - 16, area.height())
            head = self._table.columns[index]
            painter.setPen(style.color("text"))
            if head.paint is not None:
                head.paint(painter, cell, entry, style)
                continue
            text = metrics.elidedText(head.text(entry), Qt.TextElideMode.ElideRight, cell.width())
            painter.drawText(cell, _RIGHT if head.right else _LEFT, text)
        painter.setPen(style.color("hairline"))
        painter.drawLine(area.bottomLeft(), area.bottomRight())


_LEFT = int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft)
_RIGHT = int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight)
