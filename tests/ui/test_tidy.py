"""Widgets that are garbage die on Qt's thread, whatever the core's thread does meanwhile."""

from __future__ import annotations

import gc
import threading
import weakref

from PySide6.QtCore import QObject

from sweeper.ui.tidy import Tidier


class Ring:
    """Garbage that only the collector finds."""

    def __init__(self, died: list[int]) -> None:
        self.me = self
        weakref.finalize(self, lambda: died.append(threading.get_ident()))


def test_garbage_is_collected_on_the_thread_of_the_tidier(qtbot) -> None:
    died: list[int] = []
    tidier = Tidier()
    try:
        Ring(died)

        def work() -> None:
            kept = []
            for _turn in range(5000):
                kept.append([QObject.__name__, [_turn]])

        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        assert died == []
        for _turn in range(2000):
            Ring(died)
        qtbot.waitUntil(lambda: bool(died), timeout=5000)
        assert set(died) == {threading.get_ident()}
    finally:
        tidier.stop()
        gc.disable()
