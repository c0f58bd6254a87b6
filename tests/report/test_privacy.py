"""Nothing of a bystander's device leaves a job in clear; a confirmed one does; pictures keep their data."""

from __future__ import annotations

import hashlib

import msgspec

from sweeper import language
from sweeper.records import Device, Evidence, Finding, Level, Medium, State, Status
from sweeper.report import html, privacy, results
from sweeper.report.collect import Collector
from sweeper.signatures import Library
from sweeper.text import say
from tests.report.samples import session

LIBRARY = Library([])


def pseudonym(text: str, prefix: str) -> str:
    return f"{prefix}-{hashlib.sha256(text.casefold().encode()).hexdigest()[:8]}"


def neighbours() -> Collector:
    """Two access points: a neighbour's, and one that a person confirmed."""
    collected = Collector()
    for number, name in ((1, "Ivanovs at home"), (2, "hidden-cam")):
        collected(
            Device(
                source="w",
                time_s=0.0,
                id=f"wifi-AA:BB:CC:00:00:0{number}",
                medium=Medium.WIFI,
                address=f"AA:BB:CC:00:00:0{number}",
                addresses=(f"AA:BB:CC:00:00:0{number}", f"aa:bb:cc:00:00:f{number}"),
                facts={"wifi.ssid": name, "wifi.probed": ["Gym", name], "wifi.channel": 6},
            )
        )
        collected(
            Finding(
                source="w",
                time_s=0.0,
                id=f"F-{number}",
                level=Level.MEDIUM,
                kind="camera",
                title=say("{name} streams", name=name),
                subject=f"wifi-AA:BB:CC:00:00:0{number}",
                raised_s=0.0,
                confidence=0.9,
                why=(say("Its address is {address}.", address=f"AA:BB:CC:00:00:0{number}"),),
                benign=(),
                next=(),
                evidence=(
                    Evidence("wifi.ssid", name),
                    Evidence("pair", [f"AA:BB:CC:00:00:0{number}", {"to": "11:22:33:44:55:66"}]),
                ),
            )
        )
    detail = "lost AA:BB:CC:00:00:01 of Ivanovs at home"
    collected(Status(source="w", time_s=0.0, subject="wifi", state=State.DEGRADED, detail=detail))
    return collected


def printed(collected: Collector) -> str:
    page = html.render(collected, library=LIBRARY, language=language.get("en"))
    return results.encode(results.document(collected, library=LIBRARY)) + page


def test_a_bystander_is_nowhere_in_clear() -> None:
    text = printed(privacy.disguised(neighbours(), pseudonym)).casefold()
    for secret in ("aa:bb:cc", "Ivanovs", "hidden-cam", "Gym", "11:22:33:44:55:66"):
        assert secret.casefold() not in text, secret


def test_one_device_has_one_stand_in_everywhere() -> None:
    made = privacy.disguised(neighbours(), pseudonym)
    stand_in = pseudonym("AA:BB:CC:00:00:01", "mac")
    finding = next(finding for finding in made.findings if finding.id == "F-1")
    device = next(device for device in made.devices if device.address == stand_in)
    assert finding.subject == device.id == f"wifi-{stand_in}"
    assert finding.why[0].args["address"] == stand_in
    assert finding.evidence[1].value[0] == stand_in  # type: ignore[index]


def test_only_a_confirmed_device_is_in_clear() -> None:
    text = printed(privacy.disguised(neighbours(), pseudonym, {"wifi-AA:BB:CC:00:00:02"}))
    assert "AA:BB:CC:00:00:02" in text
    assert "hidden-cam" in text
    assert "AA:BB:CC:00:00:01" not in text
    assert "Ivanovs" not in text


def test_what_names_nobody_stays() -> None:
    before, after = session(3), privacy.disguised(session(3), pseudonym)
    assert [emission.id for emission in after.emissions] == [emission.id for emission in before.emissions]
    assert after.coverage == before.coverage or len(after.coverage) == len(before.coverage)
    assert after.looks.keys() == before.looks.keys()
    assert [finding.id for finding in after.findings] == [finding.id for finding in before.findings]
    device = after.devices[0]
    assert after.history(device) or not before.history(before.devices[0])


def test_a_signal_history_follows_its_device() -> None:
    made = privacy.disguised(session(1), pseudonym)
    tag = next(device for device in made.devices if device.kind == "airtag")
    assert len(made.history(tag)) == 60


def test_a_short_name_is_not_replaced_inside_words() -> None:
    collected = neighbours()
    collected(
        Device(source="w", time_s=0.0, id="x", medium=Medium.WIFI, address="x1", facts={"wifi.ssid": "st"})
    )
    made = privacy.disguised(collected, pseudonym)
    assert msgspec.json.encode(made.statuses[0][0].detail).startswith(b'"lost ')
