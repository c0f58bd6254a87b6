"""A BlueZ that is not there: the daemon's D-Bus face on a private bus, enough of it for bleak to scan.

Written for these tests with ``dbus_fast``, which bleak brings along. Adverts are given by hand, as the
real daemon gives them: ``InterfacesAdded`` for a new device, ``PropertiesChanged`` afterwards.
What it does not have: filters, turns of ten seconds, merging.
"""

import subprocess
from pathlib import Path
from typing import Any

from dbus_fast import DBusError, Message, MessageType, Variant
from dbus_fast.aio import MessageBus
from dbus_fast.service import ServiceInterface, dbus_method

from tests.radio.waiting import gone

CONFIG = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>system</type><listen>unix:path={path}</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/>
<allow own="*"/></policy></busconfig>"""

ASKING = Message(
    destination="org.freedesktop.DBus",
    path="/org/freedesktop/DBus",
    interface="org.freedesktop.DBus",
    member="GetId",
)
ADAPTER = "org.bluez.Adapter1"
DEVICE = "org.bluez.Device1"


def start_bus(folder: Path) -> tuple[subprocess.Popen[bytes], str]:
    """A message bus of our own and its address."""
    socket = folder / "bus"
    config = folder / "bus.conf"
    config.write_text(CONFIG.format(path=socket))
    process = subprocess.Popen(
        ["dbus-daemon", f"--config-file={config}", "--nofork", "--print-address=1"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert process.stdout is not None
    address = process.stdout.readline().decode().strip()
    return process, address


class Adapter(ServiceInterface):
    """One adapter: counts starts and stops, and refuses when told to."""

    def __init__(self) -> None:
        super().__init__(ADAPTER)
        self.filters: list[dict[str, Any]] = []
        self.started = 0
        self.stopped = 0
        self.refusal: str | None = None

    @dbus_method()
    def SetDiscoveryFilter(self, properties: "a{sv}") -> None:  # type: ignore  # noqa: F722
        self.filters.append({name: value.value for name, value in properties.items()})

    @dbus_method()
    def StartDiscovery(self) -> None:
        if self.refusal is not None:
            raise DBusError(self.refusal, "refused by the test")
        self.started += 1

    @dbus_method()
    def StopDiscovery(self) -> None:
        self.stopped += 1


class Bluez:
    """The daemon. Objects are kept here and announced by hand, so that nothing is implied."""

    def __init__(self, address: str) -> None:
        self._address = address
        self.adapter = Adapter()
        self.objects: dict[str, dict[str, dict[str, Variant]]] = {}

    async def start(self) -> None:
        self._bus = await MessageBus(bus_address=self._address).connect()
        self._bus.add_message_handler(self._managed)
        await self._bus.request_name("org.bluez")

    async def stop(self) -> None:
        """The daemon dies: its name goes, its objects are gone. A second time does nothing."""
        if not self._bus.connected:
            return
        for path in list(self.objects):
            self.remove(path)
        await self._bus.call(ASKING)  # its answer comes after everything that was sent before
        await gone(self._bus)

    def _managed(self, message: Message) -> Message | None:
        if message.member != "GetManagedObjects":
            return None
        return Message.new_method_return(message, "a{oa{sa{sv}}}", [self.objects])

    def add_adapter(self, name: str = "hci0", powered: bool = True) -> None:
        path = f"/org/bluez/{name}"
        properties = {
            "Address": Variant("s", "00:11:22:33:44:55"),
            "Powered": Variant("b", powered),
            "Discovering": Variant("b", False),
            "Roles": Variant("as", ["central", "peripheral"]),
            "UUIDs": Variant("as", []),
        }
        self._bus.export(path, self.adapter)
        self._add(path, ADAPTER, properties)

    def remove_adapter(self, name: str = "hci0") -> None:
        self._bus.unexport(f"/org/bluez/{name}", self.adapter)
        self.remove(f"/org/bluez/{name}")

    def advertise(self, address: str, adapter: str = "hci0", **properties: Variant) -> None:
        """One advertisement with these properties of ``Device1``."""
        path = f"/org/bluez/{adapter}/dev_{address.replace(':', '_')}"
        if path in self.objects:
            self.objects[path][DEVICE].update(properties)
            body = [DEVICE, properties, []]
            self._signal(path, "org.freedesktop.DBus.Properties", "PropertiesChanged", "sa{sv}as", body)
            return
        base = {
            "Address": Variant("s", address),
            "AddressType": Variant("s", "random"),
            "Alias": Variant("s", address),
            "Adapter": Variant("o", f"/org/bluez/{adapter}"),
            "Paired": Variant("b", False),
            "Bonded": Variant("b", False),
            "Trusted": Variant("b", False),
            "Blocked": Variant("b", False),
            "LegacyPairing": Variant("b", False),
            "Connected": Variant("b", False),
            "UUIDs": Variant("as", []),
            "ServicesResolved": Variant("b", False),
        }
        self._add(path, DEVICE, {**base, **properties})

    def _add(self, path: str, interface: str, properties: dict[str, Variant]) -> None:
        self.objects[path] = {interface: properties}
        body = [path, self.objects[path]]
        self._signal("/", "org.freedesktop.DBus.ObjectManager", "InterfacesAdded", "oa{sa{sv}}", body)

    def remove(self, path: str) -> None:
        body = [path, list(self.objects.pop(path))]
        self._signal("/", "org.freedesktop.DBus.ObjectManager", "InterfacesRemoved", "oas", body)

    def _signal(self, path: str, interface: str, member: str, signature: str, body: list[Any]) -> None:
        self._bus.send(
            Message(
                message_type=MessageType.SIGNAL,
                path=path,
                interface=interface,
                member=member,
                signature=signature,
                body=body,
            )
        )
