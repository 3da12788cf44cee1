"""Whatever door is broken: the app answers the same, and the log has one warning."""

from __future__ import annotations

import asyncio
import sqlite3
import sys
import threading
import types
from typing import Any, List, Tuple

import flask
import pytest
from conftest import Told

import inspector_flask
from inspector_flask import Inspector, mark


def make_app() -> flask.Flask:
    app = flask.Flask("broken", static_folder=None)

    @app.url_value_preprocessor
    def values(endpoint: Any, given: Any) -> None:
        flask.g.seen = endpoint

    @app.before_request
    async def before() -> None:
        await asyncio.sleep(0)

    @app.get("/<int:number>")
    def view(number: int) -> str:
        mark("number", number)
        return f"{number} {flask.g.seen}"

    @app.get("/async")
    async def later() -> str:
        await asyncio.gather(asyncio.sleep(0.001), child())
        return "later"

    async def child() -> None:
        await asyncio.sleep(0.001)

    @app.get("/boom")
    def boom() -> str:
        raise KeyError("boom")

    @app.errorhandler(KeyError)
    def handler(error: Exception) -> Tuple[str, int]:
        return "handled", 418

    @app.get("/bad")
    def bad() -> str:
        return str(1 / 0)

    @app.get("/rows")
    def rows() -> str:
        return str(sqlite3.connect(":memory:").execute("select 1").fetchall())

    @app.after_request
    def after(answer: flask.Response) -> flask.Response:
        answer.headers["X-After"] = "1"
        return answer

    @app.teardown_request
    def teardown(error: Any) -> None:
        pass

    return app


PATHS = ("/7", "/async", "/boom", "/bad", "/rows", "/none")


def answers(app: flask.Flask) -> List[Any]:
    client = app.test_client()
    found = []
    for path in PATHS:
        answer = client.get(path, headers={"User-Agent": "test"})
        found.append((answer.status_code, answer.get_data(), sorted(answer.headers.items())))
        answer.close()
    answer = client.options("/7")
    found.append(sorted(answer.headers["Allow"].split(", ")))
    answer.close()
    return found


def broken(*_: Any, **__: Any) -> Any:
    raise ValueError("broken on purpose")


class Odd:
    """Raises whatever is asked of it."""

    def __getattr__(self, name: str) -> Any:
        raise ValueError("broken on purpose")


DOORS = {
    "what an app's function is": lambda patch: patch.setattr(inspector_flask._Watched, "kind_of", broken),
    "what is known of a function": lambda patch: patch.setattr(inspector_flask._Watched, "attrs", broken),
    "the code of a function": lambda patch: patch.setattr(inspector_flask, "_code_attrs", broken),
    "the frames": lambda patch: patch.setattr(inspector_flask.sys, "_getframe", broken),
    "the table of callers": lambda patch: patch.setattr(inspector_flask, "_CALLERS", Odd()),
    "the hooks of one request": lambda patch: patch.setattr(inspector_flask, "_after_this_request", broken),
    "the request's beginning": lambda patch: patch.setattr(inspector_flask, "_enter", broken),
    "the loop": lambda patch: patch.setattr(inspector_flask, "_TimedSelector", broken),
    "the loop's tasks": lambda patch: patch.setattr(inspector_flask, "_task", broken),
    "the names of awaits": lambda patch: patch.setattr(inspector_flask, "_name_of", broken),
    "the preprocessors": lambda patch: patch.setattr(inspector_flask, "_ValuePreprocessor", broken),
    "what a mark holds": lambda patch: patch.setattr(inspector_flask.json, "dumps", broken),
    "the route": lambda patch: patch.setattr(inspector_flask, "_path_of", broken),
    "the rate": lambda patch: patch.setattr(inspector_flask._Sender, "admit", broken),
}


@pytest.mark.parametrize("door", list(DOORS))
def test_a_broken_door(door: str, told: Told, troubles: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = answers(make_app())
    app = make_app()
    Inspector(app)
    with monkeypatch.context() as patch:
        DOORS[door](patch)
        assert answers(app) == expected
        # A second time, and still one warning.
        assert answers(app) == expected
    assert len(troubles()) <= 1, troubles()
    if door not in ("the route", "the code of a function"):
        assert len(troubles()) == 1
    assert not told.sender.open


@pytest.mark.parametrize("name", [
    "ensure_sync", "preprocess_request", "request_context", "handle_exception", "finalize_request", "process_response",
    "make_default_options_response",
])
def test_a_door_that_is_not_there(name: str, told: Told, troubles: Any) -> None:
    """A later Flask may have no such method: the others are watched."""
    expected = answers(make_app())
    app = make_app()

    class Without:
        """The app as it looks to the extension, without one of its methods."""

        def __getattribute__(self, asked: str) -> Any:
            if asked == name:
                raise AttributeError(asked)
            return getattr(app, asked)

        def __setattr__(self, asked: str, value: Any) -> None:
            setattr(app, asked, value)

    Inspector(Without())
    assert answers(app) == expected
    assert len(troubles()) == 1, troubles()
    assert len(told.kinds("request")) == len(PATHS) + 1


def test_a_sender_that_fails(told: Told, troubles: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = answers(make_app())
    app = make_app()
    Inspector(app)
    monkeypatch.setattr(inspector_flask, "_encoded", broken)
    assert answers(app) == expected
    told.spans()
    assert len(troubles()) == 1
    assert told.sender.lost > 0


def test_no_threads(fresh: Any, troubles: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    start = threading.Thread.start

    def refuse(self: threading.Thread) -> None:
        if self.name == "inspector-sender":
            raise RuntimeError("can't start new thread")
        start(self)

    app = make_app()
    Inspector(app)
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", refuse)
        assert app.test_client().get("/7").status_code == 200
        assert app.test_client().get("/7").status_code == 200
    assert len(troubles()) == 1
    assert fresh.requests == 2


def test_a_module_that_cannot_be_patched(told: Told, troubles: Any) -> None:
    module = types.ModuleType("inspector_no_such")
    sys.modules["inspector_no_such"] = module
    try:
        inspector_flask._when_imported("inspector_no_such", broken)
        inspector_flask._when_imported("inspector_no_such", broken)
    finally:
        del sys.modules["inspector_no_such"]
    assert len(troubles()) == 1


def test_a_mark_with_a_value_that_cannot_be_told(told: Told, troubles: Any) -> None:
    class Bad:
        def __str__(self) -> str:
            raise OSError("no words")

        __repr__ = __str__

    app = flask.Flask("marks")
    ring: List[Any] = []
    ring.append(ring)
    deep: List[Any] = []
    for _ in range(100_000):
        deep = [deep]

    @app.get("/")
    def view() -> str:
        mark("bad", Bad())
        mark(Bad(), 1)
        mark("ring", ring)
        mark("keys", {1: 2, "a": 3})
        mark("number", float("nan"))
        mark("half", "\ud800")
        mark("none", None)
        mark("without")
        return "ok"

    Inspector(app)
    assert app.test_client().get("/").data == b"ok"
    marks = [event for event in told.one("view").events if event[0] == "mark"]
    labels = [attrs["inspector.label"] for _, _, attrs in marks]
    assert labels == ["ring", "keys", "number", "half", "none", "without"]
    assert marks[-2][2]["inspector.value"] == "null"
    assert "inspector.value" not in marks[-1][2]
    mark("outside of any request", 1)


def test_an_error_without_words(told: Told) -> None:
    class Mute(Exception):
        def __str__(self) -> str:
            raise OSError("no words")

    app = flask.Flask("mute")

    @app.get("/")
    def view() -> str:
        raise Mute()

    app.register_error_handler(Mute, lambda error: "ok")
    Inspector(app)
    assert app.test_client().get("/").data == b"ok"
    assert told.one("view").attrs["error.type"] == "Mute"


def test_twice_is_once(told: Told) -> None:
    app = flask.Flask("twice")
    app.get("/")(lambda: "ok")
    first = Inspector(app)
    Inspector(app)
    assert Inspector().init_app(app) is None
    assert app.extensions["inspector"] is first
    app.test_client().get("/")
    assert len(told.kinds("request")) == 1
    assert len(told.kinds("view")) == 1
