"""The connection to an MQTT broker: encrypted and with a name and password, or refused.

The one file that knows paho-mqtt. Reconnecting is paho's; what is under way when a link breaks is sent again.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec

from sweeper.errors import InputError, Reason, SweeperError, Unavailable
from sweeper.text import say

TLS_PORT, PLAIN_PORT = 8883, 1883
KEEPALIVE_S = 20
"""A dead link is noticed after one and a half of these (MQTT 3.1.1, 3.1.2.10)."""
LONGEST_PAUSE_S = 30
IN_FLIGHT = 50

HERE = ("localhost", "127.0.0.1", "::1")


class Broker(msgspec.Struct, frozen=True):
    """Where the broker is and who we are to it. ``ca``: a file of trusted certificates, else the system's."""

    host: str
    port: int
    tls: bool
    user: str = ""
    password: str = ""
    ca: str = ""


def broker(url: str, *, user: str = "", password_file: Path | None = None, ca: Path | None = None) -> Broker:
    """``mqtts://host[:port]``; ``mqtt://`` only to this computer: nothing else is private without TLS.

    Raises ``SweeperError`` for an address that is none or not safe, ``InputError`` for unreadable files.
    """
    parts = urlsplit(url)
    try:
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if parts.scheme not in ("mqtt", "mqtts") or not host or parts.username or parts.password:
        raise SweeperError(say("{url}: not a broker; write mqtts://HOST or mqtts://HOST:PORT", url=url))
    tls = parts.scheme == "mqtts"
    if not tls and host not in HERE:
        raise SweeperError(
            say(
                "{url}: without TLS only a broker on this computer is used; write mqtts://{host}",
                url=url,
                host=host,
            )
        )
    if tls and not user:
        raise SweeperError(say("{url}: a broker in the network needs a user and a password", url=url))
    password = _secret(password_file) if password_file else ""
    return Broker(host, port or (TLS_PORT if tls else PLAIN_PORT), tls, user, password, str(ca or ""))


def _secret(path: Path) -> str:
    try:
        return path.read_text("utf-8").strip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(str(path), say("cannot be read: {error}", error=error)) from None


class Link:
    """A client of the broker that reconnects by itself. Callbacks come on paho's own thread.

    ``on_up(again)`` after every connection, ``on_refused(line)`` where the broker says no. Raises
    ``Unavailable`` where paho-mqtt is missing, ``InputError`` where the certificate file is no such file.
    """

    def __init__(self, to: Broker, client_id: str, *, keep_session: bool = False) -> None:
        try:
            from paho.mqtt import client as mqtt
            from paho.mqtt.enums import CallbackAPIVersion
        except ImportError:
            raise Unavailable(
                "mqtt",
                Reason.LIBRARY_MISSING,
                say("paho-mqtt is not installed"),
                say("pip install 'sweeper[fleet]'"),
            ) from None
        self.to = to
        self.connected = False
        self.on_up: Callable[[], None] = _nothing
        self.on_refused: Callable[[str], None] = _nothing
        self.on_sent: Callable[[int], None] = _nothing
        self.on_message: Callable[[Any], None] = _nothing
        self.client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=client_id,
            clean_session=not keep_session,
            manual_ack=keep_session,
        )
        self.client.reconnect_delay_set(1, LONGEST_PAUSE_S)
        self.client.max_inflight_messages_set(IN_FLIGHT)
        if to.user:
            self.client.username_pw_set(to.user, to.password)
        if to.tls:
            try:
                context = ssl.create_default_context(cafile=to.ca or None)
            except (OSError, ssl.SSLError) as error:
                raise InputError(to.ca, say("no certificates: {error}", error=error)) from None
            self.client.tls_set_context(context)
        self.client.on_connect = self._up
        self.client.on_disconnect = self._down
        self.client.on_publish = lambda _client, _data, mid, _code, _properties: self.on_sent(mid)
        self.client.on_message = lambda _client, _data, message: self.on_message(message)

    def start(self) -> None:
        """Connect in the background, for as long as it takes."""
        self.client.connect_async(self.to.host, self.to.port, KEEPALIVE_S)
        self.client.loop_start()

    def stop(self) -> None:
        """For good. The callbacks go too: paho closes its own sockets when nothing refers to the client."""
        self.client.disconnect()
        self.client.loop_stop()
        self.client.on_connect = self.client.on_disconnect = None
        self.client.on_publish = self.client.on_message = None
        self.on_up = self.on_refused = self.on_sent = self.on_message = _nothing

    def _up(self, _client: Any, _data: Any, _flags: Any, code: Any, _properties: Any) -> None:
        if code.is_failure:
            self.on_refused(f"{self.to.host}:{self.to.port}: {code}")
            return
        self.connected = True
        self.on_up()

    def _down(self, *_: Any) -> None:
        self.connected = False


def _nothing(*_: Any) -> None:
    """What an unused callback does."""
