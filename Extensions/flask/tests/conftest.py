"""What the tests share: a sender whose spans can be read, and spans as plain dictionaries."""

from __future__ import annotations

import json
import logging
import os
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Callable, Dict, Iterator, List, Optional

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
EXTENSION = os.path.dirname(HERE)
sys.path[:0] = [EXTENSION, HERE]

# The tests say themselves which of these they want.
for name in [name for name in os.environ if name.startswith("INSPECTOR_") and name != "INSPECTOR_VECTORS"]:
    del os.environ[name]

import inspector_flask  # noqa: E402

# How long a condition may take before it counts as never: a busy machine must not fail a test.
LONG = 20.0


def wait_until(is_so: Callable[[], Any], what: str = "the condition") -> Any:
    """Waits for a condition that another thread or process brings about."""
    end = time.monotonic() + LONG
    while True:
        found = is_so()
        if found:
            return found
        assert time.monotonic() < end, f"{what} did not come about"
        time.sleep(0.005)


def plain(value: Dict[str, Any]) -> Any:
    """An attribute's value out of OTLP's JSON."""
    (kind, inner), = value.items()
    return int(inner) if kind == "intValue" else inner


def attributes(given: Dict[str, Any]) -> Dict[str, Any]:
    return {pair["key"]: plain(pair["value"]) for pair in given.get("attributes", [])}


class Span:
    """A span as it was sent."""

    def __init__(self, raw: Dict[str, Any]) -> None:
        self.raw = raw
        self.trace, self.id, self.parent = raw["traceId"], raw["spanId"], raw.get("parentSpanId")
        self.name, self.role = raw["name"], raw["kind"]
        self.begin, self.end = int(raw["startTimeUnixNano"]), int(raw["endTimeUnixNano"])
        self.attrs = attributes(raw)
        self.what = self.attrs["inspector.kind"]
        self.events = [(one["name"], int(one["timeUnixNano"]), attributes(one)) for one in raw.get("events", [])]
        self.status = raw.get("status", {})

    def __repr__(self) -> str:
        return f"<{self.what} {self.name!r} {'open' if not self.end else ''}>"

    def event(self, name: str) -> Optional[Dict[str, Any]]:
        return next((attrs for one, _, attrs in self.events if one == name), None)


def spans_of(body: bytes) -> List[Span]:
    export = json.loads(body)
    return [
        Span(raw) for resource in export["resourceSpans"] for scope in resource["scopeSpans"] for raw in scope["spans"]
    ]


def resource_of(body: bytes) -> Dict[str, Any]:
    return attributes(json.loads(body)["resourceSpans"][0]["resource"])


class Told:
    """What the extension would send, taken on the test's own thread: nothing has to be waited for."""

    def __init__(self, sender: Any) -> None:
        self.sender = sender
        self.bodies: List[bytes] = []

    def post(self, spans: List[Any], opens: List[Any], **_: Any) -> None:
        self.bodies.append(self.sender.body(spans, opens))

    def round(self) -> List[Span]:
        """One round of the sender: the spans that it would send now."""
        before = len(self.bodies)
        self.sender.round()
        return [span for body in self.bodies[before:] for span in spans_of(body)]

    def spans(self) -> List[Span]:
        """All spans that have ended so far, in the order in which they began."""
        while self.sender.done:
            self.sender.round()
        every = [span for body in self.bodies for span in spans_of(body)]
        return sorted((span for span in every if span.end), key=lambda span: span.begin)

    def kinds(self, *kinds: str) -> List[Span]:
        return [span for span in self.spans() if span.what in kinds]

    def one(self, kind: str, name: Optional[str] = None) -> Span:
        found = [span for span in self.kinds(kind) if name is None or span.name == name]
        assert len(found) == 1, (kind, name, self.spans())
        return found[0]

    def text(self) -> str:
        self.spans()
        return b"".join(self.bodies).decode("ascii")


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A sender of each test's own; troubles are told anew. Its thread starts only where a test wants it."""
    sender = inspector_flask._Sender()
    sender.rate = None
    monkeypatch.setattr(inspector_flask, "_sender", sender)
    monkeypatch.setattr(inspector_flask, "_told_troubles", type(inspector_flask._told_troubles)())
    yield sender
    sender.flush()
    sender.close()


@pytest.fixture
def told(fresh: Any, monkeypatch: pytest.MonkeyPatch) -> Told:
    """The spans of this test; the sender's thread does nothing."""
    result = Told(fresh)
    fresh.run = lambda: None
    fresh.start()
    fresh.post = result.post
    # Nothing goes out on its own at the end.
    fresh.flush = lambda: None
    return result


@pytest.fixture
def troubles(caplog: pytest.LogCaptureFixture) -> Callable[[], List[str]]:
    """What the extension warned of so far."""
    caplog.set_level(logging.INFO, logger="inspector_flask")
    return lambda: [
        record.getMessage() for record in caplog.records
        if record.name == "inspector_flask" and record.levelno >= logging.WARNING
    ]


class Receiver:
    """Takes spans over HTTP, and answers as the test wants."""

    def __init__(self) -> None:
        self.bodies: List[bytes] = []
        self.paths: List[str] = []
        # Called with the handler and the body; True says that it answered itself.
        self.answer: Callable[[Any, bytes], bool] = lambda handler, body: False
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.paths.append(self.path)
                receiver.bodies.append(body)
                if not receiver.answer(self, body):
                    self.reply(200, b"{}")

            def reply(self, status: int, body: bytes = b"", **headers: str) -> None:
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name.replace("_", "-"), value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 64

            def handle_error(self, *_: Any) -> None:
                # A client that went away is no news.
                pass

        self.server = Server(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.thread = threading.Thread(target=lambda: self.server.serve_forever(0.02), daemon=True)
        self.thread.start()

    def spans(self) -> List[Span]:
        return [span for body in list(self.bodies) for span in spans_of(body)]

    def ended(self, kind: str = "request") -> List[Span]:
        return [span for span in self.spans() if span.end and span.what == kind]

    def requests(self) -> int:
        """The latest count of requests, over all processes that told one."""
        latest: Dict[str, int] = {}
        for body in list(self.bodies):
            resource = resource_of(body)
            latest[resource["service.instance.id"]] = resource["inspector.requests"]
        return sum(latest.values())

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.close()


@pytest.fixture
def live(fresh: Any, receiver: Receiver) -> Receiver:
    """A sender with its thread, which sends to a receiver."""
    fresh.host, fresh.port, fresh.path = "127.0.0.1", receiver.port, ""
    return receiver
