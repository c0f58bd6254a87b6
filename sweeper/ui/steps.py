"""What doors and the steps behind them are called."""

from __future__ import annotations

from sweeper.ui.words import _


def step_titles() -> dict[str, str]:
    """Every step of every guided sweep."""
    return {
        "prepare": _("Prepare"),
        "outside": _("Listen outside"),
        "listen": _("Listen inside"),
        "film": _("Film test"),
        "network": _("Ask your network"),
        "drive": _("Drive or stand"),
        "look": _("Look with your eyes"),
        "result": _("Result"),
    }


def plan_titles() -> dict[str, str]:
    """The doors."""
    return {"car": _("Car"), "flat": _("Flat"), "office": _("Office")}
