"""The peers written in Python: the routes of bench-app in Flask and in Quart.

    gunicorn --workers 1 --threads 4 peers:flask_app
    hypercorn --worker-class uvloop peers:quart_app
"""

import asyncio
import os

import aiohttp
import flask
import quart

API = os.environ.get("API", "http://127.0.0.1:9")

flask_app = flask.Flask("bench")
quart_app = quart.Quart("bench")


async def five() -> str:
    """Five calls to the external API, all at once."""
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as session:

        async def call() -> str:
            async with session.get(API + "/delay/200") as answer:
                return await answer.text()

        texts = await asyncio.gather(*(call() for _ in range(5)))
    return str(sum(len(text) for text in texts))


@flask_app.get("/hello")
def hello_sync():
    return "Hello, world!"


@flask_app.get("/hello-async")
async def hello_async():
    return "Hello, world!"


@flask_app.get("/five")
async def flask_five():
    return await five()


hooks = flask.Blueprint("hooks", __name__)


@hooks.before_request
async def before_one():
    pass


@hooks.before_request
async def before_two():
    pass


@hooks.after_request
async def after_one(response):
    return response


@hooks.after_request
async def after_two(response):
    return response


@hooks.get("/hooks")
async def with_hooks():
    return "Hello, world!"


flask_app.register_blueprint(hooks)


@quart_app.get("/hello")
async def quart_hello():
    return "Hello, world!"


@quart_app.get("/pending")
async def quart_pending():
    await asyncio.sleep(20)
    return "woken"


@quart_app.get("/five")
async def quart_five():
    return await five()
