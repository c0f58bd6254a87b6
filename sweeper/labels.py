"""What the closed lists of the program are called: levels, media, states, reasons, kinds.

English here; the catalogues translate. ``mark`` only marks a text for the extractor.
"""

from __future__ import annotations

from sweeper.errors import Reason
from sweeper.records import Level, Medium, State


def mark(text: str) -> str:
    """``text`` itself: marked so that the catalogues hold it."""
    return text


LEVELS = {
    Level.INFO: mark("For information"),
    Level.LOW: mark("Low"),
    Level.MEDIUM: mark("Medium"),
    Level.HIGH: mark("High"),
}

MEDIA = {
    Medium.RF: mark("Radio"),
    Medium.BLE: mark("Bluetooth"),
    Medium.WIFI: mark("Wi-Fi"),
    Medium.LAN: mark("Wired network"),
}

STATES = {
    State.READY: mark("ready"),
    State.LISTENING: mark("listening"),
    State.DEGRADED: mark("impaired"),
    State.FAILED: mark("failed"),
    State.ENDED: mark("ended"),
}

REASONS = {
    Reason.LIBRARY_MISSING: mark("a program library is missing"),
    Reason.DRIVER_MISSING: mark("the driver is missing"),
    Reason.DRIVER_TOO_OLD: mark("the driver is too old"),
    Reason.NO_DEVICE: mark("no receiver is connected"),
    Reason.NO_PERMISSION: mark("this user may not use the receiver"),
    Reason.BUSY: mark("another program uses the receiver"),
    Reason.POWERED_OFF: mark("the adapter is switched off"),
    Reason.NO_SERVICE: mark("a system service does not run"),
    Reason.NO_MONITOR_MODE: mark("the adapter has no monitor mode"),
    Reason.UNPLUGGED: mark("the receiver was unplugged"),
    Reason.STALLED: mark("the receiver stopped answering"),
    Reason.REFUSED: mark("the request was refused"),
    Reason.BAD_DATA: mark("the data could not be read"),
    Reason.ENDED: mark("the source ended"),
    Reason.STAGE_ERROR: mark("a part of the analysis failed"),
    Reason.DROPPED: mark("part of the data was dropped"),
    Reason.OVERLOAD: mark("the receiver was overloaded"),
}

FINDING_KINDS = {
    "rf-bug": mark("Radio microphone"),
    "gsm-device": mark("GSM device"),
    "analog-camera": mark("Analogue video transmitter"),
    "new-emission": mark("New emission"),
    "stronger-emission": mark("Emission stronger than in the reference"),
    "tracker": mark("Item tracker"),
    "follower": mark("Device that moves along"),
    "camera": mark("Camera"),
    "glasses": mark("Smart glasses"),
    "recorder": mark("Voice recorder"),
    "body-camera": mark("Body camera"),
    "drone": mark("Drone"),
    "rogue-ap": mark("Impostor access point"),
    "deauth-flood": mark("Forced disconnections"),
    "network-implant": mark("Network implant"),
    "unknown-transmitter": mark("Unknown transmitter"),
}

EMISSION_KINDS = {
    "carrier": mark("steady carrier"),
    "am": mark("AM voice"),
    "nfm": mark("narrow FM"),
    "wfm": mark("wide FM"),
    "ook": mark("keyed carrier (OOK)"),
    "fsk": mark("frequency keying (FSK)"),
    "psk": mark("phase keying (PSK)"),
    "gsm-c0": mark("GSM base station (C0)"),
    "gsm-downlink": mark("GSM base station"),
    "gsm-uplink": mark("GSM handset or device"),
    "dect": mark("DECT"),
    "lte": mark("LTE"),
    "nr": mark("5G NR"),
    "ofdm": mark("OFDM"),
    "analog-video": mark("analogue video"),
    "ble": mark("Bluetooth LE"),
    "wifi": mark("Wi-Fi"),
    "noise-like": mark("noise-like"),
    "spur": mark("receiver's own spur"),
    "unknown": mark("unknown"),
}

DEVICE_KINDS = {
    "unknown": mark("unknown"),
    "access-point": mark("access point"),
    "ap": mark("access point"),
    "station": mark("Wi-Fi client"),
    "client": mark("Wi-Fi client"),
    "camera": mark("camera"),
    "phone": mark("phone"),
    "laptop": mark("laptop"),
    "tracker": mark("item tracker"),
    "drone": mark("drone"),
    "glasses": mark("smart glasses"),
}

FEATURES: dict[str, str] = {}
