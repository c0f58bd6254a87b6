"""The live source against a BlueZ of our own on a private bus: real bleak, real D-Bus, no Bluetooth."""

from __future__ import annotations

import asyncio
import builtins
import shutil
import sys
from collections.abc import Callable, Coroutine, Iterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest

from sweeper.detectors.ble_inventory import identify
from sweeper.errors import Reason, Unavailable
from sweeper.plan import SweepPlan
from sweeper.protocols.ble import ad
from sweeper.radio import ble, ble_ear
from sweeper.records import (
    Advertisement,
    AdvertisementBatch,
    Closed,
    Coverage,
    Opened,
    Place,
    Record,
    State,
    Status,
)
from sweeper.signatures import Library

pytest.importorskip("bleak")
if sys.platform != "linux" or shutil.which("dbus-daemon") is None:
    pytest.skip("needs Linux and dbus-daemon", allow_module_level=True)

from bleak.backends.bluezdbus import manager as bluez_manager
from dbus_fast import Variant

from tests.radio.bluez import Bluez, start_bus

FINDMY = b"\x12\x19\x10" + bytes(range(22)) + b"\x02\x00"
Step = Callable[[Bluez], Coroutine[Any, Any, None]]


@pytest.fixture
def bus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    process, address = start_bus(tmp_path)
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", address)
    monkeypatch.setattr(ble_ear, "BATCH_S", 0.02)
    yield address
    process.kill()
    process.wait()
    if process.stdout is not None:
        process.stdout.close()


def airtag(rssi: int = -61) -> dict[str, Variant]:
    return {
        "ManufacturerData": Variant("a{qv}", {0x4C: Variant("ay", FINDMY)}),
        "AdvertisingFlags": Variant("ay", b"\x06"),
        "RSSI": Variant("n", rssi),
    }


def listen(
    address: str, steps: list[Step], name: str = "", seconds: float = 1.0, **options: Any
) -> list[Record]:
    """Scan for some seconds while the steps are done one after the other."""

    async def run() -> list[Record]:
        daemon = Bluez(address)
        await daemon.start()
        daemon.add_adapter()
        listen.adapter = daemon.adapter  # type: ignore[attr-defined]
        got: list[Record] = []
        try:
            async with aclosing(
                ble.source(name, **options).records(SweepPlan(ble_seconds=seconds))
            ) as records:
                doing = asyncio.create_task(_all(steps, daemon))
                async for record in records:
                    got.append(record)
                await doing
        finally:
            await leave(daemon)
        return got

    return asyncio.run(run())


async def _all(steps: list[Step], daemon: Bluez) -> None:
    for step in steps:
        await asyncio.sleep(0.15)
        await step(daemon)


def adverts(records: list[Record]) -> list[Any]:
    return [a for r in records if isinstance(r, AdvertisementBatch) for a in r.adverts]


def states(records: list[Record]) -> list[tuple[State, Reason | None]]:
    return [(r.state, r.reason) for r in records if isinstance(r, Status)]


def test_an_advertisement_comes_through_as_bytes(bus: str) -> None:
    async def step(daemon: Bluez) -> None:
        daemon.advertise("C1:02:03:04:05:06", **airtag())

    records = listen(bus, [step], where=lambda: Place(name="office"))
    assert isinstance(records[0], Opened)
    assert records[0].live
    assert isinstance(records[-1], Closed)
    (one,) = adverts(records)
    assert (one.address, one.address_type, one.rssi_dbm) == ("C1:02:03:04:05:06", "random", -61)
    assert one.data == ad.encode([(0x01, b"\x06"), (0xFF, b"\x4c\x00" + FINDMY)])
    assert one.place == Place(name="office")
    found = identify(Library.load(), one.data, one.address, one.address_type)
    assert (found.kind, found.state) == ("airtag", "separated")


def test_what_else_the_system_knows_is_kept(bus: str) -> None:
    async def step(daemon: Bluez) -> None:
        daemon.advertise(
            "C1:02:03:04:05:06",
            **airtag(),
            Appearance=Variant("q", 0x0200),
            Icon=Variant("s", "tag"),
            Paired=Variant("b", True),
            AdvertisingData=Variant("a{yv}", {0x19: Variant("ay", b"\x00\x02")}),
        )

    (one,) = adverts(listen(bus, [step]))
    assert one.platform["paired"] is True
    assert (one.platform["icon"], one.platform["appearance"]) == ("tag", 0x0200)
    assert ad.parse(one.data).appearance == 0x0200
    assert not {"address", "address_type", "rssi"} & one.platform.keys()


def test_names_services_and_service_data(bus: str) -> None:
    async def step(daemon: Bluez) -> None:
        daemon.advertise(
            "C1:02:03:04:05:06",
            Name=Variant("s", "tag"),
            UUIDs=Variant("as", ["0000fd5a-0000-1000-8000-00805f9b34fb"]),
            ServiceData=Variant(
                "a{sv}", {"0000fd5a-0000-1000-8000-00805f9b34fb": Variant("ay", bytes([0x12]) + bytes(19))}
            ),
            TxPower=Variant("n", -4),
        )

    (one,) = adverts(listen(bus, [step]))
    advert = ad.parse(one.data)
    assert (advert.name, advert.uuids, advert.tx_power_dbm) == ("tag", ["FD5A"], -4)
    assert advert.service_data == [("FD5A", bytes([0x12]) + bytes(19))]
    assert one.rssi_dbm is None


def test_every_update_counts(bus: str) -> None:
    async def step(daemon: Bluez) -> None:
        for n in range(200):
            daemon.advertise("C1:02:03:04:05:06", **airtag(-40 - n % 40))
            await asyncio.sleep(0.005 * (n % 10 == 9))  # both ends live in one loop; it must get to reading

    got = adverts(listen(bus, [step], seconds=2.0))
    assert len(got) == 200
    assert [a.time_s for a in got] == sorted(a.time_s for a in got)


def test_active_scan_asks_for_le_and_stops(bus: str) -> None:
    listen(bus, [], seconds=0.3)
    adapter = listen.adapter  # type: ignore[attr-defined]
    assert adapter.filters[0]["Transport"] == "le"
    assert (adapter.started, adapter.stopped) == (1, 1)


def test_adapter_is_chosen_by_name(bus: str) -> None:
    with pytest.raises(Unavailable) as caught:
        listen(bus, [], name="hci7")
    assert caught.value.reason is Reason.NO_DEVICE
    assert "hci7" in str(caught.value)


def test_names_of_the_source() -> None:
    assert (ble.source("hci1,passive").adapter, ble.source("hci1,passive").passive) == ("hci1", True)
    assert ble.source("passive").adapter is None
    assert ble.source("hci1").info.name == "ble:hci1"
    assert ble.source().info.name == "ble"


def _refused(address: str, prepare: Callable[[Bluez], None]) -> Unavailable:
    async def run() -> None:
        daemon = Bluez(address)
        await daemon.start()
        prepare(daemon)
        await _first(daemon)

    with pytest.raises(Unavailable) as caught:
        asyncio.run(run())
    return caught.value


async def _first(daemon: Bluez | None = None) -> None:
    """Only as far as the first record."""
    try:
        async with aclosing(ble.source().records(SweepPlan(ble_seconds=1))) as records:
            await anext(records)
    finally:
        await leave(daemon)


async def leave(daemon: Bluez | None) -> None:
    """Close both ends: bleak keeps its connection for the life of the loop, which ends here."""
    manager = bluez_manager._global_instances.get(asyncio.get_running_loop())
    if manager is not None and manager._bus is not None:
        manager._bus.disconnect()
        await asyncio.sleep(0.02)
    if daemon is not None:
        await daemon.stop()


def test_powered_off(bus: str) -> None:
    why = _refused(bus, lambda daemon: daemon.add_adapter(powered=False))
    assert why.reason is Reason.POWERED_OFF
    assert "power on" in why.mend


def test_no_adapter(bus: str) -> None:
    assert _refused(bus, lambda daemon: None).reason is Reason.NO_DEVICE


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("org.bluez.Error.NotReady", Reason.POWERED_OFF),
        ("org.bluez.Error.InProgress", Reason.BUSY),
        ("org.freedesktop.DBus.Error.AccessDenied", Reason.NO_PERMISSION),
        ("org.bluez.Error.Failed", Reason.REFUSED),
    ],
)
def test_the_daemon_refuses(bus: str, name: str, reason: Reason) -> None:
    def prepare(daemon: Bluez) -> None:
        daemon.add_adapter()
        daemon.adapter.refusal = name

    assert _refused(bus, prepare).reason is reason


def test_no_daemon_on_the_bus(bus: str) -> None:
    with pytest.raises(Unavailable) as caught:
        asyncio.run(_first())
    assert caught.value.reason in (Reason.NO_SERVICE, Reason.NO_DEVICE)


def test_no_bus(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", f"unix:path={tmp_path}/none")
    with pytest.raises(Unavailable) as caught:
        asyncio.run(_first())
    assert caught.value.reason is Reason.NO_SERVICE
    assert "bluez" in caught.value.mend


def test_no_bleak(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def refuse(name: str, *args: Any, **kwargs: Any) -> Any:
        if name.split(".")[0] == "bleak":
            raise ImportError("no module named bleak")
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(Unavailable) as caught:
        asyncio.run(_first())
    assert caught.value.reason is Reason.LIBRARY_MISSING


def test_an_adapter_pulled_out_and_put_back(bus: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ble_ear, "SILENCE_S", 0.3)
    monkeypatch.setattr(ble_ear, "RETRY_S", 0.1)

    async def tag(daemon: Bluez) -> None:
        daemon.advertise("C1:02:03:04:05:06", **airtag())

    async def out(daemon: Bluez) -> None:
        daemon.remove("/org/bluez/hci0/dev_C1_02_03_04_05_06")
        daemon.remove_adapter()
        await asyncio.sleep(0.8)

    async def back(daemon: Bluez) -> None:
        daemon.add_adapter()
        await asyncio.sleep(0.5)

    records = listen(bus, [tag, out, back, tag], seconds=2.4)
    told = states(records)
    assert (State.FAILED, Reason.NO_DEVICE) in told
    assert told[told.index((State.FAILED, Reason.NO_DEVICE)) + 1] == (State.LISTENING, None)
    assert len(adverts(records)) == 2


def test_the_daemon_restarts(bus: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ble_ear, "SILENCE_S", 0.3)
    monkeypatch.setattr(ble_ear, "RETRY_S", 0.1)
    later: list[Bluez] = []

    async def die(daemon: Bluez) -> None:
        await daemon.stop()
        await asyncio.sleep(0.8)

    async def live(daemon: Bluez) -> None:
        later.append(Bluez(bus))
        await later[0].start()  # it is closed with the bus
        later[0].add_adapter()
        await asyncio.sleep(0.5)

    async def tag(daemon: Bluez) -> None:
        later[0].advertise("C1:02:03:04:05:06", **airtag())

    async def end(daemon: Bluez) -> None:
        await asyncio.sleep(0.3)
        await later[0].stop()

    records = listen(bus, [die, live, tag, end], seconds=2.2)
    told = [state for state, _ in states(records)]
    assert State.LISTENING in told[told.index(State.FAILED) :]
    assert len(adverts(records)) == 1


def test_silence_is_told_once(bus: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ble_ear, "SILENCE_S", 0.15)
    records = listen(bus, [], seconds=1.0)
    assert states(records) == [(State.DEGRADED, Reason.STALLED)]
    assert listen.adapter.started > 2  # type: ignore[attr-defined]


def test_what_nobody_fetches_is_counted(bus: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ble_ear, "BACKLOG", 5)

    async def step(daemon: Bluez) -> None:
        for n in range(40):
            daemon.advertise("C1:02:03:04:05:06", **airtag(-40 - n))
        await asyncio.sleep(0)

    records = listen(bus, [step], seconds=1.0)
    lost = [r.detail for r in records if isinstance(r, Status) and r.reason is Reason.DROPPED]
    assert lost
    dropped = sum(int(text.split()[0]) for text in lost)
    assert dropped + len(adverts(records)) == 40


def test_silence_is_no_proof_of_listening(bus: str) -> None:
    records = listen(bus, [], seconds=0.3)
    assert "so little was heard" in records[-1].problems[0]  # type: ignore[attr-defined]
    assert not [r for r in records if isinstance(r, Coverage)]


def heard(*spans: tuple[float, float], rate: int = 10) -> AdvertisementBatch:
    """Advertisements at ``rate`` a second within the spans."""
    times = [start + n / rate for start, stop in spans for n in range(int((stop - start) * rate))]
    adverts = tuple(Advertisement(time_s, "C1:02:03:04:05:06", "random", -60) for time_s in times)
    return AdvertisementBatch(source="ble", time_s=times[0], adverts=adverts)


def test_duty_is_the_share_outside_long_silences() -> None:
    """BlueZ's ten seconds on and five off, four times: two thirds."""
    duty = ble_ear.Duty()
    duty.heard(heard(*[(15.0 * n, 15.0 * n + 10.0) for n in range(4)]))
    assert duty.share(60.0) == pytest.approx(2 / 3, abs=0.02)
    assert duty.coverage("ble", 60.0).duty == pytest.approx(2 / 3, abs=0.02)
    assert "of the time: the system listens in turns" in duty.told(60.0)[0]


def test_without_pauses_nothing_is_said() -> None:
    duty = ble_ear.Duty()
    duty.heard(heard((0.0, 60.0)))
    assert duty.share(60.0) == 1.0
    assert duty.told(60.0) == ()


def test_where_little_is_on_the_air_a_silence_shows_nothing() -> None:
    duty = ble_ear.Duty()
    duty.heard(heard((0.0, 60.0), rate=1))
    assert duty.share(60.0) is None
    assert duty.coverage("ble", 60.0).duty is None
