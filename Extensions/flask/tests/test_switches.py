"""What the environment switches: off, the rate, the address, and values that are none."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import threading
from typing import Any, Dict

import flask
import pytest
from conftest import EXTENSION, LONG, Told

import inspector_flask
from inspector_flask import Inspector

UNCHANGED = """
import sys, sqlite3, threading, flask
import http.client
app = flask.Flask("off")
app.get("/")(lambda: "ok")
before = dict(vars(app)), dict(app.extensions), list(sys.meta_path), sqlite3.connect, threading.active_count()
import inspector_flask
inspector_flask.Inspector(app)
inspector_flask.Inspector().init_app(app)
assert app.test_client().get("/").data == b"ok"
inspector_flask.mark("nothing", 1)
after = dict(vars(app)), dict(app.extensions), list(sys.meta_path), sqlite3.connect, threading.active_count()
for one in (before, after):
    one[0].pop("_got_first_request", None)
assert before == after, (before, after)
assert not any(name.startswith("inspector") for name in app.extensions)
assert "ensure_sync" not in vars(app) and "wsgi_app" not in vars(app)
print("unchanged")
"""


@pytest.mark.parametrize("value", ["0", " 0 ", "off", "False", "no"])
def test_switched_off_it_changes_nothing(value: str) -> None:
    result = subprocess.run(
        [sys.executable, "-c", UNCHANGED], env={**os.environ, "PYTHONPATH": EXTENSION, "INSPECTOR_SEND": value},
        capture_output=True, text=True, timeout=LONG * 2)
    assert result.stdout == "unchanged\n", result.stderr
    assert result.stderr == ""


def made(monkeypatch: pytest.MonkeyPatch, **values: str) -> Any:
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    return inspector_flask._Sender()


@pytest.mark.parametrize("text, rate", [
    ("", 200.0), (" ", 200.0), ("all", None), ("ALL", None), ("5", 5.0), ("0.5", 0.5), ("0", 0.0), ("1e3", 1000.0),
    ("inf", None), ("1e400", None),
])
def test_the_rate(text: str, rate: Any, monkeypatch: pytest.MonkeyPatch, troubles: Any) -> None:
    assert made(monkeypatch, INSPECTOR_RATE=text).rate == rate
    assert troubles() == []


@pytest.mark.parametrize("text", ["many", "-5", "nan", "5/s", "١x", "--"])
def test_a_rate_that_is_none(text: str, monkeypatch: pytest.MonkeyPatch, troubles: Any) -> None:
    assert made(monkeypatch, INSPECTOR_RATE=text).rate == 200.0
    assert len(troubles()) == 1


@pytest.mark.parametrize("text, host, port, path, scheme", [
    ("", "127.0.0.1", 4318, "", "http"),
    ("http://example.test:99", "example.test", 99, "", "http"),
    ("localhost:5000", "localhost", 5000, "", "http"),
    ("https://h/base/", "h", 4318, "/base", "https"),
    ("http://[::1]:4318", "::1", 4318, "", "http"),
    ("http://h:1/v1/traces", "h", 1, "", "http"),
])
def test_the_address(
    text: str, host: str, port: int, path: str, scheme: str, monkeypatch: pytest.MonkeyPatch, troubles: Any
) -> None:
    sender = made(monkeypatch, INSPECTOR_ENDPOINT=text)
    assert (sender.host, sender.port, sender.path, sender.scheme) == (host, port, path, scheme)
    assert troubles() == []


@pytest.mark.parametrize("text", ["http://h:port", "http://h:99999", "ftp://h", "http://[::1", "gopher://u:hunter2@h"])
def test_an_address_that_is_none(text: str, monkeypatch: pytest.MonkeyPatch, troubles: Any) -> None:
    sender = made(monkeypatch, INSPECTOR_ENDPOINT=text)
    assert (sender.host, sender.port, sender.path, sender.scheme) == ("127.0.0.1", 4318, "", "http")
    assert len(troubles()) == 1 and "hunter2" not in troubles()[0]


def hello() -> flask.Flask:
    app = flask.Flask("hello", static_folder=None)
    app.get("/")(lambda: "hello")
    Inspector(app)
    return app


@pytest.mark.parametrize("rate", [None, 0.0, 10.0])
def test_counts_are_exact(rate: Any, told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    """Under eight threads every request is counted, and no more are told in detail than the rate allows."""
    sender, app = told.sender, hello()
    sender.rate = rate
    # The clock of the allowance stands still: what a busy machine needs changes nothing.
    stands = inspector_flask._mono()
    monkeypatch.setattr(inspector_flask, "_mono", lambda: stands)
    wrong: Dict[str, int] = {}

    def ask() -> None:
        client = app.test_client()
        for _ in range(100):
            if client.get("/").data != b"hello":
                wrong["answer"] = 1

    threads = [threading.Thread(target=ask) for _ in range(8)]
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(LONG * 2)
    finally:
        sys.setswitchinterval(before)
    assert not wrong
    assert sender.requests == 800
    assert sender.detailed == (800 if rate is None else 2 * rate)
    assert len(told.kinds("request")) == sender.detailed
    assert not sender.open


def test_the_rate_comes_back(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1_000_000_000]
    monkeypatch.setattr(inspector_flask, "_mono", lambda: now[0])
    sender = told.sender
    sender.rate = 10.0
    assert [sender.admit() for _ in range(25)].count(True) == 20
    now[0] += 1_000_000_000
    assert [sender.admit() for _ in range(25)].count(True) == 10
    now[0] += 3_600_000_000_000
    # An hour without a request gives no more than two seconds' worth.
    assert [sender.admit() for _ in range(100)].count(True) in (20, 21)


def test_a_rate_below_one(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1_000_000_000]
    monkeypatch.setattr(inspector_flask, "_mono", lambda: now[0])
    told.sender.rate = 0.2
    found = []
    for _ in range(20):
        found.append(told.sender.admit())
        now[0] += 1_000_000_000
    assert 3 <= found.count(True) <= 5


def test_what_is_only_counted_is_left_alone(told: Told) -> None:
    told.sender.rate = 0.0
    app = flask.Flask("counted")

    @app.get("/")
    async def view() -> str:
        inspector_flask.mark("nothing")
        return str(sqlite3.connect(":memory:").execute("select 1").fetchone()[0])

    Inspector(app)
    assert app.test_client().get("/").data == b"1"
    assert told.spans() == [] and told.sender.requests == 1


def test_the_name(monkeypatch: pytest.MonkeyPatch, told: Told) -> None:
    hello()
    assert told.sender.name == "hello"
    sender = inspector_flask._Sender()
    sender.run, sender.name = (lambda: None), "mine"
    monkeypatch.setenv("OTEL_SERVICE_NAME", "theirs")
    sender.start()
    assert sender.resource["service.name"] == "theirs"
