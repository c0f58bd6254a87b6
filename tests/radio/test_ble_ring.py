"""Ringing a stranger's tag: which way is chosen, what an answer means, and every way it can end."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from sweeper.errors import Reason, Unavailable
from sweeper.radio import ble, ble_ring
from sweeper.radio.ble_ring import WAYS, Outcome, agreed, choose, ring

AIRTAG, DULT, FINDMY = WAYS


def test_the_way_follows_the_services() -> None:
    battery = "0000180f-0000-1000-8000-00805f9b34fb"
    assert choose([battery, AIRTAG.service.upper()]) is AIRTAG
    assert choose([FINDMY.service, DULT.service]) is DULT
    assert choose([battery]) is None


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        ("0203" + "0003" + "0000", True),
        ("0203" + "0003" + "0100", False),
        ("0303", True),
        ("0203" + "0103" + "0000", None),
        ("0508", None),
        ("02", None),
    ],
)
def test_answers_of_the_dult_protocol(answer: str, verdict: bool | None) -> None:
    """Command_Response 0x0302: the command it answers, the result (0 = success); 0x0303 sound completed."""
    assert agreed(bytes.fromhex(answer), DULT) is verdict


class FailureError(Exception):
    pass


class Tag:
    """A tag as bleak shows it."""

    def __init__(self, way: Any = None, answer: bytes | None = None, fails_at: str = "") -> None:
        self.services = [SimpleNamespace(uuid=way.service)] if way else []
        self.answer = answer
        self.fails_at = fails_at
        self.written: list[tuple[str, bytes]] = []
        self.connected = False
        self._listener: Any = None

    def _maybe(self, step: str) -> None:
        if step == self.fails_at:
            raise FailureError(step)

    async def connect(self) -> None:
        self._maybe("connect")
        self.connected = True

    async def disconnect(self) -> None:
        self.connected = False

    async def start_notify(self, _characteristic: str, listener: Any) -> None:
        self._listener = listener

    async def write_gatt_char(self, characteristic: str, data: bytes, response: bool) -> None:
        self._maybe("write")
        assert response
        self.written.append((characteristic, data))
        if self.answer is not None:
            self._listener(None, bytearray(self.answer))


def rung(monkeypatch: pytest.MonkeyPatch, tag: Tag, heard: bool = True) -> ble_ring.Rung:
    async def find(address: str, timeout: float, bluez: dict[str, Any]) -> object | None:
        return object() if heard else None

    async def working(rest: str = "") -> None:
        return None

    driver = SimpleNamespace(
        BleakScanner=SimpleNamespace(find_device_by_address=find),
        BleakClient=lambda device, timeout: tag,
        exc=SimpleNamespace(BleakError=FailureError),
    )
    monkeypatch.setattr(ble, "driver", lambda name: driver)
    monkeypatch.setattr(ble, "present", working)
    monkeypatch.setattr(ble_ring, "ANSWER_S", 0.01)
    return asyncio.run(ring("C1:02:03:04:05:06"))


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.name)
def test_it_sounds(monkeypatch: pytest.MonkeyPatch, way: Any) -> None:
    tag = Tag(way)
    got = rung(monkeypatch, tag)
    assert (got.outcome, got.way) == (Outcome.SOUNDS, way.name)
    assert tag.written == [(way.characteristic, way.start)]
    assert not tag.connected


@pytest.mark.parametrize(
    ("tag", "heard", "outcome"),
    [
        (Tag(), False, Outcome.NOT_HEARD),
        (Tag(AIRTAG, fails_at="connect"), True, Outcome.NO_CONNECTION),
        (Tag(), True, Outcome.NO_SERVICE),
        (Tag(FINDMY, fails_at="write"), True, Outcome.REFUSED),
        (Tag(DULT, answer=bytes.fromhex("020300030100")), True, Outcome.REFUSED),
    ],
    ids=["not heard", "no connection", "no service", "write refused", "answer refuses"],
)
def test_every_other_end(monkeypatch: pytest.MonkeyPatch, tag: Tag, heard: bool, outcome: Outcome) -> None:
    got = rung(monkeypatch, tag, heard)
    assert got.outcome is outcome
    assert got.told.text
    assert not tag.connected


def test_without_an_adapter_it_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    async def off(rest: str = "") -> Unavailable:
        return Unavailable("ble", Reason.POWERED_OFF)

    monkeypatch.setattr(ble, "present", off)
    with pytest.raises(Unavailable):
        asyncio.run(ring("C1:02:03:04:05:06"))
