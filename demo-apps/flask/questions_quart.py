"""The questions of questions.py on Quart: one event loop, and no worker that a request holds.

Watched beside the two Flask lanes it answers Q10; the others say what is different here.
"""
import asyncio
import time

import requests
from quart import Blueprint, Quart

import upstream


class Refused(Exception):
    """What a view raises and nobody handles."""


def create_app():
    app = Quart(__name__)
    api = None

    # One loop serves all requests for as long as the process lives, so its connections are kept.
    @app.while_serving
    async def connections():
        nonlocal api
        async with upstream.client() as api:
            yield

    async def call(path):
        return (await upstream.fetch(api, path)).text

    @app.get("/")
    async def index():
        return "".join(f"{rule.rule}\n" for rule in app.url_map.iter_rules() if rule.rule.startswith("/q"))

    add_calls(app, call)
    add_hooks(app)
    add_loops(app, call)
    add_ends(app)
    return app


def add_calls(app, call):
    @app.get("/q1")
    async def one_call():
        """Q1: I made my view async, and 16 requests on 4 workers took exactly as long.

        The same view: all 16 wait at once, since a request that awaits holds nothing. All are there after 200 ms.
        """
        return await call("/delay/200")

    @app.get("/q2")
    async def slow_call():
        """Q2: nginx says 3 to 22 s, gunicorn says under one.

        No queue for a worker: what the client waits for is 300 ms, however many come, until the loop itself is busy.
        """
        return await call("/delay/300")

    @app.get("/q3")
    async def more_than_workers():
        """Q3: How many workers, and how many threads?

        One process for each core: the number of requests that wait at once does not matter, only their work does.
        """
        return await call("/delay/300")

    @app.get("/q4/calls")
    async def five_calls():
        """Q4: Is async worth it for this app? Here: a page of five calls, 100 ms as in Flask's async lane."""
        await asyncio.gather(*(call("/delay/100") for _ in range(5)))
        return "five calls\n"

    @app.get("/q4/none")
    async def no_call():
        """Q4: Is async worth it for this app? Here: a page of no call, and no sub-thread for it."""
        return "no call\n"

    @app.get("/q9")
    async def pay():
        """Q9: Which call holds the worker?

        None does; the one of 400 ms still takes most of the request's time.
        """
        await call("/delay/20")
        return await call("/delay/400")

    @app.get("/q10")
    async def one_call_again():
        """Q10: Flask async or Quart?

        The same traffic in three lanes. One request takes as long in each; many at once are *queued* in both Flask
        lanes as soon as there are more than threads, and here not.
        """
        return await call("/delay/200")


def add_hooks(app):
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

        A call of a function: it runs on the loop that is there already.
        """
        return "hooked\n"

    app.register_blueprint(page)


def add_loops(app, call):
    @app.get("/q6")
    async def blocking_inside():
        """Q6: My async view calls `requests` inside.

        The one loop stands still for 200 ms: every request that is open meanwhile ends as much later.
        """
        requests.get(upstream.URL + "/delay/200", timeout=upstream.SECONDS).raise_for_status()
        return "blocking inside\n"

    @app.get("/q7")
    async def quick():
        """Q7: One in a hundred requests is 80 ms slower, always another one.

        Send this one often and /q7/report at times: whichever is open when *report* runs is late by what is left of it.
        """
        return await call("/delay/5")

    @app.get("/q7/report")
    async def report():
        """Q7: the request that the others are late by: 80 ms of work without an await."""
        until = time.monotonic() + 0.080
        rounds = 0
        while time.monotonic() < until:
            rounds += 1
        return f"{rounds}\n"


def add_ends(app):
    @app.teardown_request
    async def close(error):
        app.logger.info("torn down, given %s", "no error" if error is None else type(error).__name__)

    @app.get("/q8/raises")
    async def raises():
        """Q8: Does teardown run when the handler raises?

        Yes, once, but other than Flask's it is not given the error: Quart has made the answer 500 of it by then.
        """
        raise Refused

    @app.get("/q8/streams")
    async def streams():
        """Q8: Does teardown run when the client goes, or while the body streams?

        Before the body's first byte, as in Flask. Where the client goes while a view waits (say /q9), other than in
        Flask the view is cancelled at once, and `close` is given a CancelledError.
        """

        async def parts():
            for part in range(3):
                yield f"part {part}\n"
                await asyncio.sleep(0.020)

        return parts()


app = create_app()
