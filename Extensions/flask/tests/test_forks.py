"""A process that forks: the child tells its own, and nothing is told by both."""

from __future__ import annotations

import os
import threading
from typing import Any

import flask
import pytest
from conftest import Receiver, resource_of, spans_of, wait_until

import inspector_flask
from inspector_flask import Inspector

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")


def hello() -> flask.Flask:
    app = flask.Flask("forks", static_folder=None)
    app.get("/<name>")(lambda name: name)
    Inspector(app)
    return app


def in_child(work: Any) -> int:
    """Runs `work` in a child; its exit status."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            work()
            status = 0
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) if hasattr(os, "waitstatus_to_exitcode") else 0


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork.*:DeprecationWarning")
def test_a_child_tells_its_own(live: Receiver, fresh: Any) -> None:
    app = hello()
    client = app.test_client()
    for number in range(5):
        client.get(f"/parent{number}").close()
    wait_until(lambda: len(live.ended()) == 5, "the parent's requests")
    # Some that are not told yet when it forks.
    for number in range(5, 10):
        client.get(f"/parent{number}").close()
    host, port = fresh.host, fresh.port

    def work() -> None:
        sender = inspector_flask._sender
        assert not sender.is_started and not sender.done and not sender.open
        assert sender.requests == 0 and sender.name == "forks"
        sender.host, sender.port, sender.rate = host, port, None
        for number in range(3):
            assert app.test_client().get(f"/child{number}").data == f"child{number}".encode()
        sender.flush()
        assert not sender.thread.is_alive()

    assert in_child(work) == 0
    client.get("/parent10").close()
    wait_until(lambda: len(live.ended()) >= 14, "all requests")
    ended = [span for span in live.spans() if span.end]
    assert len({span.id for span in ended}) == len(ended)
    paths = sorted(span.attrs["url.path"] for span in live.ended())
    assert paths == sorted([f"/parent{n}" for n in range(11)] + [f"/child{n}" for n in range(3)])
    instances = {}
    for body in list(live.bodies):
        for span in spans_of(body):
            if span.what == "request":
                instances.setdefault(resource_of(body)["process.pid"], set()).add(span.attrs["url.path"][:6])
    assert {frozenset(one) for one in instances.values()} == {frozenset({"/paren"}), frozenset({"/child"})}
    assert len(instances) == 2


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork.*:DeprecationWarning")
def test_a_request_that_forks(live: Receiver, fresh: Any) -> None:
    """What the parent has open is the parent's to tell, even where the child goes on with it."""
    app = flask.Flask("forks", static_folder=None)
    host, port = fresh.host, fresh.port

    @app.get("/")
    def view() -> str:
        def work() -> None:
            sender = inspector_flask._sender
            sender.host, sender.port = host, port
            sender.admit()
            inspector_flask._finish(inspector_flask._current.get())
            inspector_flask.mark("in the child")
            sender.flush()
            assert not sender.lost

        return str(in_child(work))

    Inspector(app)
    assert app.test_client().get("/").data == b"0"
    wait_until(lambda: live.ended(), "the request")
    ended = [span for span in live.spans() if span.end]
    assert len({span.id for span in ended}) == len(ended) == 3
    assert len(live.ended("view")[0].events) == 0


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork.*:DeprecationWarning")
def test_many_forks_while_spans_are_sent(live: Receiver, fresh: Any) -> None:
    """A lock that another thread holds when it forks must not hold up the child."""
    app = hello()
    stop = threading.Event()

    def ask() -> None:
        while not stop.is_set():
            app.test_client().get("/busy").close()

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    host, port = fresh.host, fresh.port
    try:
        for _ in range(5):
            def work() -> None:
                sender = inspector_flask._sender
                sender.host, sender.port = host, port
                for _ in range(3):
                    assert inspector_flask._sender.admit()
                sender.flush()

            assert in_child(work) == 0
    finally:
        stop.set()
        thread.join()
