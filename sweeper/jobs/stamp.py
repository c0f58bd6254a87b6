"""A time stamp on a seal, RFC 3161: somebody else's clock says that the manifest existed then.

    manifest.json.tsr    the authority's answer (DER), over SHA-512 of the manifest's bytes

This is the one act of a job that uses the network, and it is the user's own: what leaves is one hash.
Whether the authority is to be trusted is told by its root certificate, which the reader brings; without it
the stamp's hash and time are checked and nothing is claimed about who made it.
"""

from __future__ import annotations

import hashlib
import urllib.error
import urllib.request
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from sweeper.errors import Reason, Unavailable
from sweeper.jobs.store import JobError
from sweeper.text import say

if TYPE_CHECKING:
    from rfc3161_client import TimeStampResponse

SUFFIX = ".tsr"
PATIENCE_S = 30.0
LONGEST = 64 << 10
"""Bytes of an answer: with the authority's certificates it has some five thousand."""
REQUEST, REPLY = "application/timestamp-query", "application/timestamp-reply"


def ask(manifest: Path, url: str) -> str:
    """Have the manifest stamped at ``url`` (http or https): one line on the stamp. ``JobError`` if
    refused.
    """
    if urlsplit(url).scheme not in ("http", "https"):
        raise JobError(say("{url}: not a web address", url=url))
    client = _client()
    content = manifest.read_bytes()
    asked = client.TimestampRequestBuilder().data(content).hash_algorithm(client.HashAlgorithm.SHA512)
    request = asked.build()
    answer = _fetched(url, request.as_bytes())
    stamp = _decoded(answer, url)
    if stamp.tst_info.nonce != request.nonce:
        raise JobError(say("{url}: the answer is not to this request", url=url))
    line = _matched(stamp, content, url)
    manifest.with_name(manifest.name + SUFFIX).write_bytes(answer)
    return line


def check(manifest: Path, roots: Path | None = None) -> str | None:
    """One line on the stamp beside a manifest, ``None`` where there is none.

    ``roots`` is a PEM file of root certificates (and intermediates) that the reader trusts. ``JobError``
    where the stamp does not belong to the manifest or is not by an authority under these roots.
    """
    path = manifest.with_name(manifest.name + SUFFIX)
    if not path.is_file():
        return None
    stamp = _decoded(path.read_bytes(), path.name)
    content = manifest.read_bytes()
    line = _matched(stamp, content, path.name)
    if roots is None:
        return line + ", whose issuer was not checked (no root certificate was given)"
    _trusted(stamp, content, roots, path.name)
    return line + ", issuer checked"


def _matched(stamp: TimeStampResponse, content: bytes, where: str) -> str:
    if stamp.status not in (0, 1):  # granted, granted with changes (RFC 3161, 2.4.2)
        raise JobError(
            say("{where}: the authority refused, status {status}", where=where, status=stamp.status)
        )
    imprint = stamp.tst_info.message_imprint
    if imprint.message != hashlib.sha512(content).digest():
        raise JobError(say("{where}: the time stamp is of another manifest", where=where))
    return f"stamped at {stamp.tst_info.gen_time:%Y-%m-%d %H:%M:%S} UTC"


def _trusted(stamp: TimeStampResponse, content: bytes, roots: Path, where: str) -> None:
    from cryptography import x509

    client = _client()
    errors = import_module("rfc3161_client.errors")
    try:
        certificates = x509.load_pem_x509_certificates(roots.read_bytes())
    except (OSError, ValueError) as error:
        raise JobError(
            say("{roots}: no certificates can be read: {error}", roots=roots, error=error)
        ) from None
    builder = client.VerifierBuilder()
    for certificate in certificates:
        if certificate.issuer == certificate.subject:
            builder = builder.add_root_certificate(certificate)
        else:
            builder = builder.add_intermediate_certificate(certificate)
    try:
        builder.build().verify_message(stamp, content)
    except (errors.VerificationError, ValueError) as error:
        raise JobError(
            say(
                "{where}: not by an authority under {name}: {error}",
                where=where,
                name=roots.name,
                error=error,
            )
        ) from None


def _decoded(answer: bytes, where: str) -> TimeStampResponse:
    try:
        stamp: TimeStampResponse = _client().decode_timestamp_response(_ordered(answer))
        _ = stamp.tst_info.gen_time
    except ValueError as error:
        raise JobError(say("{where}: no time stamp: {error}", where=where, error=error)) from None
    return stamp


def _ordered(answer: bytes) -> bytes:
    """The answer with its certificates in the order that DER asks of a set.

    Authorities that run openssl write them as they come, and the strict decoder then refuses the whole. The
    signature does not cover that order, and no length changes.
    """
    start, stop = 0, len(answer)
    for tags in _TO_CERTIFICATES:
        found = (0, start, start)
        for tag in tags:
            found = _element(answer, found[2], stop)
            if found[0] != tag:
                return answer
        start, stop = found[1], found[2]
    certificates, at = [], start
    while at < stop:
        end = _element(answer, at, stop)[2]
        certificates.append(answer[at:end])
        at = end
    return answer[:start] + b"".join(sorted(certificates)) + answer[stop:]


_TO_CERTIFICATES = ((0x30,), (0x30, 0x30), (0x06, 0xA0), (0x30,), (0x02, 0x31, 0x30, 0xA0))
"""TimeStampResp { status, token { type, [0] { SignedData { version, algorithms, content, [0] certificates …:
on each level the tags up to the one that is entered."""


def _element(data: bytes, at: int, stop: int) -> tuple[int, int, int]:
    """Tag, start and end of the content of the DER element at ``at``; tag 0 where there is none."""
    if at + 2 > stop:
        return 0, stop, stop
    length, begin = data[at + 1], at + 2
    if length & 0x80:
        begin += length & 0x7F
        length = int.from_bytes(data[at + 2 : begin], "big")
    if begin + length > stop:
        return 0, stop, stop
    return data[at], begin, begin + length


def _fetched(url: str, request: bytes) -> bytes:
    asked = urllib.request.Request(url, data=request, headers={"Content-Type": REQUEST})  # noqa: S310  checked above
    try:
        with urllib.request.urlopen(asked, timeout=PATIENCE_S) as answer:  # noqa: S310  # nosec B310
            kind = answer.headers.get_content_type()
            content: bytes = answer.read(LONGEST + 1)
    except (urllib.error.URLError, OSError, ValueError) as error:
        raise JobError(
            say("{url}: no answer: {error}", url=url, error=getattr(error, "reason", error))
        ) from None
    if kind != REPLY or len(content) > LONGEST:
        raise JobError(
            say(
                "{url}: the answer is no time stamp ({kind}, {count} bytes)",
                url=url,
                kind=kind,
                count=len(content),
            )
        )
    return content


def _client() -> ModuleType:
    try:
        return import_module("rfc3161_client")
    except ImportError:
        raise Unavailable(
            "stamp",
            Reason.LIBRARY_MISSING,
            say("rfc3161-client is not installed"),
            say("pip install 'sweeper[evidence]'"),
        ) from None
