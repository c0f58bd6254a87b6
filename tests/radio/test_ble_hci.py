"""The controller source on bumble's virtual controllers: a tag advertises, we listen, the air is still."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from sweeper.detectors.ble_inventory import identify
from sweeper.errors import Reason, Unavailable
from sweeper.plan import SweepPlan
from sweeper.protocols.ble import ad
from sweeper.radio import ble_ear, ble_hci
from sweeper.records import Closed, Opened, Record
from sweeper.signatures import Library

pytest.importorskip("bumble")

from bumble import hci
from bumble.controller import Controller
from bumble.device import AdvertisingEventProperties, AdvertisingParameters, Device
from bumble.host import Host
from bumble.link import LocalLink
from bumble.transport.common import AsyncPipeSink

from tests.radio.waiting import adverts, scanned

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

FINDMY = ad.from_fields(manufacturer=[(0x4C, b"\x12\x19\x10" + bytes(range(22)) + b"\x02\x00")])
LONG = ad.from_fields(service_data=[("FEAA", b"\x41" + bytes(range(32)) + b"\x00")], flags=6)


class Ours:
    """A transport whose other end is a virtual controller."""

    def __init__(self, link: LocalLink) -> None:
        self.controller = Controller("ours", link=link)
        self.source = self.controller
        self.sink = AsyncPipeSink(self.controller)
        self.controller.host = None

    async def close(self) -> None:
        return None


async def tag(link: LocalLink, data: bytes, extended: bool) -> Device:
    host = Host()
    host.controller = Controller("tag", link=link)
    device = Device(name="tag", address=hci.Address("C1:02:03:04:05:06"), host=host)
    await device.power_on()
    if extended:
        await device.create_advertising_set(
            advertising_parameters=AdvertisingParameters(
                advertising_event_properties=AdvertisingEventProperties(
                    is_connectable=False, is_scannable=False
                ),
                primary_advertising_interval_min=50,
                primary_advertising_interval_max=50,
            ),
            random_address=hci.Address("C1:02:03:04:05:06"),
            advertising_data=data,
        )
    else:
        device.advertising_data = data
        await device.start_advertising(advertising_interval_min=50, advertising_interval_max=50)
    return device


def listen(data: bytes, extended: bool = False) -> list[Record]:
    async def run() -> list[Record]:
        link = LocalLink()

        async def opener(_name: str) -> Any:
            ours = Ours(link)
            return SimpleNamespace(source=ours.controller, sink=ours.controller, close=ours.close)

        await tag(link, data, extended)
        source = ble_hci.source("virtual", opener=opener)
        return await scanned(source, lambda scan: scan.heard(3))

    return asyncio.run(run())


@pytest.mark.parametrize(("data", "extended"), [(FINDMY, False), (FINDMY, True), (LONG, True)])
def test_bytes_arrive_as_sent(monkeypatch: pytest.MonkeyPatch, data: bytes, extended: bool) -> None:
    monkeypatch.setattr(ble_ear, "BATCH_S", 0.05)
    records = listen(data, extended)
    assert isinstance(records[0], Opened)
    assert isinstance(records[-1], Closed)
    heard = adverts(records)
    assert heard
    assert {(a.address, a.address_type, a.data) for a in heard} == {("C1:02:03:04:05:06", "random", data)}
    assert [a.time_s for a in heard] == sorted(a.time_s for a in heard)
    assert identify(Library.load(), heard[0].data).state == "separated"


def test_one_advertisement_by_two_ways_counts_once() -> None:
    heard: list[Any] = []
    now = [0.0]
    tap = ble_hci.Tap(lambda: now[0], heard.append)
    report = bytes.fromhex("043e0f02010001060504030201" + "03" + "020106" + "c4")
    for time_s in (0.0, 0.0002, 0.1):
        now[0] = time_s
        tap.snoop(report, 1)
    tap.snoop(report[:9], 1)
    assert [a.time_s for a in heard] == [0.0, 0.1]


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (FileNotFoundError("no such device"), Reason.NO_DEVICE),
        (PermissionError("denied"), Reason.NO_PERMISSION),
        (OSError("Resource busy"), Reason.BUSY),
        (TimeoutError(), Reason.STALLED),
        (RuntimeError("reset failed"), Reason.REFUSED),
    ],
)
def test_why_it_cannot_listen(error: Exception, reason: Reason) -> None:
    async def opener(_name: str) -> Any:
        raise error

    async def run() -> None:
        await anext(ble_hci.source("x", opener=opener).records(SweepPlan(ble_seconds=1)))

    with pytest.raises(Unavailable) as caught:
        asyncio.run(run())
    assert caught.value.reason is reason


def test_a_controller_that_never_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ble_hci, "OPEN_S", 0.1)
    dead = SimpleNamespace(on_packet=lambda packet: None, set_packet_sink=lambda sink: None)

    async def closed() -> None:
        return None

    async def opener(_name: str) -> Any:
        return SimpleNamespace(source=dead, sink=dead, close=closed)

    async def run() -> None:
        await anext(ble_hci.source("x", opener=opener).records(SweepPlan(ble_seconds=1)))

    with pytest.raises(Unavailable) as caught:
        asyncio.run(run())
    assert caught.value.reason is Reason.STALLED


def test_names() -> None:
    assert ble_hci.source().info.name == "hci:usb:0"
    assert ble_hci.source("tcp-client:host:1").info.name == "hci:tcp-client:host:1"
