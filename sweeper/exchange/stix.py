"""STIX 2.1: signatures as indicators, findings as sightings of them (library ``stix2``, extra ``stix``).

    Identity        sweeper, the program
    Indicator       one signature. ``pattern_type`` is *stix* where STIX's own patterns can say it (address
                    blocks), otherwise *sweeper*: the signature's match as JSON
    Observed Data   what was heard: a pseudonym of the device, its radio, when and how often
    Sighting        one finding: which indicator, from which observed data
    Note            the finding's own words: why, what else it may be, what to do

Addresses and names of other people are replaced by pseudonyms (a keyed hash, as in a job's exports); the key
is the job's, or one made for this export and forgotten. Ids are made of the content (UUID version 5), so the
same input and key give the same file. Source: OASIS, *STIX Version 2.1*.
"""

from __future__ import annotations

import datetime as dt
import json
import re
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from sweeper import __version__
from sweeper.errors import Reason, Unavailable
from sweeper.exchange.rules import What, terms_of
from sweeper.jobs.privacy import pseudonym
from sweeper.signatures import Library, Match, Signature
from sweeper.text import say

NAMESPACE = uuid.UUID("6e0c7ba0-6a5f-5d0e-9a53-0f1f3d9a7c11")
"""For our content-made ids; any fixed value does."""
PATTERN = "sweeper"
"""Our own ``pattern_type``; STIX's list of them is open."""
ADDRESS = re.compile(r"\b(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}\b")
MOST_CONFIDENCE = 85
CONFIDENCE = {"info": 10, "low": 30, "medium": 50, "high": 70}
"""STIX's 0 to 100, from our level; never near 100: a person decides."""

Document = Mapping[str, Any]


def bundle(
    library: Library, when: dt.datetime, key: bytes, results: Sequence[Document] = ()
) -> tuple[str, list[str]]:
    """The JSON text, and a line for what was left out. ``when`` is UTC; ``results`` are results documents.

    Raises ``Unavailable`` where the library is not installed.
    """
    stix2 = _library()
    maker = stix2.Identity(
        id=_id("identity", "sweeper"),
        created=when,
        modified=when,
        name=f"sweeper {__version__}",
        identity_class="system",
    )
    indicators = {s.id: _indicator(stix2, s, maker.id, when) for s in library.signatures}
    objects: list[Any] = [maker]
    left_out: list[str] = []
    if not results:
        objects += indicators.values()
    for document in results:
        objects += _findings(stix2, document, indicators, maker.id, when, key, left_out)
    unique = {one.id: one for one in objects}
    whole = stix2.Bundle(id=_id("bundle", *sorted(unique)), objects=list(unique.values()))
    return json.dumps(json.loads(whole.serialize()), indent=2, ensure_ascii=False) + "\n", left_out


def _library() -> Any:
    try:
        import stix2
    except ImportError:
        raise Unavailable(
            "stix",
            Reason.LIBRARY_MISSING,
            say("the library stix2 is missing"),
            say("pip install 'sweeper[stix]'"),
        ) from None
    return stix2


def _id(kind: str, *content: str) -> str:
    return f"{kind}--{uuid.uuid5(NAMESPACE, json.dumps([kind, *content]))}"


def _indicator(stix2: Any, signature: Signature, maker: str, when: dt.datetime) -> Any:
    pattern, pattern_type = pattern_of(signature)
    observed = dt.datetime.combine(signature.observed, dt.time(), dt.UTC)
    return stix2.Indicator(
        id=_id("indicator", signature.medium.value, signature.id),
        created_by_ref=maker,
        created=when,
        modified=when,
        name=signature.title.en,
        description=f"{signature.description.en} It may also be: "
        + " ".join(words.en for words in signature.benign),
        indicator_types=["anomalous-activity" if signature.level.value != "info" else "benign"],
        pattern=pattern,
        pattern_type=pattern_type,
        valid_from=observed,
        confidence=min(round(100 * signature.confidence), MOST_CONFIDENCE),
        external_references=[
            {"source_name": "sweeper", "external_id": f"{signature.id} {signature.version}"},
            *({"source_name": text[:200], **_url(text)} for text in signature.references),
        ],
        allow_custom=False,
    )


def _url(text: str) -> dict[str, str]:
    return {"url": text} if text.startswith("https://") else {"description": text}


def pattern_of(signature: Signature) -> tuple[str, str]:
    """The pattern and its type: STIX's own for address blocks, ours as JSON for the rest."""
    terms = terms_of(signature)
    blocks = [term[0].indicator for term in terms or () if len(term) == 1 and term[0].wanted]
    if terms and len(blocks) == len(terms) and all(one.what is What.OUI for one in blocks):
        parts = [":".join(one.value[i : i + 2] for i in (0, 2, 4)) for one in blocks]
        return "[" + " OR ".join(f"mac-addr:value LIKE '{part}:%'" for part in parts) + "]", "stix"
    return json.dumps(_plain(signature.match), ensure_ascii=False), PATTERN


def _plain(match: Match) -> dict[str, Any]:
    made: dict[str, Any] = msgspec.to_builtins(match)
    return {key: value for key, value in made.items() if value}


def _findings(
    stix2: Any,
    document: Document,
    indicators: Mapping[str, Any],
    maker: str,
    when: dt.datetime,
    key: bytes,
    left_out: list[str],
) -> list[Any]:
    """Sightings, their indicators and observed data, from one results document."""
    made: list[Any] = []
    subjects = {row["id"]: row for name in ("devices", "emissions") for row in document.get(name, ())}
    starts = [row.get("start_utc_s") for row in document.get("inputs", ())]
    begin = next((dt.datetime.fromtimestamp(s, dt.UTC) for s in starts if s), when)
    for finding in document.get("findings", ()):
        subject = subjects.get(finding.get("subject"), {})
        words = _Words(key, subject)
        observed = _observed(stix2, finding, subject, words, begin, maker, when)
        made += observed
        indicator = indicators.get(finding.get("signature") or "")
        if indicator is None:
            left_out.append(
                f"{finding['id']}: found by a detector, which is no indicator; a note tells of it"
            )
        else:
            made += [indicator, _sighting(stix2, finding, indicator, observed[-1], maker, when)]
        made.append(_note(stix2, finding, observed[-1], words, maker, when))
    return made


class _Words:
    """Text of a finding with other people's addresses and names replaced."""

    def __init__(self, key: bytes, subject: Document) -> None:
        self._key = key
        facts = subject.get("facts") or {}
        self.address = str(subject.get("address") or subject.get("id") or "unknown")
        self.names = sorted(_names(facts), key=len, reverse=True)

    def shown(self) -> str:
        return pseudonym(self._key, self.address, "device")

    def of(self, text: str) -> str:
        """``text`` without addresses and without the device's names."""
        text = ADDRESS.sub(lambda found: pseudonym(self._key, found[0], "device"), text)
        for name in self.names:
            text = text.replace(name, pseudonym(self._key, name, "name"))
        return text


def _names(facts: Mapping[str, Any]) -> list[str]:
    found: list[str] = []
    for name in ("ble.name", "wifi.ssid", "wifi.network", "wifi.probed", "lan.name", "lan.ip"):
        value = facts.get(name)
        found += [str(one) for one in (value if isinstance(value, list) else [value]) if one]
    return [name for name in found if len(name) >= SHORTEST_NAME]


SHORTEST_NAME = 3
"""Shorter ones stand inside ordinary words."""


def _observed(
    stix2: Any,
    finding: Document,
    subject: Document,
    words: _Words,
    begin: dt.datetime,
    maker: str,
    when: dt.datetime,
) -> list[Any]:
    """A thing with a pseudonym, and the observation of it."""
    first = _moment(begin, subject.get("first_s", subject.get("start_s", 0.0)))
    last = max(first, _moment(begin, subject.get("last_s", subject.get("stop_s", 0.0))))
    thing = stix2.Software(
        id=_id("software", words.shown()),
        name=words.shown(),
        vendor=str(subject.get("vendor") or subject.get("kind") or "unknown"),
    )
    seen = stix2.ObservedData(
        id=_id("observed-data", words.shown(), first.isoformat(), str(finding["id"])),
        created_by_ref=maker,
        created=when,
        modified=when,
        first_observed=first,
        last_observed=last,
        number_observed=min(max(1, int(subject.get("sightings") or 1)), 999_999_999),
        object_refs=[thing.id],
    )
    return [thing, seen]


def _moment(begin: dt.datetime, seconds: float | None) -> dt.datetime:
    return begin + dt.timedelta(seconds=float(seconds or 0.0))


def _sighting(
    stix2: Any, finding: Document, indicator: Any, observed: Any, maker: str, when: dt.datetime
) -> Any:
    return stix2.Sighting(
        id=_id("sighting", observed.id, indicator.id),
        created_by_ref=maker,
        created=when,
        modified=when,
        sighting_of_ref=indicator.id,
        observed_data_refs=[observed.id],
        first_seen=observed.first_observed,
        last_seen=observed.last_observed,
        count=observed.number_observed,
        confidence=CONFIDENCE[finding["level"]],
    )


def _note(stix2: Any, finding: Document, observed: Any, words: _Words, maker: str, when: dt.datetime) -> Any:
    parts = [("Why", "why"), ("It may also be", "benign"), ("What next", "next")]
    lines = [f"{label}: {words.of(text)}" for label, name in parts for text in finding.get(name, ())]
    return stix2.Note(
        id=_id("note", observed.id, str(finding["id"])),
        created_by_ref=maker,
        created=when,
        modified=when,
        abstract=words.of(str(finding["title"])),
        content="\n".join(lines) or words.of(str(finding["title"])),
        object_refs=[observed.id],
        labels=[str(finding["level"]), str(finding["kind"])],
    )
