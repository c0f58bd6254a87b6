"""What a sweep could have missed, for each class of device: the honest half of a coverage table.

Every class has the radios and ranges in which it can be heard at all, and a rule that turns what was listened
to into one of four answers and one sentence. Ranges are those of the project's table of threat bands
(``docs``), uplink halves for cellular devices, because a device is heard where it transmits.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Sequence

import msgspec

from sweeper import sensing
from sweeper.language import Language
from sweeper.records import Coverage, Medium
from sweeper.text import Phrase, say

Ranges = Sequence[tuple[float, float]]

MICROPHONE_MHZ = ((87.5, 216.0), (300.0, 470.0), (863.0, 870.0))
"""Where simple radio microphones are sold for: FM and VHF, UHF, and the licence-free 868 MHz."""
UPLINK_MHZ = (
    (703.0, 748.0),
    (832.0, 862.0),
    (880.0, 915.0),
    (1710.0, 1785.0),
    (1920.0, 1980.0),
    (2500.0, 2570.0),
)
"""What handsets and trackers transmit in: bands 28, 20, 8, 3, 1 and 7 (3GPP TS 36.101, table 5.5-1)."""
SATELLITE_MHZ = ((1610.0, 1626.5),)
"""Uplink of Globalstar and Iridium terminals."""
VIDEO_MHZ = ((1080.0, 1360.0), (2400.0, 2483.5), (5645.0, 5945.0))
"""Analogue video transmitters: 1.2, 2.4 and 5.8 GHz."""
REPORT_EVERY_S = 1800.0
"""A common setting of a tracker that is to live long: one report in half an hour."""
TAG_INTERVAL_S = 4.0
"""A separated tag advertises at least every 4 s (IETF draft-ietf-dult-accessory-protocol)."""
ENOUGH_BLE_S = 60.0
"""Fifteen of these intervals: an adapter that shares its time among three channels then misses none."""
ENOUGH_WIFI_S = 300.0
"""A camera at rest sends a keep-alive every few minutes at the latest."""
WHOLE = 0.995
"""Share of a range from which on it counts as covered: edges are rounded to the receiver's hops."""


class Reach(enum.StrEnum):
    HEARD = "heard"
    PARTLY = "partly"
    NOT_SWEPT = "not-swept"
    SILENT = "silent"


class Missed(msgspec.Struct, frozen=True):
    """One row: the class of device, how far it was within reach, and what that means."""

    device: str
    reach: Reach
    word: str
    text: str


class Listening(msgspec.Struct, frozen=True):
    """How much of some ranges was listened to: share 0..1, and the shortest time over the covered part."""

    share: float
    seconds: float


def listening(rows: Iterable[Coverage], ranges_mhz: Ranges) -> Listening:
    """The part of ``ranges_mhz`` that the RF rows cover, and for how long at least."""
    radio = [row for row in rows if row.medium is Medium.RF and row.start_hz is not None]
    total = covered = 0.0
    shortest = float("inf")
    for low, high in ranges_mhz:
        total += high - low
        spans = []
        for row in radio:
            start = max(low, (row.start_hz or 0.0) / 1e6)
            stop = min(high, (row.stop_hz or 0.0) / 1e6)
            if stop > start:
                spans.append((start, stop))
                shortest = min(shortest, row.seconds)
        covered += _union(spans)
    return Listening(covered / total, shortest if covered else 0.0)


def _union(spans: list[tuple[float, float]]) -> float:
    length, reached = 0.0, float("-inf")
    for start, stop in sorted(spans):
        length += max(0.0, stop - max(start, reached))
        reached = max(reached, stop)
    return length


def seconds(rows: Iterable[Coverage], medium: Medium) -> float:
    """The longest listening of one source of this medium; lesser looks are no listening."""
    return max((row.seconds for row in rows if row.medium is medium and not row.look), default=0.0)


def missed(rows: Sequence[Coverage], language: Language) -> tuple[Missed, ...]:
    """One row for each class of device, in the reader's language."""
    made = []
    for device, rule in CLASSES:
        reach, text = rule(rows, language)
        made.append(
            Missed(language.phrase(device), reach, language.phrase(REACH_WORDS[reach]), language.phrase(text))
        )
    return tuple(made)


REACH_WORDS = {
    Reach.HEARD: say("listened to"),
    Reach.PARTLY: say("in part"),
    Reach.NOT_SWEPT: say("not swept"),
    Reach.SILENT: say("cannot be heard"),
}

Answer = tuple[Reach, Phrase]
Rule = Callable[[Sequence[Coverage], Language], Answer]


def _grade(heard: Listening) -> Reach:
    if heard.share <= 0:
        return Reach.NOT_SWEPT
    return Reach.HEARD if heard.share >= WHOLE else Reach.PARTLY


def _microphone(rows: Sequence[Coverage], language: Language) -> Answer:
    heard = listening(rows, MICROPHONE_MHZ)
    grade = _grade(heard)
    if grade is Reach.NOT_SWEPT:
        return grade, say("None of the usual bands (87.5–216, 300–470, 863–870 MHz) was listened to.")
    return grade, say(
        "{share} of the usual bands (87.5–216, 300–470, 863–870 MHz) was listened to. A microphone that is "
        "switched on by remote control, by voice or by a timer, and was silent just then, was missed.",
        share=language.quantity(_percent(heard.share), "%", 0),
    )


def _cellular(rows: Sequence[Coverage], language: Language) -> Answer:
    heard = listening(rows, UPLINK_MHZ)
    if heard.share <= 0:
        return Reach.NOT_SWEPT, say("None of the bands in which such devices transmit was listened to.")
    uplinks = [(low * 1e6, high * 1e6) for low, high in UPLINK_MHZ]
    chance = sensing.chance_heard(rows, uplinks, REPORT_EVERY_S) / heard.share
    return Reach.PARTLY, say(
        "{share} of the bands in which such devices transmit was listened to, each frequency for {time} at "
        "least. A tracker that reports every 30 minutes would have been on the air in that time with a "
        "chance "
        "of about {chance}; one that reports once a day hardly ever.",
        share=language.quantity(_percent(heard.share), "%", 0),
        time=language.duration(heard.seconds),
        chance=language.quantity(_percent(chance), "%", 0),
    )


def cellular(rows: Sequence[Coverage], language: Language) -> Phrase | None:
    """How likely a cellular tracker was heard; ``None`` where nothing of its bands was listened to."""
    grade, words = _cellular(rows, language)
    return None if grade is Reach.NOT_SWEPT else words


def _satellite(rows: Sequence[Coverage], language: Language) -> Answer:
    heard = listening(rows, SATELLITE_MHZ)
    if heard.share <= 0:
        return Reach.NOT_SWEPT, say("1610–1626.5 MHz was not listened to.")
    return Reach.PARTLY, say(
        "1610–1626.5 MHz was listened to for {time}. Such trackers are silent for hours between reports.",
        time=language.duration(heard.seconds),
    )


def _video(rows: Sequence[Coverage], language: Language) -> Answer:
    heard = listening(rows, VIDEO_MHZ)
    grade = _grade(heard)
    if grade is Reach.NOT_SWEPT:
        return grade, say("The video bands at 1.2, 2.4 and 5.8 GHz were not listened to.")
    return grade, say(
        "{share} of the video bands at 1.2, 2.4 and 5.8 GHz was listened to. A transmitter that is "
        "switched on "
        "only at times was missed if it was off.",
        share=language.quantity(_percent(heard.share), "%", 0),
    )


def _wifi(rows: Sequence[Coverage], language: Language) -> Answer:
    heard = seconds(rows, Medium.WIFI)
    channels = sorted({c for row in rows if row.medium is Medium.WIFI for c in row.channels})
    if not any(row.medium is Medium.WIFI for row in rows):
        return Reach.NOT_SWEPT, say("Wi-Fi was not listened to.")
    if all(row.look for row in rows if row.medium is Medium.WIFI):
        return Reach.PARTLY, say(
            "Only access points that announce themselves were listed. A camera that has joined a network was "
            "not heard."
        )
    grade = Reach.HEARD if heard >= ENOUGH_WIFI_S and channels and max(channels) > 14 else Reach.PARTLY
    if not channels:
        return Reach.PARTLY, say(
            "Wi-Fi was listened to for {time}. A camera that sleeps until something moves, or that stores "
            "on a "
            "card only, sends little or nothing and was then missed.",
            time=language.duration(heard),
        )
    return grade, say(
        "Wi-Fi was listened to for {time}; transmitters were heard on channels {channels}. A camera on "
        "another "
        "channel, one that sleeps until something moves, or one that stores on a card only, was missed.",
        time=language.duration(heard),
        channels=_channels(channels),
    )


def _tag(rows: Sequence[Coverage], language: Language) -> Answer:
    heard = seconds(rows, Medium.BLE)
    if not any(row.medium is Medium.BLE for row in rows):
        return Reach.NOT_SWEPT, say("Bluetooth was not listened to.")
    return (Reach.HEARD if heard >= ENOUGH_BLE_S else Reach.PARTLY), say(
        "Bluetooth was listened to for {time}. A tag sends every few seconds, but one whose owner is near, "
        "or left "
        "less than 30 minutes ago, looks like any other; one that is switched off or out of range was "
        "missed.",
        time=language.duration(heard),
    )


def _worn(rows: Sequence[Coverage], language: Language) -> Answer:
    if not any(row.medium is Medium.BLE for row in rows):
        return Reach.NOT_SWEPT, say("Bluetooth was not listened to.")
    return Reach.PARTLY, say(
        "Some of these send by Bluetooth while they are used or set up, others never. Those that do not "
        "were missed."
    )


def _network(rows: Sequence[Coverage], language: Language) -> Answer:
    if not any(row.medium is Medium.LAN for row in rows):
        return Reach.NOT_SWEPT, say("The wired network was not listened to.")
    return Reach.PARTLY, say(
        "Only what was sent to everyone, or past the point of listening, was seen. An implant that keeps "
        "silent on "
        "the network was missed."
    )


def _recorder(rows: Sequence[Coverage], language: Language) -> Answer:
    return Reach.SILENT, say(
        "It transmits nothing, so no program can hear it. It has to be looked for by eye and hand."
    )


def _logger(rows: Sequence[Coverage], language: Language) -> Answer:
    return Reach.SILENT, say(
        "It only receives and stores; whoever placed it collects it later. It has to be looked for by eye "
        "and hand."
    )


def _wired(rows: Sequence[Coverage], language: Language) -> Answer:
    return Reach.SILENT, say(
        "Devices that send over mains or telephone wires, by infrared, laser or ultrasound are outside "
        "what these "
        "receivers hear."
    )


CLASSES: tuple[tuple[Phrase, Rule], ...] = (
    (say("Radio microphone"), _microphone),
    (say("GPS tracker or microphone with a SIM card (GSM, LTE)"), _cellular),
    (say("Tracker that reports by satellite"), _satellite),
    (say("Analogue video transmitter"), _video),
    (say("Wi-Fi camera"), _wifi),
    (say("Item tracker (tag)"), _tag),
    (say("Smart glasses, body camera, recorder with Bluetooth"), _worn),
    (say("Implant in the wired network"), _network),
    (say("Voice recorder or camera without radio"), _recorder),
    (say("GPS logger without radio"), _logger),
    (say("Wired, infrared or ultrasonic device"), _wired),
)


def _percent(share: float) -> float:
    """A share in whole percent that never claims all or nothing by rounding."""
    percent = round(share * 100)
    if percent == 100 and share < 1:
        return 99
    return 1 if percent == 0 and share > 0 else percent


def _channels(channels: Sequence[int]) -> str:
    """``1–13, 36``: runs of neighbours joined."""
    runs: list[list[int]] = []
    for channel in channels:
        if runs and channel == runs[-1][-1] + 1:
            runs[-1].append(channel)
        else:
            runs.append([channel])
    return ", ".join(f"{run[0]}–{run[-1]}" if len(run) > 2 else ", ".join(map(str, run)) for run in runs)
