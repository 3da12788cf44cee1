"""Threads, thread-locals, context variables, `g` and sessions are as they are without the extension."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from typing import Any, Dict, List

import flask
import pytest
from conftest import LONG, Told

from inspector_flask import Inspector, mark

variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable", default="start")
other: contextvars.ContextVar[str] = contextvars.ContextVar("other", default="start")
local = threading.local()


def make_app(log: List[Any]) -> flask.Flask:
    app = flask.Flask("contexts", static_folder=None)
    app.secret_key = "test"

    def note(where: str) -> None:
        log.append((
            where, variable.get(), other.get(), getattr(local, "value", None), flask.g.get("x"),
            flask.session.get("count"), flask.request.path, threading.current_thread() is worker[0],
        ))

    worker: List[Any] = [None]

    @app.before_request
    def first() -> None:
        worker[0] = threading.current_thread()
        note("first")
        variable.set("first")
        local.value = "worker"

    @app.before_request
    async def second() -> None:
        note("second")
        variable.set("second")
        local.value = "sub"
        flask.g.x = 1
        flask.session["count"] = flask.session.get("count", 0) + 1
        await asyncio.sleep(0)
        other.set("second")

    @app.get("/sync")
    def sync() -> str:
        note("sync")
        variable.set("sync")
        return "sync"

    @app.get("/async")
    async def later() -> str:
        note("async")

        async def child(name: str) -> None:
            note(name)
            variable.set(name)
            await asyncio.sleep(0)
            note(name)

        await asyncio.gather(child("a"), child("b"))
        await asyncio.create_task(child("c"))
        variable.set("async")
        note("async end")
        flask.g.x = 2
        return "async"

    @app.get("/copied")
    def copied() -> str:
        @flask.copy_current_request_context
        def work() -> None:
            note("work")
            flask.g.y = 1

        thread = threading.Thread(target=work)
        thread.start()
        thread.join(LONG)
        return "copied"

    @app.get("/copied-async")
    async def copied_async() -> str:
        @flask.copy_current_request_context
        def work() -> str:
            note("work")
            return "copied"

        return await asyncio.get_running_loop().run_in_executor(None, work)

    @app.after_request
    async def after(answer: flask.Response) -> flask.Response:
        note("after")

        @flask.after_this_request
        async def last(given: flask.Response) -> flask.Response:
            return given

        return answer

    @app.before_request
    def registers() -> None:
        @flask.after_this_request
        async def one(answer: flask.Response) -> flask.Response:
            note("after this")
            answer.headers["X-One"] = variable.get()
            return answer

    @app.teardown_request
    def teardown(error: Any) -> None:
        note("teardown")

    return app


def run(is_watched: bool, path: str) -> Any:
    log: List[Any] = []
    app = make_app(log)
    if is_watched:
        Inspector(app)
    answers: List[Any] = []

    def ask() -> None:
        client = app.test_client()
        for _ in range(2):
            answer = client.get(path)
            answers.append((answer.status_code, answer.data, answer.headers.get("X-One")))
            answer.close()
            log.append(("outside", variable.get(), other.get()))

    thread = threading.Thread(target=ask)
    thread.start()
    thread.join(LONG)
    assert not thread.is_alive()
    return log, answers


@pytest.mark.parametrize("path", ["/sync", "/async", "/copied", "/copied-async", "/none"])
def test_contexts_are_the_same(path: str, told: Told, troubles: Any) -> None:
    log, answers = run(False, path)
    assert run(True, path) == (log, answers)
    assert len(answers) == 2 and len(log) > 8
    assert troubles() == []
    assert not told.sender.open


def test_an_async_after_this_request(told: Told) -> None:
    run(True, "/sync")
    assert [span.name for span in told.kinds("after_this_request")][:2] == ["one", "one"]
    assert all(span.attrs["inspector.async"] for span in told.kinds("after_this_request"))


def test_a_stored_sync_function_is_called_by_many_threads(told: Told) -> None:
    """What `ensure_sync` gave may be kept, and called by several threads of one request."""
    app = flask.Flask("stored")
    spans: Dict[str, Any] = {}

    async def work(name: str) -> str:
        await asyncio.sleep(0.005)
        mark(name)
        return name

    @app.get("/")
    def view() -> str:
        stored = app.ensure_sync(work)
        found: List[str] = []

        def call(name: str) -> None:
            found.append(stored(name))

        threads = [
            threading.Thread(target=contextvars.copy_context().run, args=(call, str(number))) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(LONG)
        return "".join(sorted(found))

    Inspector(app)
    assert app.test_client().get("/").data == b"0123"
    subs = {span.id: span for span in told.kinds("sub_thread")}
    tasks = told.kinds("task")
    assert len(subs) == len(tasks) == 4
    assert {task.parent for task in tasks} == set(subs)
    assert not spans


def test_a_decorator_that_asks_ensure_sync(told: Told) -> None:
    """As `login_required` of Flask-Login: the view is shown once, and what it runs on a sub-thread is shown."""
    import functools

    app = flask.Flask("decorated")

    def required(function: Any) -> Any:
        @functools.wraps(function)
        def inner(*a: Any, **k: Any) -> Any:
            return flask.current_app.ensure_sync(function)(*a, **k)

        return inner

    @app.get("/sync")
    @required
    def sync() -> str:
        return "sync"

    @app.get("/async")
    @required
    async def later() -> str:
        await asyncio.sleep(0.001)
        return "later"

    Inspector(app)
    client = app.test_client()
    assert client.get("/sync").data == b"sync"
    assert client.get("/async").data == b"later"
    assert [span.name for span in told.kinds("view")] == ["sync", "later"]
    assert len(told.kinds("sub_thread")) == 1
    assert told.one("task").name.endswith("later")
    assert [span.name for span in told.kinds("await")] == ["sleep"]


def test_a_context_of_the_apps_own_within_a_view(told: Told) -> None:
    app = flask.Flask("inner")

    @app.get("/outer")
    def outer() -> str:
        with app.test_request_context("/other/3"):
            return flask.request.path

    @app.get("/other/<int:number>")
    def inner(number: int) -> str:
        return ""

    Inspector(app)
    assert app.test_client().get("/outer").data == b"/other/3"
    assert told.one("request").attrs["http.route"] == "/outer"
    assert told.one("request").name == "GET /outer"
