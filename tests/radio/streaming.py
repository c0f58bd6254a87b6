"""A receiver that only streams, for what listens to one frequency."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence

from sweeper.radio.receiver import Facts, Heard, Look, Refused


class Streaming:
    """Everything of a ``Receiver`` but ``stream``."""

    name = "room"
    rate_hz = 250_000.0

    async def open(self) -> Facts:
        return Facts(label="room")

    async def set_rate(self, rate_hz: float) -> float:
        return self.rate_hz

    async def set_gain(self, gain_db: float) -> float:
        return gain_db

    async def look(self, looks: Sequence[Look]) -> AsyncGenerator[Heard | Refused, None]:
        yield Refused("it only streams")

    async def close(self) -> None: ...
