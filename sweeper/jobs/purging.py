"""Deleting for good: at the end of the term for everybody, and for one person who asks for it.

Identifiers are replaced by pseudonyms before the key that made them is destroyed, so that what was decided
about stays readable and nobody can find out whom it concerned. Files are overwritten before they are
unlinked; a solid-state disk may still hold old blocks, against which only an encrypted container helps.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from sweeper.jobs.papers import Purge
from sweeper.jobs.store import JobError, StoreError, decoded
from sweeper.records import Device, Finding
from sweeper.text import say

if TYPE_CHECKING:
    from sweeper.jobs.job import Job

PURGED_FOLDERS = ("recordings", "evidence")
"""What a purge deletes: recordings, and the sealed copies of the database with the addresses in it."""

IDENTIFYING = {
    "name", "names", "ssid", "ssids", "probes", "probed", "serial", "address", "addresses", "bssid", "host",
    "hostname", "mesh", "network", "direct",
}  # fmt: skip
"""Last parts of fact keys whose values can point to a person."""

STRUCTURE = {
    "level", "kind", "state", "reason", "id", "subject", "medium", "detectors", "signature", "source",
}  # fmt: skip
"""Keys whose values are the program's own words; a device outside may be called "low"."""

ADDRESS = re.compile(r"\b(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}\b")
"""Addresses are replaced wherever they stand, known device or not."""

ITEMS = ("finding", "emission", "coverage", "status", "input", "closed")
"""What stays of a sweep, without identifiers."""

DROPPED = ("history",)
"""What goes with the devices: their signal strengths over time, kept under their addresses."""

BLOCK = 1 << 20


def purge(job: Job, who: str, *, photos: bool = False) -> Purge:
    """Delete other people's identifiers and the recordings of a job; what was decided stays.

    ``photos`` takes the photos too. Raises ``JobError`` where this person may not.
    """
    job.require_reviewer(who)
    folders = (*PURGED_FOLDERS, "photos") if photos else PURGED_FOLDERS
    names = _erased(_files(job.folder, folders))
    stand_ins = {text: job.pseudonym(text) for text in _identifiers(device for _, device in job.devices())}
    replace = _replacer(stand_ins, job.pseudonym)
    with job.store.transaction():
        for kind in ITEMS:
            for sweep, item, value in job.store.items(kind):
                job.store.put_item(sweep, kind, item, replace(value))
        for number, _, value in job.store.papers("verdict"):
            job.store.replace_paper(number, replace(value))
        count = job.store.drop_items("device")
        for kind in DROPPED:
            job.store.drop_items(kind)
        job.store.drop("key")
        certificate = _certified(job, who, count, names, "retention")
    job.store.vacuum()
    return certificate


def about(job: Job, text: str) -> dict[str, Any]:
    """Everything a job holds about one device's address or name: what its owner may ask to see."""
    wanted = text.strip().casefold()
    devices = [(sweep, device) for sweep, device in job.devices() if _names(device, wanted)]
    subjects = {(sweep, device.id) for sweep, device in devices}
    findings = [(s, f) for s, f in job.findings() if (s, f.subject) in subjects or _says(f, wanted)]
    verdicts = job.verdicts()
    return {
        "job": job.head.number,
        "asked_for": text,
        "pseudonym": job.pseudonym(text),
        "devices": [{"sweep": s, **msgspec.to_builtins(d)} for s, d in devices],
        "findings": [{"sweep": s, **msgspec.to_builtins(f)} for s, f in findings],
        "verdicts": [
            msgspec.to_builtins(decision)
            for key, decision in verdicts.items()
            if key in {(s, f.id) for s, f in findings}
        ],
        "recordings": sorted(str(p.relative_to(job.folder)) for p in _files(job.folder, ["recordings"])),
    }


def forget(job: Job, text: str, who: str) -> Purge:
    """Delete one device: its records go, its names become pseudonyms, recordings that hold it are deleted.

    Raises ``JobError`` where the job holds nothing about it.
    """
    job.require_reviewer(who)
    wanted = text.strip().casefold()
    devices = [(sweep, device) for sweep, device in job.devices() if _names(device, wanted)]
    if not devices:
        raise JobError(say("{folder}: nothing is kept about {value}", folder=job.folder, value=text))
    texts = _identifiers(device for _, device in devices)
    replace = _replacer({known: job.pseudonym(known) for known in texts}, None)
    names = _erased(p for p in _files(job.folder, PURGED_FOLDERS) if _holds(p, texts))
    with job.store.transaction():
        for kind in (*ITEMS, "device"):
            for sweep, item, value in job.store.items(kind):
                job.store.put_item(sweep, kind, item, replace(value))
        for number, _, value in job.store.papers("verdict"):
            job.store.replace_paper(number, replace(value))
        for sweep, device in devices:
            job.store.drop_item(sweep, "device", device.id)
        for kind in DROPPED:
            for sweep, item, value in job.store.items(kind):
                if replace(value) != msgspec.json.encode(decoded(value, object)):
                    job.store.drop_item(sweep, kind, item)
        certificate = _certified(job, who, len(devices), names, "asked by the person concerned")
    job.store.vacuum()
    return certificate


def _certified(job: Job, who: str, count: int, names: tuple[str, ...], why: str) -> Purge:
    entry = job.store.audit(job.now(), who, "purged", devices=str(count), files=str(len(names)), why=why)
    certificate = Purge(who, entry.utc_s, count, names, entry.hash, why)
    job.store.add_paper("purge", entry.utc_s, msgspec.json.encode(certificate))
    return certificate


def _files(folder: Path, names: Iterable[str]) -> list[Path]:
    return sorted(p for name in names for p in (folder / name).rglob("*") if p.is_file() or p.is_symlink())


def _erased(paths: Iterable[Path]) -> tuple[str, ...]:
    """Overwrite and delete these files of a job; their names, relative to its folder."""
    names = []
    for path in paths:
        if not path.is_symlink():
            overwritten(path)
        path.unlink()
        names.append("/".join(path.parts[-2:]))
    return tuple(names)


def overwritten(path: Path) -> None:
    """Zeros over every byte of a file, on disk."""
    path.chmod(0o600)
    with path.open("r+b") as stream:
        for left in range(path.stat().st_size, 0, -BLOCK):
            stream.write(bytes(min(left, BLOCK)))
        stream.flush()
        os.fsync(stream.fileno())


def _holds(path: Path, texts: set[str]) -> bool:
    """Whether a file holds one of these names or addresses, as text or as an address's six bytes."""
    if path.suffix == ".sqlite":
        return True  # a sealed copy of the database: sealed anew, it comes back without them
    content = path.read_bytes()
    lowered = content.lower()
    for text in texts:
        if text.casefold().encode("utf-8", "surrogatepass") in lowered:
            return True
        if ADDRESS.fullmatch(text):
            raw = bytes.fromhex(text.replace(":", "").replace("-", ""))
            if raw in content or raw[::-1] in content:
                return True
    return False


def _identifiers(devices: Iterable[Device]) -> set[str]:
    """Addresses, names and network names of these devices."""
    found: set[str] = set()
    for device in devices:
        found |= {device.address, *device.addresses}
        for key, value in device.facts.items():
            if key.rpartition(".")[2] in IDENTIFYING:
                found |= {v for v in (value if isinstance(value, list) else [value]) if isinstance(v, str)}
    return {text for text in found if len(text) > 1}


def _names(device: Device, wanted: str) -> bool:
    return wanted in {text.casefold() for text in _identifiers([device])}


def _says(finding: Finding, wanted: str) -> bool:
    phrases = (finding.title, *finding.why, *finding.benign, *finding.next)
    values = [str(value) for phrase in phrases for value in phrase.args.values()]
    return any(wanted == value.casefold() for value in values)


def _replacer(stand_ins: dict[str, str], pseudonym: Callable[[str], str] | None) -> Callable[[bytes], bytes]:
    """What replaces, in a record's JSON, each identifier: the longest first, then any address left over."""
    ordered = sorted(stand_ins.items(), key=lambda pair: -len(pair[0]))

    def text(node: str) -> str:
        for known, stand_in in ordered:
            node = node.replace(known, stand_in)
        return node if pseudonym is None else ADDRESS.sub(lambda found: pseudonym(found[0]), node)

    def walk(node: Any) -> Any:
        if isinstance(node, dict):
            return {key: item if key in STRUCTURE else walk(item) for key, item in node.items()}
        if isinstance(node, list):
            return [walk(item) for item in node]
        return text(node) if isinstance(node, str) else node

    def replaced(value: bytes) -> bytes:
        try:
            return msgspec.json.encode(walk(decoded(value, object)))
        except RecursionError:
            raise StoreError(say("the job's database holds a value that is nested too deep")) from None

    return replaced
