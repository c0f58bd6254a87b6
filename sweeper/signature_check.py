"""The proof of the signatures: each matches its own examples and none of its near misses.

An example is turned into facts by the same code as a live advertisement, frame or emission, and goes through
the whole library, so that a signature that hides another shows too.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from sweeper import detectors
from sweeper.detectors import Setup
from sweeper.errors import ProtocolError
from sweeper.protocols.ble import facts as ble_facts
from sweeper.records import Device, FrameBatch, Medium
from sweeper.signatures import Example, Facts, Library, Signature, SignatureStatus


def example_facts(signature: Signature, example: Example) -> Facts:
    """The facts that a stage would make of the example. Raises ``ProtocolError`` or ``ValueError``."""
    if example.facts is not None:
        return example.facts
    if example.ad is not None:
        return ble_facts.facts(bytes.fromhex(example.ad), example.address, example.address_type)
    if example.frame is not None:
        return _of_frame(bytes.fromhex(example.frame), signature.medium)
    raise ValueError("neither ad, frame nor facts")


INVENTORIES = {Medium.WIFI: ("wifi-inventory", 105), Medium.LAN: ("lan-inventory", 1)}
"""The stage that makes facts of a frame, and the frame's link type (802.11 without radiotap, Ethernet)."""


def _of_frame(frame: bytes, medium: Medium) -> Facts:
    """The facts of the frame's sender, from the inventory itself. Two copies: one frame proves no address."""
    name, link_type = INVENTORIES[medium]
    batch = FrameBatch(
        source="example",
        time_s=0.0,
        medium=medium,
        link_type=link_type,
        times_s=(0.0, 0.1),
        frames=(frame, frame),
        lengths=(len(frame), len(frame)),
    )
    (stage,) = detectors.build(Setup(Library([])), [name])
    made = [*stage.feed(batch), *stage.finish()]
    found = [record for record in made if isinstance(record, Device)]
    if not found:
        raise ValueError("the frame makes no device")
    return found[-1].facts


def check_examples(library: Library) -> list[str]:
    """One line for each example that does not come out as it says; empty if all do."""
    return [line for signature in library.signatures for line in check_one(library, signature)]


def check_one(library: Library, signature: Signature) -> Iterator[str]:
    """The lines of one signature. One that is deprecated is matched no more and has nothing to show."""
    if signature.status is SignatureStatus.DEPRECATED:
        return
    for kind, examples in (
        ("positive", signature.examples.positive),
        ("negative", signature.examples.negative),
    ):
        for number, example in enumerate(examples, start=1):
            where = f"{signature.origin}: examples.{kind} {number}"
            try:
                facts = example_facts(signature, example)
            except (ProtocolError, ValueError) as error:
                yield f"{where}: {error}"
                continue
            hits = [hit.id for hit in library.match(signature.medium, facts)]
            if kind == "positive" and signature.id not in hits:
                yield f"{where}: not matched (matched by {', '.join(hits) or 'none'})"
            elif kind == "negative" and signature.id in hits:
                yield f"{where}: a near miss is matched"


class Conflict(msgspec.Struct, frozen=True, order=True):
    """Two signatures that claim one payload for different devices, and which of them the reader is shown."""

    first: str
    second: str
    shown: str
    payload: str


def conflicts(library: Library) -> list[Conflict]:
    """Pairs of signatures that both match one positive example and name different devices.

    The order of answers (level, confidence, id) decides between them; a pair of one level is worth a look.
    """
    found: dict[tuple[str, str], Conflict] = {}
    for signature in library.signatures:
        for example in signature.examples.positive:
            try:
                hits = library.match(Medium(signature.medium), example_facts(signature, example))
            except (ProtocolError, ValueError):
                continue
            for hit in hits:
                if hit.id != signature.id and hit.device != signature.device:
                    first, second = sorted((hit.id, signature.id))
                    what = f"{signature.id}: {example.provenance}"
                    found.setdefault((first, second), Conflict(first, second, hits[0].id, what))
    return sorted(found.values())
