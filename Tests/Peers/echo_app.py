"""A real Flask that tells what it was asked, for the test that compares a lane with the server behind it."""

import hashlib
import json

from flask import Flask, Response, request

app = Flask(__name__)

# What a proxy adds, leaves out, or says anew for its own connection.
ADDED = {
    "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-request-start", "traceparent",
    "connection", "keep-alive", "te", "content-length", "transfer-encoding",
}  # fmt: skip
METHODS = ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND"]


def told():
    body = request.get_data()
    return {
        "method": request.method,
        "target": request.environ.get("RAW_URI"),
        "query": request.environ.get("QUERY_STRING"),
        "fields": sorted([name.lower(), value] for name, value in request.headers if name.lower() not in ADDED),
        "length": len(body),
        "body": hashlib.sha256(body).hexdigest(),
    }


@app.route("/", defaults={"rest": ""}, methods=METHODS)
@app.route("/<path:rest>", methods=METHODS)
def echo(rest):
    return Response(json.dumps(told()), request.args.get("status", 200, int), mimetype="application/json")


@app.route("/stream/<int:count>", methods=METHODS)
def stream(count):
    first = json.dumps(told())
    return Response((f"{first} {number}\n" * 50 for number in range(count)), mimetype="text/plain")


@app.route("/empty/<int:status>", methods=METHODS)
def empty(status):
    return Response(status=status, headers=[("X-A", "1"), ("X-A", "2"), ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")])


@app.route("/large/<int:size>", methods=METHODS)
def large(size):
    request.get_data()
    return Response(bytes(number % 251 for number in range(size)), headers={"X-Text": "caf\xc3\xa9"})


@app.route("/error", methods=METHODS)
def error():
    raise RuntimeError("asked for")
