"""No ring, and nothing that grows."""

from __future__ import annotations

import asyncio
import gc
import tracemalloc
import weakref
from typing import Any, List

import flask
from conftest import Told

from inspector_flask import Inspector


def make_app(held: List[Any]) -> flask.Flask:
    app = flask.Flask("memory", static_folder=None)

    class Held:
        pass

    def hold() -> None:
        flask.g.held = one = Held()
        held.append(weakref.ref(one))
        held.append(weakref.ref(flask.request._get_current_object()))  # type: ignore[attr-defined]

    @app.get("/sync")
    def sync() -> str:
        hold()
        return "ok"

    @app.get("/error")
    def error() -> str:
        hold()
        local = Held()
        held.append(weakref.ref(local))
        raise ValueError("with frames")

    @app.get("/async")
    async def later() -> str:
        hold()
        await asyncio.sleep(0)
        return "ok"

    @app.errorhandler(ValueError)
    def handler(error: Exception) -> Any:
        return "handled", 400

    return app


def left(is_watched: bool, path: str, told: Told) -> int:
    """How many objects of a request only the collector would free."""
    held: List[Any] = []
    app = make_app(held)
    if is_watched:
        Inspector(app)
    client = app.test_client()
    for _ in range(3):
        client.get(path).close()
    told.spans()
    del held[:]
    gc.collect()
    gc.disable()
    try:
        for _ in range(10):
            client.get(path).close()
        told.spans()
        return len([one for one in held if one() is not None])
    finally:
        gc.enable()


def test_no_request_is_left_to_the_collector(told: Told) -> None:
    for path in ("/sync", "/error", "/async"):
        assert left(True, path, told) <= left(False, path, told), path


def test_an_errors_frames_are_not_held(told: Told) -> None:
    """Not even until it is sent: a frame may hold a connection."""
    held: List[Any] = []
    app = make_app(held)
    Inspector(app)
    app.test_client().get("/error").close()
    gc.collect()
    assert told.sender.done and [one for one in held if one() is not None] == []


def test_our_own_spans_make_no_ring(told: Told) -> None:
    app = make_app([])
    Inspector(app)
    client = app.test_client()
    client.get("/sync").close()
    spans = [weakref.ref(span) for span in told.sender.done]
    assert spans
    gc.collect()
    gc.disable()
    try:
        told.spans()
        assert [one for one in spans if one() is not None] == []
    finally:
        gc.enable()


def test_memory_is_flat(told: Told) -> None:
    """20,000 requests, of which none leaves anything behind."""
    app = flask.Flask("flat", static_folder=None)

    @app.before_request
    def before() -> None:
        # Functions that are made for each request.
        flask.after_this_request(lambda answer: answer)

    @app.get("/<int:n>")
    def view(n: int) -> str:
        return "ok"

    Inspector(app)
    told.sender.post = lambda spans, *_, **__: told.sender.body(spans[:20])
    environ = {
        "REQUEST_METHOD": "GET", "SCRIPT_NAME": "", "SERVER_NAME": "localhost", "SERVER_PORT": "80",
        "wsgi.url_scheme": "http", "wsgi.input": None, "QUERY_STRING": "",
    }

    def ask(number: int) -> None:
        for n in range(number):
            body = app({**environ, "PATH_INFO": f"/{n}"}, lambda *_: lambda data: None)
            b"".join(body)
            body.close()
            if n % 500 == 0:
                told.sender.round()
        while told.sender.done:
            told.sender.round()
        gc.collect()

    ask(4_000)
    objects = len(gc.get_objects())
    ask(14_000)
    assert len(gc.get_objects()) - objects < 500
    tracemalloc.start()
    try:
        ask(1_000)
        before = tracemalloc.get_traced_memory()[0]
        ask(1_000)
        after = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert after - before < 100_000
