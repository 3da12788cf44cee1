"""Apps of many forms: nested ones, streams, files, class-based views, blueprints, odd callables, subclasses."""

from __future__ import annotations

import asyncio
import functools
import gc
import io
import threading
import time
from typing import Any, Dict, List

import flask
import flask.views
import pytest
from conftest import LONG, Told, wait_until
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.test import EnvironBuilder, run_wsgi_app

import inspector_flask
from inspector_flask import Inspector, mark


def test_nested_apps(told: Told) -> None:
    """An app within an app: its request is a part of the outer one."""
    outer, inner, plain = flask.Flask("outer"), flask.Flask("inner"), flask.Flask("plain")
    outer.get("/")(lambda: "outer")
    inner.get("/<int:n>")(lambda n: f"inner {n}")
    plain.get("/")(lambda: "plain")
    outer.wsgi_app = DispatcherMiddleware(outer.wsgi_app, {"/in": inner, "/plain": plain})  # type: ignore[method-assign]
    Inspector(outer)
    Inspector(inner)
    client = outer.test_client()
    assert client.get("/").data == b"outer"
    assert client.get("/in/3").data == b"inner 3"
    assert client.get("/plain/").data == b"plain"
    requests = told.kinds("request")
    assert [span.name for span in requests] == ["GET /", "GET /in/3", "GET /<int:n>", "GET /plain/"]
    assert requests[2].parent == requests[1].id and requests[2].trace == requests[1].trace
    assert requests[2].attrs["url.path"] == "/in/3"
    assert not told.sender.open


def test_a_nested_app_of_which_nothing_is_told(told: Told) -> None:
    outer, inner = flask.Flask("outer"), flask.Flask("inner")
    inner.get("/")(lambda: "inner")
    outer.wsgi_app = DispatcherMiddleware(outer.wsgi_app, {"/in": inner})  # type: ignore[method-assign]
    Inspector(outer)
    Inspector(inner)
    admitted = iter([True, False])
    told.sender.admit = lambda: next(admitted)
    assert outer.test_client().get("/in/").data == b"inner"
    assert [span.what for span in told.spans()] == ["request"]


def streaming() -> flask.Flask:
    app = flask.Flask("streams", static_folder=None)

    @app.get("/stream")
    def stream() -> flask.Response:
        def pieces() -> Any:
            for number in range(3):
                mark("piece", number)
                yield str(number)

        return flask.Response(pieces())

    @app.get("/context")
    def context() -> flask.Response:
        def pieces() -> Any:
            yield flask.request.path
            mark("in the stream")
            yield flask.request.args.get("x", "")

        return flask.Response(flask.stream_with_context(pieces()))

    @app.get("/fails")
    def fails() -> flask.Response:
        def pieces() -> Any:
            yield "a"
            raise ValueError("in the middle")

        return flask.Response(pieces())

    @app.get("/file")
    def file() -> flask.Response:
        return flask.send_file(io.BytesIO(b"file" * 10_000), mimetype="text/plain")

    @app.get("/disk")
    def disk() -> flask.Response:
        return flask.send_file(__file__, mimetype="text/plain", conditional=True)

    @app.get("/closing")
    def closing() -> flask.Response:
        answer = flask.Response("closing")

        @answer.call_on_close
        def closed() -> None:
            mark("closed")

        return answer

    @app.get("/none")
    def none() -> Any:
        return "", 204

    return app


@pytest.mark.parametrize("path", ["/stream", "/context?x=1", "/file", "/disk", "/closing", "/none", "/missing"])
@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "POST"])
def test_bodies_are_the_same(path: str, method: str, told: Told) -> None:
    def ask(app: flask.Flask) -> Any:
        answer = app.test_client().open(path, method=method)
        headers = sorted((name, value) for name, value in answer.headers.items() if name not in ("Date", "Allow"))
        found = answer.status_code, headers, answer.get_data()
        answer.close()
        return found

    expected = ask(streaming())
    app = streaming()
    Inspector(app)
    assert ask(app) == expected
    assert not told.sender.open
    root = told.one("request")
    assert root.attrs["http.response.status_code"] == expected[0]
    assert root.event("head sent") is not None
    if method == "OPTIONS" and path != "/missing":
        assert root.event("auto options") is not None


def test_a_stream_lies_within_its_request(told: Told) -> None:
    app = streaming()
    Inspector(app)
    answer = app.test_client().get("/stream")
    assert answer.get_data() == b"012"
    assert told.kinds("view") and not told.kinds("request"), "it lasts until its body is closed"
    answer.close()
    root = told.one("request")
    marks = [at for name, at, _ in root.events if name == "mark"]
    assert len(marks) == 3 and all(root.begin < at < root.end for at in marks)
    assert root.event("body sent") is not None


def test_a_stream_that_fails(told: Told) -> None:
    app = streaming()
    Inspector(app)
    answer = app.test_client().get("/fails")
    with pytest.raises(ValueError):
        answer.get_data()
    answer.close()
    root = told.one("request")
    assert root.status["code"] == 2 and root.attrs["error.type"] == "ValueError"


def test_a_client_that_does_not_close(told: Told) -> None:
    """A server that forgets the body, against WSGI's rules, leaves no request open."""
    app = streaming()
    Inspector(app)
    for path in ("/stream", "/closing"):
        body = app(EnvironBuilder(path).get_environ(), lambda *_: lambda data: None)
        next(iter(body))
        del body
    assert not told.sender.open
    assert len(told.kinds("request")) == 2


def test_a_client_that_goes_away(told: Told) -> None:
    app = streaming()
    Inspector(app)
    body = app(EnvironBuilder("/stream").get_environ(), lambda *_: lambda data: None)
    next(iter(body))
    body.close()
    body.close()
    root = told.one("request")
    assert root.event("body sent") is None and root.end


def test_the_servers_own_file(told: Told) -> None:
    """A server sends a file fast only where it gets its own wrapper back."""
    from wsgiref.util import FileWrapper

    app = streaming()
    Inspector(app)
    environ = EnvironBuilder("/disk").get_environ()
    environ["wsgi.file_wrapper"] = FileWrapper
    body = app(environ, lambda *_: lambda data: None)
    assert isinstance(body, FileWrapper)
    assert b"".join(body).startswith(b'"""Apps of many forms')
    body.close()
    assert body.filelike.closed
    assert told.one("request").end and not told.sender.open


def test_the_response_may_begin_twice(told: Told) -> None:
    app = flask.Flask("twice")

    def wsgi(environ: Any, start_response: Any) -> List[bytes]:
        write = start_response("200 OK", [])
        assert write("x") is None
        try:
            raise ValueError("late")
        except ValueError:
            import sys

            start_response("500 LATE", [], sys.exc_info())
        return [b"late"]

    app.wsgi_app = wsgi  # type: ignore[method-assign,assignment]
    Inspector(app)
    calls: List[Any] = []
    body = app({"REQUEST_METHOD": "GET"}, lambda *a: calls.append(a) or (lambda data: None))
    assert list(body) == [b"late"]
    body.close()
    assert [len(call) for call in calls] == [2, 3]
    assert told.one("request").attrs["http.response.status_code"] == 500


def test_class_based_views(told: Told) -> None:
    app = flask.Flask("classes", static_folder=None)

    class Sync(flask.views.MethodView):
        def get(self, n: int) -> str:
            return f"get {n}"

        async def post(self, n: int) -> str:
            await asyncio.sleep(0)
            return f"post {n}"

    class Plain(flask.views.View):
        def dispatch_request(self) -> str:
            return "plain"

    class Later(flask.views.View):
        async def dispatch_request(self) -> str:
            await asyncio.sleep(0)
            return "later"

    def decorator(function: Any) -> Any:
        @functools.wraps(function)
        def inner(*a: Any, **k: Any) -> Any:
            return function(*a, **k)
        return inner

    class Decorated(flask.views.MethodView):
        decorators = [decorator]

        def get(self) -> str:
            return "decorated"

    app.add_url_rule("/sync/<int:n>", view_func=Sync.as_view("sync"))
    app.add_url_rule("/plain", view_func=Plain.as_view("plain"))
    app.add_url_rule("/later", view_func=Later.as_view("later"))
    app.add_url_rule("/decorated", view_func=Decorated.as_view("decorated"))
    Inspector(app)
    client = app.test_client()
    for _ in range(3):
        assert client.get("/sync/1").data == b"get 1"
        assert client.post("/sync/2").data == b"post 2"
        assert client.get("/plain").data == b"plain"
        assert client.get("/later").data == b"later"
        assert client.get("/decorated").data == b"decorated"
    views = told.kinds("view")
    assert [span.name for span in views] == ["sync:get", "sync:post", "plain", "later", "decorated:get"] * 3
    assert [span.attrs["inspector.async"] for span in views] == [False, True, False, True, False] * 3
    assert told.kinds("request")[0].attrs["flask.view_args.n"] == 1


def test_a_view_object_is_not_kept(told: Told) -> None:
    """A class-based view is made for each request: what is remembered of its method must not hold it."""
    import weakref

    made: List[Any] = []

    class View(flask.views.MethodView):
        def __init__(self) -> None:
            made.append(weakref.ref(self))

        def get(self) -> str:
            return "ok"

    app = flask.Flask("kept")
    app.add_url_rule("/", view_func=View.as_view("view"))
    Inspector(app)
    client = app.test_client()
    for _ in range(5):
        client.get("/").close()
    gc.collect()
    assert len(made) == 5 and [one for one in made if one() is not None] == []


def test_blueprints(told: Told) -> None:
    app = flask.Flask("blueprints", static_folder=None)
    outer, inner = flask.Blueprint("outer", "outer"), flask.Blueprint("inner", "inner")

    @outer.url_value_preprocessor
    def values(endpoint: Any, given: Any) -> None:
        flask.g.lang = given.pop("lang")

    @inner.before_request
    async def before() -> None:
        pass

    @outer.before_app_request
    def everywhere() -> None:
        pass

    @inner.get("/<int:n>")
    def show(n: int) -> str:
        return f"{flask.g.lang} {n}"

    @inner.errorhandler(404)
    def missing(error: Any) -> Any:
        return "missing", 404

    outer.register_blueprint(inner, url_prefix="/inner")
    app.register_blueprint(outer, url_prefix="/<lang>")
    Inspector(app)
    client = app.test_client()
    assert client.get("/de/inner/3").data == b"de 3"
    assert client.get("/de/inner/4").data == b"de 4"
    assert told.kinds("view")[0].attrs["inspector.scope"] == "outer.inner"
    assert told.kinds("view")[0].name == "outer.inner.show"
    scopes = {span.name: span.attrs["inspector.scope"] for span in told.kinds("before_request")}
    assert scopes == {"everywhere": "app", "before": "outer.inner"}
    preprocessors = told.kinds("url_value_preprocessor")
    assert [(span.name, span.attrs["inspector.scope"]) for span in preprocessors] == [("values", "outer")] * 2


class Unhashable:
    """A hook that is an object, equal to others, and not to be hashed."""

    __hash__ = None  # type: ignore[assignment]

    def __init__(self, log: List[str], name: str) -> None:
        self.log, self.name = log, name
        # Named as the extension's own: they stay the hook's.
        self.function = self.fixed = self.label = "mine"

    def __eq__(self, other: Any) -> bool:
        return True

    def __call__(self, *given: Any) -> Any:
        self.log.append(self.name)
        return given[0] if given and isinstance(given[0], flask.Response) else None


class Marked:
    """To asyncio it is an async function, by a mark that older libraries set; to Flask it is none."""

    _is_coroutine = getattr(asyncio.coroutines, "_is_coroutine", None)

    def __call__(self) -> str:
        return "not awaited"


def test_odd_callables(told: Told, troubles: Any) -> None:
    def make(log: List[str]) -> flask.Flask:
        app = flask.Flask("odd", static_folder=None)

        def two(name: str, *given: Any) -> Any:
            log.append(name)
            return given[0] if given else None

        async def later(name: str, *given: Any) -> Any:
            log.append(name)
            return given[0] if given else None

        class Holder:
            def hook(self, *given: Any) -> Any:
                log.append("method")

            @classmethod
            def of_class(cls) -> None:
                log.append("of class")

        app.before_request_funcs.setdefault(None, []).extend([
            Unhashable(log, "object"), functools.partial(two, "partial"), functools.partial(later, "async partial"),
            functools.partial(functools.partial(two), "nested"), Holder().hook, Holder.of_class,
        ])
        app.after_request_funcs.setdefault(None, []).extend([
            Unhashable(log, "after object"), functools.partial(later, "after partial")])
        app.teardown_request_funcs.setdefault(None, []).append(lambda error: log.append("teardown"))
        app.url_value_preprocessors.setdefault(None, []).extend([
            Unhashable(log, "values"), functools.partial(two, "values partial")])
        app.add_url_rule("/", "view", functools.partial(lambda text: text, "partial view"))
        app.add_url_rule("/object", "object", Unhashable(log, "view object"))
        app.register_error_handler(500, functools.partial(lambda text, error: (text, 500), "handled"))
        return app

    def run(app: flask.Flask) -> List[Any]:
        client, found = app.test_client(), []
        for path in ("/", "/object", "/"):
            answer = client.get(path)
            found.append((answer.status_code, answer.data))
            answer.close()
        return found

    expected_log: List[str] = []
    expected = run(make(expected_log))
    log: List[str] = []
    app = make(log)
    Inspector(app)
    assert run(app) == expected
    assert log == expected_log
    assert troubles() == []
    assert len(told.kinds("before_request")) == 18
    assert sum(span.attrs["inspector.async"] for span in told.kinds("before_request")) == 3


def test_what_only_asyncio_takes_for_async_is_as_flask_has_it(told: Told) -> None:
    """Flask does not await it: then we must not either."""
    app = flask.Flask("marked")
    app.before_request_funcs.setdefault(None, []).append(Marked())
    Inspector(app)
    assert app.test_client().get("/").data == b"not awaited"
    assert told.one("before_request").attrs["inspector.async"] is False


def test_a_subclass_with_ways_of_its_own(told: Told) -> None:
    seen: List[str] = []

    class Own(flask.Flask):
        def ensure_sync(self, function: Any) -> Any:
            made = super().ensure_sync(function)

            def call(*a: Any, **k: Any) -> Any:
                seen.append(getattr(function, "__name__", ""))
                return made(*a, **k)

            return call

        def async_to_sync(self, function: Any) -> Any:
            # A loop of its own on the worker's thread, without asgiref.
            def call(*a: Any, **k: Any) -> Any:
                return asyncio.new_event_loop().run_until_complete(function(*a, **k))

            return call

        def dispatch_request(self, *a: Any) -> Any:
            return super().dispatch_request(*a)

        def preprocess_request(self, *a: Any) -> Any:
            return super().preprocess_request(*a)

    app = Own("own")

    @app.before_request
    async def before() -> None:
        await asyncio.sleep(0)

    @app.get("/")
    async def view() -> str:
        await asyncio.sleep(0)
        return "ok"

    Inspector(app)
    for _ in range(2):
        assert app.test_client().get("/").data == b"ok"
    assert seen == ["before", "view"] * 2
    assert [span.name for span in told.kinds("before_request", "view")] == ["before", "view"] * 2
    assert len(told.kinds("sub_thread")) == 4


def test_another_extension_before_the_same_door(told: Told) -> None:
    app = flask.Flask("others")
    app.get("/")(lambda: "ok")
    app.before_request(lambda: None)
    Inspector(app)
    ours = app.ensure_sync
    app.ensure_sync = lambda function: ours(function)  # type: ignore[method-assign]
    assert app.test_client().get("/").data == b"ok"
    assert [span.what for span in told.spans()] == ["request", "routing", "before_request", "view"]


def test_a_teardown_that_raises(told: Told) -> None:
    app = flask.Flask("teardown")
    app.get("/")(lambda: "ok")

    @app.teardown_request
    async def teardown(error: Any) -> None:
        raise ValueError("torn")

    Inspector(app)
    with pytest.raises(ValueError, match="torn"):
        app.test_client().get("/")
    root = told.one("request")
    assert root.event("propagate")["exception.type"] == "ValueError"  # type: ignore[index]
    assert told.one("teardown_request").attrs["error.type"] == "ValueError"
    assert inspector_flask._current.get() is None and not told.sender.open


def test_errors_are_the_very_ones(told: Told) -> None:
    app = flask.Flask("errors")
    app.testing = True
    error = KeyError("the one")

    @app.get("/sync")
    def sync() -> str:
        raise error

    @app.get("/async")
    async def later() -> str:
        raise error

    Inspector(app)
    for path in ("/sync", "/async"):
        with pytest.raises(KeyError) as caught:
            app.test_client().get(path)
        assert caught.value is error
    assert [span.attrs["error.type"] for span in told.kinds("view")] == ["KeyError"] * 2
    assert told.kinds("request")[0].event("unhandled")["exception.type"] == "KeyError"  # type: ignore[index]


def test_errors_that_are_no_exceptions(told: Told) -> None:
    app = flask.Flask("exit")

    @app.get("/")
    def view() -> str:
        raise SystemExit(3)

    Inspector(app)
    with pytest.raises(SystemExit):
        app.test_client().get("/")
    assert told.one("view").attrs["error.type"] == "SystemExit"
    assert inspector_flask._current.get() is None and not told.sender.open


def test_a_loop_is_seen(told: Told) -> None:
    app = flask.Flask("loop")

    @app.get("/")
    async def view() -> str:
        await asyncio.sleep(0.02)
        begun = time.monotonic()
        while time.monotonic() - begun < 0.02:
            pass
        return "ok"

    Inspector(app)
    app.test_client().get("/").close()
    sub = told.one("sub_thread")
    assert sub.attrs["inspector.loop.idle"] >= 10_000_000 and sub.attrs["inspector.loop.turns"] >= 1
    assert sub.attrs["inspector.thread.id"] != sub.attrs["thread.id"]
    assert sub.event("loop started") is not None and sub.event("loop ended") is not None
    view = told.one("view")
    assert view.attrs["inspector.poll.longest"] >= 20_000_000
    assert view.event("poll")["inspector.duration"] >= 20_000_000  # type: ignore[index]
    assert told.one("await").name == "sleep"


def test_a_loop_is_left_as_it_was(told: Told) -> None:
    loop = asyncio.new_event_loop()
    selector = loop._selector  # type: ignore[attr-defined]

    class Own(flask.Flask):
        def async_to_sync(self, function: Any) -> Any:
            return lambda *a, **k: loop.run_until_complete(function(*a, **k))

    app = Own("kept")

    @app.get("/")
    async def view() -> str:
        await asyncio.sleep(0.001)
        return "ok"

    Inspector(app)
    for _ in range(3):
        app.test_client().get("/").close()
        assert loop._selector is selector  # type: ignore[attr-defined]
    assert all(span.attrs["inspector.loop.turns"] for span in told.kinds("sub_thread"))
    loop.close()


def test_requests_at_the_same_time(told: Told) -> None:
    app = flask.Flask("many")
    barrier = threading.Barrier(8)

    @app.get("/<int:n>")
    async def view(n: int) -> str:
        barrier.wait(LONG)
        await asyncio.gather(*(child(n, one) for one in range(5)))
        return str(n)

    async def child(n: int, one: int) -> None:
        await asyncio.sleep(0.001)
        mark("n", n)

    Inspector(app)
    answers: Dict[int, bytes] = {}
    threads = [
        threading.Thread(target=lambda n=n: answers.setdefault(n, app.test_client().get(f"/{n}").data)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LONG)
    assert answers == {n: str(n).encode() for n in range(8)}
    roots = {span.trace: span.attrs["url.path"] for span in told.kinds("request")}
    tasks = told.kinds("task")
    assert len(tasks) == 40
    for span in tasks:
        (mark_of,) = [attrs for name, _, attrs in span.events if name == "mark"]
        assert "/" + mark_of["inspector.value"] == roots[span.trace]


def test_work_that_outlives_its_request(told: Told, troubles: Any) -> None:
    import contextvars

    app = flask.Flask("outlives")
    go_on, done = threading.Event(), threading.Event()

    @app.get("/")
    def view() -> str:
        context = contextvars.copy_context()

        def work() -> None:
            go_on.wait(LONG)
            mark("late")
            with app.test_request_context("/"):
                pass
            done.set()

        threading.Thread(target=lambda: context.run(work), daemon=True).start()
        return "ok"

    Inspector(app)
    app.test_client().get("/").close()
    go_on.set()
    assert done.wait(LONG)
    assert troubles() == []
    assert len(told.kinds("request")) == 1


def test_run_by_werkzeugs_own_client(told: Told) -> None:
    app = streaming()
    Inspector(app)
    chunks, status, headers = run_wsgi_app(app, EnvironBuilder("/stream").get_environ(), buffered=True)
    assert b"".join(one if isinstance(one, bytes) else one.encode() for one in chunks) == b"012"
    wait_until(lambda: not told.sender.open)


def test_a_client_that_keeps_the_context(told: Told) -> None:
    def run(is_watched: bool) -> List[Any]:
        app = flask.Flask("kept")
        found: List[Any] = []
        app.get("/<int:n>")(lambda n: "ok")
        app.teardown_request(lambda error: found.append("teardown"))
        if is_watched:
            Inspector(app)
        with app.test_client() as client:
            for n in range(2):
                found.append(client.get(f"/{n}").data)
                found.append(flask.request.path)
        return found

    assert run(True) == run(False)
    assert not told.sender.open and len(told.kinds("request")) == 2
