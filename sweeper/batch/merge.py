"""The pieces of one recording put together again: each burst once, each emission once, one finding a cause.

Every piece heard a little of its neighbours. A burst belongs to the piece in whose own time it begins; one
that begins within ``CLOSE_S`` of a cut may be timed to either side of it, so both pieces offer it and the
second offer of the same burst is dropped. Emissions of one kind at one frequency are one emission, as the
tracker itself would have it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sweeper.batch.units import OVERLAP_S, Unit

Document = dict[str, Any]

CLOSE_S = 0.05
"""Two looks at one burst differ by a few transforms (milliseconds); ten times that."""

LEVELS = ("info", "low", "medium", "high")


def joined(pieces: Sequence[tuple[Unit, Document]]) -> Document:
    """One results document from the documents of all pieces of one recording, in order of time."""
    if len(pieces) == 1:
        return pieces[0][1]
    made = dict(pieces[0][1])
    emissions = _Emissions()
    findings: dict[tuple[str, str, str], Document] = {}
    for index, (unit, piece) in enumerate(pieces):
        names = {
            emission["id"]: emissions.add(owned)
            for emission in piece["emissions"]
            if (owned := _owned(emission, unit)) is not None
        }
        for finding in piece["findings"]:
            subject = names.get(finding["subject"])
            if subject is not None or not _is_emission(finding["subject"], piece):
                _keep(findings, {**finding, "subject": subject or f"{finding['subject']}-{index}"})
    made["inputs"] = [_input(pieces)]
    made["coverage"] = _coverage(pieces)
    made["emissions"], renamed = emissions.listed()
    made["findings"] = _listed(findings, renamed)
    made["status"] = _statuses(pieces)
    return made


def _owned(emission: Document, unit: Unit) -> Document | None:
    """The emission as far as it lies in the piece's own time; ``None`` where none of it does."""
    low = unit.start_s if unit.piece else float("-inf")
    high = unit.stop_s if unit.stop_s is not None else float("inf")
    if emission["stop_s"] <= low or emission["start_s"] >= high:
        return None
    bursts = [b for b in emission["bursts"] if low - CLOSE_S <= b["start_s"] < high + CLOSE_S]
    if emission["bursts"] and not bursts:
        return None
    start, stop = max(emission["start_s"], low), min(emission["stop_s"], high)
    if bursts:
        start = min(start, bursts[0]["start_s"])
        stop = max(stop, max(b["start_s"] + b["duration_s"] for b in bursts))
    return {**emission, "bursts": bursts, "start_s": start, "stop_s": stop}


class _Emissions:
    """Emissions of all pieces, merged where kind and frequency agree."""

    def __init__(self) -> None:
        self._kept: list[Document] = []

    def add(self, emission: Document) -> str:
        """Take one piece's emission; gives the name of the whole one that it belongs to."""
        for number, known in enumerate(self._kept):
            if _same(known, emission):
                self._kept[number] = _grown(known, emission)
                return str(number)
        self._kept.append(emission)
        return str(len(self._kept) - 1)

    def listed(self) -> tuple[list[Document], dict[str, str]]:
        """In order of time and frequency with new ids, and which provisional name got which id."""
        order = sorted(
            range(len(self._kept)), key=lambda i: (self._kept[i]["start_s"], self._kept[i]["center_hz"])
        )
        ids = {str(number): f"rf-{place:04d}" for place, number in enumerate(order, 1)}
        return [{**self._kept[number], "id": ids[str(number)]} for number in order], ids


def _same(a: Document, b: Document) -> bool:
    near: bool = abs(a["center_hz"] - b["center_hz"]) <= max(a["width_hz"], b["width_hz"]) / 2
    return near and a["kind"] == b["kind"] and a["source"] == b["source"]


def _grown(known: Document, more: Document) -> Document:
    """The louder one's description over the time of both, with the bursts of both."""
    louder = more if more["snr_db"] > known["snr_db"] else known
    bursts = list(known["bursts"])
    recent = bursts[-64:]
    for burst in more["bursts"]:
        if not any(_same_burst(old, burst) for old in recent):
            bursts.append(burst)
    bursts.sort(key=lambda b: (b["start_s"], b["center_hz"]))
    features = dict(louder["features"])
    if "bursts_total" in features:
        features["bursts_total"] = len(bursts)
    for key in ("hits", "looks", "listened_s"):
        if key in known["features"] and key in more["features"]:
            features[key] = round(known["features"][key] + more["features"][key], 6)
    return {
        **louder,
        "id": known["id"],
        "start_s": min(known["start_s"], more["start_s"]),
        "stop_s": max(known["stop_s"], more["stop_s"]),
        "bursts": bursts,
        "features": features,
    }


def _same_burst(a: Document, b: Document) -> bool:
    """Whether two looks at a cut saw one burst: most of the shorter one's time in common."""
    start = max(a["start_s"], b["start_s"])
    stop = min(a["start_s"] + a["duration_s"], b["start_s"] + b["duration_s"])
    shorter: float = min(a["duration_s"], b["duration_s"])
    return bool(stop - start > shorter / 2)


def _is_emission(subject: str, piece: Document) -> bool:
    return any(emission["id"] == subject for emission in piece["emissions"])


def _keep(findings: dict[tuple[str, str, str], Document], finding: Document) -> None:
    """One finding a cause: the highest level it reached, and when it first reached it."""
    key = (finding["kind"], finding["signature"] or "", finding["subject"])
    known = findings.get(key)
    if known is None or LEVELS.index(finding["level"]) > LEVELS.index(known["level"]):
        findings[key] = finding


def _listed(findings: dict[tuple[str, str, str], Document], renamed: dict[str, str]) -> list[Document]:
    named = [{**f, "subject": renamed.get(f["subject"], f["subject"])} for f in findings.values()]
    named.sort(key=lambda f: (-LEVELS.index(f["level"]), f["raised_s"], f["kind"], f["subject"]))
    return [{**finding, "id": f"F-{number:03d}"} for number, finding in enumerate(named, 1)]


def _input(pieces: Sequence[tuple[Unit, Document]]) -> Document:
    """The first piece's row with the length, the count and the problems of the whole."""
    row = dict(pieces[0][1]["inputs"][0])
    unit, last = pieces[-1]
    final = last["inputs"][0]
    row["duration_s"] = final["duration_s"]
    row["records"] = round(max(0.0, unit.start_s - OVERLAP_S) * (final["rate_hz"] or 0.0)) + final["records"]
    row["problems"] = list(dict.fromkeys(p for _, piece in pieces for p in piece["inputs"][0]["problems"]))
    return row


def _coverage(pieces: Sequence[tuple[Unit, Document]]) -> list[Document]:
    """Time listened to per band; what two pieces both heard counts once."""
    rows: dict[tuple[str, float, float], Document] = {}
    for unit, piece in pieces:
        heard = piece["inputs"][0]["duration_s"] or 0.0
        begun = max(0.0, unit.start_s - OVERLAP_S) if unit.piece else 0.0
        own = (unit.stop_s if unit.stop_s is not None else heard) - unit.start_s
        share = min(1.0, own / (heard - begun)) if heard > begun else 1.0
        for row in piece["coverage"]:
            scaled = {**row, **{k: round(row[k] * share, 6) for k in ("dwell_s", "seconds") if row.get(k)}}
            known = rows.setdefault(
                (row["medium"], row.get("start_hz") or 0.0, row.get("stop_hz") or 0.0), scaled
            )
            if known is not scaled:
                for key in ("dwell_s", "seconds"):
                    if row.get(key):
                        known[key] = round((known.get(key) or 0.0) + scaled[key], 6)
    return [rows[key] for key in sorted(rows)]


def _statuses(pieces: Sequence[tuple[Unit, Document]]) -> list[Document]:
    rows: dict[str, Document] = {}
    for _, piece in pieces:
        for row in piece["status"]:
            rows.setdefault(repr(sorted(row.items(), key=str)), row)
    return list(rows.values())
