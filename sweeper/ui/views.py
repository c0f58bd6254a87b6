"""Every view by its name; each is imported when it is first asked for, so that the window opens at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from sweeper.records import Medium
from sweeper.ui.view_first import FirstView
from sweeper.ui.words import _

if TYPE_CHECKING:
    from sweeper.ui.window import Window


def make(window: Window, name: str) -> QWidget:
    """The view of this name, new."""
    desk = window.desk
    if name == "first":
        ways: list[tuple[str, str, Callable[[], object]]] = [
            ("open", _("Open a recording"), window.open_dialog),
            ("demo", _("Demo"), window.open_demo),
            ("expert", _("Expert"), lambda: window.show_view("spectrum")),
        ]
        if desk.settings.last_job or desk.settings.last:
            ways.append(("last", _("Last job"), window.open_last))
        return FirstView(desk, window.enter, ways)
    if name == "findings":
        from sweeper.ui.view_findings import FindingsView

        return FindingsView(desk, window.show_view)
    if name == "spectrum":
        from sweeper.ui.view_spectrum import SpectrumView

        return SpectrumView(desk)
    if name in ("bluetooth", "wifi"):
        from sweeper.ui.view_devices import DevicesView

        return DevicesView(desk, Medium.BLE if name == "bluetooth" else Medium.WIFI)
    if name == "locate":
        from sweeper.ui.view_locate import LocateView

        return LocateView(desk)
    if name == "plan":
        from sweeper.ui.view_plan import PlanView

        return PlanView(desk)
    if name == "detail":
        from sweeper.ui.view_detail import DetailView

        return DetailView(desk, window.show_view)
    if name == "newsweep":
        from sweeper.ui.view_newsweep import NewSweepView

        return NewSweepView(desk, window.show_view)
    if name == "references":
        from sweeper.ui.view_references import ReferencesView

        return ReferencesView(desk, window.show_view)
    if name == "permissions":
        from sweeper.ui.view_permissions import PermissionsView

        return PermissionsView(desk, window.show_view)
    if name == "teach":
        from sweeper.ui.view_teach import TeachView

        return TeachView(desk, window.show_view)
    if name == "known":
        from sweeper.ui.view_known import KnownView

        return KnownView(desk, window.show_view)
    if name == "jobs":
        from sweeper.ui.view_jobs import JobsView

        return JobsView(desk)
    if name == "sources":
        from sweeper.ui.view_sources import SourcesView

        return SourcesView(desk, window.show_view)
    if name == "signatures":
        from sweeper.ui.view_signatures import SignaturesView

        return SignaturesView(desk)
    from sweeper.ui.view_guide import GuideView

    return GuideView(desk, window.enter, window.show_view)
