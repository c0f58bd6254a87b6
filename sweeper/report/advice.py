"""What to do after this sweep: follows from what was found and from what was not heard.

Each line closes one gap that the coverage names; a gap that is closed is not mentioned.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sweeper.language import Language
from sweeper.records import Coverage, Level, Medium
from sweeper.report.collect import Collector
from sweeper.report.model import Section
from sweeper.report.reach import ENOUGH_BLE_S, ENOUGH_WIFI_S, UPLINK_MHZ, listening, seconds

LONG_WATCH_S = 4 * 3600.0
"""Eight reports of a tracker that reports every half hour: from here on a longer watch adds little."""


def advice(collected: Collector, language: Language) -> Section:
    """Numbered steps, the most useful first."""
    return Section(
        title=language.gettext("What to do after this sweep"), steps=tuple(_steps(collected, language))
    )


def _steps(collected: Collector, language: Language) -> Iterator[str]:
    _ = language.gettext
    if any(finding.level is not Level.INFO for finding in collected.findings):
        yield _(
            "Look into the findings, the most pressing first. Write down what each one turned out to be, "
            "and who "
            "decided it."
        )
    yield from _gaps(collected.coverage, language)
    yield _("Search by eye and hand for what does not transmit; the program's checklist shows where to look.")
    yield _(
        "Sweep again when something has changed: after visitors, repairs or deliveries, after a present, "
        "or when "
        "the reason for this sweep comes back."
    )


def _gaps(rows: Sequence[Coverage], language: Language) -> Iterator[str]:
    _ = language.gettext
    heard = {row.medium for row in rows}
    if Medium.RF not in heard:
        yield _("Have the radio bands swept too; that needs a receiver such as an RTL-SDR.")
    elif listening(rows, UPLINK_MHZ).seconds < LONG_WATCH_S:
        yield _(
            "Watch the bands in which GSM and LTE devices transmit for some hours, in a car parked and "
            "moving: a "
            "tracker that reports rarely is heard only then."
        )
    if Medium.BLE not in heard or seconds(rows, Medium.BLE) < ENOUGH_BLE_S:
        yield _("Listen to Bluetooth for some minutes, away from other people.")
    else:
        yield _(
            "Listen to Bluetooth again after half an hour's way from here: a tag away from its owner shows "
            "itself "
            "only after a while, and only one that comes along matters."
        )
    if Medium.WIFI not in heard or seconds(rows, Medium.WIFI) < ENOUGH_WIFI_S:
        yield _(
            "Listen to Wi-Fi for at least five minutes, with the lights on and people moving: cameras wake "
            "up by that."
        )
