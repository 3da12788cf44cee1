"""The lifecycle vectors: what the spans tell is what Flask did, event for event."""

from __future__ import annotations

import json
import logging
import os
import threading
from typing import Any, Dict, List, Optional

import flask
import pytest
import vector_app
from conftest import HERE, LONG, Span, Told

from inspector_flask import Inspector

try:
    from importlib.metadata import version

    FLASK = tuple(int(part) for part in version("flask").split(".")[:2])
except (ImportError, ValueError):
    FLASK = (3, 1)


def folder() -> Optional[str]:
    """Where the vectors are: named by the environment, or in the repository that this file is in."""
    named = os.environ.get("INSPECTOR_VECTORS")
    if named:
        return named
    place = HERE
    while True:
        found = os.path.join(place, "Tests", "InspectorCoreTests", "FlaskVectors")
        if os.path.isdir(found):
            return found
        if os.path.dirname(place) == place:
            return None
        place = os.path.dirname(place)


FOLDER = folder()
NAMES = sorted(name[:-5] for name in os.listdir(FOLDER) if name.endswith(".json")) if FOLDER else []

# What happens outside of the functions that the extension stands before.
NOT_SHOWN = ("signal", "stream_chunk", "stream_close")
ROOT_EVENTS = {
    "unhandled": "unhandled", "finalize error ignored": "finalize_error_ignored", "auto options": "auto_options",
    "propagate": "propagate",
}
FUNCTIONS = (
    "url_value_preprocessor", "before_request", "view", "error_handler", "after_this_request", "after_request",
    "teardown_request", "teardown_appcontext",
)


def lifecycle(spans: List[Span]) -> List[Dict[str, Any]]:
    """The vectors' list of events, rebuilt from the spans of one request."""
    found: List[Any] = []
    root = next(span for span in spans if span.what == "request")
    for span in spans:
        if span.what == "routing":
            found.append((span.begin, span, {
                "event": "routing", "endpoint": span.attrs.get("flask.endpoint"), "rule": span.attrs.get("http.route"),
                "error": span.attrs.get("error.type"),
            }))
        elif span.what in FUNCTIONS:
            found.append((span.begin, span, function(span)))
        for name, at, attrs in span.events:
            if name == "mark":
                one = {"event": "mark", "label": attrs["inspector.label"]}
                if "inspector.value" in attrs:
                    one["value"] = json.loads(attrs["inspector.value"])
                found.append((at, span, one))
            elif span is root and name in ROOT_EVENTS:
                one = {"event": ROOT_EVENTS[name]}
                if "exception.type" in attrs:
                    one["exc"] = attrs["exception.type"]
                found.append((at, span, one))
    found.sort(key=lambda one: one[0])
    threads = {root.attrs["thread.id"]: "W"}
    events = []
    for _, span, event in found:
        # A thread's number is given again once it has ended: its name is not.
        thread = span.attrs["thread.id"]
        key = thread if thread == root.attrs["thread.id"] else (thread, span.attrs["thread.name"])
        event["thread"] = threads.setdefault(key, f"S{len(threads)}")
        event["subthread"] = event["thread"] != "W"
        events.append(event)
    return events


def function(span: Span) -> Dict[str, Any]:
    one: Dict[str, Any] = {
        "event": span.what, "name": span.name, "scope": span.attrs["inspector.scope"],
        "async": span.attrs.get("inspector.async", False),
        "outcome": span.attrs.get("inspector.outcome") or "raise:" + span.attrs["error.type"],
    }
    if span.what in ("after_request", "after_this_request"):
        one["status"] = span.attrs["inspector.status"]
    elif span.what == "url_value_preprocessor":
        one["endpoint"] = span.attrs.get("flask.endpoint")
    elif span.what in ("error_handler", "teardown_request", "teardown_appcontext"):
        given = span.event("given error") or {}
        one["exc"] = given.get("exception.type")
        if span.what == "error_handler":
            one["original"] = given.get("inspector.original")
    return one


def wanted(events: List[Dict[str, Any]]) -> List[Dict[str, Any]]:
    return [
        {key: value for key, value in event.items() if key != "args"} for event in events
        if event["event"] not in NOT_SHOWN
    ]


def possible(vector: Dict[str, Any], place: int) -> List[Dict[str, Any]]:
    """What this version of Flask may do."""
    now = vector["expected"][place]
    older = vector.get("other_versions", {}).get("flask-2.0.3", {}).get(str(place))
    if older is None:
        return [now]
    return [older] if FLASK < (2, 1) else [now] if FLASK >= (3, 1) else [now, older]


def ask(app: flask.Flask, request: Dict[str, Any], trace: str, answers: Dict[str, Any]) -> None:
    """One request, as a server would make it: on a thread, and so in a context, of its own."""
    headers = dict(request.get("headers", {}), traceparent=f"00-{trace}-{'b' * 16}-01")
    try:
        answer = app.test_client(use_cookies=False).open(
            request["path"], method=request.get("method", "GET"), headers=headers, data=request.get("body", ""),
            base_url="http://localhost")
        answers[trace] = (answer.status_code, answer.headers, answer.get_data())
        answer.close()
    except Exception as error:  # noqa: BLE001 - it left the app, and a server would answer 500
        answers[trace] = error


@pytest.mark.skipif(not NAMES, reason="the vectors are not here: INSPECTOR_VECTORS names their folder")
def test_there_are_vectors() -> None:
    assert len(NAMES) >= 60


@pytest.mark.parametrize("name", NAMES)
def test_vector(name: str, told: Told, troubles: Any, caplog: pytest.LogCaptureFixture) -> None:
    with open(os.path.join(FOLDER or "", name + ".json"), encoding="utf-8") as file:
        vector = json.load(file)
    app = vector_app.build(vector["app"])
    Inspector(app)
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    answers: Dict[str, Any] = {}
    threads, asked = [], []
    for place, request in enumerate(vector["requests"]):
        if "close_after_ms" in request:
            continue
        trace = f"{place + 1:032x}"
        asked.append((place, trace))
        thread = threading.Thread(target=ask, args=(app, request, trace, answers), daemon=True)
        threads.append(thread)
        thread.start()
        if not vector.get("concurrent"):
            thread.join(LONG)
    for thread in threads:
        thread.join(LONG)
        assert not thread.is_alive()

    spans = told.spans()
    assert not told.sender.open, "a span was begun and not ended"
    bare = vector_app.build(vector["app"]) if (2, 1) <= FLASK < (3, 1) else None
    for place, trace in asked:
        if bare is not None and is_own_way(bare, vector["requests"][place], trace, answers, possible(vector, place)):
            continue
        found = lifecycle([span for span in spans if span.trace == trace])
        choices = possible(vector, place)
        lists = [wanted(choice["events"]) for choice in choices]
        if found not in lists:
            assert found == lists[0], (name, place)
        check_answer(answers[trace], [choice["response"] for choice in choices], (name, place))
    assert troubles() == []


def is_own_way(
    bare: flask.Flask, request: Dict[str, Any], trace: str, answers: Dict[str, Any], choices: List[Dict[str, Any]]
) -> bool:
    """Whether a version between those of the vectors answers otherwise than both; it then does so without us too."""
    if not isinstance(answers[trace], tuple) or any(one["response"]["status"] == answers[trace][0] for one in choices):
        return False
    alone: Dict[str, Any] = {}
    ask(bare, request, trace, alone)
    assert alone[trace][0] == answers[trace][0] and alone[trace][2] == answers[trace][2]
    return True


def check_answer(answer: Any, choices: List[Dict[str, Any]], place: Any) -> None:
    """The app answers as it does without the extension."""
    if isinstance(answer, Exception):
        assert any(one["status"] == 500 or one.get("complete") is False for one in choices), (place, answer)
        return
    status, headers, body = answer
    fits = [one for one in choices if one["status"] == status]
    assert fits, (place, status)
    for key, value in fits[0]["headers"].items():
        if key.startswith("x-"):
            assert headers.get(key) == value, (place, key)
    if fits[0]["body_kind"] == "exact":
        assert body.decode() in [one.get("body") for one in fits], place
    elif fits[0]["body_kind"] == "json":
        assert json.loads(body) in [one.get("json") for one in fits], place


