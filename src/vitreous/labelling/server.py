"""The page's server: the standard library's, on 127.0.0.1, for this machine's own browser (`guard`). One labelling, however many windows.

GET  /                 the page                  GET  /small/N, /whole/N    a picture, JPEG
GET  /state?since=T    where it stands; waits until that is another than at T, so that a window sees at once what another one did
GET  /view             pictures to ask about     POST /step                 one step; answers with both
POST /finish           the labelling is over, the server ends
"""

import errno
import json
import os
import socket
import threading
from collections.abc import Mapping
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from vitreous.core.text import visible
from vitreous.errors import StorageError, UnreadableImage, UsageError, VitreousError
from vitreous.labelling.guard import Guard
from vitreous.labelling.page import page, policy
from vitreous.labelling.session import Session
from vitreous.labelling.views import state_of, view_of

HOST = "127.0.0.1"
_WAITS = 20.0  # seconds until a question for news is answered that there are none
_LARGEST = 4_000_000  # bytes of a step
_A_DAY = 86_400


class Served:
    """A session behind a server. `url` holds the token; `finished` is set when the page says so, and by `close`."""

    def __init__(self, session: Session, port: int = 0) -> None:
        self.session = session
        self.finished = threading.Event()
        self.news = threading.Condition()
        self.tick = 0
        self._to_judge = threading.Event()
        self._to_judge.set()
        try:
            self._server = _Server((HOST, port), _Handler)
        except (OSError, OverflowError) as error:
            raise _not_there(port, error) from None
        self._server.served = self
        self.port = int(self._server.server_address[1])
        self.guard = Guard(self.port)
        self._threads = [threading.Thread(target=work, daemon=True) for work in (self._server.serve_forever, self._judge)]
        for thread in self._threads:
            thread.start()

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}/?token={self.guard.token}"

    def changed(self) -> None:
        """Tell all windows that wait for news."""
        with self.news:
            self.tick += 1
            self.news.notify_all()
        self._to_judge.set()

    def close(self) -> None:
        self.finished.set()
        self._to_judge.set()
        with self.news:
            self.news.notify_all()
        self._server.shutdown()
        self._server.server_close()

    def wait(self) -> None:
        """Until the page says that it is finished; Ctrl-C interrupts."""
        while not self.finished.wait(0.5):
            pass

    def _judge(self) -> None:
        """The estimate takes several fits, so it follows the steps at a distance."""
        while True:
            self._to_judge.wait()
            self._to_judge.clear()
            if self.finished.is_set():
                return
            before = self.session.progress().estimate
            found = self.session.estimate()
            if found != before:
                with self.news:
                    self.tick += 1
                    self.news.notify_all()


def require_port(port: int) -> None:
    """Say before long work whether the page can be there. Raises UsageError."""
    try:
        with socket.socket() as trial:
            if os.name != "nt":  # what was closed a moment ago is no hindrance
                trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind((HOST, port))
    except (OSError, OverflowError) as error:
        raise _not_there(port, error) from None


def _not_there(port: int, error: OSError | OverflowError) -> UsageError:
    if isinstance(error, OverflowError):
        return UsageError(f"--port {port}", needed="0 to 65535")
    taken, forbidden = error.errno == errno.EADDRINUSE, error.errno == errno.EACCES
    arrived = "another program listens there" if taken else "you may not listen there" if forbidden else (error.strerror or str(error)).lower()
    return UsageError(f"--port {port}", arrived, "a free port from 1024 on", "leave --port away, and a free one is taken")


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True
    served: Served

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A window that was closed while it was answered is nothing to tell."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 60
    server: _Server

    def do_GET(self) -> None:
        target = urlsplit(self.path)
        if self._is_refused(writes=False):
            return
        asked = {name: values[0] for name, values in parse_qs(target.query).items()}
        served, parts = self.server.served, target.path.strip("/").split("/")
        if target.path == "/":
            self._answer(200, page(served.session.title), "text/html; charset=utf-8")
        elif target.path == "/state":
            self._json(200, self._state(asked.get("since", "")))
        elif target.path == "/view":
            self._json(200, self._both(_view_asked(asked.get("asked", ""))))
        elif len(parts) == 2 and parts[0] in ("small", "whole"):
            self._picture(parts[0], parts[1])
        else:
            self._refuse(404, "there is nothing of that name here")

    def do_POST(self) -> None:
        size = self.headers.get("Content-Length", "")
        if not size.isascii() or not size.isdigit() or int(size) > _LARGEST:
            self.close_connection = True
            self._refuse(413, f"a step is at most {_LARGEST:,} bytes, and says how many")
            return
        body = self.rfile.read(int(size))
        if self._is_refused(writes=True):
            return
        path = urlsplit(self.path).path
        if path == "/finish":
            self._json(200, {"said": "finished"})
            self.server.served.finished.set()
            return
        if path != "/step":
            self._refuse(404, "there is nothing of that name here")
            return
        try:
            asked = json.loads(body)
        except (ValueError, RecursionError):
            asked = None
        if not isinstance(asked, dict):
            self._refuse(400, "a step is a JSON object")
            return
        self._step(asked)

    def _step(self, asked: Mapping[str, Any]) -> None:
        served = self.server.served
        since, pictures = asked.get("since"), asked.get("pictures")
        if not isinstance(pictures, list) or not (since is None or isinstance(since, int)):
            self._refuse(400, "a step names its pictures in a list, and what was seen as a number")
            return
        about: dict[str, Any] = {name: str(asked.get(name) or "") for name in ("label", "to", "how")}
        about["rejected"] = asked.get("rejected") if isinstance(asked.get("rejected"), list) else []
        try:
            said = served.session.step(str(asked.get("do")), pictures, by=str(asked.get("by") or "")[:40], since=since, **about)
        except StorageError as error:
            self._refuse(507, f"Not saved: {error}. Nothing of this step has happened; everything before it is on the disk.")
            return
        except VitreousError as error:
            self._refuse(409, str(error))
            return
        served.changed()
        view = asked.get("view")
        self._json(200, {"said": said, **self._both(view if isinstance(view, dict) else {})})

    def _both(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        session = self.server.served.session
        with session.turn:
            return {"state": self._state(""), "view": view_of(session, asked)}

    def _state(self, since: str) -> dict[str, Any]:
        served = self.server.served
        if since.isascii() and since.isdigit():
            with served.news:
                served.news.wait_for(lambda: served.tick != int(since) or served.finished.is_set(), _WAITS)
        return {"tick": served.tick, "finished": served.finished.is_set(), **state_of(served.session)}

    def _picture(self, how: str, number: str) -> None:
        pictures = self.server.served.session.pictures
        if not number.isascii() or not number.isdigit() or len(number) > 9 or int(number) >= len(pictures):
            self._refuse(404, "there is no such picture")
            return
        try:
            data = pictures.small(int(number)) if how == "small" else pictures.whole(int(number))
        except UnreadableImage as error:
            self._refuse(410, str(error))
            return
        self._answer(200, data, "image/jpeg", f"private, max-age={_A_DAY}, immutable")

    def _is_refused(self, writes: bool) -> bool:
        found = self.server.served.guard.refusal(self.path, self.headers, writes)
        if found is not None:
            self._refuse(*found)
        return found is not None

    def _refuse(self, status: int, why: str) -> None:
        self._json(status, {"error": visible(why)})

    def _json(self, status: int, value: Mapping[str, Any]) -> None:
        self._answer(status, json.dumps(value).encode(), "application/json")

    def _answer(self, status: int, data: bytes, kind: str, kept: str = "no-store") -> None:
        headers = {
            "Content-Type": kind, "Content-Length": str(len(data)), "Cache-Control": kept, "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer", "Cross-Origin-Resource-Policy": "same-origin", "X-Frame-Options": "DENY",
        }  # fmt: skip
        with suppress(ConnectionError, TimeoutError):
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            if kind.startswith("text/html"):
                self.send_header("Content-Security-Policy", policy())
            self.end_headers()
            self.wfile.write(data)

    def version_string(self) -> str:
        return "vitreous"

    def log_message(self, *args: Any) -> None:
        """Nothing: the terminal is for what the user must know, and a log would hold the token."""


def _view_asked(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
