"""The external API that the demo apps call, by a blocking client and by an async one.

No trace is passed on here: who watches the app puts `traceparent` on what goes out.
"""
import os
import threading
from urllib.parse import urlsplit

import httpx
import requests

URL = os.environ.get("UPSTREAM_URL", "http://127.0.0.1:9101").rstrip("/")
SECONDS = 30

_own = threading.local()
# Reading the certificates takes longer than a call: once, and not for each client.
_certificates = httpx.create_ssl_context()


class UpstreamError(Exception):
    """The API answered, but not with what was asked for."""


def get(path):
    """Calls GET, and holds this thread until the answer is there."""
    # A session keeps its connections open, and is not made for several threads at once: one each.
    session = getattr(_own, "session", None)
    if session is None:
        session = _own.session = requests.Session()
        # A proxy of the environment does not know this machine's ports.
        session.trust_env = False
    return _successful(session.get(URL + path, timeout=SECONDS))


def client():
    """Makes an async client, for `async with`.

    One for each coroutine that Flask runs: it gives each a loop of its own, and a connection belongs to the loop that
    opened it. Kept longer, it would fail on the next request.
    """
    return httpx.AsyncClient(base_url=URL, timeout=SECONDS, trust_env=False, verify=_certificates)


async def fetch(api, path):
    """Calls GET by an async client: the loop may do something else meanwhile."""
    return _successful(await api.get(path))


def _successful(response):
    if response.status_code >= 400:
        path = urlsplit(str(response.url)).path
        raise UpstreamError(f"The call {response.request.method} api{path} was answered with {response.status_code}.")
    return response
