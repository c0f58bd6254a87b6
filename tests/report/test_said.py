"""What went wrong is said in the reader's language in the report, and in English in the results document."""

from __future__ import annotations

import json

from sweeper import language
from sweeper.errors import Reason
from sweeper.records import Medium, Opened, State, ended, told
from sweeper.report import privacy, results, tables
from sweeper.report.collect import Collector
from sweeper.signatures import Library
from sweeper.text import Phrase, english

CAUSE = Phrase("the dongle went away", {}, {"ru": "приёмник пропал"})
LOST = Phrase(
    "{ranges} not swept: {cause}",
    {"ranges": "24.0–1766.0 MHz", "cause": CAUSE},
    {"ru": "{ranges} не проверено: {cause}"},
)
ENGLISH = "24.0–1766.0 MHz not swept: the dongle went away"
RUSSIAN = "24.0–1766.0 MHz не проверено: приёмник пропал"


def collected() -> Collector:
    made = Collector()
    made(Opened(source="rtlsdr", time_s=0.0, medium=Medium.RF, format="R820T", live=True))
    made(
        told(
            LOST,
            source="rtlsdr",
            time_s=1.0,
            subject="rtlsdr",
            state=State.DEGRADED,
            reason=Reason.UNPLUGGED,
        )
    )
    made(ended([LOST], source="rtlsdr", time_s=2.0, records=1))
    made.refuse("a.cu8", Phrase("is empty", {}, {"ru": "пуст"}))
    return made


def test_the_report_says_it_in_the_readers_language() -> None:
    spoken = language.get("ru")
    events, inputs = tables.events(collected(), spoken), tables.inputs(collected(), spoken)
    assert events is not None
    assert inputs is not None
    assert events.rows[0][3] == RUSSIAN
    assert [row[4] for row in inputs.rows] == [RUSSIAN, "пуст"]


def test_the_results_document_says_it_in_english() -> None:
    made = results.document(collected(), library=Library([]), render=language.get("ru").phrase)
    text = json.loads(results.encode(made, indent=None))
    assert text["status"][0]["detail"] == ENGLISH
    assert [row["problems"] for row in text["inputs"]] == [[ENGLISH], ["is empty"]]
    assert set(text["status"][0]) == {"subject", "state", "reason", "detail", "source", "count"}


def test_what_leaves_the_computer_is_disguised_in_every_language() -> None:
    made = Collector()
    words = Phrase("heard {what}", {"what": Phrase("from {address}", {"address": "aa:bb:cc:dd:ee:ff"})})
    made(told(words, source="w", time_s=0.0, subject="w", state=State.READY))
    (status, _count), *_ = privacy.disguised(made, lambda _text, prefix: f"{prefix}-1").statuses
    assert status.said is not None
    assert english(status.said) == status.detail == "heard from mac-1"
