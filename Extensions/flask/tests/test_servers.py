"""End to end: `create_app`, `flask run` and gunicorn, with spans over HTTP."""

from __future__ import annotations

import http.client
import os
import re
import signal
import subprocess
import sys
import threading
import time
from typing import Any, Dict, Iterator, List

import pytest
from conftest import EXTENSION, LONG, Receiver, resource_of, wait_until

import inspector_flask

APP = '''
import os, threading, time
from flask import Flask

app = Flask("served", static_folder=None)
other = Flask("other", static_folder=None)
not_an_app = 3


@app.get("/")
def hello():
    return "hello"


@app.get("/pid")
def pid():
    return str(os.getpid())


@app.get("/wait/<name>")
def wait(name):
    # Until the test says so.
    end = time.monotonic() + 30
    while not os.path.exists(name) and time.monotonic() < end:
        time.sleep(0.005)
    return name


@app.get("/async")
async def later():
    return "async"


@app.get("/file")
def file():
    from flask import send_file
    return send_file(__file__)


def create_app():
    made = Flask("made", static_folder=None)
    made.get("/")(lambda: "made")
    return made


def fails():
    raise ValueError("no app today")


def gives_none():
    return None
'''


@pytest.fixture
def folder(tmp_path: Any) -> str:
    (tmp_path / "served.py").write_text(APP)
    (tmp_path / "only_factory.py").write_text("from served import create_app\n")
    (tmp_path / "application_too.py").write_text("from served import other as application\n")
    (tmp_path / "nothing.py").write_text("x = 1\n")
    return str(tmp_path)


@pytest.fixture
def here(folder: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.chdir(folder)
    before, modules = list(sys.path), set(sys.modules)
    yield folder
    sys.path[:] = before
    for name in set(sys.modules) - modules:
        if name in ("served", "only_factory", "application_too", "nothing"):
            del sys.modules[name]


@pytest.mark.parametrize("named, name", [
    ("served", "served"), ("served:app", "served"), (" served:app ", "served"), ("served:other", "other"),
    ("served:create_app", "made"), ("served:create_app()", "made"), ("only_factory", "made"), ("application_too", "other"),
])
def test_create_app(named: str, name: str, here: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INSPECTOR_APP", named)
    app = inspector_flask.create_app()
    assert app.name == name and "inspector" in app.extensions
    assert app.test_client().get("/").status_code in (200, 404)


@pytest.mark.parametrize("named, error, words", [
    ("", RuntimeError, "INSPECTOR_APP names no app"), ("  ", RuntimeError, "names no app"),
    ("nothing", RuntimeError, "no Flask app"), ("served:nowhere", RuntimeError, "no Flask app"),
    ("served:not_an_app", RuntimeError, "no Flask app"), ("served:gives_none", RuntimeError, "no Flask app"),
    ("served:fails", ValueError, "no app today"), ("no_such_module", ModuleNotFoundError, "no_such_module"),
])
def test_create_app_that_cannot(named: str, error: Any, words: str, here: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INSPECTOR_APP", named)
    with pytest.raises(error, match=words):
        inspector_flask.create_app()


class Process:
    """A server in a process of its own."""

    def __init__(self, arguments: List[str], folder: str, receiver: Receiver, ready: str, **more: str) -> None:
        environment = {
            **os.environ, "PYTHONPATH": EXTENSION + os.pathsep + folder, "INSPECTOR_APP": "served:app",
            "INSPECTOR_ENDPOINT": receiver.url, "INSPECTOR_RATE": "all", "PYTHONUNBUFFERED": "1", **more,
        }
        self.lines: List[str] = []
        self.process = subprocess.Popen(
            [sys.executable, "-m", *arguments], cwd=folder, env=environment, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, start_new_session=True)
        threading.Thread(target=self.read, daemon=True).start()
        try:
            found = wait_until(lambda: self.find(ready), f"{arguments} that listens")
        except AssertionError:
            self.stop()
            raise AssertionError("".join(self.lines))
        self.port = int(found)

    def read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line)

    def find(self, ready: str) -> Any:
        assert self.process.poll() is None, "".join(self.lines)
        for line in list(self.lines):
            found = re.search(ready, line)
            if found:
                return found[1]
        return None

    def get(self, path: str, **headers: str) -> bytes:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=LONG * 2)
        try:
            connection.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})
            return connection.getresponse().read()
        finally:
            connection.close()

    def stop(self) -> None:
        if self.process.poll() is None:
            # Not SIGINT: in the middle of a request it may catch gunicorn's own pool with its lock taken, with us or without.
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(LONG)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()


@pytest.fixture
def start(folder: str, receiver: Receiver) -> Iterator[Any]:
    started: List[Process] = []

    def begin(*arguments: str, ready: str, **more: str) -> Process:
        started.append(Process(list(arguments), folder, receiver, ready, **more))
        return started[-1]

    yield begin
    for process in started:
        process.stop()


GUNICORN = r"Listening at: http://127\.0\.0\.1:([0-9]+)"


def gunicorn(start: Any, *arguments: str, **more: str) -> Process:
    pytest.importorskip("gunicorn")
    return start(
        "gunicorn", "--bind", "127.0.0.1:0", "--no-control-socket" if has_control_socket() else "--reuse-port", *arguments,
        "inspector_flask:create_app()", ready=GUNICORN, **more)


def has_control_socket() -> bool:
    from gunicorn.config import KNOWN_SETTINGS

    return any("--no-control-socket" in (one.cli or ()) for one in KNOWN_SETTINGS)


def test_flask_run(start: Any, receiver: Receiver) -> None:
    ready = r"http://127\.0\.0\.1:([0-9]+)"
    if flask_takes_app():
        server = start("flask", "--app", "inspector_flask", "run", "--port", "0", ready=ready)
    else:
        server = start("flask", "run", "--port", "0", ready=ready, FLASK_APP="inspector_flask")
    assert server.get("/") == b"hello"
    assert server.get("/async") == b"async"
    wait_until(lambda: len(receiver.ended()) == 2, "the requests")
    assert receiver.ended("view")[0].name == "hello"
    assert resource_of(receiver.bodies[-1])["service.name"] == "served"
    assert receiver.ended("sub_thread")


def flask_takes_app() -> bool:
    from importlib.metadata import version

    return tuple(int(part) for part in version("flask").split(".")[:2]) >= (2, 2)


def test_gunicorn_gthread(start: Any, receiver: Receiver, folder: str) -> None:
    """With its four threads busy, the wait of all others is told; and a file is sent as the server sends it."""
    server = gunicorn(start, "--threads", "4", "--worker-class", "gthread")
    assert server.get("/file").startswith(b"\nimport os")
    assert server.get("/") == b"hello"
    answers: List[bytes] = []
    busy = [threading.Thread(target=lambda: answers.append(server.get("/wait/go"))) for _ in range(4)]
    for thread in busy:
        thread.start()
    # All four are told while they wait: nobody else can be served.
    wait_until(
        lambda: len({span.id for span in receiver.spans() if span.name == "GET /wait/<name>" and not span.end}) == 4,
        "four requests that wait")
    queued = threading.Thread(target=lambda: answers.append(server.get("/", X_Request_Start=f"t={time.time():.6f}")))
    queued.start()
    # It is accepted some time; from then on it waits.
    time.sleep(0.3)
    with open(os.path.join(folder, "go"), "w", encoding="ascii"):
        pass
    for thread in [*busy, queued]:
        thread.join(LONG)
    assert sorted(answers) == [b"go"] * 4 + [b"hello"]
    wait_until(lambda: len(receiver.ended()) == 7, "all requests")
    waited = [
        (span.begin - span.attrs["inspector.queued.at"], span.begin - span.attrs.get("inspector.sent.at", span.begin))
        for span in receiver.ended() if span.name == "GET /"]
    assert all(queued >= 0 for queued, _ in waited)
    assert max(waited)[0] > 1_000_000 and max(waited)[1] >= max(waited)[0] - 1_000_000
    assert receiver.requests() == 7


def test_gunicorn_preload(start: Any, receiver: Receiver) -> None:
    """Loaded once and forked: each worker tells its own, under its own name."""
    server = gunicorn(start, "--threads", "2", "--workers", "2", "--preload")
    pids = set()

    def ask() -> bool:
        pids.add(server.get("/pid").decode())
        return len(pids) == 2

    wait_until(ask, "an answer of each worker")

    def told_by() -> Dict[str, set]:
        found: Dict[str, set] = {}
        for body in list(receiver.bodies):
            resource = resource_of(body)
            found.setdefault(str(resource["process.pid"]), set()).add(resource["service.instance.id"])
        return found

    wait_until(lambda: set(told_by()) == pids, "both workers' spans")
    assert all(len(instances) == 1 for instances in told_by().values())
    ended = [span for span in receiver.spans() if span.end]
    assert len({span.id for span in ended}) == len(ended)


def test_gunicorn_sync(start: Any, receiver: Receiver) -> None:
    server = gunicorn(start, "--worker-class", "sync")
    assert server.get("/", X_Request_Start=f"t={time.time():.6f}") == b"hello"
    wait_until(lambda: receiver.ended(), "the request")
    root = receiver.ended()[0]
    assert "inspector.queued.at" not in root.attrs and "inspector.sent.at" in root.attrs


def test_what_is_left_goes_when_the_server_ends(start: Any, receiver: Receiver) -> None:
    server = gunicorn(start, "--threads", "2")
    for _ in range(5):
        assert server.get("/") == b"hello"
    server.stop()
    wait_until(lambda: len(receiver.ended()) == 5, "all requests")
    assert receiver.requests() == 5


def test_switched_off(start: Any, receiver: Receiver) -> None:
    server = gunicorn(start, "--threads", "2", INSPECTOR_SEND="0")
    assert server.get("/") == b"hello"
    server.stop()
    assert receiver.bodies == []


def test_nobody_is_there(start: Any, receiver: Receiver) -> None:
    """The console stays quiet, and the app serves."""
    server = gunicorn(start, "--threads", "2", INSPECTOR_ENDPOINT="http://127.0.0.1:1")
    for _ in range(10):
        assert server.get("/") == b"hello"
    server.stop()
    text = "".join(server.lines)
    assert "Traceback" not in text and "inspector:" not in text, text
