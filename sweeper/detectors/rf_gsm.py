"""GSM in the RF stage: the raster its carriers stand on, what its correction bursts tell, and what its
skirts are."""

from __future__ import annotations

from sweeper.detectors.rf_cells import Cell
from sweeper.detectors.rf_heard import Heard
from sweeper.dsp import gsm
from sweeper.dsp.crystal import error_ppm
from sweeper.records import Value

GSM_SKIRT_HZ = 260e3
"""How far beside a carrier its slots still show: the spectrum of GMSK falls slowly to 400 kHz (TS 45.005
§4.2)."""


def without_skirts(heard: list[Heard]) -> list[Heard]:
    """Leaves out what the slots of a GSM carrier put beside it: its spectrum falls slowly to 400 kHz."""
    gsm_carriers = [h for h in heard if h.kind.startswith("gsm")]
    return [
        h
        for h in heard
        if h.kind.startswith("gsm")
        or not any(
            abs(h.center_hz - g.center_hz) < GSM_SKIRT_HZ and h.power < 0.2 * g.power for g in gsm_carriers
        )
    ]


def raster(center_hz: float, offset_hz: float) -> float:
    """Offset of the nearest GSM carrier (200 kHz raster) from the look's centre; the signal's own if
    unknown."""
    if not center_hz:
        return offset_hz
    nominal = round((center_hz + offset_hz) / 200e3) * 200e3 - center_hz
    return nominal if abs(nominal - offset_hz) < 60e3 else offset_hz


def c0(cell: Cell, center_hz: float, carrier: float) -> dict[str, Value]:
    """What is told of a base station's first carrier: its correction bursts, and what was decoded of it."""
    tone = cell.tone_hz
    out: dict[str, Value] = {
        "fcch_s": [round(at, 5) for at, _ in cell.fcch],
        "offset_hz": round(tone, 1),
        "symbol_rate_hz": round(gsm.SYMBOL_RATE_HZ, 1),
    }
    if center_hz:
        out["carrier_hz"] = round(center_hz + carrier, 1)
        out["crystal_error_hz"] = round(tone - gsm.TONE_HZ, 1)
        carrier_hz = center_hz + carrier
        out["ppm"] = round(error_ppm(carrier_hz + gsm.TONE_HZ, carrier_hz + tone), 2)  # as --ppm takes it
        number = gsm.arfcn(center_hz + carrier)
        if number is not None:
            out["arfcn"] = number
    return out | cell.features()
