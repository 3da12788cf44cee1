"""Secrets are taken out before anything is sent."""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Iterator
from urllib.parse import quote

import flask
import pytest
from conftest import LONG, Told

import inspector_flask
from inspector_flask import Inspector, _is_secret, _json_without_secrets, _without_secrets, mark


@pytest.mark.parametrize("name", """
password Password PASSWORD db_password dbPassword passwd user[password] token access_token accessToken csrfmiddlewaretoken
api_key apiKey API-KEY x-api-key authorization Proxy-Authorization cookie Set-Cookie mycookie session PHPSESSID sessionid
secret client_secret jwt sid sig code auth_code resetCode verification-code pin otp pass db_pass dbpass key keys[0].key
accessKey aws_access_key_id private.key x-goog-signature credential creds cvv oauth_verifier authtoken xauth
pass%77ord p%2561ssword %70assword%5B%5D connectionString mnemonic seedphrase
""".split())
def test_names_that_tell(name: str) -> None:
    assert _is_secret(name)


@pytest.mark.parametrize("name", """
city name page q status_code statusCode country_code author authority monkey hockey public_key publicKey primary_key
sort_key sortkey cache_key partition-key compass bypass keyboard max_tokens token_type tokenize2 zip_code error_code
access-control-allow-credentials passenger opinion spinner turkey
""".split())
def test_names_that_do_not(name: str) -> None:
    # `tokenize2` and `passenger` hold a word of the lists, and are what the lists say of them.
    expected = name in ("tokenize2",)
    assert _is_secret(name) is expected


S = "hunter2-Zq9"


@pytest.mark.parametrize("text", [
    f"token={S}", f"a=1&access_token={S}&b=2", f'{{"password": "{S}"}}', f"{{'password': '{S}'}}", f"password: {S}",
    f"Authorization: Basic {S} and more", f"Authorization: Bearer {S}", f"https://user:{S}@host/path", f"postgres://u:{S}@h/db",
    f"PASSWORD '{S}'", f"ALTER USER x PASSWORD = '{S}'", f"password is {S}", f"the token {S} expired", f"api_key={S};x=1",
    f"Bearer {S}", f'{{\\"token\\": \\"{S}\\"}}', f"Cookie: a=b; session={S}", f"pass%77ord={S}", f"p%2561ssword={S}",
    f"Set-Cookie: sid={S}; Path=/", f"user[password]={S}", f"next=%2Flogin%3Ftoken%3D{S}",
    f"next=%252Flogin%253Ftoken%253D{S}", f"%7B%22password%22%3A%22{S}%22%7D", f"AKIA{S.replace('-', '')}XX",
    f"ghp_{S}abcdef", f"sk_live_{S}abc", f"eyJ{S.replace('-', '')}abcdef.x.y", f"password={S}\nnext line",
    f"-----BEGIN RSA PRIVATE KEY-----\n{S}\n-----END RSA PRIVATE KEY-----", f"-----BEGIN PRIVATE KEY-----\n{S}",
    f"next=/login?token={S}", f'"a": "token={S}"', f"a=b=c=token={S}", f"{'x' * 400}password={S}", f"1http://u:{S}@h/",
    f"token=x&next=%2Flogin%3Ftoken%3D{S}", f"https://a:b@h/?next=%2Fx%3Fpassword%3D{S}",
    f"xoxb-{S}-123456", f"https://hooks.slack.com/services/{S}",
])
def test_texts(text: str) -> None:
    assert S not in _without_secrets(text) and S.replace("-", "") not in _without_secrets(text), _without_secrets(text)
    assert "REDACTED" in _without_secrets(text)


@pytest.mark.parametrize("text", [
    "", "GET /city/Berlin?page=2&sort=name", "SELECT name FROM city WHERE id = 3", "division by zero", "password is wrong",
    "token expired", "https://example.test:8080/a/b?c=d", "Mozilla/5.0 (X11; Linux) Gecko/20100101", "100% of it", "%E4%BD%A0",
    "status_code=200", "a: b", "author=Ada", "naïve — 日本", "sort_key=name",
])
def test_what_is_no_secret_stays(text: str) -> None:
    assert _without_secrets(text) == text


@pytest.mark.parametrize("url, expected", [
    (f"https://u:{S}@h:1/a?b=c", "https://REDACTED@h:1/a?b=c"),
    (f"http://h/?token={S}&a=1&next=%2Fx%3Ftoken%3D{S}&z=%C3%A9", "http://h/?token=REDACTED&a=1&REDACTED&z=%C3%A9"),
    (f"http://h/?user[password]={S}&q", "http://h/?user[password]=REDACTED&q"),
    ("http://h/a%20b?city=K%C3%B6ln", "http://h/a%20b?city=K%C3%B6ln"),
])
def test_addresses(url: str, expected: str) -> None:
    assert inspector_flask._pair("url.full", url)["value"] == {"stringValue": expected}
    query = {"value": inspector_flask._pair("url.query", url.partition("?")[2])["value"]["stringValue"]}
    assert query["value"] == expected.partition("?")[2]


@pytest.mark.parametrize("value", [
    {"password": S}, {"a": [{"token": S}]}, {"tokens": [S, S]}, {"secret": {"inner": S}}, {"password": 12345678},
    {"name": "password", "value": S}, ["Authorization", S], ["--token", S], f"token={S}", {f"token={S}": 1},
    [f"https://u:{S}@h"], {"x": json.dumps({"password": S})}, {"x": json.dumps(json.dumps({"password": S}))},
])
def test_json(value: Any) -> None:
    found = _json_without_secrets(json.dumps(value))
    assert S not in found and "12345678" not in found
    json.loads(found)


def test_json_that_is_no_secret_stays() -> None:
    value = {"city": "Berlin", "list": [1, None, True, 2.5, "x"], "inner": {"name": "Ada", "value": 3}}
    assert json.loads(_json_without_secrets(json.dumps(value))) == value
    assert json.loads(_json_without_secrets(json.dumps(["x" * 100_000]))).startswith("REDACTED (")


@pytest.mark.parametrize("text", [
    "a=" * 4_000, "\\" * 4_000, '"' * 4_000, "'\\" * 2_000, "a:" * 2_000, "a" * 4_000, "=" * 4_000, 'a="' * 1_300,
    "%25" * 1_300,
    "eyJ" * 1_300, "x://" * 1_000, "x://a:" * 600, "password " * 450, "a =" * 1_300, "-----BEGIN" * 400, " " * 4_000,
    "a\\'" * 1_300,
    "bearer " * 550, "%2525252541" * 370, "x://" + ":" * 4_000, "x://" + "a:@" * 1_300, "a=a" * 1_300, "a='b=" * 800,
    "token=" * 680,
    "A-" * 2_000, "-" * 4_000, "sk-" * 1_300, "a.b" * 1_300, "password  " * 400, "bearer" + " " * 4_000, "key 'x' " * 500,
    ":" * 4_000, "a: " * 1_300,
])
def test_hostile_texts_take_no_time(text: str) -> None:
    """It is read while the app runs: no text may take time that grows beyond its length."""
    times = []
    for _ in range(3):
        begun = time.thread_time()
        _without_secrets(text[: 2 * inspector_flask._TEXT])
        times.append(time.thread_time() - begun)
    # Of the processor, so that a busy machine changes nothing.
    assert min(times) < 0.25


@pytest.fixture
def called() -> Iterator[str]:
    """A server for the app to call."""
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=lambda: server.serve_forever(0.02), daemon=True).start()
    yield f"127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def test_no_planted_secret_is_sent(told: Told, called: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """One secret in every place: no body that is sent holds it, while the request is open or afterwards."""
    requests = pytest.importorskip("requests")
    monkeypatch.setattr(inspector_flask._Sender, "YOUNG", 0)
    app = flask.Flask("secrets")
    app.secret_key = S

    @app.before_request
    def before() -> None:
        told.round()

    @app.get("/reset/<token>/<city>")
    @app.get("/deep/<path:password>")
    async def view(token: str = "", city: str = "", password: str = "") -> str:
        flask.session["x"] = S
        mark("password", S)
        mark("user", {"name": "Ada", "password": S, "all": [{"token": S}]})
        mark(f"token={S}", 1)
        mark("url", f"https://u:{S}@h/?token={S}")
        database = sqlite3.connect(":memory:")
        database.execute(f"select 1 where 'password' = 'x' or 1 or 'a' = 'token={S}'")
        told.round()
        requests.get(f"http://user:{S}@{called}/?access_token={S}&x=1", headers={"Authorization": S}, timeout=LONG)
        told.round()
        raise ValueError(f"bad password={S} in https://u:{S}@host")

    @app.errorhandler(ValueError)
    def handler(error: Exception) -> Any:
        told.round()
        return str(error), f"500 token={S}"

    @app.teardown_request
    def teardown(error: Any) -> None:
        told.round()

    Inspector(app)
    client = app.test_client()
    headers = {
        "User-Agent": f"curl password={S}", "Cookie": f"session={S}", "Authorization": f"Bearer {S}", "X-Api-Key": S,
        "Referer": f"http://x/?token={S}",
    }
    once = quote(f"/x?token={S}", safe="")
    twice = quote(once, safe="")
    for path in (
        f"/reset/{S}/Berlin?token={S}&a=1", f"/deep/{S}/x?pass%77ord={S}", f"/none;password={S}?a=b;token={S}",
        f"/none/token={S}", f"/none?next={once}", f"/none?next={twice}",
        f"/none?q={quote(json.dumps({'password': S}))}", f"/none/ghp_{S}abcdef", f"/none?user[password]={S}&code={S}",
    ):
        answer = client.get(path, headers=headers)
        answer.close()
    text = told.text()
    assert S not in text and quote(S) not in text
    assert "Berlin" in text and "https://REDACTED@" in text and len(told.kinds("blocked")) >= 4
    assert told.kinds("request")[0].attrs["url.path"] == "/reset/REDACTED/Berlin"
    assert told.kinds("request")[0].attrs["flask.view_args.city"] == "Berlin"
    assert told.kinds("request")[0].attrs["flask.view_args.token"] == "REDACTED"


def test_a_path_is_not_told_before_it_is_known(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    """Which part of a path is a secret is known from its rule only."""
    monkeypatch.setattr(inspector_flask._Sender, "YOUNG", 0)
    app = flask.Flask("early")
    app.get("/reset/<token>")(lambda token: "ok")
    original = app.create_url_adapter

    def create(*a: Any, **k: Any) -> Any:
        told.round()
        return original(*a, **k)

    app.create_url_adapter = create  # type: ignore[method-assign]
    Inspector(app)
    app.test_client().get(f"/reset/{S}").close()
    assert len(told.bodies) >= 1
    assert S not in told.text()


def test_paths_are_text(told: Told) -> None:
    app = flask.Flask("paths")
    app.get("/<city>")(lambda city: city)
    Inspector(app)
    app.test_client().get("/" + quote("Düsseldorf")).close()
    assert told.one("request").attrs["url.path"] == "/Düsseldorf"
    assert told.one("request").attrs["flask.view_args.city"] == "Düsseldorf"
