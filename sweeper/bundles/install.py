"""Installing a bundle: verified first, swapped in by one rename, the previous one kept.

<data>/signatures/current/    the installed files, with manifest.json
<data>/signatures/previous/   what was there before
<data>/signatures/local/      the user's own, unsigned, which override by id
<data>/signatures/keys/       public keys that the user trusts, one minisign ``.pub`` file each
<data>/signatures/highest     the highest version that was ever installed: no older one is, whatever happened

The program pins the keys in ``sweeper/bundles/pinned/``; a release puts its ``.pub`` file there. The user's
own keys come on top. The swap is two renames; should the computer stop between them, ``previous`` is used.
"""

from __future__ import annotations

import datetime as dt
import shutil
import tempfile
from pathlib import Path

import msgspec
import platformdirs

from sweeper import __version__
from sweeper.bundles import minisign
from sweeper.bundles.bundle import BundleError, Manifest, read
from sweeper.errors import InputError
from sweeper.signature_check import check_examples
from sweeper.signatures import MANIFEST, Library
from sweeper.text import say


def home() -> Path:
    """Where installed and own signatures live, by the system's convention."""
    return Path(platformdirs.user_data_dir("sweeper", appauthor=False)) / "signatures"


def folders(root: Path | None = None) -> list[Path]:
    """The folders to load after the built-in one: the installed bundle, then the user's own."""
    base = root or home()
    bundle = base / "current" if (base / "current").is_dir() else base / "previous"
    return [path for path in (bundle, base / "local") if path.is_dir()]


PINNED = Path(__file__).parent / "pinned"


def trusted_keys(root: Path | None = None) -> list[minisign.PublicKey]:
    """The pinned keys and those that the user put there. A file that is no key is refused by name."""
    keys = []
    for path in [*sorted(PINNED.glob("*.pub")), *sorted(((root or home()) / "keys").glob("*.pub"))]:
        try:
            keys.append(minisign.read_public(path.read_text(encoding="utf-8")))
        except (minisign.SignatureRefusedError, OSError, UnicodeDecodeError) as error:
            raise InputError(str(path), str(error)) from None
    return keys


def trust(path: Path, root: Path | None = None) -> minisign.PublicKey:
    """Trust the key of a ``.pub`` file from now on."""
    try:
        key = minisign.read_public(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(str(path), str(error)) from None
    folder = (root or home()) / "keys"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{key.name}.pub").write_text(minisign.write_public(key), encoding="utf-8")
    return key


def installed(root: Path | None = None) -> Manifest | None:
    """The manifest of the installed bundle."""
    try:
        return msgspec.json.decode(((root or home()) / "current" / MANIFEST).read_bytes(), type=Manifest)
    except (OSError, ValueError, RecursionError):
        return None


def highest(root: Path | None = None) -> int:
    """The highest version ever installed; 0 where none was."""
    base = root or home()
    before = installed(base)
    try:
        noted = int((base / "highest").read_text(encoding="ascii"))
    except (OSError, ValueError):
        noted = 0
    return max(noted, before.version if before is not None else 0)


def install(
    data: bytes, signature: str, today: dt.date, root: Path | None = None, *, online: bool = False
) -> tuple[Manifest, list[str]]:
    """Verify and install; the manifest and warnings for the user. Raises one clear line otherwise.

    An expired bundle is refused where it was just fetched (``online``): somebody serves an old one. Carried
    by hand to a computer without a network it is better than none, and a warning.
    """
    base = root or home()
    key, _comment = minisign.verify(data, signature, trusted_keys(base))
    manifest, content = read(data)
    before = highest(base)
    if manifest.version <= before:
        raise BundleError(
            say(
                "version {version} is not newer than the installed {before}",
                version=manifest.version,
                before=before,
            )
        )
    if online and manifest.expires < today:
        raise BundleError(
            say(
                "it expired on {expires}: the address serves an old one", expires=manifest.expires.isoformat()
            )
        )
    if _numbers(manifest.minimum) > _numbers(__version__):
        raise BundleError(
            say(
                "it needs sweeper {minimum} or newer; this is {version}",
                minimum=manifest.minimum,
                version=__version__,
            )
        )
    base.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix="new-", dir=base))
    try:
        for name, text in content.items():
            (fresh / name).parent.mkdir(exist_ok=True)
            (fresh / name).write_bytes(text)
        (fresh / MANIFEST).write_bytes(msgspec.json.encode(manifest))
        library = Library.load(fresh)
        problems = [str(problem) for problem in library.problems] or check_examples(library)
        if problems:
            raise BundleError(say("its own check fails: {problems}", problems=problems[0]))
        _note(base, manifest.version)
        _swap(base, fresh)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    warnings = [f"signed by key {key.name}"]
    if manifest.expires < today:
        warnings.append(f"it expired on {manifest.expires.isoformat()}: look for a newer one")
    return manifest, warnings


def _note(base: Path, version: int) -> None:
    """Before the swap, so that no crash lets an older one in."""
    fresh = base / "highest.new"
    fresh.write_text(f"{version}\n", encoding="ascii")
    fresh.replace(base / "highest")


def _swap(base: Path, fresh: Path) -> None:
    current, previous = base / "current", base / "previous"
    if current.exists():
        shutil.rmtree(previous, ignore_errors=True)
        current.rename(previous)
    fresh.rename(current)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())
