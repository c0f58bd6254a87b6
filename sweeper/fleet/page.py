"""Several rooms on one plan, as a page that a browser shows and renews: no script, nothing fetched.

The plan is a small TOML file::

    image = "floor.png"          # beside this file; may be left out
    [rooms."Room 1"]             # the sensor's name
    x = 0.20                     # from the left edge of the image, as a share of its width
    y = 0.35                     # from the upper edge
"""

from __future__ import annotations

import base64
import tomllib
from functools import cache
from pathlib import Path
from typing import Annotated, Any

import jinja2
import msgspec

from sweeper import labels
from sweeper.errors import InputError
from sweeper.fleet.rooms import Room
from sweeper.language import Language
from sweeper.report import paint
from sweeper.text import safe_text, say

REFRESH_S = 5
SILENT_S = 120.0
"""A sensor that is up says so every 30 s; four times that is silence."""
CLOCK_S = 120.0
"""Clocks that differ by more are worth a word; a message's own way through a slow link is not."""
LARGEST_IMAGE = 20_000_000
IMAGES = {".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".webp": "image/webp"}
MOST_SHARED = 200

Share = Annotated[float, msgspec.Meta(ge=0, le=1)]


class Spot(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a sensor stands, as shares of the image's width and height."""

    x: Share
    y: Share


class FloorPlan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The plan of the rooms; ``image`` is a data URL after ``load``."""

    image: str = ""
    rooms: dict[str, Spot] = {}


def load(path: Path) -> FloorPlan:
    """Read a plan and its image. Raises ``InputError`` with the key that is wrong."""
    try:
        plan = msgspec.convert(tomllib.loads(path.read_text("utf-8")), FloorPlan)
    except OSError as error:
        raise InputError(str(path), say("cannot be read: {error}", error=error.strerror)) from None
    except (ValueError, RecursionError) as error:
        raise InputError(str(path), say("no plan: {error}", error=error)) from None
    if not plan.image:
        return plan
    image = path.parent / plan.image
    kind = IMAGES.get(image.suffix.lower())
    if kind is None:
        raise InputError(str(image), say("no picture that is known: {list}", list=", ".join(IMAGES)))
    try:
        with open(image, "rb") as file:
            data = file.read(LARGEST_IMAGE + 1)
    except OSError as error:
        raise InputError(str(image), say("cannot be read: {error}", error=error.strerror)) from None
    if len(data) > LARGEST_IMAGE:
        raise InputError(str(image), say("a picture of more than 20 MB"))
    return msgspec.structs.replace(plan, image=f"data:{kind};base64,{base64.b64encode(data).decode()}")


def render(rooms: list[Room], language: Language, now_utc_s: float, plan: FloorPlan | None = None) -> str:
    """The page as text. Rooms that the plan does not place stand in the list below it all the same."""
    _ = language.gettext
    shown = [_shown(room, language, now_utc_s) for room in rooms]
    places = plan.rooms if plan is not None else {}
    placed = [
        {**room, "x": round(100 * spot.x, 2), "y": round(100 * spot.y, 2)}
        for room in shown
        if (spot := places.get(room["name"])) is not None
    ]
    return (
        _environment()
        .get_template("rooms.html")
        .render(
            lang=language.code,
            title=_("Rooms"),
            made=_("As of {time}. A sensor tells what it heard; a person decides what it means.").format(
                time=language.datetime(now_utc_s)
            ),
            refresh_s=REFRESH_S,
            light=paint.variables(0),
            dark=paint.variables(1),
            image=plan.image if plan is not None else "",
            placed=placed,
            rooms=shown,
            shared=_shared(rooms, language),
            words={
                "findings": (_("Attention"), _("What"), _("Of what"), _("Why")),
                "nothing": _("No device was found here so far."),
                "shared": _("Heard in more than one room"),
                "thing": _("Transmitter"),
            },
        )
    )


def _shown(room: Room, language: Language, now_utc_s: float) -> dict[str, Any]:
    _ = language.gettext
    level = room.level
    listening = room.link == "up" and now_utc_s - room.heard_utc_s < SILENT_S
    known = level is not None or listening
    ranked = sorted(room.findings, key=lambda f: (-f.level.rank, f.raised_s, f.id))
    return {
        "name": safe_text(room.sensor),
        "level": level.value if level is not None else "",
        "tone": level.value if level is not None else "none" if listening else "away",
        "word": (language.level(level) if level else _("nothing found")) if known else _("not heard"),
        "listening": listening,
        "state": _state(room, language, now_utc_s, listening),
        "findings": [
            (
                language.level(finding.level),
                safe_text(language.phrase(finding.title)),
                safe_text(finding.subject),
                safe_text(language.phrase(finding.why[0])) if finding.why else "",
            )
            for finding in ranked
        ],
        "notes": _notes(room, language),
        "faults": [
            _("{subject} is {state} ({ago} ago): {what}").format(
                subject=safe_text(status.subject),
                state=_(labels.STATES[status.state]),
                ago=language.duration(max(0.0, now_utc_s - utc_s)),
                what=language.say(status.said or status.detail),
            )
            for utc_s, status in room.faults
        ],
    }


def _notes(room: Room, language: Language) -> list[str]:
    """What its last word says of its disk and its clock."""
    _, ngettext = language.gettext, language.ngettext
    said = []
    if room.waiting:
        line = ngettext(
            "{count} record waits on the sensor's disk and is not shown here yet.",
            "{count} records wait on the sensor's disk and are not shown here yet.",
            room.waiting,
        )
        said.append(line.format(count=room.waiting))
    if room.dropped:
        line = ngettext(
            "{count} reading was dropped: the sensor's disk share was full.",
            "{count} readings were dropped: the sensor's disk share was full.",
            room.dropped,
        )
        said.append(line.format(count=room.dropped))
    if abs(room.ahead_s) > CLOCK_S:
        apart = language.duration(abs(room.ahead_s))
        line = (
            _("Its clock is {duration} ahead of this computer's: one of the two is wrong.")
            if room.ahead_s > 0
            else _("Its clock is {duration} behind this computer's: one of the two is wrong.")
        )
        said.append(line.format(duration=apart))
    return said


def _state(room: Room, language: Language, now_utc_s: float, listening: bool) -> str:
    _ = language.gettext
    if listening:
        said = _("Listening.")
    elif room.link == "ended":
        said = _("Its user ended it: this room is not being swept.")
    else:
        said = _("No word from it: this room is not being swept.")
    ago = language.duration(max(0.0, now_utc_s - room.heard_utc_s))
    return f"{said} {_('Last word {ago} ago.').format(ago=ago)}" if room.heard_utc_s else said


def _shared(rooms: list[Room], language: Language) -> list[list[str]]:
    """Transmitters that several sensors hear, with their level in each room, the loudest marked."""
    heard: dict[str, dict[str, float]] = {}
    for room in rooms:
        for device in room.devices:
            if device.rssi_dbm is not None:
                heard.setdefault(device.address, {})[room.sensor] = float(device.rssi_dbm)
    table = []
    for address in sorted(heard):
        levels = heard[address]
        if len(levels) < 2:
            continue
        loudest = max(levels, key=lambda name: levels[name])
        cells = [safe_text(address)]
        for room in rooms:
            level = levels.get(room.sensor)
            said = "" if level is None else language.quantity(level, "dBm", 0)
            cells.append(f"{said} ●" if room.sensor == loudest else said)
        table.append(cells)
    return table[:MOST_SHARED]


@cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.PackageLoader("sweeper.fleet"),
        autoescape=jinja2.select_autoescape(["html"]),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
