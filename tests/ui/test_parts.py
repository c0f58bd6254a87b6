"""Small parts: a text that wraps has the height that it needs, also after it was narrow."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QApplication, QWidget

from sweeper.ui.parts import column, label


@pytest.mark.parametrize("margin", [0, 12])
def test_a_wrapped_text_gives_back_the_height_of_its_narrow_days(qtbot, margin: int) -> None:
    text = label("Levels that were measured at places are no bearing, for walls bend them. " * 3, wrap=True)
    text.setContentsMargins(margin, margin, margin, margin)
    around = QWidget()
    qtbot.addWidget(around)
    around.setLayout(column(text, 0))
    around.resize(120, 900)
    around.show()
    QApplication.processEvents()
    narrow = text.minimumHeight()
    around.resize(1200, 900)
    QApplication.processEvents()
    line = text.fontMetrics().lineSpacing()
    assert text.minimumHeight() < narrow / 3
    assert line <= text.minimumHeight() - 2 * margin <= 3 * line
    assert text.height() >= text.minimumHeight()
    text.setText("")
    assert text.minimumHeight() == 0
