"""One Wi-Fi transmitter as the inventory knows it, and the named facts that signatures match on.

Names are outside text: 32 bytes of anything. Each stands in the facts twice, as hex of the bytes sent and as
text that is safe to show.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from sweeper.detectors.wifi_links import Sighting
from sweeper.protocols import ieee80211 as wifi
from sweeper.protocols import taxonomy
from sweeper.protocols.radiotap import channel_of
from sweeper.records import Value
from sweeper.signatures import Signature
from sweeper.text import safe_text
from sweeper.vendors import ieee

MOST_NAMES = 64
"""Names kept of one transmitter: phones probe for a dozen, beacon floods for thousands."""

MOST_POINTS = 120
"""Points kept of signal over time; when they run out, two become one."""

MOST_BODIES = 64
"""Element lists remembered as already read, per transmitter."""


@dataclass(slots=True)
class Station:
    """State of one address. Times are the source's; ``changed`` asks for a new Device record.

    ``match`` is the signature that the facts ``matched`` met, kept so that a look costs nothing again.
    """

    number: int
    address: int
    first_s: float
    last_s: float = 0.0
    frames: int = 0
    access_point: bool = False
    adhoc: bool = False
    member: bool = False
    changed: bool = True
    bssid: int | None = None
    ssids: dict[bytes, None] = field(default_factory=dict)
    probed: dict[bytes, None] = field(default_factory=dict)
    vendors: dict[str, None] = field(default_factory=dict)
    said: dict[str, Value] = field(default_factory=dict)
    hides: bool = False
    asks_anyone: bool = False
    freq_mhz: int = 0
    rssi_last: int | None = None
    rssi_max: int | None = None
    rate_max: float = 0.0
    up_bytes: int = 0
    down_bytes: int = 0
    first_sequence: int = 0
    last_sequence: int = 0
    signal: dict[int, int] = field(default_factory=dict)
    signal_step_s: float = 1.0
    bodies: dict[bytes, None] = field(default_factory=dict)
    steady: dict[bytes, None] = field(default_factory=dict)
    tim_at: int = 0
    told_s: float = 0.0
    matched: dict[str, Value] = field(default_factory=dict)
    match: Signature | None = None

    @property
    def id(self) -> str:
        return f"wifi-{self.number:04d}"

    @property
    def kind(self) -> str:
        if self.access_point:
            return "access-point"
        if self.adhoc:
            return "ad-hoc"
        return "station" if self.member or "wifi.taxonomy.probe" in self.said else "unknown"

    def roams(self) -> bool:
        """Whether this is a random address that looks for networks."""
        return wifi.randomised(self.address) and "wifi.taxonomy.probe" in self.said

    def sighting(self) -> Sighting:
        """What can link it to other random addresses."""
        return Sighting(
            number=self.number,
            first_s=self.first_s,
            last_s=self.last_s,
            first_sequence=self.first_sequence,
            last_sequence=self.last_sequence,
            signature=str(self.said["wifi.taxonomy.probe"]),
            names=frozenset(self.probed),
        )

    def become(self, role: str) -> None:
        """Set one of ``access_point``, ``adhoc``, ``member``."""
        if not getattr(self, role):
            setattr(self, role, True)
            self.changed = True

    def hear(self, at_s: float, strongest: int) -> None:
        """A look at the signal: the strongest of a batch."""
        self.rssi_last = strongest
        if self.rssi_max is None or strongest > self.rssi_max:
            self.rssi_max = strongest
        point = int(at_s // self.signal_step_s)
        self.signal[point] = max(strongest, self.signal.get(point, -128))
        while len(self.signal) > MOST_POINTS:
            self.signal_step_s *= 2
            merged: dict[int, int] = {}
            for index, value in self.signal.items():
                merged[index // 2] = max(value, merged.get(index // 2, -128))
            self.signal = merged

    def tell(self, key: str, value: Value) -> None:
        """A fact that elements told; empty ones tell nothing."""
        if value not in (None, "", []) and self.said.get(key) != value:
            self.said[key] = value
            self.changed = True

    def name(self, names: dict[bytes, None], ssid: bytes) -> None:
        """Add an SSID to ``ssids`` or ``probed``."""
        if ssid not in names and len(names) < MOST_NAMES:
            names[ssid] = None
            self.changed = True

    def seen_before(self, body: bytes, at: int) -> bool:
        """Whether the elements of a body were read already, but for those that change all the time."""
        if body in self.bodies:
            return True
        # the traffic map alone changes in most beacons: with the same bytes before it, it stands where it did
        tim = self.tim_at
        if tim and len(body) > tim + 1 and body[tim] == wifi.TIM:
            untimed = body[:tim] + body[tim + 2 + body[tim + 1] :]
            if untimed in self.bodies:
                return True
            remember(self.bodies, untimed)
        else:
            self.tim_at = wifi.place_of(body, at, wifi.TIM)
            remember(self.bodies, body)
        key = wifi.steady(body, at)
        if key in self.steady:
            return True
        remember(self.steady, key)
        return False

    def read(self, subtype: int, body: bytes, found: wifi.Description) -> None:
        """Take over what the elements of a frame this transmitter sent say."""
        for vendor in found.vendors:
            if vendor not in self.vendors and len(self.vendors) < MOST_NAMES:
                self.vendors[vendor] = None
                self.changed = True
        if subtype in (wifi.BEACON, wifi.PROBE_RESPONSE):
            self._read_network(subtype, body, found)
        elif subtype == wifi.DMG_BEACON:
            self._read_dmg(body, found)
        elif subtype == wifi.PROBE_REQUEST:
            self._signature("probe", found)
            if found.ssid:
                self.name(self.probed, found.ssid)
            else:
                self.asks_anyone = True
        elif subtype in (wifi.ASSOC_REQUEST, wifi.REASSOC_REQUEST):
            self.become("member")
            self._signature("assoc", found)
        if found.wps is not None:
            for key, text in found.wps._asdict().items():
                self.tell(f"wifi.wps.{key}", safe_text(text))

    def _read_network(self, subtype: int, body: bytes, found: wifi.Description) -> None:
        capabilities = int.from_bytes(body[10:12], "little")
        self.become("adhoc" if capabilities & 2 else "access_point")
        if wifi.hidden(found.ssid):
            self.hides = True
        elif found.ssid is not None:
            self.name(self.ssids, found.ssid)
        self.tell("wifi.security", wifi.security(found.items, bool(capabilities & 0x10)))
        self.tell("wifi.channel", found.channel)
        self.tell("wifi.country", found.country)
        self.tell("wifi.name", safe_text(found.name.decode("utf-8", "replace")))
        self.tell("wifi.direct", found.direct or None)
        if found.mesh:
            self.tell("wifi.mesh", safe_text(found.mesh.decode("utf-8", "replace")))
        if subtype == wifi.BEACON:
            self._signature("beacon", found)

    def _read_dmg(self, body: bytes, found: wifi.Description) -> None:
        """The beacon of a 60 GHz network: its privacy bit says no more than that there is a protection."""
        self.become("access_point")
        if found.ssid and not wifi.hidden(found.ssid):
            self.name(self.ssids, found.ssid)
        private = bool(body[19] & 0x10)
        told = wifi.security(found.items, private)
        self.tell("wifi.security", None if told == "WEP" else told)
        self._signature("beacon", found)

    def _signature(self, kind: str, found: wifi.Description) -> None:
        items = (
            tuple(i for i in found.items if i[0] not in wifi.CHANGING) if kind == "beacon" else found.items
        )
        self.tell(f"wifi.taxonomy.{kind}", taxonomy.signature(items, found.wps.model if found.wps else ""))

    def identity(self, network: Station | None) -> dict[str, Value]:
        """The facts that say what this is; ``network`` is the access point that it talks to, if known."""
        made: dict[str, Value] = {"wifi.kind": self.kind, "wifi.randomised": wifi.randomised(self.address)}
        if not wifi.randomised(self.address):
            made["wifi.oui"] = f"{self.address >> 24:06x}"
            vendor = ieee.holder(self.address)
            if vendor:
                made["wifi.vendor"] = vendor
        for key, names in (("wifi.ssid", self.ssids), ("wifi.probed", self.probed)):
            if names:
                made[key] = [safe_text(n.decode("utf-8", "backslashreplace")) for n in names]
                made[f"{key}_hex"] = [n.hex() for n in names]
        if self.hides and not self.ssids:
            made["wifi.hidden"] = True
        if self.vendors:
            made["wifi.vendor_elements"] = list(self.vendors)
        if self.bssid is not None and not self.access_point:
            made["wifi.bssid"] = wifi.address(self.bssid)
            if network is not None and network.ssids:
                made["wifi.network"] = safe_text(
                    next(iter(network.ssids)).decode("utf-8", "backslashreplace")
                )
        return {**made, **dict(sorted(self.said.items()))}

    def measured(self) -> dict[str, Value]:
        """The facts that were measured rather than told."""
        made: dict[str, Value] = {"wifi.frames": self.frames}
        if self.member and not self.access_point:
            made["wifi.up_bytes"] = self.up_bytes
            made["wifi.down_bytes"] = self.down_bytes
        if self.freq_mhz:
            made["wifi.freq_mhz"] = self.freq_mhz
            channel = channel_of(self.freq_mhz)
            if channel and "wifi.channel" not in self.said:
                made["wifi.channel"] = channel
        if self.rssi_max is not None:
            made["wifi.rssi_max"] = self.rssi_max
            made["wifi.signal"] = [[i * self.signal_step_s, v] for i, v in sorted(self.signal.items())]
        if self.rate_max:
            made["wifi.rate_mbps_max"] = round(self.rate_max, 1)
        return made


def remember(seen: dict[bytes, None], key: bytes) -> None:
    """Add a key to what was seen; what was remembered is forgotten when it is too much."""
    if len(seen) >= MOST_BODIES:
        seen.clear()
    seen[key] = None
