"""How measured values are written: one emission, device or piece of evidence as words for a table."""

from __future__ import annotations

import math

from sweeper.language import Language
from sweeper.records import Device, Emission, Evidence, Medium, Opened, Value
from sweeper.report.model import Fact
from sweeper.text import safe_text

LIST_ITEMS = 6
"""Items of a list that are printed; the results document has them all."""
DASH = "–"
_DIGITS = {"dB": 1, "dBm": 0, "dBFS": 1, "dBm/Hz": 0, "dBFS/Hz": 0, "%": 0, "MHz": 3, "kHz": 1}
_LONGEST = 160
"""Characters of one value that are printed: a payload in hexadecimal is shorter."""


def value_text(value: Value, unit: str, language: Language) -> str:
    """A value of any kind with its unit, in the reader's language."""
    if value is None:
        return DASH
    if isinstance(value, bool):
        return language.gettext("yes") if value else language.gettext("no")
    if isinstance(value, int | float):
        return number_text(value, unit, language)
    if isinstance(value, list):
        shown = [value_text(item, unit, language) for item in value[:LIST_ITEMS]]
        return ", ".join(shown) + (" …" if len(value) > LIST_ITEMS else "")
    if isinstance(value, dict):
        pairs = (f"{safe_text(str(key))} = {value_text(item, '', language)}" for key, item in value.items())
        return "; ".join(pairs)
    text = safe_text(value)
    return text if len(text) <= _LONGEST else text[:_LONGEST] + " …"


def number_text(value: float, unit: str, language: Language) -> str:
    """A number with its unit: hertz and seconds by their size, decibels with their honest digits."""
    if unit == "Hz":
        return language.frequency(value)
    if unit == "s":
        return language.duration(value)
    if unit in _DIGITS:
        return language.quantity(value, unit, _DIGITS[unit])
    if isinstance(value, float) and math.isfinite(value):
        value = float(f"{value:.4g}")
    return language.quantity(value, unit)


def evidence_fact(item: Evidence, language: Language, *, timed: bool = True) -> Fact:
    """One piece of evidence: what was measured, how much, and, where it is to be said, when."""
    text = measured_text(item, language)
    if timed and item.time_s is not None:
        text = language.gettext("{value} (at {time})").format(value=text, time=moment(item.time_s, language))
    return Fact(what(item.what, language), text)


_SUFFIXES = {
    "mhz": "MHz",
    "khz": "kHz",
    "hz": "Hz",
    "db": "dB",
    "dbm": "dBm",
    "dbfs": "dBFS",
    "s": "s",
    "ms": "ms",
}
"""Unit by the end of a fact's key, where the evidence names none."""


def measured_text(item: Evidence, language: Language) -> str:
    """The value with its unit; a kind of signal by its name."""
    if item.what.endswith(".kind") and isinstance(item.value, str):
        return (
            language.emission_kind(item.value) if item.what == "rf.kind" else language.device_kind(item.value)
        )
    if item.what.endswith(".state") and isinstance(item.value, str):
        return language.tag_state(item.value)
    unit = item.unit or _SUFFIXES.get(item.what.rpartition("_")[2] if "_" in item.what else "", "")
    return value_text(item.value, unit, language)


def what(name: str, language: Language) -> str:
    """What evidence calls its measure: a fact's key by its label, anything else by the catalogue."""
    known = language.feature(name)
    return known if known != name else safe_text(language.gettext(name))


def moment(time_s: float, language: Language) -> str:
    """A time since the start of the input: ``12.3 s``, from ten minutes on ``1:02:03``."""
    if abs(time_s) < 600 or not math.isfinite(time_s):
        return language.duration(time_s)
    whole = round(time_s)
    return f"{whole // 3600}:{whole // 60 % 60:02d}:{whole % 60:02d}"


def emission_facts(emission: Emission, language: Language) -> tuple[Fact, ...]:
    """What an emission is, for a finding about it."""
    _ = language.gettext
    facts = [
        Fact(_("Frequency"), language.frequency(emission.center_hz)),
        Fact(_("Bandwidth"), language.frequency(emission.width_hz)),
        Fact(_("Above the noise"), language.quantity(emission.snr_db, "dB", 0)),
        Fact(_("Kind of signal"), language.emission_kind(emission.kind)),
        Fact(_("On the air"), on_air(emission, language)),
    ]
    for name in FEATURES_SHOWN:
        if name in emission.features:
            unit = _UNITS.get(name.rpartition("_")[2], "")
            shown = value_text(emission.features[name], unit, language)
            facts.append(Fact(language.feature(name).capitalize(), shown))
    return tuple(facts)


FEATURES_SHOWN = ("symbol_rate_hz", "deviation_hz", "line_rate_hz", "arfcn", "bsic", "burst_ms", "period_ms")
"""Features that a reader of a finding can check elsewhere; the results document has all."""
_UNITS = {"hz": "Hz", "ms": "ms"}


def on_air(emission: Emission, language: Language) -> str:
    """From when to when, and in how many bursts."""
    start, stop = moment(emission.start_s, language), moment(emission.stop_s, language)
    span = f"{start} – {stop}"
    total = emission.features.get("bursts_total")
    count = max(len(emission.bursts), total if isinstance(total, int) else 0)
    if count < 2:
        return span
    bursts = language.ngettext("{n} burst", "{n} bursts", count).format(n=language.number(count))
    return f"{span}, {bursts}"


def device_facts(device: Device, language: Language) -> tuple[Fact, ...]:
    """What a device is, for a finding about it."""
    _ = language.gettext
    facts = [
        Fact(_("Radio"), language.medium(device.medium)),
        Fact(_("Address"), safe_text(device.address)),
        Fact(_("Kind of device"), device_kind(device, language)),
    ]
    if device.state and device.medium is Medium.BLE:
        facts.append(Fact(_("State"), language.tag_state(device.state)))
    if len(device.addresses) > 1:
        linked = ", ".join(safe_text(address) for address in device.addresses[-LIST_ITEMS:])
        facts.append(Fact(_("Addresses linked"), linked))
    name = name_of(device)
    if name:
        facts.append(Fact(_("Name sent"), name))
    heard = language.gettext("{first} – {last}, {count}").format(
        first=moment(device.first_s, language),
        last=moment(device.last_s, language),
        count=sightings(device.sightings, language),
    )
    facts.append(Fact(_("Heard"), heard))
    if device.rssi_dbm is not None:
        facts.append(Fact(_("Signal"), language.quantity(device.rssi_dbm, "dBm", 0)))
    return tuple(facts)


def sightings(count: int, language: Language) -> str:
    return language.ngettext("{n} time", "{n} times", count).format(n=language.number(count))


def device_kind(device: Device, language: Language) -> str:
    """Kind, model and maker as far as known; first what the user calls it, if they know it."""
    alias = device.facts.get("known.alias")
    parts = [safe_text(alias)] if isinstance(alias, str) else []
    parts.append(language.device_kind(device.kind))
    parts += [safe_text(part) for part in (device.model, device.vendor) if part]
    return ", ".join(dict.fromkeys(parts))


_NAMES = ("wifi.ssid", "ble.name", "name", "lan.hostname", "wifi.ssids", "wifi.probed")


def name_of(device: Device) -> str:
    """The name that a device sends, if any: foreign text, made safe."""
    for key in _NAMES:
        value = device.facts.get(key)
        if isinstance(value, str) and value:
            return safe_text(value)
        if isinstance(value, list) and value:
            return ", ".join(safe_text(str(item)) for item in value[:LIST_ITEMS])
    return ""


def input_name(opened: Opened) -> str:
    """The path as given, or the receiver's name."""
    return safe_text(opened.path or opened.source)
