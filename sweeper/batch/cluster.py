"""Workers of a Dask cluster instead of processes here. The recordings have the same paths on each of them."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor
from typing import Any, cast

from sweeper.errors import Reason, Unavailable
from sweeper.text import say

RETRIES = 3
"""Times that a unit is given to another worker when one dies with it; then the unit is told as failed."""
PATIENCE_S = 10
"""Seconds to reach the scheduler."""


def connect(address: str) -> tuple[Callable[[int | None], Executor], int, Callable[[], None]]:
    """Reach the scheduler at ``tcp://host:port``.

    Gives a maker of executors as ``run`` wants it, the number of threads of all workers, and what closes the
    connection. Raises ``Unavailable`` where Dask is not installed or nobody answers.
    """
    try:
        import distributed
    except ImportError:
        raise Unavailable(
            address,
            Reason.LIBRARY_MISSING,
            say("Dask is not installed"),
            say("pip install 'sweeper[cluster]'"),
        ) from None
    try:
        client: Any = cast(Any, distributed).Client(address, timeout=PATIENCE_S, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        raise Unavailable(
            address, Reason.NO_SERVICE, say("no scheduler answers: {error}", error=error)
        ) from None
    threads = sum(client.nthreads().values()) or 1

    def executor(_workers: int | None) -> Executor:
        made: Executor = client.get_executor(pure=False, retries=RETRIES)
        return made

    return executor, threads, client.close
