"""Which pictures a report has: every band's spectrum, its course over time, and a close look at each finding.

What is drawn is bounded; what a finding is about is drawn first, and the reader is told what was left out.
"""

from __future__ import annotations

from sweeper.language import Language
from sweeper.records import Emission, Finding
from sweeper.report import svg
from sweeper.report.collect import Collector
from sweeper.report.facts import input_name
from sweeper.report.model import Picture
from sweeper.report.raster import FEWEST_ROWS, Raster
from sweeper.report.spectra import Band, bands
from sweeper.report.summary import range_text
from sweeper.text import safe_text

MAX_SPECTRA = 24
"""Spectra drawn: a sweep of many small files would otherwise be a book of pictures."""
MAX_WATERFALLS = 6
"""Waterfalls drawn: each is about 60 kB of noise that nothing compresses."""
AROUND_WIDTHS = 8.0
AROUND_HZ = 60e3
"""A close look spans this many bandwidths of the signal, and at least this many hertz."""


class Gallery:
    """Draws what was collected in one language."""

    def __init__(self, collected: Collector, language: Language) -> None:
        self._collected = collected
        self._language = language
        self._bands = bands(collected.looks.values())
        self._marks = _marks(collected)

    def spectra(self) -> tuple[tuple[Picture, ...], str]:
        """Spectra with their waterfalls, in order, and what was left out as a sentence."""
        hit = [self._hits(band.source, band.start_hz, band.stop_hz) for band in self._bands]
        order = sorted(range(len(self._bands)), key=lambda index: (-min(hit[index], 1), index))[:MAX_SPECTRA]
        courses = self._courses()
        pictures: list[Picture] = []
        for index in sorted(order):
            band = self._bands[index]
            pictures.append(self._spectrum(band))
            own = [raster for raster in courses.get(band.source, ()) if _within(raster, band)]
            pictures += [self._waterfall(raster) for raster in own]
        left = len(self._bands) - len(order)
        if left <= 0:
            return tuple(pictures), ""
        line = self._language.ngettext(
            "{n} more spectrum was measured and is not drawn here.",
            "{n} more spectra were measured and are not drawn here.",
            left,
        )
        return tuple(pictures), line.format(n=self._language.number(left))

    def around(self, emission: Emission, finding: Finding) -> Picture | None:
        """The spectrum near one emission, half as wide; ``None`` where it was not measured finely enough."""
        half = max(AROUND_HZ, AROUND_WIDTHS * emission.width_hz) / 2
        low, high = emission.center_hz - half, emission.center_hz + half
        for band in self._bands:
            if band.source == emission.source and band.start_hz <= emission.center_hz <= band.stop_hz:
                near = band.part(low, high)
                if near is None:
                    return None
                language = self._language
                title = language.gettext("Spectrum around {frequency}").format(
                    frequency=language.frequency(emission.center_hz)
                )
                mark = svg.Mark(emission.center_hz, emission.width_hz, finding.id, finding.level)
                caption = language.gettext("{db} above the noise, {width} wide.").format(
                    db=language.quantity(emission.snr_db, "dB", 0),
                    width=language.frequency(emission.width_hz),
                )
                drawing = svg.spectrum(near, [mark], language, title, small=True)
                return Picture(title, caption, drawing, half=True)
        return None

    def _spectrum(self, band: Band) -> Picture:
        language = self._language
        ranged = range_text(band.start_hz, band.stop_hz, language)
        title = language.gettext("Spectrum {range}").format(range=ranged)
        caption = language.gettext("{name}; {time} of listening at each frequency.").format(
            name=self._name(band.source), time=language.duration(band.dwell_s)
        )
        return Picture(title, caption, svg.spectrum(band, self._marks.get(band.source, ()), language, title))

    def _courses(self) -> dict[str, list[Raster]]:
        """By source: the waterfalls that are drawn, those with findings first chosen."""
        every = [
            (key[0], raster)
            for key, raster in self._collected.rasters.items()
            if len(raster.rows) >= FEWEST_ROWS
        ]
        hit = [self._hits(source, raster.start_hz, raster.stop_hz) for source, raster in every]
        order = sorted(range(len(every)), key=lambda index: (-min(hit[index], 1), index))[:MAX_WATERFALLS]
        chosen: dict[str, list[Raster]] = {}
        for index in sorted(order):
            source, raster = every[index]
            chosen.setdefault(source, []).append(raster)
        return chosen

    def _waterfall(self, raster: Raster) -> Picture:
        language = self._language
        ranged = range_text(raster.start_hz, raster.stop_hz, language)
        title = language.gettext("Waterfall {range}").format(range=ranged)
        caption = language.gettext("Time runs downwards; brighter is stronger.")
        return Picture(title, caption, svg.waterfall(raster, language, title))

    def _hits(self, source: str, start_hz: float, stop_hz: float) -> int:
        return sum(start_hz <= mark.hz <= stop_hz for mark in self._marks.get(source, ()))

    def _name(self, source: str) -> str:
        opened = self._collected.opened.get(source)
        return input_name(opened) if opened is not None else safe_text(source)


def _within(raster: Raster, band: Band) -> bool:
    middle = (raster.start_hz + raster.stop_hz) / 2
    return band.start_hz <= middle <= band.stop_hz


def _marks(collected: Collector) -> dict[str, list[svg.Mark]]:
    """By source: the findings' emissions."""
    emissions = {emission.id: emission for emission in collected.emissions}
    made: dict[str, list[svg.Mark]] = {}
    for finding in collected.findings:
        emission = emissions.get(finding.subject)
        if emission is not None:
            mark = svg.Mark(emission.center_hz, emission.width_hz, finding.id, finding.level)
            made.setdefault(emission.source, []).append(mark)
    return made
