"""Python's garbage is collected on Qt's thread only.

The collector runs in whichever thread happens to allocate, and what it finds may be a widget: destroyed on
the core's thread it takes the program down. So it is switched off, and a timer asks between events whether it
is due, by the collector's own thresholds. What was there when the window opened is set aside first, which
keeps each collection short.
"""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimer

EVERY_MS = 500


class Tidier(QObject):
    """Collects on the thread that made it, until it is stopped."""

    def __init__(self) -> None:
        super().__init__()
        gc.disable()
        gc.collect()
        gc.freeze()
        self._timer = QTimer(self)
        self._timer.setInterval(EVERY_MS)
        self._timer.timeout.connect(self.collect)
        self._timer.start()

    def collect(self) -> int:
        """Collect the oldest generation that is due; which one, or -1."""
        for generation in (2, 1, 0):
            if gc.get_count()[generation] > gc.get_threshold()[generation]:
                gc.collect(generation)
                return generation
        return -1

    def stop(self) -> None:
        """Leave collecting to Python again."""
        self._timer.stop()
        gc.unfreeze()
        gc.enable()
