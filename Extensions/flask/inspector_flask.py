"""Shows what happens to each request of a Flask app, as it happens, in `inspector`.

One file, Python's standard library only, for Flask 2.0 to 3.x on Python 3.9 to 3.13. One line in the app::

    from inspector_flask import Inspector
    Inspector(app)

or none at all::

    INSPECTOR_APP=weather:app flask --app inspector_flask run
    INSPECTOR_APP=weather:app gunicorn --threads 8 'inspector_flask:create_app()'

Hooks, views, error handlers, teardowns, the sub-thread and the event loop of each async function, its awaits by name, calls
over HTTP, SQLite, and the wait for a worker go as OTLP over HTTP to ``INSPECTOR_ENDPOINT`` (http://127.0.0.1:4318). The
extension sends an open span with an end of 0, and sends it again, whole, when it ends: you see a wait while it lasts.

=====================  =============================================================================================
``INSPECTOR_APP``      the app, as ``module:app`` or ``module:factory``, where you do not change it
``INSPECTOR_ENDPOINT`` where spans go; http://127.0.0.1:4318 unless it is set
``INSPECTOR_SEND``     ``0`` switches everything off: ``Inspector(app)`` then changes nothing
``INSPECTOR_RATE``     how many requests a second each process sends in detail (200); ``all`` for every one
``OTEL_SERVICE_NAME``  the name of the service; the app's own unless it is set
=====================  =============================================================================================
"""

from __future__ import annotations

import asyncio
import atexit
import collections
import contextlib
import contextvars
import functools
import http.client
import importlib
import importlib.abc
import importlib.util
import inspect
import json
import logging
import os
import random
import re
import sys
import threading
import time
import types
import urllib.parse
import weakref
from typing import Any, Callable, Deque, Dict, Generator, Iterable, Iterator, List, Optional, Tuple

__all__ = ["Inspector", "create_app", "mark"]
__version__ = "1.0.0"

_log = logging.getLogger("inspector_flask")
_mono = time.monotonic_ns


def _clock_offset() -> int:
    """What the time of day is ahead of the monotonic clock, in ns: read three times, the closest pair of reads counts."""
    best, offset = 1 << 62, 0
    for _ in range(3):
        before = _mono()
        now = time.time_ns()
        after = _mono()
        if after - before < best:
            best, offset = after - before, now - (before + after) // 2
    return offset


# Once: a time of day that is set meanwhile must not move spans.
_OFFSET = _clock_offset()

_told_troubles: set[str] = set()


def _trouble(place: str, error: BaseException) -> None:
    """Says once what could not be observed; the app goes on as if nothing were."""
    if place not in _told_troubles:
        _told_troubles.add(place)
        _log.warning("inspector: %s is not observed (%s: %s); the app is not affected", place, type(error).__name__, error)


# ---- Secrets -------------------------------------------------------------------------------------------------------
# The same lists by which inspector takes secrets out of all that it writes; here they are taken out before anything is sent.

_MARK = "REDACTED"
_NAMES = """
authorization proxy-authorization www-authenticate proxy-authenticate authentication-info
proxy-authentication-info cookie cookie2 set-cookie set-cookie2 dpop api-key x-api-key x-auth-token
private-token token session-id x-access-key x-amz-security-token x-amzn-oidc-data x-amzn-oidc-identity
x-forwarded-client-cert x-ssl-client-cert ssl-client-cert x-ms-client-principal key code sid sig
""".split()
_NAME_PREFIXES = ["x-goog-"]
_NAME_ENDINGS = ["cookie", "cookies"]
_FRAGMENTS = """
password passwd passphrase passcode passkey pwd secret token apikey accesskey privatekey credential session
sessid signature authorization authentication bearer jwt csrf xsrf samlresponse samlrequest connectionstring
mnemonic
""".split()
_WORDS = set("pass pw pin otp totp mfa sid sig cred creds cvv cvc hmac assertion verifier authcode seedphrase".split())
_OPEN_KEYS = set("""
public primary foreign sort partition cache idempotency surrogate socket row group translation index hash object
arrow shift
""".split())
_OPEN_WORDS = set("""
monkey turkey donkey hockey jockey whiskey hotkey publickey primarykey foreignkey sortkey cachekey compass
bypass trespass overpass underpass author authors authored authoring authority authorities authentic
authenticated
""".split())
_CODE_WORDS = set("""
auth access security verification verify confirmation activation invite invitation reset recovery backup device
user login sms mfa two 2fa one oauth gift
""".split())
_OPEN_NAMES = """
token_type max_tokens prompt_tokens completion_tokens total_tokens access-control-allow-credentials
""".split()
_VALUE_PREFIXES = """
AKIA ASIA ABIA ACCA ghp_ gho_ ghu_ ghs_ ghr_ github_pat_ glpat- gldt- glrt- glcbt- glptt- sk_live_ sk_test_
rk_live_ rk_test_ whsec_ sk- xoxb- xoxp- xoxa- xoxr- xoxs- xoxe- xoxe. xapp- AIza ya29. GOCSPX- SG. npm_ pypi-
dop_v1_ hf_ shpat_ shpss_ shpca_ shppa_ sq0atp- sq0csp- EAACEdEose0 lin_api_ ntn_ dapi hvs. hvb. hvr. glsa_
NRAK- rzp_live_ dckr_pat_ PMAK- figd_ sbp_ pul- AGE-SECRET-KEY- hooks.slack.com/services/
""".split()

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z0-9]+|[A-Z]+|[0-9]+")


def _words(name: str) -> List[str]:
    return [word.lower() for word in _WORD.findall(name)]


def _joined(names: Iterable[str]) -> set[str]:
    return {"".join(_words(name)) for name in names}


_EXACT, _OPEN = _joined(_NAMES), _joined(_OPEN_NAMES)
_PREFIXES = tuple(_joined(_NAME_PREFIXES))


@functools.lru_cache(maxsize=2048)
def _is_secret(name: str) -> bool:
    """Whether the value under that name is a secret."""
    name = name[-256:]
    for _ in range(5):
        if _words_tell(_words(name)):
            return True
        plain = urllib.parse.unquote_plus(name)
        if plain == name:
            return False
        name = plain
    # Still encoded after five times: nobody writes a name so who does not hide it.
    return True


def _words_tell(words: List[str]) -> bool:
    whole = "".join(words)
    if not whole or whole in _OPEN:
        return False
    if whole in _EXACT or whole.startswith(_PREFIXES) or whole.endswith(tuple(_NAME_ENDINGS)):
        return True
    if any(fragment in whole for fragment in _FRAGMENTS):
        return True
    for place, word in enumerate(words):
        if word in _WORDS:
            return True
        if word in ("key", "keys"):
            if len(words) > 1 and (words[place - 1] if place else "") not in _OPEN_KEYS:
                return True
        elif word in ("code", "codes"):
            if any(other in _CODE_WORDS for other in words):
                return True
        elif word.endswith(("key", "pass", "auth")) or word.startswith(("auth", "oauth")):
            if word not in _OPEN_WORDS:
                return True
    return False


# A name and its value in any text: `name=value`, `"name": "value"`, `name: value`, `name 'value'` (SQL). A lookahead and what
# it found is a group that is not tried again in parts: a client's text must not take time that grows with its square.
_PAIR = re.compile(
    r"""(?<![A-Za-z0-9_.\-\[\]%+])(?=(?P<name>[A-Za-z0-9_.\-\[\]%+]+))(?P=name)"""
    r"""(?P<quote>\\*["']?)(?P<sign>\s*[=:]\s*|\s+(?:=\s*)?(?=["']))"""
    r"""(?P<value>\\*"(?:[^"\\]|\\.)*"?|\\*'(?:[^'\\]|\\.)*'?|[^\s&;,"'<>})\]]+(?:(?<=[:=])\s*[^\s&;,]+)?)"""
)
_LINE = re.compile(r"(?<![A-Za-z0-9_\-])(?=(?P<name>[A-Za-z0-9_\-]+))(?P=name)(?P<sign>:[ \t]+)(?P<value>[^\r\n]+)")
_SPACED = re.compile(
    r"(?i)\b(password|passwd|passphrase|passcode|pwd|secret|token|api[-_]?key|access[-_]?key|private[-_]?key)(\s+(?:is\s+)?)"
    r"(?=\S{6,})((?=\S*\d)(?=\S*[A-Za-z])\S+|\S*[@#$%^&*!+=~]\S*|[A-Za-z]{20,})"
)
_USERINFO = re.compile(
    r"(?<![A-Za-z0-9+.\-])(?=(?P<scheme>[A-Za-z0-9+.\-]+:/{1,2}))(?P=scheme)(?=[^\s/?#\"'<>@]*:)[^\s/?#\"'<>]*@")
_SHAPE = re.compile(
    r"eyJ[A-Za-z0-9_\-+/=]{8,}(?:\.[A-Za-z0-9_\-+/=]*)*"
    r"|(?i:(?<=\bbearer)\s+\S+|(?<=\bbasic)\s+[A-Za-z0-9+/=]{8,})"
    r"|-----BEGIN[^-]*PRIVATE KEY-----[\s\S]*?(?:-----END[^-]*PRIVATE KEY-----|\Z)"
    r"|(?<![A-Za-z0-9])(?:" + "|".join(re.escape(prefix) for prefix in _VALUE_PREFIXES) + r")[A-Za-z0-9_\-./]{6,}"
)


def _without_secrets(text: str) -> str:
    """`text` without what can be known for a password, a token or a cookie."""
    text = _swept(text)
    if "%" in text:
        # Where a secret shows only once it is decoded, all of it goes: nobody knows where it ends.
        plain = text
        for _ in range(5):
            plain = urllib.parse.unquote(plain)
        if plain != text and _swept(plain) != plain:
            return _MARK
    return text


def _query_without_secrets(query: str) -> str:
    return "&".join(
        part.partition("=")[0] + "=" + _MARK if "=" in part and _is_secret(part.partition("=")[0]) else _without_secrets(part)
        for part in query.split("&")
    )


def _without_pairs(text: str) -> str:
    parts, done, place = [], 0, 0
    while True:
        found = _PAIR.search(text, place)
        if found is None:
            return "".join(parts) + text[done:] if parts else text
        value = found["value"]
        if _is_secret(found["name"]) and value.strip("\\\"'") not in ("", _MARK):
            opening = re.match(r"\\*[\"']?", value)
            quote = opening[0] if opening else ""
            parts += [text[done:found.start("value")], quote, _MARK, quote]
            done = place = found.end()
        else:
            # A value may be a text with names of its own: `next=/login?token=…`.
            place = max(found.start("value"), place + 1)


def _swept(text: str) -> str:
    def line(found: re.Match[str]) -> str:
        # After `name:` the whole line is the value: nobody knows where it ends.
        return found["name"] + found["sign"] + _MARK if _is_secret(found["name"]) else found[0]

    text = _USERINFO.sub(lambda found: found["scheme"] + _MARK + "@", text)
    if ":" in text:
        text = _LINE.sub(line, text)
    text = _without_pairs(text)
    text = _SPACED.sub(lambda found: found[1] + found[2] + _MARK, text)
    return _SHAPE.sub(lambda found: (" " if found[0][:1].isspace() else "") + _MARK, text)


# Members of JSON that name a value, and members that hold it.
_NAMING = set("name key field header param parameter label property attribute column variable setting option flag".split())
_HOLDING = set("value values val default content text data".split())


def _json_without_secrets(text: str) -> str:
    """The same for JSON of our own making: what a name tells of a list or an object goes too."""
    if len(text) > _JSON:
        return json.dumps(f"{_MARK} ({len(text)} characters that are too long to be read)")
    return json.dumps(_cleaned(json.loads(text)), ensure_ascii=False)


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return _without_secrets(value)
    if isinstance(value, dict):
        tells = any(key.lower() in _NAMING and isinstance(one, str) and _is_secret(one) for key, one in value.items())
        return {
            _without_secrets(key): _MARK if one is not None and (
                _is_secret(key) or (tells and key.lower() in _HOLDING)) else _cleaned(one)
            for key, one in value.items()
        }
    if isinstance(value, list):
        # `["Authorization", "…"]` is a pair, and so are `"--token", "…"` among arguments.
        return [
            _MARK if place and isinstance(value[place - 1], str) and isinstance(one, str) and _is_secret(value[place - 1])
            else _cleaned(one) for place, one in enumerate(value)
        ]
    return value


# ---- Spans ---------------------------------------------------------------------------------------------------------

_INTERNAL, _SERVER, _CLIENT = 1, 2, 3
_SPANS_OF_A_REQUEST = 1_000
_EVENTS_OF_A_SPAN = 64
_TEXT = 2_048
# Longer JSON is not read for secrets, and so not told.
_JSON = 65_536
# A run of a coroutine that takes longer has held its loop for so long that somebody may wait for it.
_LONG_POLL = 10_000_000


class _Request:
    """What all spans of one request share."""

    __slots__ = ("trace", "root", "count", "left_out", "is_finishing_error", "is_routed")

    def __init__(self, trace: str) -> None:
        self.trace = trace
        # Until the request's end: the two hold each other.
        self.root: Optional[_Span] = None
        self.count = 0
        self.left_out = 0
        self.is_finishing_error = False
        # Only then is it known what of its path is a secret.
        self.is_routed = False


class _Span:
    """A stretch of time of a request, on one thread."""

    __slots__ = (
        "request", "id", "parent", "name", "what", "role", "fixed", "attrs", "begin", "end", "error", "events", "told_at",
        "thread", "thread_name", "__weakref__",
    )

    def __init__(
        self, request: _Request, parent: Optional[str], name: str, what: str, role: int, begin: int,
        fixed: Optional[Dict[str, Any]], near: Optional[_Span],
    ) -> None:
        self.request = request
        self.id = f"{_random.getrandbits(64) or 1:016x}"
        self.parent = parent
        self.name = name
        self.what = what
        self.role = role
        # Shared by all spans of one function: only read.
        self.fixed = fixed
        self.attrs: Dict[str, Any] = {}
        self.begin = begin
        self.end = 0
        self.error: Any = None
        self.events: Optional[List[Tuple[int, str, Dict[str, Any]]]] = None
        self.told_at = 0
        self.thread = threading.get_ident()
        # To ask for the name takes longer than all else here.
        self.thread_name = (
            near.thread_name if near is not None and near.thread == self.thread else threading.current_thread().name
        )


# The innermost open span; None where a request is not told in detail, and outside of requests.
_current: contextvars.ContextVar[Optional[_Span]] = contextvars.ContextVar("inspector_span", default=None)
_random = random.Random(os.urandom(16))


def _begin(
    name: str, what: str, parent: _Span, fixed: Optional[Dict[str, Any]] = None, role: int = _INTERNAL, at: int = 0
) -> Optional[_Span]:
    """Begins a span within `parent`; None where the request has too many."""
    request = parent.request
    if request.count >= _SPANS_OF_A_REQUEST:
        request.left_out += 1
        return None
    request.count += 1
    span = _Span(request, parent.id, name, what, role, at or _mono(), fixed, parent)
    _sender.opened(span)
    return span


def _finish(span: Optional[_Span], error: Any = None, at: int = 0) -> None:
    if span is not None and not span.end:
        if error is not None:
            span.error = _kept(error)
        span.end = at or _mono()
        _sender.closed(span)


def _event(span: Optional[_Span], name: str, attrs: Optional[Dict[str, Any]] = None, at: int = 0) -> None:
    if span is None:
        return
    if span.events is None:
        span.events = []
    if len(span.events) < _EVENTS_OF_A_SPAN:
        span.events.append((at or _mono(), name, attrs or {}))


def _kept(error: Any) -> Any:
    """What is told of an error: itself it holds its frames, and so the span that would hold it."""
    return (type(error), _text_of(error)) if isinstance(error, BaseException) else error


def _reset(token: contextvars.Token[Optional[_Span]]) -> None:
    try:
        _current.reset(token)
    except ValueError:
        # A coroutine that nobody ends is closed by whoever clears it away, in a context of its own.
        pass


def _error_attrs(error: BaseException) -> Dict[str, Any]:
    attrs = {"exception.type": type(error).__name__, "exception.message": _text_of(error)}
    original = getattr(error, "original_exception", None)
    if original is not None:
        attrs["inspector.original"] = type(original).__name__
    return attrs


def _text_of(error: Any) -> str:
    try:
        return str(error)[: 2 * _TEXT]
    except Exception:  # noqa: BLE001 - an error whose words raise is still an error
        return ""


_ABSENT = object()


def mark(label: str, value: Any = _ABSENT) -> None:
    """Notes that something of the app's own happened; it is shown in the request's waterfall.

    Outside of a request that is told in detail it does nothing.
    """
    span = _current.get()
    if span is None:
        return
    try:
        attrs: Dict[str, Any] = {"inspector.label": str(label)}
        if value is not _ABSENT:
            try:
                attrs["inspector.value"] = json.dumps(value, default=str, sort_keys=True)
            except Exception:  # noqa: BLE001 - keys of several kinds, a ring, words that raise
                attrs["inspector.value"] = json.dumps(str(value))
        _event(span, "mark", attrs)
    except Exception as error:  # noqa: BLE001
        _trouble("a mark", error)


# ---- Sending -------------------------------------------------------------------------------------------------------


def _value(value: Any) -> Dict[str, Any]:
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)} if -(1 << 63) <= value < 1 << 63 else {"stringValue": str(value)[:_TEXT]}
    if isinstance(value, float):
        # JSON knows neither infinity nor what is no number.
        return {"doubleValue": value} if value - value == 0 else {"stringValue": str(value)}
    text = value if isinstance(value, str) else str(value)
    return {"stringValue": text if len(text) <= _TEXT else text[:_TEXT] + "…"}


# What may hold a secret; names of functions and rules are the program's own.
_READ_FOR_SECRETS = {
    "url.path", "db.query.text", "exception.message", "inspector.label", "user_agent.original",
}


def _pair(name: str, value: Any) -> Dict[str, Any]:
    if name == "url.query":
        value = _query_without_secrets(str(value)[: 2 * _TEXT])
    elif name == "url.full":
        # By its parts, so that one of them that goes as a whole takes no other along.
        place, sign, query = str(value)[: 2 * _TEXT].partition("?")
        value = _without_secrets(place) + sign + _query_without_secrets(query)
    elif name == "inspector.value":
        value = _json_without_secrets(value)
    elif name in _READ_FOR_SECRETS:
        # Cut first: a text of megabytes would be read for nothing. A secret that is cut is still found by its name.
        value = _without_secrets(str(value)[: 2 * _TEXT])
    elif name.startswith("flask.view_args."):
        value = _MARK if _is_secret(name[16:]) else _without_secrets(value) if isinstance(value, str) else value
    return {"key": name, "value": _value(value)}


def _pairs(attrs: Dict[str, Any]) -> List[Dict[str, Any]]:
    return [_pair(name, value) for name, value in attrs.items() if value is not None]


def _without_value(attrs: Dict[str, Any]) -> Dict[str, Any]:
    """A mark whose label names a secret is told without it."""
    if "inspector.value" in attrs and _is_secret(attrs["inspector.label"]):
        return {**attrs, "inspector.value": json.dumps(_MARK)}
    return attrs


def _encoded(span: _Span, is_open: bool = False) -> Dict[str, Any]:
    """The span as OTLP's JSON has it; one that is told as open is so, even if it ends meanwhile."""
    end = 0 if is_open else span.end
    told = dict(span.attrs)
    name = span.name
    if span.role == _SERVER:
        if not span.request.is_routed and not end:
            told.pop("url.path", None)
            name = str(told.get("http.request.method", ""))
        elif "http.route" not in told:
            name = _without_secrets(name[: 2 * _TEXT])
    attrs = _pairs(told)
    if span.fixed:
        attrs += _pairs(span.fixed)
    attrs += _pairs({"inspector.kind": span.what, "thread.id": span.thread, "thread.name": span.thread_name})
    events = list(span.events or ())
    out: Dict[str, Any] = {
        "traceId": span.request.trace, "spanId": span.id, "name": name[:_TEXT], "kind": span.role,
        "startTimeUnixNano": str(span.begin + _OFFSET),
        "endTimeUnixNano": str(max(end, span.begin) + _OFFSET) if end else "0",
    }
    if span.parent:
        out["parentSpanId"] = span.parent
    error = span.error
    if isinstance(error, tuple):
        kind, words = error[0], _without_secrets(error[1])[:_TEXT]
        name = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
        attrs.append(_pair("error.type", kind.__name__))
        out["status"] = {"code": 2, "message": f"{kind.__name__}: {words}" if words else kind.__name__}
        events.append((end or _mono(), "exception", {"exception.type": name, "exception.message": words}))
    elif error is not None:
        words = _without_secrets(str(error)[: 2 * _TEXT])
        attrs.append(_pair("error.type", words))
        out["status"] = {"code": 2, "message": words}
    out["attributes"] = attrs
    if events:
        out["events"] = [
            {"timeUnixNano": str(at + _OFFSET), "name": name, "attributes": _pairs(_without_value(more))}
            for at, name, more in events
        ]
    return out


class _Sender:
    """Sends what has ended and what is open, from a thread of its own; the app never waits for it."""

    EVERY = 0.05
    AGAIN = 1_000_000_000
    # A span that ends within this time needs no message that it began.
    YOUNG = 5_000_000
    ROOM = 20_000
    BATCH = 2_000
    TIMEOUT = 2.0
    PAUSES = (0.5, 1.0, 2.0)

    def __init__(self) -> None:
        self.done: Deque[_Span] = collections.deque()
        self.open: Dict[str, _Span] = {}
        self.lock = threading.Lock()
        self.is_started = False
        # Whether somebody takes the spans; until the first attempt it is taken for granted.
        self.is_heard = True
        self.name = ""
        self.requests = self.detailed = self.lost = 0
        self.told_requests = 0
        self.told_at = 0
        self.allowance = 0.0
        self.allowed_at = 0
        self.connection: Optional[http.client.HTTPConnection] = None
        self.failures = 0
        self.again: Optional[Tuple[List[_Span], List[_Span]]] = None
        self.wake = threading.Event()
        self.thread: Optional[threading.Thread] = None
        self.is_ending = False
        self.read_environment()

    def read_environment(self) -> None:
        self.is_off = os.environ.get("INSPECTOR_SEND", "").strip().lower() in ("0", "off", "false", "no")
        self.rate: Optional[float] = 200.0
        text = os.environ.get("INSPECTOR_RATE", "").strip()
        if text.lower() == "all":
            self.rate = None
        elif text:
            try:
                rate = float(text)
                if not rate >= 0:
                    raise ValueError
                self.rate = rate if rate < 1e9 else None
            except ValueError:
                _log.warning("INSPECTOR_RATE=%s is no number and not all: 200 requests a second are told in detail", text)
        endpoint = os.environ.get("INSPECTOR_ENDPOINT", "").strip() or "http://127.0.0.1:4318"
        try:
            url = urllib.parse.urlsplit(endpoint if "//" in endpoint else "http://" + endpoint)
            self.host, self.port, self.scheme = url.hostname or "127.0.0.1", url.port or 4318, url.scheme
            path = url.path.rstrip("/")
            self.path = path[: -len("/v1/traces")] if path.endswith("/v1/traces") else path
            if self.scheme not in ("http", "https"):
                raise ValueError
        except ValueError:
            _log.warning(
                "INSPECTOR_ENDPOINT=%s is no address: spans go to http://127.0.0.1:4318", _without_secrets(endpoint))
            self.host, self.port, self.scheme, self.path = "127.0.0.1", 4318, "http", ""

    # -- what the app's threads call

    def admit(self) -> bool:
        """Counts a request; says whether it is told in detail."""
        if not self.is_started:
            self.start()
        with self.lock:
            self.requests += 1
            if not self.is_heard:
                return False
            if self.rate is not None:
                now = _mono()
                if self.allowed_at:
                    self.allowance = min(
                        2 * self.rate + 1, self.allowance + (now - self.allowed_at) * self.rate / 1e9)
                else:
                    self.allowance = 2 * self.rate
                self.allowed_at = now
                if self.allowance < 1:
                    return False
                self.allowance -= 1
            self.detailed += 1
            return True

    def refuse(self) -> None:
        """Counts a request that its caller does not want to be told of."""
        if not self.is_started:
            self.start()
        with self.lock:
            self.requests += 1

    def opened(self, span: _Span) -> None:
        if len(self.open) < self.ROOM:
            self.open[span.id] = span
        else:
            with self.lock:
                self.lost += 1

    def closed(self, span: _Span) -> None:
        if self.open.pop(span.id, None) is None:
            # There was no room for it; or a parent process had it open when it forked, and tells it itself.
            return
        if len(self.done) >= self.ROOM:
            with self.lock:
                self.lost += 1
            return
        self.done.append(span)
        if len(self.done) >= self.BATCH:
            self.wake.set()

    # -- its own thread

    def start(self) -> None:
        with self.lock:
            if self.is_started:
                return
            self.is_started = True
        if self.is_off:
            return
        self.resource = {
            "service.name": os.environ.get("OTEL_SERVICE_NAME") or self.name or "flask",
            "service.instance.id": f"{os.getpid()}-{_random.getrandbits(32):08x}",
            "process.pid": os.getpid(),
            "telemetry.sdk.name": "inspector_flask",
            "telemetry.sdk.language": "python",
            "telemetry.sdk.version": __version__,
            "inspector.extension.version": __version__,
            "inspector.clock.offset": _OFFSET,
            "inspector.boot.id": _boot_id(),
            "inspector.flask.version": _version_of("flask"),
        }
        try:
            self.thread = threading.Thread(target=self.run, name="inspector-sender", daemon=True)
            self.thread.start()
        except RuntimeError as error:
            _trouble("this process, which starts no threads,", error)
            self.thread, self.is_heard = None, False

    def run(self) -> None:
        while not self.is_ending:
            self.wake.wait(self.pause())
            self.wake.clear()
            try:
                self.round()
                while self.is_ending and self.is_heard and (self.done or self.again):
                    self.round()
            except Exception as error:  # noqa: BLE001 - the thread must outlive whatever a span holds
                _trouble("a span that cannot be written", error)
        self.close()

    def pause(self) -> float:
        if self.again is not None or self.is_heard:
            return self.EVERY
        return self.PAUSES[min(self.failures, len(self.PAUSES)) - 1]

    def round(self) -> None:
        """Sends what there is; nothing where nothing is new."""
        again, self.again = self.again, None
        if again:
            self.post(*again, is_second=True)
        spans, opens = self.take()
        now = _mono()
        is_due = self.requests != self.told_requests and (self.is_ending or now - self.told_at >= self.AGAIN)
        if spans or opens or is_due or not self.is_heard:
            self.post(spans, opens)

    def take(self) -> Tuple[List[_Span], List[_Span]]:
        """What has ended, and what is open and to be told so."""
        spans: List[_Span] = []
        opens: List[_Span] = []
        while self.done and len(spans) < self.BATCH:
            spans.append(self.done.popleft())
        if len(self.done) >= self.BATCH:
            self.wake.set()
        now = _mono()
        for span in self.opens():
            if len(opens) >= self.BATCH:
                break
            if span.end:
                # It ended just now, and is told next time.
                continue
            age = now - (span.told_at or span.begin)
            if age >= (self.AGAIN if span.told_at else self.YOUNG):
                span.told_at = now
                opens.append(span)
        return spans, opens

    def opens(self) -> List[_Span]:
        for _ in range(5):
            try:
                return list(self.open.values())
            except RuntimeError:
                # Another thread began a span meanwhile.
                continue
        return []

    def body(self, spans: Iterable[_Span], opens: Iterable[_Span] = ()) -> bytes:
        resource = dict(self.resource)
        resource["inspector.requests"], resource["inspector.requests.detailed"] = self.requests, self.detailed
        if self.lost:
            resource["inspector.lost"] = self.lost
        told = []
        for span, is_open in [*((one, False) for one in spans), *((one, True) for one in opens)]:
            try:
                told.append(_encoded(span, is_open))
            except Exception as error:  # noqa: BLE001 - one span that cannot be written must not keep the others
                self.lost += 1
                _trouble("a span that cannot be written", error)
        scope = {"scope": {"name": "inspector_flask", "version": __version__}, "spans": told}
        export = {"resourceSpans": [{"resource": {"attributes": _pairs(resource)}, "scopeSpans": [scope]}]}
        # A lone surrogate has no UTF-8: escaped it does no harm.
        return json.dumps(export, separators=(",", ":"), ensure_ascii=True).encode("ascii")

    def post(self, spans: List[_Span], opens: List[_Span], is_second: bool = False) -> None:
        body = self.body(spans, opens)
        requests = self.requests
        status, wait = 0, 0.0
        # A connection that was closed while it was idle is no reason to take the receiver for gone.
        for is_new in ((False, True) if self.connection else (True,)):
            try:
                if is_new or self.connection is None:
                    maker = http.client.HTTPSConnection if self.scheme == "https" else http.client.HTTPConnection
                    self.connection = maker(self.host, self.port, timeout=0.5 if self.is_ending else self.TIMEOUT)
                self.connection.request("POST", self.path + "/v1/traces", body, {"Content-Type": "application/json"})
                answer = self.connection.getresponse()
                if len(answer.read(_JSON)) == _JSON:
                    # Whatever it is, it is no answer to be read to its end.
                    self.close()
                status = answer.status
                wait = _seconds(answer.headers.get("Retry-After"))
                break
            except (OSError, http.client.HTTPException, ValueError) as error:
                self.close()
                if is_new:
                    self.unheard(spans, opens, error)
                    return
        self.heard()
        self.told_at = _mono()
        if status in (429, 502, 503, 504) and not is_second and not self.is_ending:
            # The receiver is there and busy: once more, a little later.
            time.sleep(min(self.TIMEOUT, wait))
            self.again = spans, opens
        elif status >= 300:
            with self.lock:
                self.lost += len(spans)
            _trouble(f"what {self.host}:{self.port} refused", ValueError(f"it answered {status}"))
        else:
            self.told_requests = requests

    def heard(self) -> None:
        if not self.is_heard and self.failures:
            _log.info("inspector: %s:%s takes spans again", self.host, self.port)
        self.failures = 0
        self.is_heard = True

    def unheard(self, spans: List[_Span], opens: List[_Span], error: BaseException) -> None:
        if self.failures == 0 and self.is_heard:
            _log.info(
                "inspector: nobody takes spans at %s:%s (%s); requests are only counted until somebody does",
                self.host, self.port, error)
        self.failures += 1
        self.is_heard = False
        with self.lock:
            self.lost += len(spans) + len(self.done)
        self.done.clear()
        for span in opens:
            # Told to nobody: those that go on are told anew.
            span.told_at = 0

    def close(self) -> None:
        connection, self.connection = self.connection, None
        if connection is not None:
            try:
                connection.close()
            except OSError:
                pass

    def flush(self) -> None:
        """At the end of the process: what is left goes, if that takes no time."""
        thread = self.thread
        self.is_ending = True
        self.wake.set()
        if thread is not None and self.is_heard:
            # That thread's connection is no other's.
            thread.join(1.0)

    def forked(self) -> None:
        """In a child: it has no thread of its parent's, and must tell nothing that the parent tells."""
        global _random
        _random = random.Random(os.urandom(16))
        name = self.name
        self.__init__()  # type: ignore[misc]
        self.name = name


def _seconds(text: Optional[str]) -> float:
    try:
        return max(0.0, float(text or 0))
    except ValueError:
        return 0.0


def _boot_id() -> Optional[str]:
    """By which the reader knows that its monotonic clock is this one."""
    try:
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
            return file.read().strip() or None
    except OSError:
        return None


def _version_of(name: str) -> Optional[str]:
    try:
        from importlib import metadata

        return metadata.version(name)
    except Exception:  # noqa: BLE001 - a nicety
        return None


_sender = _Sender()
atexit.register(lambda: _sender.flush())
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=lambda: _sender.forked())


# ---- Coroutines ----------------------------------------------------------------------------------------------------

# Their calls have spans of their own.
_patched: set[str] = set()
_POLLS_NAMED = 100_000


def _name_of(awaited: Any, yielded: Any) -> Tuple[str, str]:
    """What a coroutine is suspended on, and the module that it is of."""
    code = getattr(awaited, "cr_code", None)
    if code is not None:
        frame = awaited.cr_frame
        return awaited.__qualname__, str(frame.f_globals.get("__name__", "")) if frame else ""
    if yielded is None:
        return "sleep(0)", "asyncio"
    name = type(yielded).__name__
    return {"_GatheringFuture": "gather", "Future": "a future", "Task": "a task"}.get(name, name), type(yielded).__module__


@types.coroutine
def _drive(coroutine: Any, span: _Span) -> Generator[Any, Any, Any]:
    """Runs a coroutine as `await` would (PEP 380), timing each run, and naming what it is suspended on between two."""
    polls = busy = longest = 0
    pending: Optional[_Span] = None
    awaited: Any = None
    value: Any = None
    thrown: Optional[BaseException] = None
    started = 0
    try:
        while True:
            started = _mono()
            try:
                if thrown is None:
                    yielded = coroutine.send(value)
                else:
                    error, thrown = thrown, None
                    yielded = coroutine.throw(error)
            except StopIteration as stop:
                return stop.value
            finally:
                # The error's traceback holds this frame: without a reference back there is no ring.
                error = value = None
                took = _mono() - started
                polls += 1
                busy += took
                if took > longest:
                    longest = took
                if took > _LONG_POLL:
                    _event(span, "poll", {"inspector.duration": took}, started)
            if polls < _POLLS_NAMED:
                try:
                    inner = coroutine.cr_await
                    if inner is not awaited:
                        _finish(pending, at=started)
                        pending, awaited = None, inner
                        if inner is not None:
                            name, module = _name_of(inner, yielded)
                            if module.partition(".")[0] not in _patched:
                                pending = _begin(name, "await", span, at=started + took)
                    inner = None
                except Exception as failure:  # noqa: BLE001
                    _trouble("what a coroutine awaits", failure)
            try:
                value = yield yielded
            except GeneratorExit:
                started = _mono()
                coroutine.close()
                raise
            except BaseException as caught:
                thrown = caught
    finally:
        _finish(pending, at=started)
        span.attrs["inspector.polls"], span.attrs["inspector.busy"] = polls, busy
        span.attrs["inspector.poll.longest"] = longest


class _TimedSelector:
    """Stands before a loop's selector: the time spent in it is the loop's idle time."""

    def __init__(self, loop: Any, selector: Any) -> None:
        self._loop = weakref.ref(loop)
        self._inspected = selector
        self.idle = self.turns = 0

    def select(self, timeout: Optional[float] = None) -> Any:
        begun = _mono()
        ready = self._inspected.select(timeout)
        self.idle += _mono() - begun
        self.turns += 1
        return ready

    def leave(self) -> None:
        """A loop may be there for longer than the function that it ran."""
        loop = self._loop()
        if loop is not None and loop._selector is self:
            loop._selector = self._inspected

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inspected, name)


_ASYNCIO = os.path.dirname(asyncio.__file__)
# Tasks that a client library makes for itself (to connect by two addresses at once) say nothing of the app.
_LIBRARY_TASKS = re.compile(r"[\\/](?:site|dist)-packages[\\/](?:anyio|aiohttp|asgiref|httpcore|httpx|trio|urllib3)[\\/]")


def _make_task(loop: Any, coroutine: Any, **more: Any) -> Any:
    """A loop's task factory: child tasks of the app's coroutines are spans (`gather`, `create_task`, task groups)."""
    try:
        parent = _current.get()
        if (
            parent is not None and type(coroutine) is types.CoroutineType
            and not coroutine.cr_code.co_filename.startswith(_ASYNCIO)
            and not _LIBRARY_TASKS.search(coroutine.cr_code.co_filename)
        ):
            watched = _task(coroutine, parent, _code_attrs(coroutine.cr_code, coroutine.__qualname__))
            watched.__name__, watched.__qualname__ = coroutine.__name__, coroutine.__qualname__
            task = asyncio.Task(watched, loop=loop, **more)
            # One that is cancelled before it begins is not awaited by ours, and Python would warn of that.
            task.add_done_callback(lambda _: coroutine.close())
            return task
    except Exception as error:  # noqa: BLE001
        _trouble("a task of a coroutine", error)
    return asyncio.Task(coroutine, loop=loop, **more)


async def _task(coroutine: Any, parent: _Span, fixed: Dict[str, Any]) -> Any:
    span = _begin(coroutine.__qualname__, "task", parent, fixed)
    if span is None:
        return await coroutine
    token = _current.set(span)
    try:
        result = await _drive(coroutine, span)
    except BaseException as error:
        _finish(span, error)
        raise
    finally:
        _reset(token)
    _finish(span)
    return result


# ---- The app's functions -------------------------------------------------------------------------------------------

_codes: Dict[Any, Dict[str, Any]] = {}


def _code_attrs(code: Any, name: str) -> Dict[str, Any]:
    known = _codes.get(code)
    if known is None:
        if len(_codes) > 4_096:
            _codes.clear()
        known = _codes[code] = {
            "code.function.name": name, "code.file.path": code.co_filename, "code.line.number": code.co_firstlineno,
        }
    return known


def _attrs_of(function: Any) -> Dict[str, Any]:
    try:
        plain = inspect.unwrap(function)
        while isinstance(plain, functools.partial):
            plain = plain.func
        code = getattr(plain, "__code__", None) or getattr(getattr(plain, "__func__", None), "__code__", None)
        name = f"{getattr(plain, '__module__', '')}.{getattr(plain, '__qualname__', type(plain).__qualname__)}"
        return _code_attrs(code, name) if code is not None else {"code.function.name": name}
    except Exception:  # noqa: BLE001 - a callable may be anything
        return {}


# Who of Flask asks the app to `ensure_sync` a function says what kind of function it is (Flask 2.0 to 3.2).
_CALLERS = {
    "preprocess_request": "before_request", "dispatch_request": "view", "process_response": "after_request",
    "do_teardown_request": "teardown_request", "do_teardown_appcontext": "teardown_appcontext",
    "handle_user_exception": "error_handler", "handle_http_exception": "error_handler", "handle_exception": "error_handler",
}
_TABLES = {
    "before_request": "before_request_funcs", "after_request": "after_request_funcs",
    "teardown_request": "teardown_request_funcs",
}


class _ValuePreprocessor:
    """Stands before a `url_value_preprocessor` in its list: the one kind of hook that does not go past `ensure_sync`."""

    def __init__(self, function: Any, scope: str) -> None:
        # First: it copies what the function has, which may be called as ours is.
        functools.update_wrapper(self, function)
        self.function = function
        self.fixed = {**_attrs_of(function), "inspector.scope": scope}
        self.label = getattr(function, "__name__", type(function).__name__)

    def __call__(self, endpoint: Any, values: Any) -> Any:
        parent = _current.get()
        span = _begin(self.label, "url_value_preprocessor", parent, self.fixed) if parent is not None else None
        if span is None:
            return self.function(endpoint, values)
        if endpoint is not None:
            span.attrs["flask.endpoint"] = endpoint
        token = _current.set(span)
        try:
            result = self.function(endpoint, values)
        except BaseException as error:
            _finish(span, error)
            raise
        finally:
            _reset(token)
        span.attrs["inspector.outcome"] = "done"
        _finish(span)
        return result


class Inspector:
    """Shows an app's requests in `inspector`.

    ``Inspector(app)``, or ``Inspector().init_app(app)`` where the app is made later. A second one for the same app changes
    nothing. It works through doors that Flask documents (``ensure_sync``, ``wsgi_app`` and methods of the app), sends from
    a thread of its own, and never lets a fault of its own reach the app.
    """

    def __init__(self, app: Any = None) -> None:
        if app is not None:
            self.init_app(app)

    def init_app(self, app: Any) -> None:
        """Begins to observe `app`; with ``INSPECTOR_SEND=0`` it changes nothing."""
        if _sender.is_off:
            return
        extensions = getattr(app, "extensions", None)
        if extensions is None or "inspector" in extensions:
            return
        extensions["inspector"] = self
        if not _sender.name:
            _sender.name = str(getattr(app, "name", "") or "")
        _Watched(app).install()
        _patch_clients()
        _watch_gunicorn()


class _Watched:
    """One app with our doors in it."""

    def __init__(self, app: Any) -> None:
        self.app = app
        self.wsgi = app.wsgi_app
        # Of (kind, function): what does not change from call to call.
        self.known: Dict[Tuple[str, Any], Dict[str, Any]] = {}

    def install(self) -> None:
        app = self.app
        app.wsgi_app = self.wsgi_app
        for name, place, maker in (
            ("ensure_sync", "what the app's functions do", self.around_ensure_sync),
            ("preprocess_request", "the app's url_value_preprocessors", self.around_preprocess),
            ("request_context", "routing", self.around_request_context),
            ("handle_exception", "an error that nobody handles", self.around_handle_exception),
            ("finalize_request", "an after hook that fails after an error", self.around_finalize),
            ("process_response", "an after hook that fails after an error", self.around_process_response),
            ("make_default_options_response", "the automatic OPTIONS answer", self.around_options),
        ):
            try:
                setattr(app, name, maker(getattr(app, name)))
            except Exception as error:  # noqa: BLE001
                _trouble(place, error)

    # -- doors that only note something

    def around_preprocess(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def preprocess_request(*a: Any, **k: Any) -> Any:
            if _current.get() is not None:
                try:
                    for name, functions in self.app.url_value_preprocessors.items():
                        for place, function in enumerate(functions):
                            if type(function) is not _ValuePreprocessor:
                                functions[place] = _ValuePreprocessor(function, name or "app")
                except Exception as error:  # noqa: BLE001
                    _trouble("the app's url_value_preprocessors", error)
            return original(*a, **k)

        return preprocess_request

    def around_request_context(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def request_context(*a: Any, **k: Any) -> Any:
            context = original(*a, **k)
            if _current.get() is not None:
                try:
                    # Were the context held by what it holds, only Python's collector would free the request.
                    given, held = vars(context).get("match_request"), weakref.ref(context)

                    def match_request(*b: Any, **c: Any) -> Any:
                        own = held()
                        match = given or functools.partial(type(own).match_request, own)
                        return self.match(own, match, *b, **c)

                    context.match_request = match_request
                except Exception as error:  # noqa: BLE001
                    _trouble("routing", error)
            return context

        return request_context

    def match(self, context: Any, match: Callable[..., Any], *a: Any, **k: Any) -> Any:
        parent = _current.get()
        span = _begin("routing", "routing", parent) if parent is not None else None
        if span is None:
            return match(*a, **k)
        try:
            result = match(*a, **k)
        except BaseException as error:
            _finish(span, error)
            raise
        problem: Any = None
        try:
            request, root = context.request, span.request.root
            problem = request.routing_exception
            if request.url_rule is not None and problem is None:
                rule = request.url_rule.rule
                span.attrs["http.route"], span.attrs["flask.endpoint"] = rule, request.endpoint
                # A view may make a context of its own, for another address.
                if root is not None and not span.request.is_routed:
                    root.attrs["http.route"], root.attrs["flask.endpoint"] = rule, request.endpoint
                    root.name = f"{request.method} {rule}"
                    if any(map(_is_secret, request.view_args or ())):
                        root.attrs["url.path"] = request.script_root + _path_of(rule, request.view_args)
            span.request.is_routed = True
        except Exception as error:  # noqa: BLE001
            _trouble("routing", error)
        _finish(span, None if problem is None else type(problem).__name__)
        return result

    def around_handle_exception(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def handle_exception(*a: Any, **k: Any) -> Any:
            span = _current.get()
            if span is not None:
                error = next((one for one in (*a, *k.values()) if isinstance(one, BaseException)), None)
                if error is not None:
                    _event(span.request.root, "unhandled", _error_attrs(error))
            return original(*a, **k)

        return handle_exception

    def around_finalize(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def finalize_request(*a: Any, **k: Any) -> Any:
            span = _current.get()
            if span is None or not (k.get("from_error_handler") or (a and a[-1] is True)):
                return original(*a, **k)
            span.request.is_finishing_error = True
            try:
                return original(*a, **k)
            finally:
                span.request.is_finishing_error = False

        return finalize_request

    def around_process_response(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def process_response(*a: Any, **k: Any) -> Any:
            try:
                return original(*a, **k)
            except BaseException as error:
                span = _current.get()
                if span is not None and span.request.is_finishing_error and isinstance(error, Exception):
                    _event(span.request.root, "finalize error ignored", _error_attrs(error))
                raise

        return process_response

    def around_options(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def make_default_options_response(*a: Any, **k: Any) -> Any:
            span = _current.get()
            if span is not None:
                _event(span.request.root, "auto options")
            return original(*a, **k)

        return make_default_options_response

    # -- the door that every function of the app passes

    def around_ensure_sync(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def ensure_sync(function: Any, *a: Any, **k: Any) -> Any:
            if _current.get() is None:
                return original(function, *a, **k)
            what, label, fixed = "", "", {}
            try:
                what, label = self.kind_of(function)
                if what:
                    fixed = self.attrs(what, function, label)
            except Exception as error:  # noqa: BLE001
                _trouble("what the app's functions do", error)
                what = ""
            if not what:
                return original(function, *a, **k)
            if fixed["inspector.async"]:
                return self.on_sub_thread(what, label, function, fixed, original)
            return self.on_worker(what, label, original(function, *a, **k), fixed)

        return ensure_sync

    def kind_of(self, function: Any) -> Tuple[str, str]:
        """What kind of function it is, and what it is called; nothing for one that Flask's lifecycle does not name."""
        what, label = self.kind_in_lifecycle(function, sys._getframe(2))
        if not what and _is_async(function):
            # A decorator of the app's own, `login_required` say, runs what it is around: on a sub-thread all the same.
            return "task", getattr(function, "__qualname__", type(function).__name__)
        return what, label

    def kind_in_lifecycle(self, function: Any, frame: Any) -> Tuple[str, str]:
        module = name = ""
        # Another extension may stand before this door.
        for _ in range(4):
            module, name = frame.f_globals.get("__name__", ""), frame.f_code.co_name
            if module.startswith("flask.") or module == "flask":
                break
            frame = frame.f_back
            # Below a function of the app's own, Flask's call is that function's.
            if frame is None or frame.f_globals is globals() and frame.f_code.co_name != "ensure_sync":
                return "", ""
        if module == "flask.views":
            return self.class_view(function, name)
        what = _CALLERS.get(name, "")
        if what == "view":
            if getattr(function, "view_class", None) is not None:
                # The method that it leads to is the view.
                return "", ""
            return what, _endpoint()
        if what == "after_request" and any(function is one for one in _after_this_request()):
            what = "after_this_request"
        return what, getattr(function, "__name__", type(function).__name__)

    @staticmethod
    def class_view(function: Any, caller: str) -> Tuple[str, str]:
        from flask.views import MethodView

        if caller == "dispatch_request":
            return "view", f"{_endpoint()}:{getattr(function, '__name__', '')}"
        if isinstance(getattr(function, "__self__", None), MethodView) and not _is_async(function):
            return "", ""
        return "view", _endpoint()

    def attrs(self, what: str, function: Any, label: str) -> Dict[str, Any]:
        # A function made for one request must not be kept, nor may its place in memory be taken for another's.
        # A class-based view is made for one request, its method is not.
        key = (what, getattr(function, "__func__", function), label) if what == "view" else (what, function)
        is_kept = what not in ("after_this_request", "task")
        try:
            known = self.known.get(key) if is_kept else None  # type: ignore[arg-type]
        except TypeError:
            known, is_kept = None, False
        if known is None:
            known = {
                **_attrs_of(function), "inspector.scope": self.scope(what, function, label),
                "inspector.async": _is_async(function),
            }
            if is_kept:
                if len(self.known) > 4_096:
                    self.known.clear()
                self.known[key] = known  # type: ignore[index]
        return known

    def scope(self, what: str, function: Any, label: str) -> str:
        """`app`, or the blueprint that it was registered on."""
        if what == "after_this_request":
            return "request"
        if what == "view":
            return label.partition(":")[0].rpartition(".")[0] or "app"
        if what == "error_handler":
            for name, by_code in self.app.error_handler_spec.items():
                for by_class in by_code.values():
                    if any(function is one for one in by_class.values()):
                        return name or "app"
            return "app"
        for name, functions in getattr(self.app, _TABLES.get(what, ""), {}).items():
            if any(function is one for one in functions):
                return name or "app"
        return "app"

    def on_worker(self, what: str, label: str, function: Any, fixed: Dict[str, Any]) -> Any:
        def call(*a: Any, **k: Any) -> Any:
            parent = _current.get()
            span = _begin(label, what, parent, fixed) if parent is not None else None
            if span is None:
                return function(*a, **k)
            _given(span, what, a, k)
            token = _current.set(span)
            try:
                result = function(*a, **k)
            except BaseException as error:
                _finish(span, error)
                raise
            finally:
                _reset(token)
            _outcome(span, what, a, result)
            _finish(span)
            return result

        return call

    def on_sub_thread(
        self, what: str, label: str, function: Any, fixed: Dict[str, Any], original: Callable[..., Any]
    ) -> Any:
        holder: List[Optional[_Span]] = [None]

        @functools.wraps(function)
        async def inner(*a: Any, **k: Any) -> Any:
            # On the loop's thread; the context came along.
            sub = _current.get()
            if sub is None or sub.what != "sub_thread":
                # An app's own `async_to_sync` may leave the context behind.
                sub = holder[0]
            span = _begin(label, what, sub, fixed) if sub is not None else None
            if sub is None or span is None:
                return await function(*a, **k)
            watch = _watch_loop(sub)
            _given(span, what, a, k)
            token = _current.set(span)
            try:
                coroutine = function(*a, **k)
                if type(coroutine) is types.CoroutineType:
                    result = await _drive(coroutine, span)
                else:
                    result = await coroutine
            except BaseException as error:
                _finish(span, error)
                raise
            finally:
                _reset(token)
                _event(sub, "loop ended")
                if watch is not None:
                    watch.leave()
                    sub.attrs["inspector.loop.idle"], sub.attrs["inspector.loop.turns"] = watch.idle, watch.turns
            _outcome(span, what, a, result)
            _finish(span)
            return result

        run = original(inner)

        def call(*a: Any, **k: Any) -> Any:
            parent = _current.get()
            sub = holder[0] = _begin("sub-thread", "sub_thread", parent) if parent is not None else None
            if sub is None:
                return run(*a, **k)
            token = _current.set(sub)
            try:
                return run(*a, **k)
            finally:
                _reset(token)
                _finish(sub)

        return call

    # -- the request

    def wsgi_app(self, environ: Dict[str, Any], start_response: Callable[..., Any]) -> Any:
        root: Optional[_Span] = None
        try:
            root = _enter(environ)
        except Exception as error:  # noqa: BLE001
            _trouble("a request", error)
        if root is None:
            # An outer app may be told in detail; what this one does is not a part of it.
            if _current.get() is None:
                return self.wsgi(environ, start_response)
            token = _current.set(None)
            try:
                return self.wsgi(environ, start_response)
            finally:
                _reset(token)

        def start(status: str, *more: Any, **k: Any) -> Any:
            try:
                root.attrs["http.response.status_code"] = int(status[:3])
                root.error = status if status[:1] == "5" else None
                _event(root, "head sent")
            except Exception as error:  # noqa: BLE001
                _trouble("an answer's status", error)
            return start_response(status, *more, **k)

        token = _current.set(root)
        try:
            body = self.wsgi(environ, start)
        except BaseException as error:
            _event(root, "propagate", _error_attrs(error))
            _leave(root, error)
            raise
        finally:
            _reset(token)
        return _watch_body(body, root, environ)


def _is_async(function: Any) -> bool:
    # As Flask asks it: what Flask calls on the worker must stay there.
    return inspect.iscoroutinefunction(function)


_ARGUMENT = re.compile(r"<(?:[^<>]*:)?([A-Za-z_]\w*)>")


def _path_of(rule: str, values: Dict[str, Any]) -> str:
    """The path by its rule, without what the rule names as a secret."""
    return _ARGUMENT.sub(lambda found: _MARK if _is_secret(found[1]) else str(values.get(found[1], found[0])), rule)


def _endpoint() -> str:
    from flask import request

    return str(request.endpoint)


def _after_this_request() -> Iterable[Any]:
    from flask import globals as flask_globals

    # The stack only where there is nothing newer: Flask 2.3 warns of it.
    context = getattr(flask_globals, "request_ctx", None)
    if context is None:
        context = flask_globals._request_ctx_stack.top
    if not hasattr(context, "_after_request_functions"):
        context = getattr(flask_globals, "app_ctx", None)
    return getattr(context, "_after_request_functions", None) or ()


def _given(span: _Span, what: str, a: Tuple[Any, ...], k: Dict[str, Any]) -> None:
    """What a function of the app is given, where that is worth telling."""
    try:
        if what in ("error_handler", "teardown_request", "teardown_appcontext"):
            error = next((one for one in a if isinstance(one, BaseException)), None)
            if error is not None:
                _event(span, "given error", _error_attrs(error))
        elif what in ("after_request", "after_this_request"):
            status = getattr(a[0], "status_code", None) if a else None
            if status is not None:
                span.attrs["inspector.status"] = status
        elif what == "view" and k:
            for name, value in list(k.items())[:16]:
                if not isinstance(value, (bool, int, float, str)):
                    value = str(value)
                if span.request.root is not None:
                    span.request.root.attrs["flask.view_args." + str(name)] = value
    except Exception as error:  # noqa: BLE001
        _trouble("what a function is given", error)


def _outcome(span: _Span, what: str, a: Tuple[Any, ...], result: Any) -> None:
    if what == "before_request":
        word = "continue" if result is None else "response"
    elif what in ("view", "error_handler"):
        word = "none" if result is None else "response"
    elif what in ("after_request", "after_this_request"):
        word = "same" if a and result is a[0] else "replaced"
    else:
        word = "done"
    span.attrs["inspector.outcome"] = word


def _watch_loop(sub: _Span) -> Optional[_TimedSelector]:
    """Notes the loop's thread and its beginning; sees its child tasks and its idle time from now on."""
    try:
        thread = threading.current_thread()
        sub.attrs["inspector.thread.id"], sub.attrs["inspector.thread.name"] = thread.ident, thread.name
        _event(sub, "loop started")
        loop: Any = asyncio.get_running_loop()
        if loop.get_task_factory() is None:
            loop.set_task_factory(_make_task)
        selector = getattr(loop, "_selector", None)
        if selector is not None and not isinstance(selector, _TimedSelector):
            watch = _TimedSelector(loop, selector)
            loop._selector = watch
            return watch
    except Exception as error:  # noqa: BLE001
        _trouble("an event loop", error)
    return None


# ---- The request ---------------------------------------------------------------------------------------------------

_TRACEPARENT = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?\Z")


def _traceparent(text: str) -> Optional[Tuple[str, str, bool]]:
    """Trace id, span id, and whether the caller records it (W3C Trace Context); None where it is not valid."""
    found = _TRACEPARENT.match(text)
    if found is None or found[1] == "ff" or (found[1] == "00" and found[5]):
        return None
    if found[2] == "0" * 32 or found[3] == "0" * 16:
        return None
    return found[2], found[3], bool(int(found[4], 16) & 1)


def _enter(environ: Dict[str, Any]) -> Optional[_Span]:
    """The request's own span; None where it is only counted."""
    at = _mono()
    queued, _worker.queued = getattr(_worker, "queued", 0), 0
    told = _traceparent(environ.get("HTTP_TRACEPARENT", ""))
    if told is not None and not told[2]:
        _sender.refuse()
        return None
    if not _sender.admit():
        return None
    outer = _current.get()
    ids = _open_telemetry()
    if outer is not None:
        trace, parent = outer.request.trace, outer.id
    elif ids is not None and ids[1]:
        trace, parent = ids[0], ids[1]
    elif told is not None:
        trace, parent = told[0], told[1]
    else:
        trace, parent = ids[0] if ids else f"{_random.getrandbits(128) or 1:032x}", None
    request = _Request(trace)
    method = environ.get("REQUEST_METHOD", "")
    # WSGI has the bytes of a path as Latin-1.
    path = environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")
    path = path.encode("latin-1", "replace").decode("utf-8", "replace")
    span = request.root = _Span(request, parent, f"{method} {path}", "request", _SERVER, at, None, None)
    attrs = span.attrs
    attrs["http.request.method"], attrs["url.path"] = method, path
    attrs["url.query"] = environ.get("QUERY_STRING") or None
    attrs["url.scheme"] = environ.get("wsgi.url_scheme")
    attrs["client.address"] = environ.get("REMOTE_ADDR")
    port = str(environ.get("REMOTE_PORT") or "")
    attrs["client.port"] = int(port) if port.isdigit() else None
    attrs["user_agent.original"] = environ.get("HTTP_USER_AGENT")
    protocol = environ.get("SERVER_PROTOCOL", "")
    attrs["network.protocol.version"] = protocol[5:] if protocol.startswith("HTTP/") else None
    if queued:
        attrs["inspector.queued.at"] = queued + _OFFSET
    sent = _sent_at(environ.get("HTTP_X_REQUEST_START", ""))
    if sent:
        attrs["inspector.sent.at"] = sent
    if ids is not None and not ids[1]:
        # OpenTelemetry's own spans of this request become children of ours.
        environ["HTTP_TRACEPARENT"] = f"00-{trace}-{span.id}-01"
    _sender.opened(span)
    return span


def _leave(root: _Span, error: Any = None) -> None:
    if root.request.left_out:
        root.attrs["inspector.spans.left_out"] = root.request.left_out
    _finish(root, error)
    # The one held the other.
    root.request.root = None


def _sent_at(text: str) -> int:
    """When the client, or a proxy, began: `t=` and seconds, ms, µs or ns since 1970; in ns, 0 where it cannot be."""
    text = text[2:] if text[:2] == "t=" else text
    if not text or len(text) > 24 or not re.fullmatch(r"[0-9]+(\.[0-9]+)?", text):
        return 0
    whole, _, part = text.partition(".")
    number = int(whole)
    for digits, unit in ((11, 1_000_000_000), (14, 1_000_000), (17, 1_000), (20, 1)):
        if number < 10**digits:
            sent = number * unit + (int((part + "0" * 9)[:9]) * unit // 1_000_000_000 if part else 0)
            break
    else:
        return 0
    # An hour ago at the most: a header that a client wrote itself may say anything.
    return sent if 0 <= _mono() + _OFFSET - sent <= 3_600_000_000_000 else 0


def _open_telemetry() -> Optional[Tuple[str, str]]:
    """The trace and the span that OpenTelemetry has open here, or a new trace id of its provider; None without one."""
    trace = sys.modules.get("opentelemetry.trace")
    if trace is None:
        return None
    try:
        context = trace.get_current_span().get_span_context()
        if context.is_valid:
            return f"{context.trace_id:032x}", f"{context.span_id:016x}"
        generator = getattr(trace.get_tracer_provider(), "id_generator", None)
        return (f"{generator.generate_trace_id():032x}", "") if generator is not None else None
    except Exception as error:  # noqa: BLE001
        _trouble("OpenTelemetry", error)
        return None


def _watch_body(body: Any, root: _Span, environ: Dict[str, Any]) -> Any:
    """The body, whose close is the request's end: teardown and what is streamed lie within."""
    wrapper = environ.get("wsgi.file_wrapper")
    if isinstance(wrapper, type) and isinstance(body, wrapper):
        # A server sends a file from the kernel only where it gets the wrapper itself.
        try:
            close = getattr(body, "close", None)

            def closing() -> None:
                try:
                    if close is not None:
                        close()
                finally:
                    _leave(root)

            body.close = closing
            return body
        except Exception as error:  # noqa: BLE001
            _trouble("a file that is sent", error)
            _leave(root)
            return body
    try:
        return _Body(body, root)
    except BaseException as error:
        _leave(root, error)
        raise


class _Body:
    """A response's body under watch."""

    __slots__ = ("body", "pieces", "root")

    def __init__(self, body: Any, root: _Span) -> None:
        self.body = body
        self.root = root
        self.pieces: Iterator[Any] = iter(body)

    def __iter__(self) -> _Body:
        return self

    def __next__(self) -> Any:
        token = _current.set(self.root)
        try:
            return next(self.pieces)
        except StopIteration:
            _event(self.root, "body sent")
            raise
        except BaseException as error:
            self.root.error = _kept(error)
            raise
        finally:
            _reset(token)

    def close(self) -> None:
        token = _current.set(self.root)
        try:
            close = getattr(self.body, "close", None)
            if close is not None:
                close()
        finally:
            _reset(token)
            _leave(self.root)

    def __del__(self) -> None:
        # A server that does not close it (PEP 3333 says that it has to) must not leave the request open.
        root = getattr(self, "root", None)
        if root is not None and not root.end:
            _leave(root)


# ---- Waiting for a worker ------------------------------------------------------------------------------------------

_worker = threading.local()


def _watch_gunicorn() -> None:
    """gunicorn's gthread: a connection waits from `enqueue_req`, which gives it to the pool, to `handle`, which takes it."""
    _when_imported("gunicorn.workers.gthread", _patch_gthread)


def _patch_gthread(module: Any) -> None:
    worker = module.ThreadWorker
    enqueue, handle = worker.enqueue_req, worker.handle

    @functools.wraps(enqueue)
    def enqueue_req(self: Any, conn: Any, *a: Any, **k: Any) -> Any:
        try:
            conn.inspector_queued = _mono()
        except Exception as error:  # noqa: BLE001
            _trouble("the wait for a worker", error)
        return enqueue(self, conn, *a, **k)

    @functools.wraps(handle)
    def handle_connection(self: Any, conn: Any, *a: Any, **k: Any) -> Any:
        _worker.queued = getattr(conn, "inspector_queued", 0)
        return handle(self, conn, *a, **k)

    worker.enqueue_req, worker.handle = enqueue_req, handle_connection


# ---- Calls to others -----------------------------------------------------------------------------------------------

_are_patched = False


def _patch_clients() -> None:
    global _are_patched
    if _are_patched:
        return
    _are_patched = True
    _when_imported("urllib3.connectionpool", _patch_urllib3)
    _when_imported("httpx", _patch_httpx)
    _when_imported("aiohttp.client", _patch_aiohttp)
    _when_imported("sqlite3", _patch_sqlite)


def _when_imported(name: str, patch: Callable[[Any], None]) -> None:
    """Patches a module now where it is imported, else when it is."""

    def safely(module: Any) -> None:
        if getattr(module, "_inspector_patched", False):
            return
        try:
            module._inspector_patched = True
            patch(module)
            _patched.add(name.partition(".")[0])
        except Exception as error:  # noqa: BLE001
            _trouble(name, error)

    if name in sys.modules:
        safely(sys.modules[name])
    else:
        sys.meta_path.insert(0, _Finder(name, safely))


class _Finder(importlib.abc.MetaPathFinder):
    """Waits for one module to be imported."""

    def __init__(self, name: str, patch: Callable[[Any], None]) -> None:
        self.name = name
        self.patch = patch
        self.asking = threading.local()

    def find_spec(self, fullname: str, path: Any, target: Any = None) -> Any:
        if fullname != self.name or getattr(self.asking, "is_on", False):
            return None
        self.asking.is_on = True
        try:
            spec = importlib.util.find_spec(fullname)
            if spec is None or spec.loader is None:
                return spec
            run = spec.loader.exec_module

            def exec_module(module: Any) -> None:
                run(module)
                # A loader may be that of many modules. To ask whether there is a module does not import it.
                if getattr(module, "__name__", "") == self.name:
                    if self in sys.meta_path:
                        sys.meta_path.remove(self)
                    self.patch(module)

            spec.loader.exec_module = exec_module  # type: ignore[method-assign]
            return spec
        except (ImportError, AttributeError, ValueError) as error:
            _trouble(fullname, error)
            return None
        finally:
            self.asking.is_on = False


def _client_span(library: str, method: Any, url: Any, what: str) -> Optional[_Span]:
    parent = _current.get()
    if parent is None:
        return None
    try:
        text, name = str(url), str(method).upper()
        parts = urllib.parse.urlsplit(text)
        attrs = {
            "http.request.method": name, "url.full": text, "server.address": parts.hostname,
            "server.port": parts.port, "inspector.library": library,
        }
        # Last: a span that is begun has to end.
        span = _begin(name, what, parent, None, _CLIENT)
        if span is not None:
            span.attrs.update(attrs)
        return span
    except Exception as error:  # noqa: BLE001
        _trouble(f"a call by {library}", error)
        return None


def _answered(span: _Span, status: Any) -> None:
    if isinstance(status, int):
        span.attrs["http.response.status_code"] = status
    _finish(span, str(status) if isinstance(status, int) and status >= 400 else None)


def _with_traceparent(headers: Any, span: _Span) -> Any:
    """The headers with the trace's id, in a copy: what the app gave stays as it is."""
    try:
        ours = f"00-{span.request.trace}-{span.id}-01"
        if headers is not None and not hasattr(headers, "keys"):
            # Pairs, of which two may have one name.
            pairs = headers = list(headers)
            return pairs if any(str(name).lower() == "traceparent" for name, _ in pairs) else [*pairs, ("traceparent", ours)]
        fresh = headers.copy() if hasattr(headers, "copy") else dict(headers or {})
        if not any(str(name).lower() == "traceparent" for name in fresh):
            fresh["traceparent"] = ours
        return fresh
    except Exception as error:  # noqa: BLE001
        _trouble("the trace's id on a call", error)
        return headers


def _patch_urllib3(module: Any) -> None:
    pool = module.HTTPConnectionPool
    original = pool.urlopen

    @functools.wraps(original)
    def urlopen(self: Any, method: Any, url: Any, body: Any = None, headers: Any = None, *a: Any, **k: Any) -> Any:
        full = url
        if _current.get() is not None and str(url).startswith("/"):
            port = getattr(self, "port", None)
            full = f"{getattr(self, 'scheme', 'http')}://{getattr(self, 'host', '')}{f':{port}' if port else ''}{url}"
        span = _client_span("urllib3", method, full, "blocked")
        if span is None:
            return original(self, method, url, body, headers, *a, **k)
        headers = _with_traceparent(self.headers if headers is None else headers, span)
        # A retry or a redirect is a part of it.
        token = _current.set(None)
        try:
            answer = original(self, method, url, body, headers, *a, **k)
        except BaseException as error:
            _finish(span, error)
            raise
        finally:
            _reset(token)
        _answered(span, getattr(answer, "status", None))
        return answer

    pool.urlopen = urlopen


@contextlib.contextmanager
def _httpx_call(request: Any, what: str) -> Generator[Optional[_Span], None, None]:
    """A call by httpx, awaiting or blocking: its span, and the trace's id on its headers as long as it lasts."""
    span = _client_span("httpx", request.method, request.url, what)
    if span is None:
        yield None
        return
    given = request.headers
    request.headers = _with_traceparent(given, span)
    try:
        yield span
    except BaseException as error:
        _finish(span, error)
        raise
    finally:
        request.headers = given


def _patch_httpx(module: Any) -> None:
    send_async, send_sync = module.AsyncClient.send, module.Client.send

    @functools.wraps(send_async)
    async def send_awaiting(self: Any, request: Any, *a: Any, **k: Any) -> Any:
        with _httpx_call(request, "await") as span:
            answer = await send_async(self, request, *a, **k)
        if span is not None:
            _answered(span, getattr(answer, "status_code", None))
        return answer

    @functools.wraps(send_sync)
    def send_blocking(self: Any, request: Any, *a: Any, **k: Any) -> Any:
        with _httpx_call(request, "blocked") as span:
            answer = send_sync(self, request, *a, **k)
        if span is not None:
            _answered(span, getattr(answer, "status_code", None))
        return answer

    module.AsyncClient.send, module.Client.send = send_awaiting, send_blocking


def _patch_aiohttp(module: Any) -> None:
    original = module.ClientSession._request

    @functools.wraps(original)
    async def request(self: Any, method: Any, url: Any, **k: Any) -> Any:
        span = _client_span("aiohttp", method, url, "await")
        if span is None:
            return await original(self, method, url, **k)
        k["headers"] = _with_traceparent(k.get("headers") or {}, span)
        try:
            answer = await original(self, method, url, **k)
        except BaseException as error:
            _finish(span, error)
            raise
        _answered(span, getattr(answer, "status", None))
        return answer

    module.ClientSession._request = request


def _patch_sqlite(module: Any) -> None:
    def timed(run: Callable[..., Any], sql: Any, *a: Any) -> Any:
        parent = _current.get()
        span = None
        if parent is not None:
            text = str(sql)[:_TEXT]
            word = text.lstrip().partition(" ")[0][:32]
            span = _begin(word.upper() if word.isalpha() else "SQL", "blocked", parent, None, _CLIENT)
            if span is not None:
                span.attrs["db.system.name"], span.attrs["db.query.text"] = "sqlite", text
        if span is None:
            return run(sql, *a)
        try:
            result = run(sql, *a)
        except BaseException as error:
            _finish(span, error)
            raise
        _finish(span)
        return result

    class Cursor(module.Cursor):  # type: ignore[misc]
        def execute(self, sql: Any, *a: Any) -> Any:
            return timed(super().execute, sql, *a)

        def executemany(self, sql: Any, *a: Any) -> Any:
            return timed(super().executemany, sql, *a)

        def executescript(self, sql: Any) -> Any:
            return timed(super().executescript, sql)

    class Connection(module.Connection):  # type: ignore[misc]
        def cursor(self, factory: Any = Cursor) -> Any:
            return super().cursor(factory)

        def execute(self, sql: Any, *a: Any) -> Any:
            return self.cursor().execute(sql, *a)

        def executemany(self, sql: Any, *a: Any) -> Any:
            return self.cursor().executemany(sql, *a)

        def executescript(self, sql: Any) -> Any:
            return self.cursor().executescript(sql)

    original = module.connect

    @functools.wraps(original)
    def connect(*a: Any, **k: Any) -> Any:
        if len(a) < 6:
            k.setdefault("factory", Connection)
        return original(*a, **k)

    module.connect = module.dbapi2.connect = connect


# ---- Without a change to the app -----------------------------------------------------------------------------------


def create_app() -> Any:
    """The app that ``INSPECTOR_APP`` names, observed: ``module``, ``module:app``, ``module:factory``, ``module:factory()``."""
    named = os.environ.get("INSPECTOR_APP", "").strip()
    if not named:
        raise RuntimeError("INSPECTOR_APP names no app: set it to module:app, as for flask --app or gunicorn.")
    module_name, _, name = named.partition(":")
    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())
    module = importlib.import_module(module_name)
    name = name.strip()
    if name:
        found = getattr(module, name[:-2] if name.endswith("()") else name, None)
    else:
        found = next(
            (getattr(module, one) for one in ("app", "application", "create_app", "make_app") if hasattr(module, one)), None)
    if found is not None and not hasattr(found, "wsgi_app") and callable(found):
        found = found()
    if found is None or not hasattr(found, "wsgi_app"):
        raise RuntimeError(f"INSPECTOR_APP={named} is no Flask app, nor a function that makes one.")
    Inspector(found)
    return found
