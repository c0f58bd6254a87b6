"""What the user says over what a file says."""

from __future__ import annotations

import math
from dataclasses import dataclass

from sweeper.errors import InputError
from sweeper.recording.formats import EXTENSIONS, format_named
from sweeper.text import say

RATES_HZ = (1e3, 1e11)
"""Rates believed: a kilosample a second is below any receiver, 100 GS/s above any."""
HIGHEST_HZ = 1e12
"""Centre frequencies believed, as in SigMF's schema."""

CONTAINERS = (
    "pcap",
    "pcapng",
    "btsnoop",
    "wav",
    "sigmf",
    "ble-jsonl",
    "ble-csv",
    "rtl-power-csv",
    "hackrf-sweep-csv",
)
"""Names that ``--format`` takes besides the sample formats: these files say themselves what they are."""


def is_container(form: str) -> bool:
    """Whether a recording of that format says itself what it is."""
    return form in CONTAINERS or form.startswith(("wav-", "sigmf-"))


@dataclass(frozen=True)
class Overrides:
    """Sample format or container, samples a second, hertz; ``None`` leaves it to the file."""

    format: str | None = None
    rate_hz: float | None = None
    center_hz: float | None = None


def checked(name: str, wanted: Overrides) -> Overrides:
    """The overrides with the format by its own name; ``InputError`` for one that is not possible."""
    believable(name, wanted.rate_hz, wanted.center_hz)
    if wanted.format is None:
        return wanted
    form = wanted.format.strip().lower()
    if form in CONTAINERS:
        return Overrides(form, wanted.rate_hz, wanted.center_hz)
    known = format_named(form) or format_named(EXTENSIONS.get(form.lstrip("."), ""))
    if known is None:
        raise InputError(
            name,
            say(
                "format {form!r} is not known; say cu8, cs8, cs16, cf32 or another of the manual's", form=form
            ),
        )
    return Overrides(known.name, wanted.rate_hz, wanted.center_hz)


def believable(name: str, rate_hz: float | None, center_hz: float | None) -> None:
    """Raises ``InputError`` for a rate or centre that no recording has."""
    low, high = RATES_HZ
    if rate_hz is not None and not low <= rate_hz <= high:
        raise InputError(
            name,
            say(
                "a rate of {rate_hz:g} S/s is not possible ({low:g} to {high:g})",
                rate_hz=rate_hz,
                low=low,
                high=high,
            ),
        )
    if center_hz is not None and not (math.isfinite(center_hz) and 0 <= center_hz <= HIGHEST_HZ):
        raise InputError(
            name,
            say(
                "a centre of {center_hz:g} Hz is not possible (0 to {highest_hz:g})",
                center_hz=center_hz,
                highest_hz=HIGHEST_HZ,
            ),
        )
