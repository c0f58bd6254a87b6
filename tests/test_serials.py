"""Every kind of tracker has something to be read, and nothing is done to it before it is documented."""

from __future__ import annotations

from sweeper.detectors.ble_follow import TRACKERS
from sweeper.serials import reading_the_serial, when_found


def test_every_tracker_can_be_read() -> None:
    for kind in (*TRACKERS, "something else"):
        assert reading_the_serial(kind)
        assert when_found(kind)[0].text.startswith("Photograph")


def test_the_page_is_said_to_be_the_makers_where_nfc_opens_one() -> None:
    def told(kind: str) -> str:
        return " ".join(phrase.text for phrase in when_found(kind))

    assert "NFC" in told("airtag")
    assert "maker, who sees" in told("airtag")
    assert "maker, who sees" not in told("itag_clone")
    assert "engraved" in told("airtag")
