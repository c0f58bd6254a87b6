"""What a person is told is a phrase: whatever goes wrong is said in the reader's language.

Walks the source: an error, a state or a problem whose words are a plain text or an f-string cannot be
translated, and fails here. Errors that only the program itself reads (``ValueError`` and the like, turned
into one of ours where they surface) are not looked at.
"""

from __future__ import annotations

import ast
import pickle
from pathlib import Path
from string import Formatter

import msgspec
import pytest

from sweeper import language
from sweeper.errors import InputError, ProtocolError, Reason, SignatureError, SweeperError, Unavailable
from sweeper.radio.receiver import ReceiverLost
from sweeper.recording.problems import Problems
from sweeper.records import Closed, Record, State, Status, ended, told
from sweeper.text import Phrase, english, fill, listed, say

PACKAGE = Path(__file__).parent.parent / "sweeper"

WORDS_OF: dict[str, tuple[tuple[int, ...], tuple[str, ...]]] = {
    "Unavailable": ((2, 3), ("detail", "mend")),
    "ReceiverLost": ((1,), ("words",)),
    "Refused": ((0,), ("words",)),
    "RateRefused": ((0,), ("words",)),
    "InputError": ((1,), ("problem",)),
    "SoundError": ((1,), ("problem",)),
    "ProtocolError": ((0,), ("problem",)),
    "SignatureError": ((3,), ("expected",)),
    "Status": ((), ("detail",)),
    "Closed": ((), ("problems",)),
    "told": ((0,), ("words",)),
    "ended": ((0,), ("problems",)),
}
"""Where the words stand in a call: places, then names."""
PLAIN = ("SweeperError", "JobError", "EvidenceError", "StoreError", "PracticeError", "BundleError")
PLAIN += ("SignatureRefusedError", "HungError", "NothingReadable", "NotFoundError")
WORDS_OF |= dict.fromkeys(PLAIN, ((0,), ("words",)))
LISTS = ("add", "count", "append")
"""What a list of problems is filled with."""


def spoken(node: ast.expr) -> bool:
    """Whether an expression can be said in another language, as far as its form shows."""
    match node:
        case ast.Constant(value=str(text)):
            return not any(character.isalpha() for character in text)
        case ast.JoinedStr():
            return False
        case ast.BinOp(left=left, right=right):
            return spoken(left) and spoken(right)
        case ast.Call(func=ast.Attribute(value=value)):
            return spoken(value) or not isinstance(value, ast.JoinedStr)
        case ast.IfExp(body=body, orelse=orelse):
            return spoken(body) and spoken(orelse)
        case ast.BoolOp(values=values):
            return all(map(spoken, values))
        case ast.Tuple(elts=elements) | ast.List(elts=elements):
            return all(map(spoken, elements))
    return True


def unspoken(tree: ast.Module) -> list[tuple[int, str]]:
    """Line and call of each that tells a person words in English only."""
    found = []
    for scope in ast.walk(tree):
        if not isinstance(scope, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        plain = {
            target.id
            for node in ast.walk(scope)
            if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None
            for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
            if isinstance(target, ast.Name) and not spoken(node.value)
        }
        for call in ast.walk(scope):
            if isinstance(call, ast.Call):
                wrong = [w for w in _words(call) if not spoken(w) or getattr(w, "id", None) in plain]
                found += [(call.lineno, ast.unparse(word)[:80]) for word in wrong]
    return sorted(set(found))


def _words(call: ast.Call) -> list[ast.expr]:
    name = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
    if name in LISTS and isinstance(call.func, ast.Attribute):
        return call.args[:2] if ast.unparse(call.func.value).endswith("problems") else []
    places, names = WORDS_OF.get(name, ((), ()))
    given = [call.args[place] for place in places if place < len(call.args)]
    return given + [keyword.value for keyword in call.keywords if keyword.arg in names]


def test_whatever_a_person_is_told_can_be_said_in_their_language() -> None:
    wrong = [
        f"{path.relative_to(PACKAGE)}:{line}: {words}"
        for path in sorted(PACKAGE.rglob("*.py"))
        for line, words in unspoken(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert not wrong, "say(…) these: " + "; ".join(wrong)


@pytest.mark.parametrize(
    "source",
    [
        'raise Unavailable("ble", Reason.BUSY, "it is busy")',
        'raise Unavailable("ble", Reason.BUSY, say("busy"), mend=f"end {name}")',
        'raise ReceiverLost(Reason.STALLED, "silence" if quiet else say("noise"))',
        'raise InputError(path, error.strerror or "cannot be read")',
        'text = f"{count} were lost"\n    problems.append(text)',
        'yield Status(source="", time_s=0.0, subject="", state=State.FAILED, detail="gone")',
        'yield ended(("cut off",), source="", time_s=0.0, records=0)',
    ],
)
def test_english_only_words_are_found(source: str) -> None:
    assert len(unspoken(ast.parse(f"def f():\n    {source}\n"))) == 1


@pytest.mark.parametrize(
    "source",
    [
        'raise Unavailable("ble", Reason.BUSY, say("it is busy"))',
        "raise InputError(path, str(error))",
        'yield told(say("gone"), source="", time_s=0.0, subject="", state=State.FAILED)',
        'raise ValueError("read by nobody")',
    ],
)
def test_phrases_and_outside_words_pass(source: str) -> None:
    assert unspoken(ast.parse(f"def f():\n    {source}\n")) == []


NESTED = say("{what}; trying to get it back", what=say("no answer in {seconds:.1f} s", seconds=2.5))


def _unfilled(tree: ast.Module) -> list[tuple[int, list[str]]]:
    """``say`` with a literal text whose fields are not just the ones it is given."""
    found = []
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "say"):
            continue
        text = node.args[0] if node.args else None
        given = {keyword.arg for keyword in node.keywords}
        if isinstance(text, ast.Constant) and None not in given:
            fields = {
                name.split(".")[0] for _, name, _, _ in Formatter().parse(text.value) if name is not None
            }
            if fields != given:
                found.append((node.lineno, sorted(fields ^ given)))
    return found


def test_every_field_of_a_phrase_is_given() -> None:
    wrong = {
        str(path.relative_to(PACKAGE)): found
        for path in sorted(PACKAGE.rglob("*.py"))
        if (found := _unfilled(ast.parse(path.read_text(encoding="utf-8"))))
    }
    assert wrong == {}
    assert _unfilled(ast.parse("say('by {n} s', m=1)")) == [(1, ["m", "n"])]


def test_a_phrase_within_a_phrase_is_filled_in_english() -> None:
    assert english(NESTED) == "no answer in 2.5 s; trying to get it back"
    assert fill("{a}, {b}", {"a": NESTED, "b": 1}) == "no answer in 2.5 s; trying to get it back, 1"


def test_a_phrase_within_a_phrase_is_spoken_in_the_language_of_the_whole() -> None:
    inner = Phrase("lost", {}, {"ru": "потерян"})
    outer = Phrase("{what} at {mhz:.1f}", {"what": inner, "mhz": 433.9}, {"ru": "{what} на {mhz:.1f}"})
    assert language.get("ru").phrase(outer) == "потерян на 433,9"
    assert language.get("en").phrase(outer) == "lost at 433.9"


def test_what_is_listed_is_spoken_piece_by_piece() -> None:
    pieces = [Phrase("lost", {}, {"ru": "потерян"}), "driver: -1"]
    assert english(listed(pieces, "; ")) == "lost; driver: -1"
    assert language.get("ru").phrase(listed(pieces, "; ")) == "потерян; driver: -1"


def test_braces_in_an_outside_word_are_left_alone() -> None:
    assert language.get("kk").say("ATTRS{idVendor}") == "ATTRS{idVendor}"
    assert english(say("{problem}", problem="{0.__class__}")) == "{0.__class__}"


def test_an_error_tells_the_same_in_english_and_as_a_phrase() -> None:
    errors = [
        SweeperError(say("no {what}", what="job")),
        SweeperError("as it is"),
        InputError("a.cu8", say("cut off"), 12),
        InputError("a.cu8", "Input/output error"),
        ProtocolError(say("a packet claims {n} bytes", n=3), 7),
        SignatureError("a.toml", 3, "id", say("an id of its own")),
        Unavailable("ble", Reason.BUSY, say("taken"), say("let go")),
        Unavailable("ble", Reason.BUSY),
        ReceiverLost(Reason.STALLED, say("silence")),
    ]
    texts = [str(error) for error in errors]
    assert [english(error.said) for error in errors] == texts
    assert texts == [
        "no job",
        "as it is",
        "a.cu8: cut off at byte 12",
        "a.cu8: Input/output error",
        "a packet claims 3 bytes at byte 7",
        "a.toml:3: id: an id of its own",
        "ble: taken (let go)",
        "ble: busy",
        "silence",
    ]


def test_an_error_of_ours_within_another_stays_a_phrase() -> None:
    inner = SweeperError(Phrase("full", {}, {"kk": "толы"}))
    assert language.get("kk").say(SweeperError(say("{error}", error=inner)).said) == "толы"


def test_records_take_their_phrases_across_processes_and_files() -> None:
    status = told(NESTED, source="rtlsdr", time_s=1.0, subject="rtlsdr", state=State.FAILED)
    closed = ended([NESTED, "driver: -1"], source="rtlsdr", time_s=2.0, records=0)
    for record, kind in ((status, Status), (closed, Closed)):
        by_wire = msgspec.json.decode(msgspec.json.encode(record), type=kind)
        by_pipe: Record = pickle.loads(pickle.dumps(record))
        assert msgspec.to_builtins(by_wire) == msgspec.to_builtins(by_pipe) == msgspec.to_builtins(record)
    assert status.detail == "no answer in 2.5 s; trying to get it back"
    assert closed.problems == ("no answer in 2.5 s; trying to get it back", "driver: -1")
    assert [english(line) for line in closed.said] == list(closed.problems)


def test_a_record_written_before_there_were_phrases_is_read() -> None:
    old = b'{"source":"x","time_s":1.0,"records":3,"problems":["cut off"]}'
    assert msgspec.json.decode(old, type=Closed).problems == ("cut off",)
    assert msgspec.json.decode(old, type=Closed).said == ()


def test_problems_of_one_kind_are_one_phrase_with_the_first_place() -> None:
    problems = Problems()
    kind = Phrase("damaged lines", {}, {"ru": "повреждённые строки"})
    for line in (3, 9):
        problems.count(kind, Phrase("at line {n}", {"n": line}, {"ru": "в строке {n}"}))
    assert problems.lines() == ("damaged lines: 2, the first at line 3",)
    assert "повреждённые строки" in language.get("ru").phrase(problems.said()[0])
    assert "в строке 3" in language.get("ru").phrase(problems.said()[0])
