"""The gettext catalogues: taken from the source, merged, compiled. Run by ``make catalogues``.

    python -m sweeper.locale.catalogues           extract, merge into every language, compile
    python -m sweeper.locale.catalogues missing   print what a language still lacks, one JSON line a string

What is extracted: the literal first argument of ``_``, ``gettext``, ``say``, ``mark`` and ``Evidence``, both
of ``ngettext``, context and text of ``pgettext``; the same calls in Jinja templates. Signatures, checklists
and bands bring their own three languages. Files carry no date and no line number, so that the
same source gives the same bytes and two people's changes merge.
"""

from __future__ import annotations

import ast
import copy
import datetime as dt
import io
import json
import re
import string
import sys
from collections.abc import Iterator
from pathlib import Path

import jinja2
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from jinja2.ext import extract_from_ast

PACKAGE = Path(__file__).parent.parent
FOLDER = Path(__file__).parent
LANGUAGES = ("en", "ru", "kk")
SINGLE = {"_": 0, "gettext": 0, "say": 0, "mark": 0, "Evidence": 0}
EPOCH = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)

Message = str | tuple[str, str]
Found = tuple[str | None, Message, str, bool]
"""Context, text (or singular and plural), file, whether it is a phrase (``say``)."""
PHRASE = "A phrase: a translation may choose words by number, {n:one|many}."
"""The note on texts of ``say``; only these are filled by ``Language.phrase``."""


class NotLiteral(Exception):  # noqa: N818
    """A text that cannot be extracted because it is put together at run time."""


def from_python(path: Path) -> Iterator[Found]:
    """Every marked text of a Python file."""
    where = str(path.relative_to(PACKAGE.parent))
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", None)
        if name in SINGLE and (name != "mark" or isinstance(node.func, ast.Name)):
            first = node.args[0] if node.args else _keyword(node, "what" if name == "Evidence" else "text")
            text = _literal(first)
            if text:
                yield None, text, where, name == "say"
            elif isinstance(first, ast.JoinedStr | ast.BinOp):
                raise NotLiteral(f"{where}:{node.lineno}: {name}() wants a literal text with {{fields}}")
        elif name == "ngettext" and len(node.args) >= 2:
            one, many = _literal(node.args[0]), _literal(node.args[1])
            if one and many:
                yield None, (one, many), where, False
        elif name == "pgettext" and len(node.args) >= 2:
            context, text = _literal(node.args[0]), _literal(node.args[1])
            if context and text:
                yield context, text, where, False


def _keyword(call: ast.Call, name: str) -> ast.expr | None:
    return next((k.value for k in call.keywords if k.arg == name), None)


def _literal(node: ast.expr | None) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def from_template(path: Path) -> Iterator[Found]:
    """Every marked text of a Jinja template."""
    where = str(path.relative_to(PACKAGE.parent))
    environment = jinja2.Environment(extensions=["jinja2.ext.i18n"], autoescape=True)
    texts = extract_from_ast(environment.parse(path.read_text(encoding="utf-8")))
    for _line, function, message in texts:
        if function == "ngettext" and isinstance(message, tuple):
            yield None, (str(message[0]), str(message[1])), where, False
        elif function == "pgettext" and isinstance(message, tuple):
            yield str(message[0]), str(message[1]), where, False
        elif isinstance(message, str):
            yield None, message, where, False


def extracted() -> Catalog:
    """The template catalogue of the whole program."""
    catalogue = Catalog(project="sweeper", version="0.1", creation_date=EPOCH, fuzzy=False)
    catalogue.header_comment = (
        "# Texts of sweeper. Made by `make catalogues`; translations are edited in the .po files."
    )
    found: list[Found] = []
    for path in sorted(PACKAGE.rglob("*.py")):
        found += from_python(path)
    for pattern in ("*.html", "*.j2"):
        for path in sorted(PACKAGE.rglob(pattern)):
            found += from_template(path)
    plural_of = {message[0]: message for _, message, _, _ in found if isinstance(message, tuple)}
    spoken = {message for _, message, _, phrase in found if phrase}
    plain = {message for _, message, _, phrase in found if not phrase}
    for context, message, where, phrase in sorted(found, key=lambda f: (str(f[1]), f[0] or "", f[2])):
        if isinstance(message, str) and context is None:
            message = plural_of.get(message, message)
        note = [PHRASE] if phrase and message in spoken - plain else []
        catalogue.add(message, locations=[(where, 0)], context=context, auto_comments=note)
    for entry in catalogue:
        entry.locations = sorted(set(entry.locations))
    return catalogue


def path_of(language: str) -> Path:
    return FOLDER / language / "LC_MESSAGES" / "sweeper.po"


def load(language: str) -> Catalog:
    """A language's catalogue; a new one where there is none."""
    path = path_of(language)
    if not path.is_file():
        return Catalog(locale=language, project="sweeper", version="0.1", creation_date=EPOCH, fuzzy=False)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def merged(language: str, template: Catalog) -> Catalog:
    """The language's catalogue with exactly the texts of ``template``, translated as far as they are."""
    catalogue = load(language)
    # Babel hands the template's own entries to the catalogue: a copy, or one language's words reach the next.
    template = copy.deepcopy(template)
    catalogue.update(template, no_fuzzy_matching=True, update_header_comment=True, update_creation_date=True)
    catalogue.obsolete.clear()
    catalogue.revision_date = EPOCH
    catalogue.fuzzy = False
    return catalogue


def po_bytes(catalogue: Catalog) -> bytes:
    buffer = io.BytesIO()
    write_po(buffer, catalogue, width=0, sort_output=True, include_lineno=False)
    return re.sub(
        rb'"(Generated-By|Report-Msgid-Bugs-To|Last-Translator|Language-Team): [^"]*"\n',
        b"",
        buffer.getvalue(),
    )


def mo_bytes(catalogue: Catalog) -> bytes:
    buffer = io.BytesIO()
    write_mo(buffer, catalogue)
    return buffer.getvalue()


def update() -> None:
    template = extracted()
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / "sweeper.pot").write_bytes(po_bytes(template))
    for language in LANGUAGES:
        catalogue = merged(language, template)
        path = path_of(language)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(po_bytes(catalogue))
        path.with_suffix(".mo").write_bytes(mo_bytes(load(language)))


def untranslated(catalogue: Catalog) -> Iterator[str]:
    """Texts (singulars, where there is a plural) without a complete translation."""
    for message in catalogue:
        strings = message.string if isinstance(message.string, tuple) else (message.string,)
        if message.id and (not all(strings) or message.fuzzy):
            yield message.id if isinstance(message.id, str) else message.id[0]


def fields(text: str) -> set[str]:
    """Names of the ``{fields}`` of a text; a text that is no format has none."""
    try:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}
    except ValueError:
        return set()


def missing() -> None:
    for language in LANGUAGES[1:]:
        for message in untranslated(merged(language, extracted())):
            print(json.dumps({"language": language, "text": message}, ensure_ascii=False))


if __name__ == "__main__":
    {"update": update, "missing": missing}[sys.argv[1] if len(sys.argv) > 1 else "update"]()
