"""The weather of five cities on one page, made from five calls to an external API.

With WEATHER_MODE=sync the page asks for one city after the other, with WEATHER_MODE=async for all at once. Everything
else is the same, and the same as in ../weather/Weather.swift.
"""
import asyncio
import itertools
import os

from flask import Flask, g, render_template, request

import upstream

try:
    from inspector_flask import Inspector
except ImportError:  # It is seen from outside then, and serves as well.
    Inspector = None

CITIES = ["oslo", "lima", "cairo", "delhi", "tokyo"]


def create_app(mode=None):
    """Makes the app; `mode` is sync or async, by WEATHER_MODE unless it is given."""
    mode = mode or os.environ.get("WEATHER_MODE", "sync")
    if mode not in ("sync", "async"):
        raise ValueError(f"WEATHER_MODE is {mode!r}; it may be sync or async.")
    app = Flask(__name__)
    app.jinja_env.keep_trailing_newline = True
    add_hooks(app)
    if mode == "async":
        add_async(app)
    else:
        add_sync(app)
    if Inspector:
        Inspector(app)
    return app


def add_hooks(app):
    """What does not wait, and is the same in both modes."""
    numbers = itertools.count(1)

    @app.after_request
    def stamp(response):
        response.headers["X-Request-Number"] = str(next(numbers))
        response.headers["Cache-Control"] = "no-store"
        return response

    @app.teardown_request
    def forget_user(error):
        g.pop("user", None)

    @app.get("/")
    def index():
        return (
            "<!doctype html>\n"
            "<title>Weather</title>\n"
            "<ul>\n"
            '<li><a href="/dashboard">five cities on one page</a>\n'
            '<li><a href="/city/oslo">one city</a>\n'
            '<li><a href="/broken">a service that fails</a>\n'
            "</ul>\n"
        )


def add_sync(app):
    """Each call holds the request's thread until it is answered."""

    @app.before_request
    def auth():
        # Who asks is looked up with a call of its own, as a session service would be.
        upstream.get("/delay/10")
        g.user = request.headers.get("X-User", "guest")

    @app.errorhandler(upstream.UpstreamError)
    def upstream_failed(error):
        return failed(app, error)

    @app.get("/dashboard")
    def dashboard():
        return page([report(upstream.get(f"/city/{city}")) for city in CITIES])

    @app.get("/city/<name>")
    def city(name):
        return report(upstream.get(f"/city/{plain(name)}"))

    @app.get("/broken")
    def broken():
        return upstream.get("/status/503").text


def add_async(app):
    """Flask runs each of these on a thread of its own with an event loop; the request's thread waits for it."""

    @app.before_request
    async def auth():
        async with upstream.client() as api:
            await upstream.fetch(api, "/delay/10")
        g.user = request.headers.get("X-User", "guest")

    @app.errorhandler(upstream.UpstreamError)
    async def upstream_failed(error):
        return failed(app, error)

    @app.get("/dashboard")
    async def dashboard():
        async with upstream.client() as api:
            answers = await asyncio.gather(*(upstream.fetch(api, f"/city/{city}") for city in CITIES))
        return page([report(answer) for answer in answers])

    @app.get("/city/<name>")
    async def city(name):
        async with upstream.client() as api:
            return report(await upstream.fetch(api, f"/city/{plain(name)}"))

    @app.get("/broken")
    async def broken():
        async with upstream.client() as api:
            return (await upstream.fetch(api, "/status/503")).text


def page(reports):
    return render_template("dashboard.html", user=g.get("user", "guest"), reports=reports)


def failed(app, error):
    app.logger.warning("%s: %s", request.path, error)
    return render_template("failed.html", reason=error), 502


def report(response):
    """What the API says of one city."""
    answer = response.json()
    city = answer.get("city", "?")
    try:
        celsius = round(answer["celsius"])
    except (KeyError, TypeError, ValueError, OverflowError):
        raise upstream.UpstreamError(f"The weather service gave no temperature for {city}.") from None
    return {"city": city, "celsius": celsius, "sky": answer.get("sky", "?")}


def plain(name):
    """The city in the address, as it may stand in another one."""
    return "".join(letter for letter in name.lower() if "a" <= letter <= "z" or letter == "-")


app = create_app()
