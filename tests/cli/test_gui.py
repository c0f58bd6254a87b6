"""``sweeper gui``: its options reach the window as the window's own parser reads them."""

from __future__ import annotations

import pytest

from sweeper import cli

app = pytest.importorskip("sweeper.ui.app", reason="Qt is not installed")


def test_options_reach_the_window(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    monkeypatch.setattr("sweeper.ui.main", lambda arguments: seen.append(app.parse(arguments)))
    assert cli.main(["gui", "--lang", "kk", "--theme", "night", "--demo"]) == 0
    assert cli.main(["gui", "a.cu8", "--", "-odd.pcap"]) == 0
    assert [(w.lang, w.theme, w.demo, w.paths) for w in seen] == [
        ("kk", "night", True, []),
        (None, None, False, ["a.cu8", "-odd.pcap"]),
    ]


def test_the_themes_are_those_of_the_window() -> None:
    from sweeper.cli.gui import THEMES
    from sweeper.ui import theme

    assert set(THEMES) == {*theme.Scheme, theme.SYSTEM}
