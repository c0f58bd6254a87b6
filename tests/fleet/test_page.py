"""The rooms on one plan: what is shown, what is never claimed, and hostile names that stay text."""

from __future__ import annotations

import struct
import zlib
from html.parser import HTMLParser
from pathlib import Path

import msgspec
import pytest

from sweeper import language
from sweeper.errors import InputError, Reason
from sweeper.fleet import page
from sweeper.fleet.rooms import Room, Rooms
from sweeper.fleet.wire import Message
from sweeper.jobs.sink import item_key
from sweeper.records import Device, Finding, Level, Medium, State, Status
from sweeper.text import say

NOW = 1_795_000_000.0


def png() -> bytes:
    """One grey pixel (PNG specification, sections 5 and 11)."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(b"\x00\x80"))
        + chunk(b"IEND", b"")
    )


def heard(address: str, rssi: int) -> Device:
    return Device(source="ble", time_s=1.0, id=address, medium=Medium.BLE, address=address, rssi_dbm=rssi)


def finding(title: str, level: Level = Level.MEDIUM) -> Finding:
    return Finding(
        source="ble",
        time_s=1.0,
        id="F-1",
        level=level,
        kind="tracker",
        title=say("{name}", name=title),
        subject="AA:BB",
        raised_s=1.0,
        confidence=0.5,
        why=(say("It stayed."),),
        benign=(),
        next=(),
        evidence=(),
    )


class Tags(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.words.append(data.strip())


@pytest.fixture
def plan(tmp_path: Path) -> page.FloorPlan:
    (tmp_path / "floor.png").write_bytes(png())
    (tmp_path / "plan.toml").write_text('image = "floor.png"\n[rooms."Room 1"]\nx = 0.25\ny = 0.5\n')
    return page.load(tmp_path / "plan.toml")


def test_placed_and_unplaced_rooms_are_shown_and_silence_is_not_called_clean(plan: page.FloorPlan) -> None:
    rooms = [
        Room("Room 1", "up", NOW - 5, findings=(finding("Tracker"),), devices=(heard("AA:BB", -50),)),
        Room("Room 2", "up", NOW - 5, devices=(heard("AA:BB", -70), heard("CC:DD", -40))),
        Room("Room 3", "lost", NOW - 5000),
        Room("Room 4", "up", NOW - 5000),
    ]
    text = page.render(rooms, language.get("en"), NOW, plan)
    words = Tags(text).words
    assert "left: 25.0%; top: 50.0%" in text
    assert text.count('class="room ') == 1
    assert words.count("No device was found here so far.") == 1, "never of a room that is silent"
    assert sum("UTC" in word for word in words) == 1
    assert "UTC UTC" not in text
    assert sum("No word from it: this room is not being swept." in word for word in words) == 2
    at = words.index("AA:BB", words.index("Heard in more than one room"))
    assert [word for word in words[at : at + 8] if word][:3] == ["AA:BB", "−50\u202fdBm ●", "−70\u202fdBm"]
    assert "CC:DD" not in words  # heard in one room only
    assert "<script" not in text


def test_what_is_impaired_is_told_with_its_age_until_it_is_well_again(tmp_path: Path) -> None:
    """A receiver that came back, one that was lost since, and losses that nobody takes back."""
    lines = [
        (NOW - 900, "rtlsdr", State.FAILED, Reason.UNPLUGGED, "was pulled out"),
        (NOW - 800, "rtlsdr", State.LISTENING, None, ""),
        (NOW - 700, "ble", State.LISTENING, None, ""),
        (NOW - 120, "ble", State.FAILED, Reason.POWERED_OFF, "is switched off"),
        (NOW - 60, "wifi", State.DEGRADED, Reason.STALLED, "nothing was heard"),
    ]
    rooms = Rooms(tmp_path / "rooms.sqlite")
    for number, (utc_s, subject, state, reason, detail) in enumerate(lines):
        record = Status(
            source=subject, time_s=1.0, subject=subject, state=state, reason=reason, detail=detail
        )
        kind, item = item_key(record) or ("", "")
        rooms.add(
            [Message(str(number), "Room 1", kind, item, utc_s, msgspec.Raw(msgspec.json.encode(record)))]
        )
    words = Tags(page.render(rooms.all(), language.get("en"), NOW)).words
    rooms.close()
    assert sorted(word for word in words if " ago): " in word) == [
        "ble is failed (2\u202fmin ago): is switched off",
        "wifi is impaired (1\u202fmin ago): nothing was heard",
    ]


def test_signs_that_steer_a_reader_are_shown_as_escapes_wherever_they_come_from() -> None:
    """HTML's escaping leaves direction overrides as they are."""
    evil = "a\u202eb\x07"
    said = finding(evil)
    said = msgspec.structs.replace(said, subject=evil, why=(say("{name}", name=evil),))
    fault = Status(source=evil, time_s=1.0, subject=evil, state=State.FAILED, detail=evil)
    rooms = [
        Room(f"{name}{evil}", "up", NOW, (said,), (heard(evil, level),), faults=((NOW, fault),))
        for name, level in (("A", -50), ("B", -60))
    ]
    text = page.render(rooms, language.get("en"), NOW)
    assert "\u202e" not in text
    assert "\x07" not in text
    assert text.count("a\\u202eb\\x07") >= 2 * 6, "name, title, subject, reason, fault and what was told"


@pytest.mark.parametrize("where", ["title", "why"])
def test_so_are_those_in_a_sentence_that_a_sensor_sent_whole(where: str) -> None:
    """Fields are made inert when a sentence is said; the sentence itself is a sensor's word too."""
    evil = say("a\u202eb\x07")
    said = msgspec.structs.replace(finding("A tag"), **{where: evil if where == "title" else (evil,)})
    text = page.render([Room("A", "up", NOW, (said,))], language.get("ru"), NOW)
    assert "\u202e" not in text
    assert "\x07" not in text
    assert text.count("a\\u202eb\\x07") == 1


def test_the_page_may_run_and_fetch_nothing() -> None:
    text = page.render([], language.get("en"), NOW)
    assert "Content-Security-Policy\" content=\"default-src 'none'; img-src data:;" in text


def test_a_picture_of_any_size_is_not_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "floor.png").write_bytes(png())
    (tmp_path / "plan.toml").write_text('image = "floor.png"\n')
    monkeypatch.setattr(page, "LARGEST_IMAGE", len(png()))
    assert page.load(tmp_path / "plan.toml").image
    monkeypatch.setattr(page, "LARGEST_IMAGE", len(png()) - 1)
    with pytest.raises(InputError, match="20 MB"):
        page.load(tmp_path / "plan.toml")


@pytest.mark.parametrize("code", language.CODES)
def test_hostile_names_stay_text(code: str) -> None:
    evil = "<script>alert(1)</script><img src=x onerror=y>\u202e\x1b[31m"
    room = Room(evil[:60], "up", NOW, findings=(finding(evil),), devices=(heard(evil, -1),))
    text = page.render([room, Room("b", "up", NOW, devices=(heard(evil, -2),))], language.get(code), NOW)
    made = Tags(text)
    assert "script" not in made.tags
    assert "img" not in made.tags
    assert "\u202e" not in text
    assert "\x1b" not in text


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("x = [", "no plan"),
        ('[rooms."A"]\nx = 2\ny = 0.1\n', "no plan"),
        ("colour = 1\n", "no plan"),
        ('image = "floor.svg"\n', "no picture that is known"),
        ('image = "gone.png"\n', "cannot be read"),
    ],
)
def test_plans_that_are_none(tmp_path: Path, text: str, line: str) -> None:
    (tmp_path / "plan.toml").write_text(text)
    with pytest.raises(InputError, match=line):
        page.load(tmp_path / "plan.toml")
