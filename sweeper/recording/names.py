"""What a file's name tells about a recording: centre, rate, start. Programs write these names themselves.

    rtl_433      g001_433.92M_250k.cu8                     frequency M, rate k
    rtl_sdr      rtlsdr_868.625M_2M4.cu8, adsb_1090M_2.4M.bin, x_912.6M_2359296.cu8
    gqrx         gqrx_20260101_120000_433920000_1800000_fc.raw                        UTC, cf32
    SDR#         SDRSharp_20260101_120000Z_433920000Hz_IQ.wav
    HDSDR        HDSDR_20260101_120000Z_433920kHz_RF.wav       SDRuno, hackrf_transfer -w: alike
    SDR++        baseband_433920000Hz_12-00-00_01-01-2026.wav  time of day first, local
    urh          RTL-SDR-20260101_120000-433_92MHz-1MSps-1MHz.complex16u
    LTE scanner  f1815.3_s19.2_bw20.bin                     centre and rate in MHz
    gr-gsm       ..._dbsrx_941.0MHz_128.cfile               USRP1: the ADC's 64 MS/s divided by 128

A time is UTC only where the program is known to write UTC (a ``Z``, or gqrx); a local time without its zone
is not used. A number that could mean two things is not used either: below ``LOWEST_CENTER_HZ`` a lone
``10M`` or ``4MHz`` may be a bandwidth, a rate or a short-wave centre.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from sweeper.text import Phrase, say

LOWEST_CENTER_HZ = 24e6
"""Where an R820T begins (see ``plan.RTLSDR_RANGE_HZ``); below, a lone number of megahertz is ambiguous."""

HIGHEST_RATE_HZ = 100e6
"""No recorder in use writes more samples a second than this into one file; beyond it a number is a centre."""

USRP1_ADC_HZ = 64e6
"""Sample rate of the first USRP's converter, which its recordings' decimation divides (Ettus, 2005)."""

RTL433_RATE_HZ = 250e3
"""rtl_433's own default rate: what ``-S`` records at unless told otherwise, and what ``-r`` assumes."""


@dataclass(frozen=True)
class NameFacts:
    """What the name tells; ``None`` where it does not. ``notes`` are inferences that the reader must know."""

    center_hz: float | None = None
    rate_hz: float | None = None
    start_utc_s: float | None = None
    format: str | None = None
    notes: tuple[Phrase, ...] = ()


_SCALE = {"": 1.0, "k": 1e3, "m": 1e6, "g": 1e9}
_NUMBER = r"(\d{1,12}(?:\.\d{1,9})?)"
_EDGE = r"(?<![A-Za-z0-9.])"
_GQRX = re.compile(r"gqrx_(\d{8})_(\d{6})_(\d{1,12})_(\d{1,10})(?:_(fc|8))?", re.ASCII)
_LTE = re.compile(rf"{_EDGE}f{_NUMBER}_s{_NUMBER}_", re.ASCII)
_URH = re.compile(r"-(\d{1,5}(?:_\d{1,9})?)([kMG])Hz-(\d{1,5}(?:_\d{1,9})?)([kM])Sps", re.ASCII)
_USRP = re.compile(r"(?:usrp|dbsrx|tvrx|rfx\d+|basicrx).*MHz_(\d{1,3})$", re.ASCII | re.IGNORECASE)
_RTL433 = re.compile(r"g\d+_\d+(?:\.\d+)?M$", re.ASCII)
_STAMP = re.compile(r"(?<!\d)((?:19|20)\d{6})[_T-]?(\d{6})(Z?)(?!\d)", re.ASCII)
_HZ = re.compile(rf"{_EDGE}{_NUMBER}([kMG]?)Hz(?![A-Za-z0-9])", re.ASCII | re.IGNORECASE)
_SPS = re.compile(rf"{_EDGE}{_NUMBER}([kKM])(?:[sS][pP][sS]|S/s|S_s|S)(?![A-Za-z0-9])", re.ASCII)
_PLAIN = re.compile(rf"{_EDGE}{_NUMBER}([kMG])(?![A-Za-z0-9])", re.ASCII | re.IGNORECASE)
_SPLIT = re.compile(rf"{_EDGE}(\d{{1,3}})([kM])(\d{{1,6}})(?![A-Za-z0-9.])", re.ASCII)
_COUNT = re.compile(rf"{_EDGE}(\d{{5,10}})(?![A-Za-z0-9.])", re.ASCII)


def facts(name: str) -> NameFacts:
    """What the file name (without folder) tells. Never raises; a name that tells nothing gives all ``None``.

    >>> facts("rtlsdr_868.625M_2M4_issue48.cu8").rate_hz
    2400000.0
    """
    stem = name.rsplit(".", 1)[0] if re.search(r"\.[A-Za-z][\w-]*$", name, re.ASCII) else name
    for whole in (_gqrx, _urh, _lte):
        if (found := whole(stem)) is not None:
            return found
    return _usrp(stem, _tokens(stem))


def _gqrx(stem: str) -> NameFacts | None:
    match = _GQRX.search(stem)
    if match is None:
        return None
    day, clock, center, rate, kind = match.groups()
    return NameFacts(float(center), float(rate), _utc(day, clock), {"fc": "cf32", "8": "cu8"}.get(kind or ""))


def _urh(stem: str) -> NameFacts | None:
    match = _URH.search(stem)
    if match is None:
        return None
    center, unit, rate, rate_unit = match.groups()
    return NameFacts(
        float(center.replace("_", ".")) * _SCALE[unit.lower()],
        float(rate.replace("_", ".")) * _SCALE[rate_unit.lower()],
    )


def _lte(stem: str) -> NameFacts | None:
    match = _LTE.search(stem + "_")
    return NameFacts(float(match[1]) * 1e6, float(match[2]) * 1e6) if match else None


def _tokens(stem: str) -> NameFacts:
    """Numbers with units anywhere in the name: with ``Hz`` a centre, with ``sps`` a rate, bare by rtl_433's
    rule (M is a frequency, k a rate), a second ``M`` being the rate, as rtl_sdr's users write it."""
    stamp = _STAMP.search(stem)
    rest = _STAMP.sub("_", stem)
    hertz = [float(m[1]) * _SCALE[m[2].lower()] for m in _HZ.finditer(rest)]
    rates = [float(m[1]) * _SCALE[m[2].lower()] for m in _SPS.finditer(rest)]
    bare: list[float] = []
    for match in _PLAIN.finditer(rest):
        (rates if match[2] in "kK" else bare).append(float(match[1]) * _SCALE[match[2].lower()])
    rates += [float(f"{m[1]}.{m[3]}") * _SCALE[m[2].lower()] for m in _SPLIT.finditer(rest)]
    counts = [float(m[1]) for m in _COUNT.finditer(rest) if not _is_date(m[1])]
    center = _center(hertz, bare, counts, stamp is not None or rest.startswith("baseband_"))
    rate, notes = _rate(center, rates, bare, hertz, counts)
    start = _utc(stamp[1], stamp[2]) if stamp and stamp[3] else None
    return NameFacts(center, rate, start, notes=notes)


def _center(hertz: list[float], bare: list[float], counts: list[float], stamped: bool) -> float | None:
    """``stamped`` names come from programs that write the centre in hertz, however low it is; elsewhere a
    low number needs a higher one beside it. Two bare counts are centre and rate, in that order."""
    if stamped and hertz:
        return hertz[0]
    found = next((value for value in hertz + bare if value >= LOWEST_CENTER_HZ), None)
    if found is None and len(counts) == 2 and counts[0] >= LOWEST_CENTER_HZ > counts[1]:
        return counts[0]
    return found


def _rate(
    center: float | None, rates: list[float], bare: list[float], hertz: list[float], counts: list[float]
) -> tuple[float | None, tuple[Phrase, ...]]:
    if (plain := next((value for value in rates if 0 < value <= HIGHEST_RATE_HZ), None)) is not None:
        return plain, ()
    if center is None:
        return None, ()
    limit = min(HIGHEST_RATE_HZ, center)
    for values, sure in ((bare, True), (counts, True), (hertz, False)):
        rate = next((value for value in values if 1e4 <= value <= limit and value != center), None)
        if rate is not None:
            note = say("rate {rate:.0f} S/s taken from the second frequency in the name", rate=rate)
            return rate, () if sure else (note,)
    return None, ()


def _usrp(stem: str, found: NameFacts) -> NameFacts:
    """Rates that follow from the program's own fixed habits, said in a note."""
    if found.rate_hz is None and (match := _USRP.search(stem)) and 4 <= int(match[1]) <= 512:
        rate = USRP1_ADC_HZ / int(match[1])
        note = say(
            "rate {rate:.0f} S/s taken from the name: a USRP's 64 MS/s divided by {divisor}",
            rate=rate,
            divisor=match[1],
        )
        return replace(found, rate_hz=rate, notes=(note,))
    if found.rate_hz is None and found.center_hz is not None and _RTL433.fullmatch(stem):
        note = say("rate {rate:.0f} S/s assumed: rtl_433's default, the name tells none", rate=RTL433_RATE_HZ)
        return replace(found, rate_hz=RTL433_RATE_HZ, notes=(note,))
    return found


def _is_date(digits: str) -> bool:
    return len(digits) == 8 and digits[:2] in ("19", "20") and "01" <= digits[4:6] <= "12"


def _utc(day: str, clock: str) -> float | None:
    try:
        return datetime.strptime(day + clock, "%Y%m%d%H%M%S").replace(tzinfo=UTC).timestamp()
    except ValueError:
        return None
