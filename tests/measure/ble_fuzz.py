"""The Bluetooth parsers under a million inputs, once: nothing but their own error may come out.

    python -m tests.measure.ble_fuzz [INPUTS] [SEED]

Hypothesis makes payloads in lots of forty: random bytes, AD structures with random contents under the ids
that have decoders, and the signatures' own examples with bytes changed and cut. Each goes through the AD
parser, the facts and the identification; a third also through the packet readers. Printed are the inputs that
ran and what they were taken for.
"""

from __future__ import annotations

import sys
from collections import Counter

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from sweeper.detectors.ble_inventory import identify
from sweeper.errors import ProtocolError
from sweeper.protocols import ble_capture
from sweeper.protocols.ble import ad
from sweeper.protocols.ble.facts import facts
from sweeper.protocols.pcap import Packet
from sweeper.records import Medium
from sweeper.signatures import Library

LOT = 40
LIBRARY = Library.load()
EXAMPLES = [
    bytes.fromhex(example.ad)
    for signature in LIBRARY.signatures
    if signature.medium is Medium.BLE
    for example in (*signature.examples.positive, *signature.examples.negative)
    if example.ad
]
COMPANIES = (0x004C, 0x0059, 0x005D, 0x0FB2, 0x07D0, 0x0075, 0x01AB)
SERVICES = ("FEAA", "FCB2", "FD5A", "FD69", "FEED", "FEEC", "FD84", "FE33", "FE95", "FFFA")
LINKS = (187, 201, 251, 256, 272)


def _maker(company: int, body: bytes) -> bytes:
    return ad.from_fields(manufacturer=[(company, body)])


def _service(uuid: str, body: bytes) -> bytes:
    return ad.from_fields(service_data=[(uuid, body)])


def _damaged(example: bytes, at: int, value: int, end: int) -> bytes:
    changed = bytearray(example or b"\0")
    changed[at % len(changed)] = value
    return bytes(changed[: len(changed) - end % len(changed)])


BYTES = st.integers(0, 255)
PAYLOADS = st.one_of(
    st.binary(max_size=64),
    st.builds(_maker, st.sampled_from(COMPANIES), st.binary(max_size=40)),
    st.builds(_service, st.sampled_from(SERVICES), st.binary(max_size=40)),
    st.builds(_damaged, st.sampled_from(EXAMPLES), BYTES, BYTES, BYTES),
)
taken = Counter[str]()
packets = Counter[str]()


def one(data: bytes, number: int) -> None:
    """One payload through all that reads it."""
    advert = ad.parse(data)
    assert advert.problem is None or isinstance(advert.problem, ProtocolError)
    known = facts(data, "C1:02:03:04:05:06", "random")
    assert all(isinstance(name, str) for name in known)
    taken[identify(LIBRARY, data, "C1:02:03:04:05:06", "random").kind] += 1
    if number % 3 == 0:
        try:
            made = ble_capture.Joiner().adverts(Packet(0.0, LINKS[number % len(LINKS)], data, len(data)))
        except ProtocolError:
            packets["refused"] += 1
        else:
            packets["read"] += bool(made)


def main() -> None:
    inputs = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    start = int(sys.argv[2]) if len(sys.argv) > 2 else 20261122

    @seed(start)
    @settings(
        max_examples=-(-inputs // LOT),
        deadline=None,
        database=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    @given(st.lists(PAYLOADS, min_size=LOT, max_size=LOT))
    def lots(payloads: list[bytes]) -> None:
        for number, data in enumerate(payloads):
            one(data, number)

    lots()
    print(f"{sum(taken.values()):,} inputs, seed {start}: nothing but ProtocolError; {dict(packets)}")
    print(", ".join(f"{kind} {count:,}" for kind, count in taken.most_common(12)))


if __name__ == "__main__":
    main()
