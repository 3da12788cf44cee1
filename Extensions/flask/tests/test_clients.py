"""Calls over HTTP and to SQLite: told, and otherwise as they were."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import os
import sqlite3
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Dict, Iterator, List

import flask
import pytest
from conftest import EXTENSION, LONG, Told

import inspector_flask
from inspector_flask import Inspector


class Called:
    """A server that the app calls."""

    def __init__(self) -> None:
        self.headers: List[Dict[str, str]] = []
        called = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                called.headers.append({name.lower(): value for name, value in self.headers.items()})
                called.all = self.headers.get_all("X-Two")
                status = int(self.path.partition("status=")[2] or 200)
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", "/moved")
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"ok")

            do_POST = do_GET

            def log_message(self, *_: Any) -> None:
                pass

        self.all: Any = None
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=lambda: self.server.serve_forever(0.02), daemon=True).start()


@pytest.fixture
def called() -> Iterator[Called]:
    made = Called()
    yield made
    made.server.shutdown()
    made.server.server_close()


def asked(view: Any) -> bytes:
    app = flask.Flask("calls", static_folder=None)
    app.add_url_rule("/", "view", view)
    Inspector(app)
    answer = app.test_client().get("/")
    try:
        return bytes(answer.get_data())
    finally:
        answer.close()


def check(told: Told, called: Called, library: str, what: str, status: int = 200) -> None:
    spans = [span for span in told.spans() if span.role == 3]
    assert len(spans) == 1, spans
    span = spans[0]
    assert span.what == what and span.attrs["inspector.library"] == library and span.name == "GET"
    assert span.attrs["http.response.status_code"] == status and span.attrs["server.address"] == "127.0.0.1"
    assert span.attrs["url.full"].startswith(called.url) and span.attrs["server.port"]
    sent = called.headers[0]["traceparent"]
    assert sent == f"00-{span.trace}-{span.id}-01"
    assert (span.status.get("code") == 2) == (status >= 400)
    assert span.parent == told.one("view").id


@pytest.mark.parametrize("status", [200, 404, 503])
def test_requests(status: int, told: Told, called: Called) -> None:
    requests = pytest.importorskip("requests")
    given = {"X-Own": "1"}

    def view() -> str:
        return requests.get(f"{called.url}/?status={status}", headers=given, timeout=LONG).text

    assert asked(view) == b"ok"
    check(told, called, "urllib3", "blocked", status)
    assert given == {"X-Own": "1"} and called.headers[0]["x-own"] == "1"


def test_urllib3_follows_and_retries_within_one_span(told: Told, called: Called) -> None:
    urllib3 = pytest.importorskip("urllib3")

    def view() -> str:
        pool = urllib3.HTTPConnectionPool("127.0.0.1", port=int(called.url.rpartition(":")[2]), headers={"X-Own": "1"})
        return pool.urlopen("GET", "/?status=302", redirect=True).data.decode()

    assert asked(view) == b"ok"
    assert len([span for span in told.spans() if span.role == 3]) == 1
    assert len(called.headers) == 2 and all(one["x-own"] == "1" for one in called.headers)


def test_requests_that_fail(told: Told) -> None:
    requests = pytest.importorskip("requests")

    def view() -> str:
        try:
            requests.get("http://127.0.0.1:1/", timeout=LONG)
        except requests.ConnectionError as error:
            return type(error).__name__
        return ""

    assert asked(view) == b"ConnectionError"
    (span,) = [span for span in told.spans() if span.role == 3]
    assert span.status["code"] == 2 and not told.sender.open


@pytest.mark.parametrize("status", [200, 404])
def test_httpx(status: int, told: Told, called: Called) -> None:
    httpx = pytest.importorskip("httpx")

    def view() -> str:
        with httpx.Client() as client:
            request = client.build_request("GET", f"{called.url}/?status={status}")
            before = dict(request.headers)
            text = client.send(request).text
            # It may be sent again, as another span.
            assert dict(request.headers) == before
            return text

    assert asked(view) == b"ok"
    check(told, called, "httpx", "blocked", status)


def test_httpx_async(told: Told, called: Called) -> None:
    httpx = pytest.importorskip("httpx")

    async def view() -> str:
        async with httpx.AsyncClient() as client:
            return (await client.get(called.url + "/")).text

    assert asked(view) == b"ok"
    check(told, called, "httpx", "await")


def test_httpx_that_is_cancelled(told: Told) -> None:
    httpx = pytest.importorskip("httpx")
    import socket

    async def view() -> str:
        with socket.create_server(("127.0.0.1", 0)) as server:
            async with httpx.AsyncClient(timeout=LONG) as client:
                try:
                    await asyncio.wait_for(client.get(f"http://127.0.0.1:{server.getsockname()[1]}/"), 0.05)
                except asyncio.TimeoutError:
                    return "timed out"
        return ""

    assert asked(view) == b"timed out"
    (span,) = [span for span in told.spans() if span.role == 3]
    assert span.attrs["error.type"] == "CancelledError" and not told.sender.open


@pytest.mark.parametrize("headers", [
    None, {"X-Two": "1"}, [("X-Two", "1"), ("X-Two", "2")], (("X-Two", "1"), ("X-Two", "2")), "generator",
])
def test_aiohttp(headers: Any, told: Told, called: Called, troubles: Any) -> None:
    aiohttp = pytest.importorskip("aiohttp")

    async def view() -> str:
        given = (pair for pair in [("X-Two", "1"), ("X-Two", "2")]) if headers == "generator" else headers
        async with aiohttp.ClientSession() as session:
            async with session.get(called.url + "/", headers=given) as answer:
                return await answer.text()

    assert asked(view) == b"ok"
    check(told, called, "aiohttp", "await")
    assert called.all == (None if headers is None else ["1"] if isinstance(headers, dict) else ["1", "2"])
    assert troubles() == []


def test_a_traceparent_of_the_apps_own_stays(told: Told, called: Called) -> None:
    requests = pytest.importorskip("requests")
    own = f"00-{'a' * 32}-{'b' * 16}-00"
    asked(lambda: requests.get(called.url, headers={"TraceParent": own}, timeout=LONG).text)
    assert called.headers[0]["traceparent"] == own


def test_outside_of_a_request_nothing_is_told(told: Told, called: Called) -> None:
    requests = pytest.importorskip("requests")
    asked(lambda: "ok")
    requests.get(called.url, timeout=LONG)
    assert "traceparent" not in called.headers[0]
    assert sqlite3.connect(":memory:").execute("select 1").fetchone() == (1,)
    assert [span for span in told.spans() if span.role == 3] == []


def test_odd_addresses(told: Told, troubles: Any) -> None:
    """What cannot be read must not stay open."""
    for address in ("http://h:port/", "http://[::1", "", "/only/a/path", "//", "http://h:99999/"):
        span = inspector_flask._Span(inspector_flask._Request("1" * 32), None, "x", "view", 1, 1, None, None)
        token = inspector_flask._current.set(span)
        try:
            inspector_flask._finish(inspector_flask._client_span("test", "GET", address, "blocked"))
        finally:
            inspector_flask._current.reset(token)
    assert not told.sender.open and len(troubles()) <= 1


def test_sqlite(told: Told) -> None:
    def view() -> str:
        with sqlite3.connect(":memory:") as database:
            database.execute("create table city (name text, n int)")
            database.executemany("insert into city values (?, ?)", [("a", 1), ("b", 2)])
            database.executescript("select 1; select 2;")
            cursor = database.cursor()
            cursor.execute("  select name, n from city where n > ?", (0,))
            rows = cursor.fetchall()
            database.row_factory = sqlite3.Row
            named = database.execute("select name from city").fetchone()["name"]
            try:
                database.execute("select x from nowhere")
            except sqlite3.OperationalError as error:
                return json.dumps([rows, named, str(error)])
        return ""

    assert json.loads(asked(view)) == [[["a", 1], ["b", 2]], "a", "no such table: nowhere"]
    spans = [span for span in told.spans() if span.role == 3]
    assert [span.name for span in spans] == ["CREATE", "INSERT", "SELECT", "SELECT", "SELECT", "SELECT"]
    assert {span.what for span in spans} == {"blocked"}
    assert spans[3].attrs["db.query.text"] == "  select name, n from city where n > ?"
    assert spans[-1].attrs["error.type"] == "OperationalError"


@pytest.mark.filterwarnings("ignore:Passing more than 1 positional:DeprecationWarning")
def test_sqlite_is_as_it_was(told: Told, tmp_path: Any) -> None:
    asked(lambda: "ok")

    class Own(sqlite3.Connection):
        pass

    class OwnCursor(sqlite3.Cursor):
        pass

    path = str(tmp_path / "x.db")
    assert type(sqlite3.connect(path, factory=Own)) is Own
    with sqlite3.connect(path, 5.0, 0, None, True) as database:
        assert isinstance(database, sqlite3.Connection)
        assert type(database.cursor(OwnCursor)) is OwnCursor
        assert type(database.cursor(factory=OwnCursor)) is OwnCursor
        assert isinstance(database.execute("select 1"), sqlite3.Cursor)
        assert database.execute("select :a", {"a": 3}).fetchone() == (3,)
        assert [row for row in database.execute("select 1 union select 2")] == [(1,), (2,)]
        other = sqlite3.connect(":memory:")
        database.backup(other)
        assert list(database.iterdump())[0] == "BEGIN TRANSACTION;"
        with pytest.raises(TypeError):
            database.execute()
        with pytest.raises(sqlite3.ProgrammingError):
            database.execute("select ?", (1, 2))
        other.close()
    database.close()
    with pytest.raises(sqlite3.ProgrammingError):
        database.execute("select 1")


LATER = """
import importlib.util, sys
import flask, inspector_flask
app = flask.Flask("later")
inspector_flask.Inspector(app)
name = {name!r}
top = name.partition(".")[0]
assert name not in sys.modules, "imported already"
# To ask whether a library is there is not to import it.
assert importlib.util.find_spec(name) is not None
assert importlib.util.find_spec(top) is not None
import importlib
module = importlib.import_module(name)
assert "inspector_flask" in getattr({what}, "__code__").co_filename, {what}
assert not any(getattr(one, "name", "") == name for one in sys.meta_path)
print("patched")
"""


@pytest.mark.parametrize("name, what", [
    ("urllib3.connectionpool", "module.HTTPConnectionPool.urlopen"), ("httpx", "module.Client.send"),
    ("aiohttp.client", "module.ClientSession._request"), ("sqlite3", "module.connect"),
])
def test_a_library_that_is_imported_later(name: str, what: str) -> None:
    if importlib.util.find_spec(name.partition(".")[0]) is None:
        pytest.skip(f"{name} is not installed")
    result = subprocess.run(
        [sys.executable, "-c", LATER.format(name=name, what=what)],
        env={**os.environ, "PYTHONPATH": EXTENSION}, capture_output=True, text=True, timeout=LONG * 3)
    assert result.stdout == "patched\n", result.stderr
