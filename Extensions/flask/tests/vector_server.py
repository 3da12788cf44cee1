"""Serves all lifecycle vectors of a folder, each as an application of its own.

    python vector_server.py DIR [--verbose]

Prints ``listening PORT`` as soon as it can be asked, and ends when its standard input
is closed. A request names the vector it is for in the header ``X-Vector``.
With ``--verbose``, Flask and Werkzeug log to standard error as usual.
"""

import argparse
import json
import logging
import os
import sys
import threading
from typing import Any, Callable, Dict, Iterable, List

HERE = os.path.dirname(os.path.abspath(__file__))
# So that it can be started from anywhere: vector_app is here, the extension one up.
sys.path[:0] = [HERE, os.path.dirname(HERE)]

import flask  # noqa: E402
from werkzeug.serving import make_server  # noqa: E402

import inspector_flask  # noqa: E402
import vector_app  # noqa: E402


def load(folder: str) -> Dict[str, flask.Flask]:
    """The applications of all vectors in a folder, by the id of the vector."""
    apps: Dict[str, flask.Flask] = {}
    for name in sorted(os.listdir(folder)):
        if not name.endswith(".json"):
            continue
        with open(os.path.join(folder, name), encoding="utf-8") as file:
            vector = json.load(file)
        app = vector_app.build(vector["app"])
        inspector_flask.Inspector(app)
        apps[vector["id"]] = app
    return apps


def choose(apps: Dict[str, flask.Flask]) -> Callable[..., Iterable[bytes]]:
    """A WSGI application that hands each request to the one it names."""

    def dispatch(environ: Dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        # Taken away, as the request of the vector does not have this header.
        wanted = environ.pop("HTTP_X_VECTOR", "")
        if wanted not in apps:
            text = b"no such vector\n"
            headers = [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(text)))]
            start_response("404 NOT FOUND", headers)
            return [text]
        # An error that leaves the application is for the server to answer.
        return apps[wanted](environ, start_response)

    return dispatch


def be_quiet() -> None:
    """Keeps the request log and the tracebacks of intended errors off standard error."""
    # The last one is where an event loop tells of a failed task nobody waited for.
    for name in ("werkzeug", vector_app.__name__, "asyncio"):
        logger = logging.getLogger(name)
        # The loggers still work for who listens to them, only nothing is printed. With
        # a handler in place neither Flask nor Werkzeug adds one of its own.
        logger.addHandler(logging.NullHandler())
        logger.propagate = False


def main(arguments: List[str]) -> None:
    """Serves until standard input is closed."""
    parser = argparse.ArgumentParser(description="Serve lifecycle vectors.")
    parser.add_argument("folder", metavar="DIR", help="the folder of the vectors")
    parser.add_argument("--verbose", action="store_true", help="log to standard error")
    options = parser.parse_args(arguments)
    if not options.verbose:
        be_quiet()

    # Threaded means a new thread for each connection, and the server closes each after
    # one request: so thread-locals and context variables start afresh with a request.
    server = make_server("127.0.0.1", 0, choose(load(options.folder)), threaded=True)
    serving = threading.Thread(target=server.serve_forever, daemon=True)
    serving.start()
    print(f"listening {server.server_address[1]}", flush=True)

    try:
        while sys.stdin.buffer.read(4096):
            pass
    except KeyboardInterrupt:
        pass
    server.shutdown()
    serving.join()
    server.server_close()


if __name__ == "__main__":
    main(sys.argv[1:])
