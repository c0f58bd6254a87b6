"""A technician's job with everything in it, as many findings as wanted: what the report is looked at with."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np

from sweeper.casework.keeping import begin, end, made_by
from sweeper.jobs import photos
from sweeper.jobs.job import Consent, Decision, DeviceClass, Equipment, Head, Job, Person, Role, Verdict
from sweeper.jobs.law import Licence
from sweeper.jobs.papers import Check, Custody, Found, Mark, Meeting
from sweeper.records import AdvertisementBatch, Record, Trace
from sweeper.signatures import Library
from tests.report.samples import HOSTILE, LEVELS, bug, session, tag

NOW = 1_794_010_000.0
HEAD = Head(
    number="2026-117",
    purpose="Search of the board room for hidden devices before the meeting of 1 December",
    permission="Letter of the owner No 14 of 2 November 2026",
    place="Almaty, Dostyk 5, 2nd floor, board room",
    client="Qazyna LLP",
    scope="Board room, its furniture, the corridor in front of it",
    out_of_scope="Telephones of the staff, the server room",
    people=(Person("A. Serikova", Role.TECHNICIAN), Person("B. Omarov", Role.REVIEWER)),
    profile="kz",
    licence=Licence(
        number="25009417",
        holder="Nazar LLP",
        authority="KNB of the Republic of Kazakhstan",
        subkind=1,
        issued=dt.date(2026, 2, 1),
    ),
    equipment=(
        Equipment(
            name="RTL-SDR Blog V4",
            serial="00000001",
            antenna="discone 25–2000 MHz",
            calibrated=dt.date(2026, 1, 10),
            calibration_due=dt.date(2027, 1, 10),
        ),
        Equipment(name="Lens finder", serial="LF-22"),
    ),
    recommendations="Keep the board room locked between meetings.\nReplace the power strip under the table.",
    next_sweep=dt.date(2027, 3, 1),
)


def job(
    folder: Path, library: Library, findings: int = 3, *, hostile: bool = False, own: bool = False
) -> Job:
    """The job, open; with ``own`` a private person's with nothing filled in."""
    private = Head(
        number="my flat", purpose="my own property", permission="my own", place="at home", own=True
    )
    begun = Job.create(folder, private if own else HEAD, "A. Serikova", now=lambda: NOW)
    made = made_by(
        library, antenna="discone", gain_db=29.7, reference="" if own else "corridor.reference.npz"
    )
    kept = begin(begun, "A. Serikova", "office", made=made)
    for record in records(findings, hostile=hostile):
        for sink in kept.sinks:
            sink(record)
    end(begun, kept, "A. Serikova")
    if not own:
        _filled(begun, folder.parent, findings, HOSTILE if hostile else "")
    return begun


def records(findings: int, *, hostile: bool) -> list[Record]:
    """The sample session's records in a live order, its spectra over time for a waterfall."""
    heard = session(findings, hostile=hostile)
    made: list[Record] = [*heard.opened.values()]
    random = np.random.default_rng(2)
    for look in heard.looks.values():
        for second in range(40):
            lift = 6.0 * (second % 8 < 3)
            level = (look.max_db + random.normal(0, 1.5, len(look.max_db)) - 3).astype(np.float32)
            level[290:310] += lift
            made.append(
                Trace(
                    source=look.source,
                    time_s=float(second * 3),
                    start_hz=look.start_hz,
                    bin_hz=look.step_hz,
                    mean_db=look.mean_db.astype(np.float32),
                    max_db=level,
                    floor_db=look.floor_db.astype(np.float32) if look.floor_db is not None else None,
                    dwell_s=1.0,
                    transforms=400,
                )
            )
    if findings:
        made += [*tag(HOSTILE if hostile else ""), *_adverts(heard.histories)]
    for number in range(1, findings):
        made += bug(number, LEVELS[number % 3])
    statuses = [status for status, _count in heard.statuses]
    return [*made, *heard.devices, *heard.coverage, *statuses, *heard.closed.values()]


def _adverts(histories: dict[str, list[tuple[float, int]]]) -> list[AdvertisementBatch]:
    from sweeper.records import Advertisement

    return [
        AdvertisementBatch(
            source="ble",
            time_s=0.0,
            adverts=tuple(Advertisement(time_s, address, rssi_dbm=level) for time_s, level in points),
        )
        for address, points in histories.items()
    ]


def _filled(begun: Job, folder: Path, findings: int, name: str) -> None:
    """Verdicts, checks, photos, a plan, meetings, consents and custody."""
    who = "A. Serikova"
    if findings:
        begun.decide(Decision(1, "F-900", Verdict.EXPLAINED, who, "Key ring of the caretaker"))
    if findings > 1:
        begun.decide(Decision(1, "F-001", Verdict.CONFIRMED, who, "In the power strip", DeviceClass.SPECIAL))
    for place, result, method, note in (
        ("office/table", Found.SOMETHING, "", f"Power strip that nobody ordered {name}"),
        ("office/charger", Found.NOTHING, "lens", ""),
        ("ceiling void", Found.NOT_DONE, "", "No ladder"),
    ):
        check = Check(place=place, method=method, result=result, who=who, utc_s=NOW, note=note)
        begun.file(check, who, "check")
    window = Meeting(label=f"Board meeting {name}", start_utc_s=NOW - 10_000, stop_utc_s=NOW - 9_940)
    begun.file(window, who, "meeting")
    begun.consent(
        Consent(
            person=f"D. Akhmetov {name}",
            purpose="sweep",
            given=dt.date(2026, 11, 2),
            until=dt.date(2026, 12, 31),
        ),
        who,
    )
    begun.objection("Guest", dt.date(2026, 11, 5), "asked what is kept", by=who)
    handed = Custody(
        item="Power strip", seal="KZ 004411", giver=who, taker="Police, Lt. Kim", place="board room",
        why="evidence", utc_s=NOW,
    )  # fmt: skip
    begun.file(handed, who, "custody")
    photos.add(
        begun, picture(folder / "room.png", 900, 600), who=who, caption=f"The table {name}", people=False
    )
    strip = picture(folder / "strip.png", 700, 900)
    box = (0.1, 0.1, 0.4, 0.4)
    photos.add(begun, strip, who=who, caption="The strip", people=True, boxes=[box], finding="1/F-001")
    number = photos.add_plan(
        begun, floor(folder / "plan.png"), who=who, title=f"Second floor {name}", width_m=14.0
    )
    marks = [
        Mark(x=0.3, y=0.4, finding="1/F-001", level_db=-31.0),
        Mark(x=0.9, y=0.75, finding="1/F-900"),
        Mark(x=0.6, y=0.2, label="door"),
    ]
    photos.mark(begun, number, marks, who)


def picture(path: Path, width: int, height: int) -> Path:
    """A made-up photo: a soft gradient with a dark box in it."""
    from PIL import Image

    y, x = np.mgrid[0:height, 0:width]
    pixels = np.stack([150 + 60 * x / width, 150 + 50 * y / height, 170 + 0 * x], axis=2).astype(np.uint8)
    pixels[height // 3 : height // 2, width // 4 : 3 * width // 4] = (60, 62, 70)
    Image.fromarray(pixels).save(path)
    return path


def floor(path: Path) -> Path:
    """A made-up floor plan: walls and a door."""
    from PIL import Image, ImageDraw

    image = Image.new("RGB", (1400, 800), "white")
    draw = ImageDraw.Draw(image)
    for box in ((20, 20, 1380, 780), (20, 20, 800, 520), (800, 20, 1380, 420)):
        draw.rectangle(box, outline="black", width=8)
    draw.line((740, 20, 660, 20), fill="white", width=12)
    image.save(path)
    return path
