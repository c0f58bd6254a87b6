"""Device addresses: what the two top bits say, and who was assigned the first three bytes.

A *public* address begins with an IEEE block of its maker. A *random* one tells its kind in the two top bits
of the first byte (Core 5.4, volume 6 part B section 1.3): ``11`` static, ``01`` resolvable private,
``00`` non-resolvable private. Nothing in the address itself tells public from random: the packet does.
"""

from __future__ import annotations

from functools import lru_cache

PUBLIC = "public"
RANDOM = "random"

MOST_REMEMBERED = 16_384
"""Addresses whose kind is remembered: each is asked about with every new payload of its device."""

_RANDOM_CLASSES = {
    0b11: "random_static",
    0b01: "random_resolvable",
    0b00: "random_non_resolvable",
    0b10: "random_reserved",
}


def normalise(address: str) -> str:
    """``aa-bb-cc-dd-ee-ff`` in any common style as ``AA:BB:CC:DD:EE:FF``; other text as it is."""
    digits = address.replace(":", "").replace("-", "").upper()
    if len(digits) != 12 or any(c not in "0123456789ABCDEF" for c in digits):
        return address
    return ":".join(digits[i : i + 2] for i in range(0, 12, 2))


def raw(address: str | None) -> bytes | None:
    """The six bytes, most significant first, or ``None`` if it is no address."""
    if not address:
        return None
    try:
        value = bytes.fromhex(address.replace(":", "").replace("-", ""))
    except ValueError:
        return None
    return value if len(value) == 6 else None


@lru_cache(MOST_REMEMBERED)
def address_class(address: str | None, address_type: str | None) -> str | None:
    """``public``, or ``random_`` and ``static``, ``resolvable``, ``non_resolvable``; ``None``: not told."""
    if not address_type:
        return None
    lowered = address_type.lower()
    if lowered.startswith(PUBLIC):
        return PUBLIC
    value = raw(address)
    if lowered.startswith(RANDOM) and value is not None:
        return _RANDOM_CLASSES[value[0] >> 6]
    return lowered if lowered in _RANDOM_CLASSES.values() else None


@lru_cache(MOST_REMEMBERED)
def oui(address: str | None, address_type: str | None) -> str | None:
    """The IEEE block of a public address as six capital hex digits; ``None`` for random or untold ones."""
    value = raw(address)
    if value is None or not (address_type or "").lower().startswith(PUBLIC):
        return None
    return value[:3].hex().upper()
