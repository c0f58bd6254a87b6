"""A BlueZ for python-dbusmock, our own: adapter, advertisements by a script, a tag that can be connected to.

Run by the system's Python, beside the program under test::

    python3 -m dbusmock --template tests/radio/bluez_template.py --parameters '{"script": [...]}'

A script is a list of steps, each at a time in seconds after the start::

    {"at": 0.2, "do": "advertise", "address": "C1:..", "company": 76, "data": "1219..", "rssi": -60,
     "every": 0.1, "times": 50}
    {"at": 1.0, "do": "remove-adapter"}   {"at": 2.0, "do": "add-adapter"}   {"do": "power", "on": false}

Steps in the list ``signalled`` have no time: each SIGUSR1 does the next of them.

``turns: [on_s, off_s]`` makes discovery listen in turns, as BlueZ does: what is sent in a pause is lost.
``tag`` gives the advertised device a GATT service with one characteristic: ``{"address", "service",
"characteristic", "answer": hex or null, "refuses": bool, "unreachable": bool}``; what is written goes to
the file ``written``.

What it does not have: discovery filters, merging, more than one adapter.
"""

import signal

import dbus
from dbusmock import OBJECT_MANAGER_IFACE, get_object, mockobject
from gi.repository import GLib

BUS_NAME = "org.bluez"
MAIN_OBJ = "/"
MAIN_IFACE = "sweeper.Mock"
SYSTEM_BUS = True
IS_OBJECT_MANAGER = True

ADAPTER = "org.bluez.Adapter1"
DEVICE = "org.bluez.Device1"
SERVICE = "org.bluez.GattService1"
CHARACTERISTIC = "org.bluez.GattCharacteristic1"
HCI0 = "/org/bluez/hci0"


def load(mock, parameters):
    """Build the adapter and start the script."""
    world = World(mock, parameters)
    mock.world = world
    if parameters.get("adapter", True):
        world.add_adapter(bool(parameters.get("powered", True)))
    for step in parameters.get("script", []):
        GLib.timeout_add(int(1000 * step["at"]), world.do, dict(step))
    left = list(parameters.get("signalled", []))
    GLib.unix_signal_add(GLib.PRIORITY_DEFAULT, signal.SIGUSR1, lambda: world.do(left.pop(0)) or True)


def update(thing, interface, properties):
    """Change properties and say so: dbusmock's own way does not know dictionaries of bytes."""
    thing.props[interface].update(properties)
    changed = dbus.Dictionary(properties, signature="sv")
    body = [interface, changed, dbus.Array([], signature="s")]
    thing.EmitSignal(dbus.PROPERTIES_IFACE, "PropertiesChanged", "sa{sv}as", body)


class World:
    """The adapter, its state, and what is on the air."""

    def __init__(self, mock, parameters):
        self.mock = mock
        self.tag = parameters.get("tag") or {}
        self.written = parameters.get("written")
        self.turns = parameters.get("turns")
        self.listening = False
        self.open = False
        self.run = 0

    def do(self, step):
        what = step["do"]
        if what == "advertise":
            self.advertise(step)
            left = int(step.get("times", 1)) - 1
            if left > 0:
                GLib.timeout_add(int(1000 * step["every"]), self.do, {**step, "times": left})
        elif what == "remove-adapter":
            for path in [p for p in mockobject.objects if p.startswith(HCI0)]:
                self.remove(path)
            self.listening = self.open = False
        elif what == "add-adapter":
            self.add_adapter(True)
        elif what == "power":
            self.power(bool(step["on"]))
        return False

    def power(self, on):
        if not on:
            self.listening = self.open = False
        update(get_object(HCI0), ADAPTER, {"Powered": on, "Discovering": False})

    def add_adapter(self, powered):
        properties = {
            "Address": "00:11:22:33:44:55",
            "AddressType": "public",
            "Name": "mock",
            "Alias": "mock",
            "Powered": powered,
            "Discovering": False,
            "Roles": dbus.Array(["central", "peripheral"], signature="s"),
            "UUIDs": dbus.Array([], signature="s"),
        }
        methods = [
            ("SetDiscoveryFilter", "a{sv}", "", ""),
            ("StartDiscovery", "", "", "objects['/'].world.start(self)"),
            ("StopDiscovery", "", "", "objects['/'].world.stop(self)"),
        ]
        self.add(HCI0, ADAPTER, properties, methods)

    def start(self, adapter):
        if not adapter.props[ADAPTER]["Powered"]:
            raise dbus.exceptions.DBusException("Resource Not Ready", name="org.bluez.Error.NotReady")
        if self.listening:
            raise dbus.exceptions.DBusException("busy", name="org.bluez.Error.InProgress")
        self.listening = self.open = True
        self.run += 1
        update(adapter, ADAPTER, {"Discovering": True})
        if self.turns:
            GLib.timeout_add(int(1000 * self.turns[0]), self.turn, self.run)

    def stop(self, adapter):
        self.listening = self.open = False
        update(adapter, ADAPTER, {"Discovering": False})

    def turn(self, run):
        if not self.listening or run != self.run:
            return False
        self.open = not self.open
        GLib.timeout_add(int(1000 * self.turns[0 if self.open else 1]), self.turn, run)
        return False

    def advertise(self, step):
        if not self.open:
            return
        path = HCI0 + "/dev_" + step["address"].replace(":", "_")
        changing = {"RSSI": dbus.Int16(step.get("rssi", -60))}
        if "data" in step:
            value = dbus.ByteArray(bytes.fromhex(step["data"]), variant_level=1)
            changing["ManufacturerData"] = dbus.Dictionary(
                {dbus.UInt16(step["company"]): value}, signature="qv"
            )
        if "name" in step:
            changing["Name"] = step["name"]
        if path in mockobject.objects:
            update(get_object(path), DEVICE, changing)
            return
        properties = {
            "Address": step["address"],
            "AddressType": "random",
            "Alias": step["address"],
            "Adapter": dbus.ObjectPath(HCI0),
            "Paired": False,
            "Bonded": False,
            "Trusted": False,
            "Blocked": False,
            "LegacyPairing": False,
            "Connected": False,
            "ServicesResolved": False,
            "UUIDs": dbus.Array([], signature="s"),
            **changing,
        }
        methods = [
            ("Connect", "", "", "objects['/'].world.connect(self)"),
            ("Disconnect", "", "", "objects['/'].world.disconnect(self)"),
        ]
        self.add(path, DEVICE, properties, methods)

    def connect(self, device):
        if self.tag.get("unreachable") or self.tag.get("address") != device.props[DEVICE]["Address"]:
            raise dbus.exceptions.DBusException("le-connection-abort", name="org.bluez.Error.Failed")
        self.add_gatt(device.path)
        update(device, DEVICE, {"Connected": True})
        update(device, DEVICE, {"ServicesResolved": True})

    def disconnect(self, device):
        update(device, DEVICE, {"Connected": False, "ServicesResolved": False})

    def add_gatt(self, device_path):
        service = device_path + "/service0010"
        if service in mockobject.objects:
            return
        self.add(
            service,
            SERVICE,
            {"UUID": self.tag["service"], "Primary": True, "Device": dbus.ObjectPath(device_path)},
            [],
        )
        properties = {
            "UUID": self.tag["characteristic"],
            "Service": dbus.ObjectPath(service),
            "Value": dbus.Array([], signature="y"),
            "Notifying": False,
            "Flags": dbus.Array(["write", "indicate"], signature="s"),
            "MTU": dbus.UInt16(64),
        }
        methods = [
            ("WriteValue", "aya{sv}", "", "objects['/'].world.write(self, args[0])"),
            ("StartNotify", "", "", "objects['/'].world.notify(self)"),
            ("StopNotify", "", "", ""),
        ]
        self.add(service + "/char0011", CHARACTERISTIC, properties, methods)

    def notify(self, characteristic):
        update(characteristic, CHARACTERISTIC, {"Notifying": True})

    def write(self, characteristic, value):
        if self.tag.get("refuses"):
            raise dbus.exceptions.DBusException("Not Permitted", name="org.bluez.Error.NotPermitted")
        with open(self.written, "a") as file:
            file.write(bytes(bytearray(value)).hex() + "\n")
        answer = self.tag.get("answer")
        if answer is not None:
            changed = {"Value": dbus.ByteArray(bytes.fromhex(answer))}
            GLib.timeout_add(20, lambda: update(characteristic, CHARACTERISTIC, changed))

    def add(self, path, interface, properties, methods):
        self.mock.AddObject(path, interface, properties, methods)
        body = [dbus.ObjectPath(path), {interface: get_object(path).props[interface]}]
        self.mock.EmitSignal(OBJECT_MANAGER_IFACE, "InterfacesAdded", "oa{sa{sv}}", body)

    def remove(self, path):
        interfaces = list(get_object(path).props)
        self.mock.RemoveObject(path)
        body = [dbus.ObjectPath(path), interfaces]
        self.mock.EmitSignal(OBJECT_MANAGER_IFACE, "InterfacesRemoved", "oas", body)
