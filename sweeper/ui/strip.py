"""The slim strip at the bottom: sources with a state dot and word, progress, time left, drops, DEMO."""

from __future__ import annotations

import time

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QProgressBar

from sweeper.records import State
from sweeper.text import safe_text
from sweeper.ui import icons, words
from sweeper.ui.desk import Desk
from sweeper.ui.parts import Elided, label
from sweeper.ui.phase import Phase
from sweeper.ui.theme import GRID
from sweeper.ui.words import _, ngettext, told

SOURCES_SHOWN = 4
"""More sources than this are counted, and listed in the tooltip."""

NARROW = 560
"""Width in pixels at text size 1.0 below which progress is a number only."""

TONES = {
    State.LISTENING: "good",
    State.READY: "muted",
    State.DEGRADED: "level-medium",
    State.FAILED: "level-high",
    State.ENDED: "muted",
}

TROUBLE = (State.DEGRADED, State.FAILED)
"""States of which the reason says more than the word."""


class Strip(QFrame):
    """Redraws itself when the desk says that the session changed."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.setObjectName("strip")
        self.setAccessibleName(_("Status"))
        self._desk = desk
        layout = QHBoxLayout(self)
        layout.setContentsMargins(GRID, GRID // 2, GRID * 2, GRID // 2)
        layout.setSpacing(GRID)
        self._demo = label(_("DEMO"), size="caption")
        self._demo.setProperty("demo", True)
        self._demo.setAccessibleName(_("Demo: made-up signals, nothing here was really heard"))
        self._demo.setToolTip(self._demo.accessibleName())
        layout.addWidget(self._demo)
        self._sources: list[tuple[QLabel, QLabel]] = []
        for _index in range(SOURCES_SHOWN):
            dot, text = QLabel(), Elided()
            text.setProperty("type", "caption")
            layout.addWidget(dot)
            layout.addWidget(text)
            self._sources.append((dot, text))
        self._more = label(size="caption", tone="muted")
        layout.addWidget(self._more)
        layout.addStretch(1)
        self._drops = label(size="caption", tone="medium")
        self._text = label(size="caption", tone="muted")
        self._bar = QProgressBar()
        self._bar.setRange(0, 1000)
        self._bar.setTextVisible(False)
        self._bar.setFixedWidth(desk.style.px(110))
        self._bar.setAccessibleName(_("Progress"))
        for widget in (self._drops, self._text, self._bar):
            layout.addWidget(widget)
        self._began = time.monotonic()
        self._from = 0.0
        desk.changed.connect(self.refresh)
        desk.session_began.connect(self._restart)
        self.refresh()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._show_progress()

    def _restart(self) -> None:
        self._began, self._from = time.monotonic(), 0.0

    def refresh(self) -> None:
        """Show the session as it is now."""
        desk = self._desk
        self._demo.setVisible(desk.demo)
        names = list(desk.opened) + [n for n in desk.states if n not in desk.opened and desk.live]
        for index, (dot, text) in enumerate(self._sources):
            shown = index < len(names)
            dot.setVisible(shown)
            text.setVisible(shown)
            if shown:
                self._show_source(dot, text, names[index])
        rest = len(names) - SOURCES_SHOWN
        self._more.setVisible(rest > 0)
        if rest > 0:
            self._more.setText(ngettext("and {n} more", "and {n} more", rest))
            self._more.setToolTip("\n".join(safe_text(name) for name in names[SOURCES_SHOWN:]))
        self._drops.setVisible(desk.dropped > 0)
        if desk.dropped:
            self._drops.setText(ngettext("{n} block dropped", "{n} blocks dropped", desk.dropped))
        self._show_progress()

    def _show_source(self, dot: QLabel, text: QLabel, name: str) -> None:
        style = self._desk.style
        state = self._desk.source_state(name)
        dot.setPixmap(icons.pixmap(f"state-{state.value}", style.color(TONES[state]).name(), style.px(12)))
        status = self._desk.states.get(name)
        word = words.spoken().state(state)
        if state in TROUBLE and status is not None and status.reason is not None:
            word = words.spoken().reason(status.reason)
        shown = self._called(name)
        full = f"{shown}: {word}"
        if len(shown) > 24:
            shown = shown[:11] + "…" + shown[-11:]
        text.setText(f"{shown}: {word}")
        detail = told(status.said or status.detail) if status is not None else ""
        text.setToolTip(f"{full}\n{detail}" if detail else full)

    def _called(self, name: str) -> str:
        """A recording by its file; what listens now by its medium, and its own name where several do."""
        opened = self._desk.opened
        if name not in opened or not (opened[name].live or opened[name].demo):
            return safe_text(name.rsplit("/", 1)[-1])
        medium = opened[name].medium
        called = words.spoken().medium(medium)
        alone = sum(other.medium is medium for other in opened.values()) == 1
        return called if alone else f"{called} ({safe_text(name)})"

    def _show_progress(self) -> None:
        desk = self._desk
        total = desk.duration_s
        known = total is not None and total > 0 and desk.phase is not Phase.IDLE
        self._bar.setVisible(known and self.width() >= desk.style.px(NARROW))
        if not known or total is None:
            self._text.setText("" if desk.phase is Phase.IDLE else _phase(desk))
            return
        share = min(1.0, desk.position_s / total)
        self._bar.setValue(round(share * 1000))
        left = self._left(share)
        text = words.percent(share)
        if left is not None:
            text += " · " + _("{time} left").format(time=words.duration(left))
        self._text.setText(
            text if desk.phase is Phase.RUNNING else f"{_phase(desk)} · {words.percent(share)}"
        )

    def _left(self, share: float) -> float | None:
        gone = time.monotonic() - self._began
        if share <= 0.02 or share >= 1.0 or gone < 1.0:
            return None
        return float(max(1, round(gone / share * (1 - share))))


def _phase(desk: Desk) -> str:
    return {
        Phase.IDLE: "",
        Phase.STARTING: _("Opening"),
        Phase.RUNNING: _("Listening") if desk.live else _("Playing"),
        Phase.PAUSED: _("Paused"),
        Phase.ENDED: _("Finished"),
    }[desk.phase]
