"""Ids: those that a caller sends, those of OpenTelemetry, and the same ones from an open span to its end."""

from __future__ import annotations

import asyncio
import sys
import threading
import types
from typing import Any, List

import flask
import pytest
from conftest import LONG, Receiver, Span, Told, wait_until

import inspector_flask
from inspector_flask import Inspector

TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


def hello() -> flask.Flask:
    app = flask.Flask("hello", static_folder=None)
    app.get("/")(lambda: flask.request.headers.get("traceparent", ""))
    Inspector(app)
    return app


@pytest.mark.parametrize("text", [
    f"00-{TRACE}-{PARENT}-01", f"00-{TRACE}-{PARENT}-03", f"00-{TRACE}-{PARENT}-ff", f"cc-{TRACE}-{PARENT}-01-later",
])
def test_a_traceparent_is_kept(text: str, told: Told) -> None:
    hello().test_client().get("/", headers={"traceparent": text}).close()
    root = told.one("request")
    assert (root.trace, root.parent) == (TRACE, PARENT)
    assert {span.trace for span in told.spans()} == {TRACE}


@pytest.mark.parametrize("text", [
    "", "nonsense", f"00-{TRACE}-{PARENT}", f"00-{'0' * 32}-{PARENT}-01", f"00-{TRACE}-{'0' * 16}-01",
    f"ff-{TRACE}-{PARENT}-01", f"00-{TRACE}-{PARENT}-01-more", f"00-{TRACE.upper()}-{PARENT}-01", f"00-{TRACE[1:]}-{PARENT}-01",
    f"00-{TRACE}-{PARENT}-0g", f" 00-{TRACE}-{PARENT}-01", "00-" + "x" * 10_000,
])
def test_a_traceparent_that_is_none(text: str, told: Told, troubles: Any) -> None:
    hello().test_client().get("/", environ_overrides={"HTTP_TRACEPARENT": text}).close()
    root = told.one("request")
    assert root.trace != TRACE and root.parent is None and len(root.trace) == 32
    assert troubles() == []


@pytest.mark.parametrize("flags", ["00", "02", "fe"])
def test_a_caller_that_does_not_record(flags: str, told: Told) -> None:
    """It is counted, and told of in no detail."""
    hello().test_client().get("/", headers={"traceparent": f"00-{TRACE}-{PARENT}-{flags}"}).close()
    assert told.spans() == []
    assert (told.sender.requests, told.sender.detailed) == (1, 0)


def test_every_request_has_ids_of_its_own(told: Told) -> None:
    client = hello().test_client()
    for _ in range(50):
        client.get("/").close()
    spans = told.spans()
    assert len({span.id for span in spans}) == len(spans)
    assert len({span.trace for span in told.kinds("request")}) == 50
    by_id = {span.id: span for span in spans}
    for span in spans:
        if span.parent is not None:
            parent = by_id[span.parent]
            assert parent.trace == span.trace
            assert parent.begin <= span.begin <= span.end <= parent.end


def test_an_open_span_is_told_and_told_again_whole(live: Receiver, fresh: Any) -> None:
    app = flask.Flask("pending")
    go_on = threading.Event()

    @app.before_request
    def quick() -> None:
        pass

    @app.get("/")
    async def view() -> str:
        waiting = asyncio.Event()
        loop = asyncio.get_running_loop()
        threading.Thread(target=lambda: go_on.wait(LONG) and loop.call_soon_threadsafe(waiting.set)).start()
        await waiting.wait()
        return "ok"

    Inspector(app)
    answers: List[bytes] = []
    thread = threading.Thread(target=lambda: answers.append(app.test_client().get("/").data))
    thread.start()

    def opened(kind: str) -> List[Span]:
        return [span for span in live.spans() if span.what == kind and not span.end]

    for kind in ("request", "sub_thread", "view", "await"):
        wait_until(lambda: opened(kind), f"the open {kind}")
    assert not live.ended("view") and not answers
    assert opened("await")[0].name.endswith("wait")
    go_on.set()
    thread.join(LONG)
    assert answers == [b"ok"]
    for kind in ("request", "sub_thread", "view", "await"):
        wait_until(lambda: live.ended(kind), f"the ended {kind}")
        first, last = opened(kind)[0], live.ended(kind)[0]
        assert (first.trace, first.id, first.parent, first.begin) == (last.trace, last.id, last.parent, last.begin)
        assert last.end > last.begin
        if kind == "view":
            assert last.attrs["inspector.outcome"] == "response" and last.attrs["inspector.polls"] >= 2
    assert not fresh.open
    # What was over before anybody looked needs one message.
    quick_ones = [span for span in live.spans() if span.what == "before_request"]
    assert len([span for span in quick_ones if span.end]) == 1


def test_an_open_span_is_told_every_second(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [10_000_000_000]
    monkeypatch.setattr(inspector_flask, "_mono", lambda: now[0])
    span = inspector_flask._enter({"REQUEST_METHOD": "GET", "PATH_INFO": "/"})
    assert told.round() == []
    found = []
    for _ in range(60):
        now[0] += 50_000_000
        found.append(len([span for span in told.round() if span.what == "request"]))
    assert found[0] == 1 and sum(found) == 3
    inspector_flask._leave(span)
    assert told.one("request").end


class Context:
    def __init__(self, trace: int, span: int) -> None:
        self.trace_id, self.span_id, self.is_valid = trace, span, bool(trace)


def with_open_telemetry(monkeypatch: pytest.MonkeyPatch, context: Any, provider: Any) -> None:
    trace = types.ModuleType("opentelemetry.trace")
    trace.get_current_span = lambda: types.SimpleNamespace(get_span_context=lambda: context)  # type: ignore[attr-defined]
    trace.get_tracer_provider = lambda: provider  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "opentelemetry.trace", trace)


def test_within_a_span_of_open_telemetry(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    with_open_telemetry(monkeypatch, Context(int(TRACE, 16), int(PARENT, 16)), None)
    hello().test_client().get("/").close()
    assert (told.one("request").trace, told.one("request").parent) == (TRACE, PARENT)


def test_around_a_span_of_open_telemetry(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its spans of this request become children of ours, in a trace of its own making."""
    generator = types.SimpleNamespace(generate_trace_id=lambda: int(TRACE, 16))
    with_open_telemetry(monkeypatch, Context(0, 0), types.SimpleNamespace(id_generator=generator))
    answer = hello().test_client().get("/")
    answer.get_data()
    answer.close()
    root = told.one("request")
    assert root.trace == TRACE and root.parent is None
    assert answer.data.decode() == f"00-{TRACE}-{root.id}-01"


def test_open_telemetry_without_a_provider(told: Told, monkeypatch: pytest.MonkeyPatch, troubles: Any) -> None:
    with_open_telemetry(monkeypatch, Context(0, 0), object())
    assert hello().test_client().get("/").data == b""
    assert told.one("request").parent is None and troubles() == []


def test_an_open_telemetry_that_fails(told: Told, monkeypatch: pytest.MonkeyPatch, troubles: Any) -> None:
    with_open_telemetry(monkeypatch, None, None)
    client = hello().test_client()
    client.get("/").close()
    client.get("/").close()
    assert len(told.kinds("request")) == 2 and len(troubles()) == 1


@pytest.mark.parametrize("form", ["{s}.{ms:03}", "t={s}.{ms:03}", "{s}{ms:03}", "t={s}{ms:03}000", "{s}{ms:03}000000"])
def test_when_a_proxy_began(form: str, told: Told) -> None:
    import time

    began = time.time_ns() // 1_000_000 - 250
    text = form.format(s=began // 1_000, ms=began % 1_000)
    hello().test_client().get("/", headers={"X-Request-Start": text}).close()
    assert told.one("request").attrs["inspector.sent.at"] == began * 1_000_000


@pytest.mark.parametrize("text", [
    "", "soon", "-5", "1", "t=", "99999999999999999999999", "1e9", "4102444800", "t=1.5.5", "١٢٣",
])
def test_when_a_proxy_cannot_have_begun(text: str, told: Told, troubles: Any) -> None:
    hello().test_client().get("/", environ_overrides={"HTTP_X_REQUEST_START": text}).close()
    assert "inspector.sent.at" not in told.one("request").attrs and troubles() == []
