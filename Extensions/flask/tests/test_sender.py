"""The sender: what a receiver may answer, and what happens where there is none."""

from __future__ import annotations

import json
import logging
import os
import socket
import threading
import time
from typing import Any, List

import flask
import pytest
from conftest import LONG, Receiver, Told, resource_of, spans_of, wait_until

import inspector_flask
from inspector_flask import Inspector


def hello() -> flask.Flask:
    app = flask.Flask("hello", static_folder=None)
    app.get("/")(lambda: "hello")
    Inspector(app)
    return app


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def lines(caplog: pytest.LogCaptureFixture, *words: str) -> List[str]:
    return [
        record.getMessage() for record in caplog.records
        if record.name == "inspector_flask" and all(word in record.getMessage() for word in words)
    ]


def test_what_is_sent(live: Receiver) -> None:
    client = hello().test_client()
    assert client.get("/").data == b"hello"
    wait_until(lambda: live.ended(), "the request")
    assert set(live.paths) == {"/v1/traces"}
    resource = resource_of(live.bodies[-1])
    assert resource["service.name"] == "hello"
    assert resource["process.pid"] == os.getpid()
    assert resource["inspector.requests"] == resource["inspector.requests.detailed"] == 1
    assert abs(resource["inspector.clock.offset"] + time.monotonic_ns() - time.time_ns()) < 60e9
    root = live.ended()[0]
    assert root.role == 2 and root.attrs["http.response.status_code"] == 200
    assert abs(root.begin - time.time_ns()) < 60e9
    assert all(span.trace == root.trace for span in live.spans())


def test_nobody_is_there(fresh: Any, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    """One line, requests are counted, and when somebody comes they are told again."""
    caplog.set_level(logging.INFO, logger="inspector_flask")
    monkeypatch.setattr(inspector_flask._Sender, "PAUSES", (0.02, 0.02, 0.02))
    fresh.host, fresh.port = "127.0.0.1", free_port()
    client = hello().test_client()
    client.get("/")
    wait_until(lambda: not fresh.is_heard, "that nobody is there")
    wait_until(lambda: fresh.failures > 3, "more attempts")
    for _ in range(5):
        assert client.get("/").data == b"hello"
    assert fresh.requests == 6 and fresh.detailed == 1
    assert not fresh.open and not fresh.done
    assert len(lines(caplog, "nobody takes spans")) == 1
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []

    receiver = Receiver()
    try:
        fresh.port = receiver.port
        wait_until(lambda: fresh.is_heard, "that somebody is there")
        assert len(lines(caplog, "takes spans again")) == 1
        client.get("/")
        wait_until(lambda: receiver.ended(), "the next request")
        assert receiver.requests() == 7
    finally:
        receiver.close()


@pytest.mark.parametrize("status", [400, 404, 413, 500])
def test_what_is_refused_is_told_once(status: int, live: Receiver, fresh: Any, troubles: Any) -> None:
    live.answer = lambda handler, body: handler.reply(status, b"no") or True
    client = hello().test_client()
    client.get("/")
    wait_until(lambda: fresh.lost >= 2, "the refusal")
    client.get("/")
    wait_until(lambda: fresh.lost >= 4, "the second refusal")
    assert len(troubles()) == 1 and str(status) in troubles()[0]
    # What was refused comes no second time, and nothing is sent where nothing is new.
    assert len({span.id for span in live.spans() if span.end}) == len([span for span in live.spans() if span.end])
    live.answer = lambda handler, body: False
    client.get("/")
    wait_until(lambda: any(resource_of(body).get("inspector.lost", 0) >= 4 for body in list(live.bodies)), "what is lost")


def test_a_refusal_is_no_reason_to_hurry(live: Receiver, fresh: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing is new but the count, it goes once in a while, also to who refuses it."""
    live.answer = lambda handler, body: handler.reply(400) or True
    monkeypatch.setattr(inspector_flask._Sender, "AGAIN", 1 << 62)
    hello().test_client().get("/")
    wait_until(lambda: fresh.lost, "the refusal")
    begun = len(live.bodies)
    rounds: List[int] = []
    original = fresh.take
    fresh.take = lambda: rounds.append(1) or original()
    wait_until(lambda: len(rounds) > 3, "some rounds")
    assert len(live.bodies) <= begun + 1


@pytest.mark.parametrize("status", [429, 502, 503, 504])
@pytest.mark.parametrize("after", ["0", "0.01", "nonsense", "-3", None])
def test_who_is_busy_is_asked_once_more(status: int, after: Any, live: Receiver, fresh: Any, troubles: Any) -> None:
    answered: List[int] = []

    def answer(handler: Any, body: bytes) -> bool:
        answered.append(1)
        if len(answered) > 1:
            return False
        handler.reply(status, b"", **({"Retry_After": after} if after is not None else {}))
        return True

    live.answer = answer
    hello().test_client().get("/")
    wait_until(lambda: len(answered) > 1 and len(live.ended()) > 1, "the second attempt")
    first, second = spans_of(live.bodies[0]), spans_of(live.bodies[1])
    assert {span.id for span in first} == {span.id for span in second}
    assert troubles() == [] and fresh.lost == 0


def test_who_stays_busy_loses(live: Receiver, fresh: Any, troubles: Any) -> None:
    live.answer = lambda handler, body: handler.reply(429, b"", Retry_After="0") or True
    hello().test_client().get("/")
    wait_until(lambda: fresh.lost and troubles(), "what is lost, and that it is said")
    assert len(troubles()) == 1


def test_who_stays_busy_does_not_hold_up_the_end(live: Receiver, fresh: Any) -> None:
    """A few attempts, and the thread is gone."""
    live.answer = lambda handler, body: handler.reply(503) or True
    hello().test_client().get("/")
    wait_until(lambda: live.bodies, "an attempt")
    fresh.flush()
    wait_until(lambda: not fresh.thread.is_alive(), "the thread's end")
    assert len(live.bodies) < 6


def test_a_long_wait_is_not_waited_for(live: Receiver, fresh: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    slept: List[float] = []
    monkeypatch.setattr(inspector_flask.time, "sleep", lambda seconds: slept.append(seconds))
    live.answer = lambda handler, body: bool(not slept and (handler.reply(429, b"", Retry_After="86400") or True))
    hello().test_client().get("/")
    wait_until_without_sleep(lambda: slept and len(live.bodies) > 1)
    assert slept[0] <= inspector_flask._Sender.TIMEOUT


def wait_until_without_sleep(is_so: Any) -> None:
    event, end = threading.Event(), time.monotonic() + LONG
    while not is_so():
        assert time.monotonic() < end
        event.wait(0.005)


GARBAGE = [
    b"", b"\r\n\r\n", b"nonsense\r\n\r\n", b"HTTP/1.1 abc OK\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc",
    b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"HTTP/1.1 " + b"9" * 70_000 + b"\r\n\r\n", b"\x00\xff\xfe" * 100, b"SSH-2.0-OpenSSH\r\n",
    b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 300 + b"\r\n",
]


@pytest.mark.parametrize("garbage", GARBAGE)
def test_garbage(garbage: bytes, fresh: Any, live: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever comes back: the app answers, the thread lives, and the next receiver is told."""
    monkeypatch.setattr(inspector_flask._Sender, "PAUSES", (0.02,))
    monkeypatch.setattr(inspector_flask._Sender, "TIMEOUT", 0.3)
    served: List[int] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(LONG)

        def serve() -> None:
            try:
                while True:
                    one, _ = server.accept()
                    with one:
                        one.recv(65_536)
                        one.sendall(garbage)
                        served.append(1)
            except OSError:
                pass

        threading.Thread(target=serve, daemon=True).start()
        fresh.port = server.getsockname()[1]
        client = hello().test_client()
        assert client.get("/").data == b"hello"
        wait_until(lambda: served, "an attempt")
    fresh.port = live.port
    fresh.close()
    wait_until(lambda: (client.get("/").data == b"hello") and live.ended(), "the next receiver")
    assert fresh.thread.is_alive()


def test_an_answer_without_end(live: Receiver, fresh: Any) -> None:
    """A body of any length is not read to its end."""
    def answer(handler: Any, body: bytes) -> bool:
        handler.send_response(200)
        handler.end_headers()
        try:
            while len(live.bodies) < 3:
                handler.wfile.write(b"x" * 65_536)
        except OSError:
            pass
        handler.close_connection = True
        return True

    live.answer = answer
    client = hello().test_client()
    wait_until(lambda: (client.get("/").data == b"hello") and len(live.bodies) >= 3, "three bodies")


def test_who_hangs_holds_nobody(fresh: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is answered at all: requests go on, what is kept is bounded, and after a while it is given up."""
    monkeypatch.setattr(inspector_flask._Sender, "TIMEOUT", 0.2)
    with socket.create_server(("127.0.0.1", 0), backlog=8) as server:
        fresh.host, fresh.port = "127.0.0.1", server.getsockname()[1]
        client = hello().test_client()
        for _ in range(20):
            assert client.get("/").data == b"hello"
        wait_until(lambda: not fresh.is_heard, "that it is given up")
        assert client.get("/").data == b"hello"
        assert fresh.requests == 21


def test_the_queue_is_bounded(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inspector_flask._Sender, "ROOM", 50)
    client = hello().test_client()
    for _ in range(100):
        client.get("/").close()
    assert len(told.sender.done) == 50
    assert told.sender.lost == 300 - 50
    told.spans()
    assert resource_of(told.bodies[-1])["inspector.lost"] == 250


def test_there_is_room_for_so_many_open_spans(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inspector_flask._Sender, "ROOM", 2)
    app = flask.Flask("deep")
    app.get("/")(lambda: "ok")
    for number in range(5):
        app.before_request(lambda: None)
    Inspector(app)
    app.test_client().get("/").close()
    assert not told.sender.open
    assert len(told.sender.done) <= 2


def test_a_request_has_so_many_spans(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inspector_flask, "_SPANS_OF_A_REQUEST", 4)
    app = flask.Flask("many")
    app.get("/")(lambda: "ok")
    for number in range(9):
        app.before_request(lambda: None)
    Inspector(app)
    assert app.test_client().get("/").data == b"ok"
    assert len(told.spans()) == 5
    assert told.one("request").attrs["inspector.spans.left_out"] == 7


def test_a_span_has_so_many_events(told: Told) -> None:
    app = flask.Flask("marks")

    @app.get("/")
    def view() -> str:
        for number in range(1_000):
            inspector_flask.mark("number", number)
        return "ok"

    Inspector(app)
    app.test_client().get("/")
    assert len(told.one("view").events) == inspector_flask._EVENTS_OF_A_SPAN


def test_what_is_left_goes_at_the_end(live: Receiver, fresh: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inspector_flask._Sender, "EVERY", LONG)
    client = hello().test_client()
    for _ in range(3):
        client.get("/").close()
    fresh.flush()
    wait_until(lambda: not fresh.thread.is_alive(), "the thread's end")
    assert len({span.id for span in live.ended()}) == 3
    assert live.requests() == 3


def test_no_span_is_told_twice_as_ended(live: Receiver) -> None:
    app = hello()
    threads = [threading.Thread(target=lambda: [app.test_client().get("/").close() for _ in range(50)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LONG)
    wait_until(lambda: len(live.ended()) >= 200, "all requests")
    ids = [span.id for span in live.spans() if span.end]
    assert len(ids) == len(set(ids)) == 600


def test_a_span_that_ends_while_it_is_told_as_open(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inspector_flask._Sender, "YOUNG", 0)
    span = inspector_flask._enter({"REQUEST_METHOD": "GET", "PATH_INFO": "/"})
    original = told.post
    told.sender.post = lambda *a, **k: (inspector_flask._leave(span), original(*a, **k))
    assert [bool(one.end) for one in told.round()] == [False]
    assert [bool(one.end) for one in told.round()] == [True]


def test_attributes_that_json_does_not_know(told: Told) -> None:
    request = inspector_flask._Request("1" * 32)
    span = inspector_flask._Span(request, None, "odd", "view", 1, 1, None, None)
    span.attrs = {
        "half": "\ud800", "inf": float("inf"), "nan": float("nan"), "big": 1 << 80, "none": None, "object": object,
        "yes": True, "bytes": b"\xff", "long": "x" * 100_000, "list": [1],
    }
    body = told.sender.body([span])
    attrs = spans_of(body)[0].attrs
    json.loads(body.decode("ascii"), parse_constant=lambda name: pytest.fail(name))
    assert attrs["half"] == "\ud800" and attrs["inf"] == "inf" and attrs["yes"] is True and "none" not in attrs
    assert attrs["big"] == str(1 << 80) and len(attrs["long"]) <= inspector_flask._TEXT + 1
