"""A million frames of the corpus with bytes changed, cut and shuffled, through every Wi-Fi and LAN stage.

    python -m tests.measure.wifi_mutations [frames]        needs ../shared/corpus or $SWEEPER_CORPUS

Any stage that raises ends it; it prints how many frames went through, what the stages made of them,
and the most memory used. The changes are drawn from a fixed seed.
"""

from __future__ import annotations

import os
import random
import resource
import sys
from collections import Counter
from pathlib import Path

from sweeper.detectors import (
    Setup,
    lan_inventory,
    lan_links,
    wifi_cameras,
    wifi_clips,
    wifi_deauth,
    wifi_inventory,
    wifi_rogue,
)
from sweeper.errors import Reason
from sweeper.pipeline import Pipeline
from sweeper.protocols.radiotap import LINK_TYPES
from sweeper.records import FrameBatch, Medium, Record, Status
from sweeper.signatures import Library
from tests.conftest import ROOT
from tests.detectors import wifi_air as air

BATCH = 1_000


def gathered(corpus: Path) -> dict[int, list[bytes]]:
    """Frames of the corpus by link type, at most 400 of a file."""
    found: dict[int, list[bytes]] = {}
    for path in sorted((corpus / "wifi").rglob("*")):
        if path.is_file():
            for batch in air.capture(path, size=400):
                found.setdefault(batch.link_type, []).extend(batch.frames)
                break
    return found


def changed(frame: bytes, dice: random.Random) -> bytes:
    """A frame with up to four bytes changed, perhaps cut, perhaps lengthened."""
    data = bytearray(frame)
    for _ in range(dice.randrange(5)):
        if data:
            data[dice.randrange(len(data))] = dice.choice((0, 1, 0x7F, 0x80, 0xFF, dice.randrange(256)))
    if dice.random() < 0.2:
        del data[dice.randrange(len(data) + 1) :]
    if dice.random() < 0.05:
        data += dice.randbytes(dice.randrange(64))
    return bytes(data)


def _said(record: Record) -> str:
    """The kind of a record; a stage that raised ends the run with its words."""
    if isinstance(record, Status) and record.reason is Reason.STAGE_ERROR:
        raise SystemExit(f"{record.subject}: {record.detail}")
    return type(record).__name__


def main(count: int) -> None:
    corpus = Path(os.environ.get("SWEEPER_CORPUS", ROOT.parent / "shared" / "corpus"))
    frames = gathered(corpus)
    dice = random.Random(1)
    setup = Setup(Library.load())
    modules = (
        wifi_inventory, lan_inventory, lan_links, wifi_cameras, wifi_clips, wifi_deauth, wifi_rogue,
    )  # fmt: skip
    pipeline = Pipeline([module.stage(setup) for module in modules])  # type: ignore[attr-defined]
    made: Counter[str] = Counter()
    for done in range(0, count, BATCH):
        link_type = dice.choice([kind for kind in frames if kind in LINK_TYPES or kind in (1, 101, 113)])
        taken = tuple(changed(dice.choice(frames[link_type]), dice) for _ in range(BATCH))
        batch = FrameBatch(
            source="mutations",
            time_s=float(done),
            medium=Medium.WIFI if link_type in LINK_TYPES else Medium.LAN,
            link_type=link_type,
            times_s=tuple(done + dice.uniform(-5, 5) for _ in taken),
            frames=taken,
            lengths=tuple(max(0, len(f) + dice.choice((0, 0, 0, -3, 900))) for f in taken),
        )
        made.update(_said(record) for record in pipeline.feed(batch))
    made.update(_said(record) for record in pipeline.finish())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{count} frames, {dict(made)}, {peak:.0f} MB at most")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
