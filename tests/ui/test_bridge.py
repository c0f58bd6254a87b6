"""The core's thread and the one way to it: records arrive, orders are obeyed, closing ends everything."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from sweeper.records import Closed, Opened, State, Status
from sweeper.ui.bridge import Core, Ended, Stretch
from sweeper.ui.memory import ADDRESSES_KEPT, LEVELS_KEPT
from tests.ui.conftest import at_rest
from tests.ui.fakes import TONE_HZ, Dead, Endless, Fake, recipe


@pytest.fixture
def core(qtbot) -> Iterator[Core]:
    made = Core()
    yield made
    assert made.close()
    assert not made.alive


def finished(qtbot, core: Core, build, **how) -> Ended:
    """Run a recipe to its end."""
    kept: list[Ended] = []
    core.ended.connect(lambda tagged: kept.append(tagged[1]) if tagged[0] == core.run else None)
    core.start(build, **how)
    qtbot.waitUntil(lambda: bool(kept), timeout=20_000)
    return kept[0]


def test_a_session_runs_on_the_cores_thread_and_its_records_arrive(qtbot, core: Core) -> None:
    told: list[object] = []
    threads: set[int] = set()

    def build(sinks):
        threads.add(threading.get_ident())
        return recipe(Fake(30))(sinks)

    core.told.connect(lambda tagged: told.append(tagged[1]))
    ended = finished(qtbot, core, build)
    assert threads.isdisjoint({threading.get_ident()})
    assert ended.problem == ""
    assert [type(r) for r in told] == [Opened, Opened, Closed]
    batch = core.take()
    assert [e.id for e in batch.emissions] == ["E-00001"]
    assert {d.id for d in batch.devices} == {"B-00001", "W-00001"}
    assert {f.id for f in batch.findings} == {"F-001", "F-002"}
    assert len(batch.coverage) == 1
    assert batch.duration_s == pytest.approx(3.0)
    assert core.take().emissions == []


def test_newest_wins_so_a_flood_never_queues_up(qtbot, core: Core) -> None:
    finished(qtbot, core, recipe(Fake(500)))
    emissions = core.take().emissions
    assert len(emissions) == 1
    assert emissions[0].time_s == pytest.approx(49.9)


def test_traces_go_to_the_panorama_and_levels_to_the_sparkline(qtbot, core: Core) -> None:
    finished(qtbot, core, recipe(Fake(200)))
    assert core.spectra() == [Stretch("fake.cu8", 0)]
    panorama = core.panorama(Stretch("fake.cu8", 0))
    assert panorama is not None
    assert core.panorama(Stretch("fake.cu8", 1)) is None
    view = panorama.take()
    assert view is not None
    assert abs(view.grid.frequencies()[int(view.maximum.argmax())] - TONE_HZ) <= 2_000
    levels = core.memory.levels("C2:00:00:00:00:01")
    assert len(levels) == LEVELS_KEPT
    assert levels[-1][0] == pytest.approx(19.9)


def test_kept_levels_are_bounded(core: Core) -> None:
    for index in range(ADDRESSES_KEPT + 10):
        core.memory.hear(f"a{index}", 0.0, -50)
    assert core.memory.levels("a0") == []
    assert core.memory.levels(f"a{ADDRESSES_KEPT + 9}") == [(0.0, -50)]
    for index in range(1000):
        core.memory.hear("b", index / 2, -90 + index % 60)
        kept = core.memory.levels("b")
        assert kept[-1] == (index / 2, -90 + index % 60)
        assert len(kept) == min(index + 1, LEVELS_KEPT)
    assert kept == [(i / 2, -90 + i % 60) for i in range(1000 - LEVELS_KEPT, 1000)]


def test_pause_holds_a_replay_and_resume_goes_on(qtbot, core: Core) -> None:
    core.start(recipe(Fake(600)), speed=1.0)
    qtbot.waitUntil(lambda: core.take().position_s > 0.2, timeout=5000)
    core.pause()
    at_rest(qtbot, lambda: core.take().position_s)
    core.set_speed(None)
    with qtbot.waitSignal(core.ended, timeout=10_000) as ended:
        core.resume()
    outcome = ended.args[0][1].outcome
    assert outcome is not None
    assert not outcome.stopped


def test_seek_forward_hurries_and_back_begins_anew(qtbot, core: Core) -> None:
    first = core.start(recipe(Fake(300)), speed=1.0)
    qtbot.waitUntil(lambda: core.take().position_s > 0.05, timeout=5000)
    core.seek(20.0)
    qtbot.waitUntil(lambda: core.take().position_s >= 20.0, timeout=10_000)
    assert core.run == first
    core.seek(5.0)
    assert core.run == first + 1
    qtbot.waitUntil(lambda: 5.0 <= core.take().position_s < 20.0, timeout=10_000)


def test_stop_ends_a_session_that_would_never_end(qtbot, core: Core) -> None:
    core.start(recipe(Endless()))
    qtbot.waitUntil(lambda: bool(core.take().emissions), timeout=5000)
    with qtbot.waitSignal(core.ended, timeout=5000) as ended:
        core.stop()
    outcome = ended.args[0][1].outcome
    assert outcome is not None
    assert outcome.stopped


def test_closing_in_the_middle_of_a_sweep_leaves_no_thread(qtbot) -> None:
    core = Core()
    core.start(recipe(Endless()))
    qtbot.waitUntil(lambda: bool(core.take().emissions), timeout=5000)
    assert core.close()
    assert not any(thread.name == "core" for thread in threading.enumerate())


def test_what_is_asked_after_closing_starts_nothing(qtbot) -> None:
    core = Core()
    answers: list[object] = []
    core.ask(lambda: 1, lambda result, _problem: answers.append(result))
    qtbot.waitUntil(lambda: answers == [1])
    assert core.close()
    core.ask(lambda: 2, lambda result, _problem: answers.append(result))
    core.start(recipe(Endless()))
    assert not core.alive
    assert not any(thread.name == "core" for thread in threading.enumerate())


def test_a_new_session_waits_for_the_one_before_and_hears_nothing_of_it(qtbot, core: Core) -> None:
    told: list[tuple[int, object]] = []
    core.told.connect(told.append)
    first = core.start(recipe(Endless()))
    qtbot.waitUntil(lambda: bool(told), timeout=5000)
    told.clear()
    ended = finished(qtbot, core, recipe(Fake(20)))
    assert ended.outcome is not None
    assert [record for _run, record in told if isinstance(record, Closed)]
    assert not [record for run, record in told if run == first]
    assert core.take().emissions[0].time_s == pytest.approx(1.9)


def test_a_source_that_cannot_start_is_told_and_the_session_ends(qtbot, core: Core) -> None:
    told: list[object] = []
    core.told.connect(lambda tagged: told.append(tagged[1]))
    ended = finished(qtbot, core, recipe(Dead()))
    assert [r.state for r in told if isinstance(r, Status)] == [State.FAILED]
    assert ended.outcome is not None
    assert len(ended.outcome.unheard) == 1


def test_a_recipe_that_fails_is_one_line(qtbot, core: Core) -> None:
    def build(_sinks):
        raise OSError("no such thing")

    assert "no such thing" in finished(qtbot, core, build).problem


def test_an_errand_answers_on_this_thread(qtbot, core: Core) -> None:
    answers: list[tuple[object, str, int]] = []
    core.ask(lambda: 42, lambda result, problem: answers.append((result, problem, threading.get_ident())))
    core.ask(lambda: 1 / 0, lambda result, problem: answers.append((result, problem, threading.get_ident())))
    qtbot.waitUntil(lambda: len(answers) == 2, timeout=5000)
    assert answers[0] == (42, "", threading.get_ident())
    assert answers[1][0] is None
    assert "ZeroDivisionError" in answers[1][1]
