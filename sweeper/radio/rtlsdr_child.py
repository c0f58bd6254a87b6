"""The RTL-SDR's own process: the only importer of pyrtlsdr.

The driver's reads never return once a dongle is unplugged, and a crash in it must not take the sweep along.
So it lives here, and the parent (``sweeper.radio.rtlsdr``) kills it when it falls silent. It is run as a
plain script, without the rest of the project, which also keeps pyrtlsdr (GPL-3) in a program of its own.

    parent ──stdin──>  one JSON object a line      {"do": "look", "hz": 433000000, "at": 0, "bytes": 30720}
    parent <─stdout──  one JSON object for each    {"ok": true, "end_s": 8123.25, ...}
    both   <─memory──> an anonymous file mapped by both; the parent says where each look goes ("at")

What is done: ``list``, ``probe``, ``open``, ``rate``, ``gain``, ``look``, ``stream``, ``stop``. An error is
``{"ok": false, "reason": "...", "detail": "...", "said": {...}}`` with the reasons of
``sweeper.errors.Reason`` and ``detail`` as a phrase too. ``stream`` answers once for every block until
``stop``; the parent returns each block with ``{"do": "free"}``.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import mmap
import os
import queue
import sys
import threading
import time
import types
from typing import Any

USB_NO_DEVICE, USB_ACCESS, USB_BUSY = -4, -3, -6
"""libusb error codes, as librtlsdr hands them through (libusb.h, enum libusb_error)."""

READ_STEP = 512
"""Bytes of one USB bulk packet: reads are whole packets, or libusb reports an overflow."""

TUNER_BANDWIDTH_HZ = 2_400_000
"""Asked of the tuner, whatever the sample rate: an R820T then filters 2.43 MHz; left to itself it opens to
6 MHz from 2.43 MS/s on, and neighbours fold in and overload."""

NICE = -5
"""A little ahead of ordinary programs: this one sleeps nearly always, and samples do not wait."""

NOT_LOCKED = b"PLL not locked"
"""What the R820T driver prints, while it returns success, when the tuner did not reach the frequency."""


def now_s() -> float:
    """The clock of ``sweeper.radio.clock``, which goes on while the computer sleeps."""
    asleep_too = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if asleep_too is None else time.clock_gettime(asleep_too)


class Parent:
    """The pipe to the parent. Descriptor 1 itself is then given to standard error: pyrtlsdrlib prints on it
    what it cannot load."""

    def __init__(self) -> None:
        self._pipe = os.fdopen(os.dup(1), "wb", buffering=0)
        os.dup2(2, 1)

    def say(self, **answer: Any) -> None:
        """One answer."""
        self._pipe.write(json.dumps(answer).encode() + b"\n")


def say(text: str, **args: str | int | float) -> dict[str, Any]:
    """A sentence with its fields, as ``sweeper.text.Phrase`` on the pipe: the parent's reader chooses the
    language."""
    return {"text": text, "args": args}


class Failure(Exception):  # noqa: N818
    """An answer with ``ok: false``."""

    def __init__(self, reason: str, said: dict[str, Any]) -> None:
        super().__init__(said["text"].format_map(said["args"]))
        self.reason = reason
        self.said = said


class Murmur:
    """What the driver prints on standard error, caught so that it can be asked for."""

    def __init__(self) -> None:
        self._reader, writer = os.pipe()
        os.set_blocking(self._reader, False)
        os.set_blocking(writer, False)
        os.dup2(writer, 2)
        os.close(writer)

    def heard(self) -> bytes:
        """Everything printed since the last question."""
        said = b""
        with contextlib.suppress(BlockingIOError):
            while chunk := os.read(self._reader, 4096):
                said += chunk
        return said


def load(named: str) -> Any:
    """pyrtlsdr's ctypes handle on the driver library, with argument types set.

    pyrtlsdr asks ``pyrtlsdrlib`` first; a driver named by the user takes that module's place.
    """
    if named:
        try:
            library = ctypes.CDLL(named)
        except OSError as error:
            raise Failure(
                "driver-missing", say("cannot load {named}: {error}", named=named, error=str(error))
            ) from error
        stand_in = types.ModuleType("pyrtlsdrlib")
        stand_in.load_librtlsdr = lambda: library  # type: ignore[attr-defined]
        sys.modules["pyrtlsdrlib"] = stand_in
    try:
        from rtlsdr.librtlsdr import librtlsdr
    except AttributeError as error:
        lacks = str(error).rpartition("undefined symbol: ")[2]
        raise Failure(
            "driver-too-old",
            say("{driver} is too old for pyrtlsdr: it has no {symbol}", driver=named, symbol=lacks)
            if named
            else say("the installed librtlsdr is too old for pyrtlsdr: it has no {symbol}", symbol=lacks),
        ) from error
    except ModuleNotFoundError as error:
        raise Failure("library-missing", say("{name} is not installed", name=str(error.name))) from error
    except (ImportError, OSError) as error:
        raise Failure("driver-missing", say("{error}", error=str(error).splitlines()[0])) from error
    return librtlsdr


class Dongle:
    """One opened device. Offsets and lengths are in bytes of the shared memory."""

    def __init__(self, library: Any, memory: mmap.mmap, murmur: Murmur, parent: Parent) -> None:
        self._library = library
        self._parent = parent
        self._murmur = murmur
        self._base = ctypes.addressof(ctypes.c_ubyte.from_buffer(memory))
        self._device = ctypes.c_void_p(None)
        self._serial = ""

    def present(self) -> list[dict[str, Any]]:
        """Every dongle on the bus, with what it says of itself (``null`` where that may not be read)."""
        found = []
        for index in range(self._library.rtlsdr_get_device_count()):
            texts = [(ctypes.c_ubyte * 256)() for _ in range(3)]
            status = self._library.rtlsdr_get_device_usb_strings(index, *texts)
            maker, product, serial = (bytes(t).split(b"\0")[0].decode("utf-8", "replace") for t in texts)
            name = (self._library.rtlsdr_get_device_name(index) or b"").decode("utf-8", "replace")
            readable = status == 0
            found.append(
                {
                    "name": name,
                    "maker": maker if readable else None,
                    "product": product if readable else None,
                    "serial": serial if readable else None,
                    "error": status,
                }
            )
        return found

    def open(self, serial: str) -> dict[str, Any]:
        """Take the device with that serial number, or the first that is free."""
        found = self.present()
        wanted = [i for i, one in enumerate(found) if not serial or one["serial"] == serial]
        if not wanted:
            held = ", ".join(str(one["serial"]) for one in found)
            raise Failure(
                "no-device",
                say("no dongle with serial {serial} (there are: {held})", serial=serial, held=held)
                if found
                else say("no dongle found"),
            )
        status = 0
        for index in wanted:
            self._murmur.heard()
            status = self._library.rtlsdr_open(ctypes.byref(self._device), index)
            if status >= 0:
                self._serial = found[index]["serial"] or ""
                return self._opened(found[index])
        raise self._not_opened(status)

    def probe(self) -> list[dict[str, Any]]:
        """Every dongle on the bus, each opened and let go: ``reason`` says why one cannot be had."""
        found = self.present()
        for index, one in enumerate(found):
            self._murmur.heard()
            status = self._library.rtlsdr_open(ctypes.byref(self._device), index)
            one["reason"] = one["detail"] = one["said"] = None
            if status < 0:
                failure = self._not_opened(status)
                one |= {"reason": failure.reason, "detail": str(failure), "said": failure.said}
            else:
                one["tuner"] = self._library.rtlsdr_get_tuner_type(self._device)
                self._library.rtlsdr_close(self._device)
        return found

    def _not_opened(self, status: int) -> Failure:
        said = self._murmur.heard().decode("utf-8", "replace").strip().splitlines()
        word = said[-1] if said else f"error {status}"
        if status == USB_ACCESS:
            return Failure(
                "no-permission", say("this user may not open the dongle (driver: {word})", word=word)
            )
        if status == USB_BUSY or any("claim" in line for line in said):
            return Failure(
                "busy", say("another program or a kernel driver holds the dongle (driver: {word})", word=word)
            )
        if status == USB_NO_DEVICE:
            return Failure("unplugged", say("the dongle went away (driver: {word})", word=word))
        return Failure("no-device", say("the dongle cannot be opened (driver: {word})", word=word))

    def _opened(self, one: dict[str, Any]) -> dict[str, Any]:
        steps = (ctypes.c_int * 128)()
        count = max(0, self._library.rtlsdr_get_tuner_gains(self._device, None))
        if count <= len(steps):
            self._library.rtlsdr_get_tuner_gains(self._device, steps)
        self._library.rtlsdr_set_tuner_gain_mode(self._device, 1)
        self._library.rtlsdr_set_agc_mode(self._device, 0)
        with contextlib.suppress(AttributeError):  # the oldest drivers cannot
            self._library.rtlsdr_set_tuner_bandwidth(self._device, TUNER_BANDWIDTH_HZ)
        self._library.rtlsdr_reset_buffer(self._device)
        return {
            "serial": self._serial,
            "name": one["name"],
            "maker": one["maker"],
            "product": one["product"],
            "tuner": self._library.rtlsdr_get_tuner_type(self._device),
            "gains": [step / 10 for step in steps[: min(count, len(steps))]],
        }

    def rate(self, hz: int) -> dict[str, Any]:
        """Set the sample rate; the driver's own idea of what it became."""
        if self._library.rtlsdr_set_sample_rate(self._device, hz) < 0:
            raise Failure("refused", say("the driver refuses {hz} samples a second", hz=hz))
        got = self._library.rtlsdr_get_sample_rate(self._device)
        self._library.rtlsdr_reset_buffer(self._device)
        return {"rate": got if got > 0 else hz}

    def gain(self, db: float) -> dict[str, Any]:
        """Fix the tuner's gain."""
        if self._library.rtlsdr_set_tuner_gain(self._device, round(10 * db)) < 0:
            raise Failure("refused", say("the driver refuses a gain of {db} dB", db=db))
        return {"gain": self._library.rtlsdr_get_tuner_gain(self._device) / 10}

    def tune(self, hz: int) -> None:
        """Tune. The R820T's driver prints that it did not lock and returns success all the same."""
        self._murmur.heard()
        status = self._library.rtlsdr_set_center_freq(self._device, hz)
        if status >= 0 and NOT_LOCKED not in self._murmur.heard():
            return
        if status == USB_NO_DEVICE or not self._still_there():
            raise Failure("unplugged", say("the dongle was unplugged"))
        raise Failure("refused", say("the tuner does not reach {mhz:.3f} MHz", mhz=hz / 1e6))

    def look(self, hz: int, at: int, count: int) -> dict[str, Any]:
        """Tune and fill ``count`` bytes of the shared memory from offset ``at``."""
        self.tune(hz)
        got = ctypes.c_int(0)
        status = self._library.rtlsdr_read_sync(self._device, self._base + at, count, ctypes.byref(got))
        if status < 0:
            if status == USB_NO_DEVICE or not self._still_there():
                raise Failure(
                    "unplugged", say("the dongle was unplugged (driver: error {status})", status=status)
                )
            raise Failure(
                "stalled", say("the dongle gives no samples (driver: error {status})", status=status)
            )
        return {"end_s": now_s(), "bytes": got.value}

    def _still_there(self) -> bool:
        return any(one["serial"] == self._serial for one in self.present()) if self._serial else True

    def stream(self, hz: int, size: int, slots: int, free: threading.Semaphore) -> None:
        """Hear without a gap until cancelled: block after block into the slots in turn. A block for which no
        slot is free is lost and counted."""
        self.tune(hz)
        from rtlsdr.librtlsdr import rtlsdr_read_async_cb_t

        state = {"slot": 0, "lost": 0}

        def on_block(block: Any, length: int, _context: Any) -> None:
            if length != size or not free.acquire(blocking=False):
                state["lost"] += 1
                return
            ctypes.memmove(self._base + state["slot"] * size, block, size)
            end_s, lost = now_s(), state["lost"]
            self._parent.say(ok=True, slot=state["slot"], bytes=size, end_s=end_s, lost=lost)
            state["slot"] = (state["slot"] + 1) % slots

        callback = rtlsdr_read_async_cb_t(on_block)
        self._library.rtlsdr_reset_buffer(self._device)
        status = self._library.rtlsdr_read_async(self._device, callback, self, 0, size)
        if status < 0:
            raise Failure(
                "unplugged", say("the dongle gives no samples (driver: error {status})", status=status)
            )

    def cancel(self) -> None:
        """Make ``stream`` return."""
        self._library.rtlsdr_cancel_async(self._device)


def leave_with_parent(parent: int) -> None:
    """End when the parent is gone: a read in the driver would hold the dongle for ever."""
    while os.getppid() == parent:
        time.sleep(1.0)
    os._exit(0)


class Desk:
    """Takes orders from standard input in one thread, so that ``stop`` and ``free`` are heard in a stream."""

    def __init__(self) -> None:
        self.orders: queue.Queue[dict[str, Any]] = queue.Queue()
        self.free = threading.Semaphore(0)
        self.dongle: Dongle | None = None

    def read(self) -> None:
        for line in sys.stdin.buffer:
            order = json.loads(line)
            if order["do"] == "free":
                self.free.release()
            elif order["do"] == "stop" and self.dongle is not None:
                self.dongle.cancel()
            else:
                self.orders.put(order)
        os._exit(0)


def answer(desk: Desk, dongle: Dongle, order: dict[str, Any]) -> dict[str, Any]:
    """Do what is asked."""
    match order["do"]:
        case "list":
            return {"dongles": dongle.present()}
        case "probe":
            return {"dongles": dongle.probe()}
        case "open":
            return dongle.open(order["serial"])
        case "rate":
            return dongle.rate(order["hz"])
        case "gain":
            return dongle.gain(order["db"])
        case "look":
            return dongle.look(order["hz"], order["at"], order["bytes"])
        case "stream":
            desk.free = threading.Semaphore(order["slots"])
            dongle.stream(order["hz"], order["bytes"], order["slots"], desk.free)
            return {"stopped": True}
    raise Failure("refused", say("unknown order {order}", order=str(order["do"])))


def main() -> None:
    """Serve the parent until it closes the pipe. Arguments: descriptor of the memory, its size."""
    with contextlib.suppress(OSError):  # where the system allows it, analysis does not starve the reader
        os.nice(NICE)
    threading.Thread(target=leave_with_parent, args=(os.getppid(),), daemon=True).start()
    murmur = Murmur()
    parent = Parent()
    memory = mmap.mmap(int(sys.argv[1]), int(sys.argv[2]))
    desk = Desk()
    try:
        library = load(os.environ.get("SWEEPER_LIBRTLSDR", ""))
    except Failure as failure:
        parent.say(ok=False, reason=failure.reason, detail=str(failure), said=failure.said)
        return
    dongle = desk.dongle = Dongle(library, memory, murmur, parent)
    parent.say(ok=True)
    threading.Thread(target=desk.read, daemon=True).start()
    while True:
        order = desk.orders.get()
        try:
            parent.say(ok=True, **answer(desk, dongle, order))
        except Failure as failure:
            parent.say(ok=False, reason=failure.reason, detail=str(failure), said=failure.said)


if __name__ == "__main__":
    main()
