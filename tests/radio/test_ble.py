"""The live source against a BlueZ of our own on a private bus: real bleak, real D-Bus, no Bluetooth."""

from __future__ import annotations

import asyncio
import builtins
import shutil
import sys
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest

from sweeper.detectors.ble_inventory import identify
from sweeper.errors import Reason, Unavailable
from sweeper.plan import SweepPlan
from sweeper.protocols.ble import ad
from sweeper.radio import ble, ble_ear, clock
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
from sweeper.text import english

pytest.importorskip("bleak")
if sys.platform != "linux" or shutil.which("dbus-daemon") is None:
    pytest.skip("needs Linux and dbus-daemon", allow_module_level=True)

from dbus_fast import Variant

from tests.radio.bluez import Bluez, start_bus
from tests.radio.waiting import Scan, adverts, leave_bleak, scanned, states

FINDMY = b"\x12\x19\x10" + bytes(range(22)) + b"\x02\x00"
Step = Callable[[Bluez, Scan], Coroutine[Any, Any, None]]


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
    address: str,
    step: Step | None = None,
    name: str = "",
    fetching: Callable[[], bool] = lambda: True,
    **options: Any,
) -> list[Record]:
    """Scan for as long as the step takes."""

    async def run() -> list[Record]:
        daemon = Bluez(address)
        await daemon.start()
        daemon.add_adapter()
        listen.adapter = daemon.adapter  # type: ignore[attr-defined]

        async def steps(scan: Scan) -> None:
            if step is not None:
                await step(daemon, scan)

        try:
            return await scanned(ble.source(name, **options), steps, fetching)
        finally:
            await leave(daemon)

    return asyncio.run(run())


def test_an_advertisement_comes_through_as_bytes(bus: str) -> None:
    async def step(daemon: Bluez, scan: Scan) -> None:
        daemon.advertise("C1:02:03:04:05:06", **airtag())
        await scan.heard(1)

    records = listen(bus, step, where=lambda: Place(name="office"))
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
    async def step(daemon: Bluez, scan: Scan) -> None:
        daemon.advertise(
            "C1:02:03:04:05:06",
            **airtag(),
            Appearance=Variant("q", 0x0200),
            Icon=Variant("s", "tag"),
            Paired=Variant("b", True),
            AdvertisingData=Variant("a{yv}", {0x19: Variant("ay", b"\x00\x02")}),
        )
        await scan.heard(1)

    (one,) = adverts(listen(bus, step))
    assert one.platform["paired"] is True
    assert (one.platform["icon"], one.platform["appearance"]) == ("tag", 0x0200)
    assert ad.parse(one.data).appearance == 0x0200
    assert not {"address", "address_type", "rssi"} & one.platform.keys()


def test_names_services_and_service_data(bus: str) -> None:
    async def step(daemon: Bluez, scan: Scan) -> None:
        daemon.advertise(
            "C1:02:03:04:05:06",
            Name=Variant("s", "tag"),
            UUIDs=Variant("as", ["0000fd5a-0000-1000-8000-00805f9b34fb"]),
            ServiceData=Variant(
                "a{sv}", {"0000fd5a-0000-1000-8000-00805f9b34fb": Variant("ay", bytes([0x12]) + bytes(19))}
            ),
            TxPower=Variant("n", -4),
        )
        await scan.heard(1)

    (one,) = adverts(listen(bus, step))
    advert = ad.parse(one.data)
    assert (advert.name, advert.uuids, advert.tx_power_dbm) == ("tag", ["FD5A"], -4)
    assert advert.service_data == [("FD5A", bytes([0x12]) + bytes(19))]
    assert one.rssi_dbm is None


def test_every_update_counts(bus: str) -> None:
    async def step(daemon: Bluez, scan: Scan) -> None:
        for n in range(200):
            daemon.advertise("C1:02:03:04:05:06", **airtag(-40 - n % 40))
            if n % 10 == 9:
                await scan.heard(n - 50)  # both ends live in one loop; it must get to reading
        await scan.heard(200)

    got = adverts(listen(bus, step))
    assert len(got) == 200
    assert [a.time_s for a in got] == sorted(a.time_s for a in got)


def test_active_scan_asks_for_le_and_stops(bus: str) -> None:
    listen(bus)
    adapter = listen.adapter  # type: ignore[attr-defined]
    assert adapter.filters[0]["Transport"] == "le"
    assert (adapter.started, adapter.stopped) == (1, 1)


def test_adapter_is_chosen_by_name(bus: str) -> None:
    with pytest.raises(Unavailable) as caught:
        listen(bus, name="hci7")
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
    """Close both ends."""
    await leave_bleak()
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


def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on a short silence is enough to begin anew."""
    monkeypatch.setattr(ble_ear, "SILENCE_S", 0.1)
    monkeypatch.setattr(ble_ear, "RETRY_S", 0.05)


def test_an_adapter_pulled_out_and_put_back(bus: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def step(daemon: Bluez, scan: Scan) -> None:
        daemon.advertise("C1:02:03:04:05:06", **airtag())
        await scan.heard(1)
        daemon.remove("/org/bluez/hci0/dev_C1_02_03_04_05_06")
        daemon.remove_adapter()
        impatient(monkeypatch)
        await scan.told(State.FAILED, Reason.NO_DEVICE)
        daemon.add_adapter()
        await scan.until(lambda: State.LISTENING in [state for state, _ in states(scan.got)])
        daemon.advertise("C1:02:03:04:05:06", **airtag())
        await scan.heard(2)

    records = listen(bus, step)
    told = states(records)
    assert told[told.index((State.FAILED, Reason.NO_DEVICE)) + 1] == (State.LISTENING, None)
    assert len(adverts(records)) == 2


def test_the_daemon_restarts(bus: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def step(daemon: Bluez, scan: Scan) -> None:
        await daemon.stop()
        impatient(monkeypatch)
        await scan.until(lambda: State.FAILED in [state for state, _ in states(scan.got)])
        second = Bluez(bus)
        await second.start()
        second.add_adapter()
        await scan.until(lambda: State.LISTENING in [state for state, _ in states(scan.got)])
        second.advertise("C1:02:03:04:05:06", **airtag())
        await scan.heard(1)
        await second.stop()

    records = listen(bus, step)
    told = [state for state, _ in states(records)]
    assert told.index(State.FAILED) < told.index(State.LISTENING)
    assert len(adverts(records)) == 1


def test_silence_is_told_once(bus: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def step(daemon: Bluez, scan: Scan) -> None:
        await scan.until(lambda: daemon.adapter.started > 3)

    monkeypatch.setattr(ble_ear, "SILENCE_S", 0.1)
    assert states(listen(bus, step)) == [(State.DEGRADED, Reason.STALLED)]


def test_an_hour_asleep_is_not_listened_to_and_listening_goes_on(
    bus: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The adapter has forgotten its scan, and the clock on the wall is set to yesterday meanwhile."""
    awake, slept_s = clock.now_s, 0.0
    monkeypatch.setattr(clock, "now_s", lambda: awake() + slept_s)

    async def step(daemon: Bluez, scan: Scan) -> None:
        nonlocal slept_s
        daemon.advertise("C1:02:03:04:05:06", **airtag())
        await scan.heard(1)
        slept_s, wall = 3600.0, time.time
        monkeypatch.setattr(time, "time", lambda: wall() - 86_400.0)
        await scan.until(lambda: daemon.adapter.started > 1)
        daemon.advertise("C1:02:03:04:05:06", **airtag(-40))
        await scan.heard(2)

    records = listen(bus, step)
    assert states(records) == []  # the session tells of it; nobody is to blame
    first, second = adverts(records)
    assert first.time_s < 60.0 < 3600.0 < second.time_s
    (row,) = [r for r in records if isinstance(r, Coverage)]
    assert row.seconds < 60.0
    assert isinstance(closed := records[-1], Closed)
    assert closed.duration_s is not None
    assert closed.duration_s > 3600.0


def test_what_nobody_fetches_is_counted(bus: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ble_ear, "BACKLOG", 5)
    heard = 0

    def where() -> None:
        nonlocal heard
        heard += 1

    async def step(daemon: Bluez, scan: Scan) -> None:
        for n in range(40):
            daemon.advertise("C1:02:03:04:05:06", **airtag(-40 - n))
        await scan.heard(1)
        await scan.until(lambda: states(scan.got))

    records = listen(bus, step, fetching=lambda: heard in (0, 40), where=where)
    assert [a.rssi_dbm for a in adverts(records)] == [-75, -76, -77, -78, -79]
    (lost,) = [r for r in records if isinstance(r, Status)]
    assert lost.reason is Reason.DROPPED
    assert lost.detail.startswith("35 ")


def test_silence_is_no_proof_of_listening(bus: str) -> None:
    records = listen(bus)
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
    assert "of the time: the system listens in turns" in english(duty.told(60.0)[0])


def test_a_time_asleep_is_no_pause() -> None:
    duty = ble_ear.Duty()
    duty.heard(heard((0.0, 10.0)))
    duty.stood_still(3600.0)
    duty.heard(heard((3610.0, 3620.0)))
    assert duty.share(3620.0) == pytest.approx(1.0, abs=0.02)
    assert duty.coverage("ble", 3620.0).seconds == pytest.approx(20.0)
    assert duty.told(3620.0) == ()


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
