"""``sweeper-capture``: the only part that needs rights. It captures, and writes pcap to standard output.

    sudo sweeper-capture wlan0mon | wireshark -k -i -         any program that reads pcap may stand behind it
    sweeper-capture wlan0mon@2437 --seconds 60 > look.pcap

The window and the command line never run as root: they start this program, read its output, and take its
counts from standard error, one JSON object a line (``{"lost": n}``). It needs CAP_NET_RAW to open its socket
and CAP_NET_ADMIN to tune; started by sudo it gives up root and all but the second before it reads the first
frame (``rights.py``). It writes no file, opens no connection and sends nothing on the air.
"""

from __future__ import annotations

import argparse
import json
import signal
import struct
import sys
import time
from collections.abc import Sequence
from typing import BinaryIO, TextIO

from sweeper.errors import SweeperError
from sweeper.radio import rights
from sweeper.radio.wifi import Ear, prepared
from sweeper.radio.wifi_socket import LONGEST, Heard, MonitorSocket
from sweeper.radio.wifi_tuner import Hopper, Tuner

NANOSECONDS = 0xA1B23C4D


def main(arguments: Sequence[str] | None = None) -> int:
    """The program; its exit code: 0 done, 2 could not start (one line says why)."""
    parser = argparse.ArgumentParser(
        prog="sweeper-capture", description="Wi-Fi frames as pcap on standard output"
    )
    parser.add_argument(
        "interface", nargs="?", default="", help="monitor interface or adapter, @MHZ to stay there"
    )
    parser.add_argument("--seconds", type=float, default=float("inf"), help="end after so long")
    parser.add_argument("--dwell", type=float, default=0.25, help="seconds on each channel")
    chosen = parser.parse_args(arguments)
    name, _, locked = chosen.interface.partition("@")
    signal.signal(signal.SIGTERM, _asked_to_end)
    try:
        interface, tuner = prepared(name)
        try:
            ear = MonitorSocket(interface)
            channels = [int(locked)] if locked.isdecimal() else tuner.frequencies()
            if len(channels) == 1:
                tuner.tune(channels[0])
            rights.give_up()
            capture(ear, tuner, channels, chosen.dwell, chosen.seconds, sys.stdout.buffer, sys.stderr)
        finally:
            tuner.restore()
    except (BrokenPipeError, KeyboardInterrupt):
        return 0
    except (SweeperError, OSError) as error:  # OSError: the interface went, or a right could not be given up
        print(f"sweeper-capture: {error}", file=sys.stderr)
        return 2
    return 0


def _asked_to_end(_number: int, _frame: object) -> None:
    """End as by Ctrl-C: the interface is put back first."""
    raise KeyboardInterrupt


def capture(
    ear: Ear, tuner: Tuner, channels: list[int], dwell_s: float, seconds: float, out: BinaryIO, told: TextIO
) -> None:
    """Write what is heard until ``seconds`` have passed or the reader has gone."""
    hopper = Hopper(channels, dwell_s) if len(channels) > 1 else None
    out.write(struct.pack("<IHHiIII", NANOSECONDS, 2, 4, 0, 0, LONGEST, ear.link_type))
    out.flush()
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        freq, stay = hopper.next() if hopper else (0, dwell_s)
        if hopper and not tuner.tune(freq):
            hopper = hopper.without(freq)
            continue
        heard = ear.read(min(stay, left))
        if hopper:
            hopper.heard(freq, len(heard.frames), stay)
        out.write(written(heard))
        out.flush()
        if heard.lost:
            print(json.dumps({"lost": heard.lost}), file=told, flush=True)


def written(heard: Heard) -> bytes:
    """The frames as pcap records with nanoseconds."""
    parts: list[bytes] = []
    for time_s, frame, length in zip(heard.times_s, heard.frames, heard.lengths, strict=True):
        seconds, fraction = int(time_s), round(time_s % 1 * 1e9) % 1_000_000_000
        parts += [struct.pack("<IIII", seconds, fraction, len(frame), length), frame]
    return b"".join(parts)


if __name__ == "__main__":
    sys.exit(main())
