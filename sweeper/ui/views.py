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
    return MAKERS.get(name, _guide)(window)


def _first(window: Window) -> QWidget:
    ways: list[tuple[str, str, Callable[[], object]]] = [
        ("open", _("Open a recording"), window.open_dialog),
        ("demo", _("Demo"), window.open_demo),
        ("expert", _("Expert"), lambda: window.show_view("spectrum")),
    ]
    if window.desk.settings.last_job or window.desk.settings.last:
        ways.append(("last", _("Last job"), window.open_last))
    return FirstView(window.desk, window.enter, ways)


def _guide(window: Window) -> QWidget:
    from sweeper.ui.view_guide import GuideView

    return GuideView(window.desk, window.enter, window.show_view)


def _devices(medium: Medium) -> Callable[[Window], QWidget]:
    def made(window: Window) -> QWidget:
        from sweeper.ui.view_devices import DevicesView

        return DevicesView(window.desk, medium)

    return made


def _spectrum(window: Window) -> QWidget:
    from sweeper.ui.view_spectrum import SpectrumView

    return SpectrumView(window.desk)


def _locate(window: Window) -> QWidget:
    from sweeper.ui.view_locate import LocateView

    return LocateView(window.desk)


def _plan(window: Window) -> QWidget:
    from sweeper.ui.view_plan import PlanView

    return PlanView(window.desk)


def _jobs(window: Window) -> QWidget:
    from sweeper.ui.view_jobs import JobsView

    return JobsView(window.desk)


def _job_people(window: Window) -> QWidget:
    from sweeper.ui.view_job_people import JobPeopleView

    return JobPeopleView(window.desk)


def _job_search(window: Window) -> QWidget:
    from sweeper.ui.view_job_search import JobSearchView

    return JobSearchView(window.desk)


def _job_evidence(window: Window) -> QWidget:
    from sweeper.ui.view_job_evidence import JobEvidenceView

    return JobEvidenceView(window.desk)


def _register(window: Window) -> QWidget:
    from sweeper.ui.view_register import RegisterView

    return RegisterView(window.desk)


def _practice(window: Window) -> QWidget:
    from sweeper.ui.view_practice import PracticeView

    return PracticeView(window.desk)


def _signatures(window: Window) -> QWidget:
    from sweeper.ui.view_signatures import SignaturesView

    return SignaturesView(window.desk)


def _findings(window: Window) -> QWidget:
    from sweeper.ui.view_findings import FindingsView

    return FindingsView(window.desk, window.show_view)


def _detail(window: Window) -> QWidget:
    from sweeper.ui.view_detail import DetailView

    return DetailView(window.desk, window.show_view)


def _newsweep(window: Window) -> QWidget:
    from sweeper.ui.view_newsweep import NewSweepView

    return NewSweepView(window.desk, window.show_view)


def _references(window: Window) -> QWidget:
    from sweeper.ui.view_references import ReferencesView

    return ReferencesView(window.desk, window.show_view)


def _permissions(window: Window) -> QWidget:
    from sweeper.ui.view_permissions import PermissionsView

    return PermissionsView(window.desk, window.show_view)


def _teach(window: Window) -> QWidget:
    from sweeper.ui.view_teach import TeachView

    return TeachView(window.desk, window.show_view)


def _known(window: Window) -> QWidget:
    from sweeper.ui.view_known import KnownView

    return KnownView(window.desk, window.show_view)


def _sources(window: Window) -> QWidget:
    from sweeper.ui.view_sources import SourcesView

    return SourcesView(window.desk, window.show_view)


MAKERS: dict[str, Callable[[Window], QWidget]] = {
    "first": _first,
    "sweep": _guide,
    "bluetooth": _devices(Medium.BLE),
    "wifi": _devices(Medium.WIFI),
    "spectrum": _spectrum,
    "locate": _locate,
    "plan": _plan,
    "jobs": _jobs,
    "job-people": _job_people,
    "job-search": _job_search,
    "job-evidence": _job_evidence,
    "register": _register,
    "practice": _practice,
    "signatures": _signatures,
    "findings": _findings,
    "detail": _detail,
    "newsweep": _newsweep,
    "references": _references,
    "permissions": _permissions,
    "teach": _teach,
    "known": _known,
    "sources": _sources,
}
