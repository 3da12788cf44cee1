"""What people ask about async in Flask, a route each. The same questions as in ../questions/Questions.swift.

With QUESTIONS_MODE=sync the views are plain functions, with QUESTIONS_MODE=async they are coroutines. Each says what is
asked, and what is to be seen on the screen when both are watched side by side.
"""
import asyncio
import os
import time

import requests
from flask import Blueprint, Flask

import upstream

try:
    from inspector_flask import Inspector
except ImportError:  # It is seen from outside then, and serves as well.
    Inspector = None


class Refused(Exception):
    """What a view raises and nobody handles."""


def create_app(mode=None):
    """Makes the app; `mode` is sync or async, by QUESTIONS_MODE unless it is given."""
    mode = mode or os.environ.get("QUESTIONS_MODE", "sync")
    if mode not in ("sync", "async"):
        raise ValueError(f"QUESTIONS_MODE is {mode!r}; it may be sync or async.")
    app = Flask(__name__)

    @app.get("/")
    def index():
        return "".join(f"{rule.rule}\n" for rule in app.url_map.iter_rules() if rule.rule.startswith("/q"))

    if mode == "async":
        add_async_calls(app)
        add_async_hooks(app)
    else:
        add_calls(app)
        add_hooks(app)
    add_loops(app)
    add_ends(app)
    if Inspector:
        Inspector(app)
    return app


def add_calls(app):
    @app.get("/q1")
    def one_call():
        """Q1: I made my view async, and 16 requests on 4 workers took exactly as long.

        This is the view as it was: the call is *blocked*, its thread is held for 200 ms, and four requests are served
        at a time.
        """
        return upstream.get("/delay/200").text

    @app.get("/q2")
    def slow_call():
        """Q2: nginx says 3 to 22 s, gunicorn says under one.

        Send more requests at once than there are threads. *Service* stays at 300 ms, which is what gunicorn logs; the
        rest is *queued*, which the client waits for too. When the queue began stands beside it.
        """
        return upstream.get("/delay/300").text

    @app.get("/q3")
    def more_than_workers():
        """Q3: How many workers, and how many threads?

        *Busy workers* are at their number for as long as anything is *queued*. Start it again with more `--threads`:
        the queue goes away once there are as many as requests that come in 300 ms.
        """
        return upstream.get("/delay/300").text

    @app.get("/q4/calls")
    def five_calls():
        """Q4: Is async worth it for this app? Here: a page of five calls.

        Five bars one after the other, 500 ms in all; beside the async lane's 100 ms this is the route that gains.
        """
        for _ in range(5):
            upstream.get("/delay/100")
        return "five calls\n"

    @app.get("/q4/none")
    def no_call():
        """Q4: Is async worth it for this app? Here: a page of no call.

        Nothing to wait for: what the async lane takes more is its sub-thread and its loop.
        """
        return "no call\n"

    @app.get("/q9")
    def pay():
        """Q9: Which call holds the worker?

        Two calls, of 20 and of 400 ms: the threads say on which one each is blocked now, the statistics how much of
        all time each took.
        """
        upstream.get("/delay/20")
        return upstream.get("/delay/400").text

    @app.get("/q10")
    def one_call_again():
        """Q10: Flask async or Quart?

        The sync view of the three: its thread is held, as long as Flask's async one holds its own.
        """
        return upstream.get("/delay/200").text


def add_async_calls(app):
    @app.get("/q1")
    async def one_call():
        """Q1: I made my view async, and 16 requests on 4 workers took exactly as long.

        Each request awaits one call: nothing overlaps within it. Its worker *waits for its sub-thread* all the while,
        so that four are served at a time, as before.
        """
        async with upstream.client() as api:
            return (await upstream.fetch(api, "/delay/200")).text

    @app.get("/q2")
    async def slow_call():
        """Q2: nginx says 3 to 22 s, gunicorn says under one.

        *Queued* is as long as in the sync lane, because a request holds its worker for as long.
        """
        async with upstream.client() as api:
            return (await upstream.fetch(api, "/delay/300")).text

    @app.get("/q3")
    async def more_than_workers():
        """Q3: How many workers, and how many threads?

        As many as in the sync lane: async does not free a worker that waits.
        """
        async with upstream.client() as api:
            return (await upstream.fetch(api, "/delay/300")).text

    @app.get("/q4/calls")
    async def five_calls():
        """Q4: Is async worth it for this app? Here: a page of five calls.

        Five *awaits* under each other, all at once: 100 ms and not 500.
        """
        async with upstream.client() as api:
            await asyncio.gather(*(upstream.fetch(api, "/delay/100") for _ in range(5)))
        return "five calls\n"

    @app.get("/q4/none")
    async def no_call():
        """Q4: Is async worth it for this app? Here: a page of no call.

        A sub-thread and a loop for a view that awaits nothing: slower than the sync lane.
        """
        return "no call\n"

    @app.get("/q9")
    async def pay():
        """Q9: Which call holds the worker?

        The same two calls; that the worker waits for its sub-thread, and the sub-thread's loop for which call, are
        two rows.
        """
        async with upstream.client() as api:
            await upstream.fetch(api, "/delay/20")
            return (await upstream.fetch(api, "/delay/400")).text

    @app.get("/q10")
    async def one_call_again():
        """Q10: Flask async or Quart?

        With more requests at once than threads, some are *queued* here and none on Quart, whose loop holds nothing
        while it waits.
        """
        async with upstream.client() as api:
            return (await upstream.fetch(api, "/delay/200")).text


def add_hooks(app):
    page = Blueprint("hooked", __name__)

    @page.before_request
    def first():
        pass

    @page.before_request
    def second():
        pass

    @page.get("/q5")
    def hooked():
        """Q5: What does an async hook cost me?

        The two hooks and the view as plain functions, on the request's own thread: the number to compare with.
        """
        return "hooked\n"

    app.register_blueprint(page)


def add_async_hooks(app):
    page = Blueprint("hooked", __name__)

    @page.before_request
    async def first():
        pass

    @page.before_request
    async def second():
        pass

    @page.get("/q5")
    async def hooked():
        """Q5: What does an async hook cost me?

        Three functions that do nothing, and a sub-thread with a loop for each of them: three times the cost that the
        waterfall says under *sub-threads*.
        """
        return "hooked\n"

    app.register_blueprint(page)


def add_loops(app):
    """What only coroutines have; the same in both modes."""

    @app.get("/q6")
    async def blocking_inside():
        """Q6: My async view calls `requests` inside.

        A call that is *blocked* where an *await* should be: its loop stands still for 200 ms. Here the loop serves this
        view alone, so that nobody else waits; on Quart (questions_quart.py) every request does.
        """
        requests.get(upstream.URL + "/delay/200", timeout=upstream.SECONDS).raise_for_status()
        return "blocking inside\n"

    @app.get("/q7")
    async def quick():
        """Q7: One in a hundred requests is 80 ms slower, always another one.

        Send this one often and /q7/report at times. What is slow here ran beside *report*, which had the interpreter:
        the threads of one process take turns. On Quart it stands until *report* is done.
        """
        async with upstream.client() as api:
            return (await upstream.fetch(api, "/delay/5")).text

    @app.get("/q7/report")
    async def report():
        """Q7: the request that the others are late by: 80 ms of work without an await."""
        until = time.monotonic() + 0.080
        rounds = 0
        while time.monotonic() < until:
            rounds += 1
        return f"{rounds}\n"


def add_ends(app):
    """How a request ends; the same in both modes."""

    @app.teardown_request
    def close(error):
        app.logger.info("torn down, given %s", "no error" if error is None else type(error).__name__)

    @app.get("/q8/raises")
    def raises():
        """Q8: Does teardown run when the handler raises?

        Yes, once: *close* stands behind the answer 500 and has the error beside it, because nothing handled it.
        """
        raise Refused

    @app.get("/q8/streams")
    def streams():
        """Q8: Does teardown run when the client goes, or while the body streams?

        It runs when the view has returned, before the body's first byte: *close* stands in front of *body*. With
        `stream_with_context` around the generator it would run at its end. A client that goes while a view waits (say
        /q9) changes nothing: the view is run to its end, and then *close*, without an error.
        """

        def parts():
            for part in range(3):
                yield f"part {part}\n"
                time.sleep(0.020)

        return parts()


app = create_app()
