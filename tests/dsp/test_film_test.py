"""The film test: streams that follow the plan, streams that do not, and what must not be claimed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sweeper.dsp import film_test as film
from sweeper.dsp.film_test import Floats, Plan, Verdict

CODE = film.light_code()


def stream(
    plan: Plan, gain: float, seed: int, lag_s: float = 0.8, unrest: float = 0.15
) -> tuple[Floats, Floats]:
    """20 pictures a second, key frames each two seconds; ``gain`` times as big while the plan is active."""
    rng = np.random.default_rng(seed)
    times = np.arange(0, 45, 0.05)
    active = np.zeros(len(times), bool)
    for phase in plan:
        active |= phase.active & (times >= phase.start_s + lag_s) & (times < phase.stop_s + lag_s)
    sizes = 4000 * np.exp(unrest * rng.standard_normal(len(times))) * np.where(active, gain, 1.0)
    sizes[::40] *= 5
    return times, sizes


@pytest.mark.parametrize("plan", [film.STILL_MOVE_STILL, CODE], ids=["move", "light"])
def test_a_reaction_is_found(plan: Plan) -> None:
    verdicts = [film.film_test(*stream(plan, 1.6, seed), plan) for seed in range(20)]
    assert sum(v.verdict is Verdict.FILMS for v in verdicts) >= 19
    assert all(v.ratio == pytest.approx(1.6, rel=0.15) for v in verdicts)
    assert all(v.p_value <= 0.01 for v in verdicts)


@pytest.mark.parametrize("plan", [film.STILL_MOVE_STILL, CODE], ids=["move", "light"])
def test_a_steady_stream_does_not_react(plan: Plan) -> None:
    verdicts = [film.film_test(*stream(plan, 1.0, seed), plan).verdict for seed in range(40)]
    assert Verdict.FILMS not in verdicts
    assert verdicts.count(Verdict.DOES_NOT_REACT) >= 30


def test_an_uneven_flow_cannot_be_told() -> None:
    rng = np.random.default_rng(2)
    verdicts = []
    for _ in range(40):
        times = np.arange(0, 45, 0.05)
        drift = np.cumsum(rng.standard_normal(len(times))) * 0.05
        verdicts.append(
            film.film_test(times, 4000 * np.exp(drift - drift.mean()), film.STILL_MOVE_STILL).verdict
        )
    assert verdicts.count(Verdict.FILMS) <= 2
    assert verdicts.count(Verdict.CANNOT_TELL) >= 20


def test_less_traffic_while_active_is_no_reaction() -> None:
    result = film.film_test(*stream(film.STILL_MOVE_STILL, 0.5, 1))
    assert result.verdict is not Verdict.FILMS


def test_many_flows_need_more_proof() -> None:
    """With fifty flows tested at once a p-value of 1 in 1,000 proves nothing."""
    times, sizes = stream(film.STILL_MOVE_STILL, 1.6, 3)
    assert film.film_test(times, sizes, tested=1).verdict is Verdict.FILMS
    assert film.film_test(times, sizes, tested=10_000).verdict is Verdict.CANNOT_TELL


def test_the_same_every_time() -> None:
    first, second = (film.film_test(*stream(CODE, 1.3, 7), CODE) for _ in range(2))
    assert first[:5] == second[:5]


def test_the_light_code_is_balanced_and_short() -> None:
    on = [phase.active for phase in CODE]
    assert CODE[-1].stop_s <= 45
    assert sum(on) == len(on) // 2
    assert all(len(set(on[i : i + 3])) == 2 for i in range(len(on) - 2))


@pytest.mark.parametrize("count", [0, 1, 5])
def test_next_to_nothing_cannot_be_told(count: int) -> None:
    times = np.linspace(0, 44, count)
    assert film.film_test(times, np.full(count, 100.0)).verdict is Verdict.CANNOT_TELL


@settings(deadline=None, max_examples=30)
@given(st.lists(st.tuples(st.floats(-10, 60), st.integers(0, 70_000)), max_size=200))
def test_any_packets(rows: list[tuple[float, int]]) -> None:
    rows.sort()
    result = film.film_test(np.array([t for t, _ in rows]), np.array([float(s) for _, s in rows]))
    assert 0 < result.p_value <= 1
    assert len(result.kbps) == 90
