"""GSM through the whole RF stage: handsets by their slots, base stations to the name of the cell."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sweeper.detectors.rf_cells import Cell
from sweeper.dsp import gsm
from sweeper.protocols.gsm_messages import CellName
from sweeper.synth.gsm import TRAINING, normal_burst
from tests.benchmarks.bench_gsm import Call, handset, in_a_sweep, in_one_look, read, station
from tests.dsp.signals import analysed, bits, blocks, emissions, noise
from tests.dsp.test_gsm_burst import burst

GSM = "rf/gsm/GSMSP_20070204_robert_dbsrx_"


@pytest.mark.corpus
def test_a_handset_at_10_db_is_named_in_95_of_100_looks(corpus_path: Path) -> None:
    call = Call(corpus_path)
    assert in_one_look(call, 10, 20) >= 0.95
    assert in_a_sweep(call, 10, 2, 20) >= 0.95


@pytest.mark.corpus
def test_every_slot_of_a_handset_is_a_burst(corpus_path: Path) -> None:
    air, hz, slots = handset(Call(corpus_path), 0.3, 12, 5)
    (one,) = [e for e in emissions(air, 2.4e6, 900e6) if e.kind == "gsm-uplink"]
    assert one.center_hz == pytest.approx(900e6 + hz, abs=50e3)
    assert len(one.bursts) == slots
    assert one.features["training_sequence"] == 0  # 7,501 of the call's 8,019 normal bursts have it
    assert one.features["carrier_error_hz"] == pytest.approx(hz - 2e5 * round(hz / 2e5), abs=300)


@pytest.mark.corpus
def test_a_real_cell_at_6_db(corpus_path: Path) -> None:
    """Its colour is 6, 0 (48), its name Germany, network 02; both also read from the bits by tshark."""
    synced, whole = read(Call(corpus_path), 1.0, 6, 2)
    assert synced == 1.0
    assert whole == 1.0


@pytest.mark.corpus
def test_times_of_a_cell_in_short_looks(corpus_path: Path) -> None:
    """Looks of 60 ms seconds apart: the frame number is not carried over the gap, the BSIC is read anew."""
    air = station(Call(corpus_path), 0.3, 12, 2)
    size = 60_000
    records = [
        block
        for number in range(5)
        for block in blocks(air[number * size : (number + 1) * size], 1e6, 935.2e6, start_s=17.3 * number)
    ]
    found, _ = analysed(records)
    (one,) = [e for e in found if e.kind == "gsm-c0"]
    assert one.features["bsic"] == 48
    told = one.features["fcch_s"]
    assert isinstance(told, list)
    assert {int(t // 17.3) for t in told} == set(range(5))


@pytest.mark.corpus
@pytest.mark.parametrize(("name", "bsic"), [("941.0MHz_128", 32), ("953.6MHz_128", 56)])
def test_cells_of_dublin(corpus_path: Path, name: str, bsic: int) -> None:
    """Their frame numbers run on from burst to burst, and one says it is in Ireland (MCC 272): the captures
    were made there."""
    samples = np.fromfile(corpus_path / f"{GSM}{name}.cfile", np.complex64)
    (one,) = [e for e in emissions(samples, 5e5, float(name[:-7]) * 1e6) if e.kind == "gsm-c0"]
    assert one.features["bsic"] == bsic
    if bsic == 56:
        assert (one.features["mcc"], one.features["mnc"]) == ("272", "02")
        assert one.features["lac"] == 15016


@pytest.mark.corpus
def test_carriers_side_by_side_are_told_apart(corpus_path: Path) -> None:
    """In the file of 20 ms the downlinks share one crystal error, that of the other files."""
    samples = np.fromfile(corpus_path / f"{GSM}937MHz_16.cfile", np.complex64)
    found = [e for e in emissions(samples, 4e6, 937e6) if e.kind == "gsm-downlink"]
    assert len(found) >= 2
    for one in found:
        assert one.features["carrier_error_hz"] == pytest.approx(8400, abs=300)


def test_a_named_cell_names_its_operator() -> None:
    cell = Cell(name=CellName("401", "01", 1201, 30417))
    told = cell.features()
    assert (told["operator"], told["country"], told["mnc"]) == ("Beeline", "Kazakhstan", "01")
    assert "operator" not in Cell(name=CellName("001", "01", 1, 1)).features()
    assert "mcc" not in Cell().features()


@pytest.mark.parametrize("center", [900e6, 945e6, 0.0])
@pytest.mark.parametrize("rate", [1e6, 8e6])
def test_slots_belong_to_the_band_they_are_in(center: float, rate: float) -> None:
    air = noise(int(rate * 0.06), rate)
    for slot in range(12):
        data = normal_burst(bits(114, slot).astype(np.uint8), TRAINING[slot % 8], 0)
        start = round((0.002 + slot * gsm.FRAME_S) * rate)
        signal = burst(data, 2e5, 15, rate)
        air[start : start + len(signal)] += signal
    (one,) = emissions(air, rate, center)
    assert one.kind == ("gsm-downlink" if center == 945e6 else "gsm-uplink")
    assert len(one.bursts) == 12


def test_slots_outside_the_bands_of_gsm_are_not_gsm() -> None:
    air = noise(int(2.4e6 * 0.06), 2.4e6)
    for slot in range(12):
        start = round((0.002 + slot * gsm.FRAME_S) * 2.4e6)
        signal = burst(bits(148, slot), 2e5, 15, 2.4e6)
        air[start : start + len(signal)] += signal
    assert not [e for e in emissions(air, 2.4e6, 433e6) if e.kind.startswith("gsm")]
