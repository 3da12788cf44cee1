"""Asks a server directly and through a lane for the same, and tells where the answers differ.

differ.py DIRECT_PORT LANE_PORT flask|nginx COUNT SEED: a line for each difference, then "different: N of COUNT".
"""

import http.client
import random
import socket
import sys

direct, lane, kind, count, seed = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], int(sys.argv[4]), int(sys.argv[5])
chance = random.Random(seed)

PIECES = [
    "a", "b", "%20", "%2F", ";", "=", "~", ".", "..", "//", "%C3%A9", "+", "@", "[", "]", "|", "%zz", "%", "'", "{", "^",
]  # fmt: skip
QUERIES = ["q=1", "&", "%26", "+", "[]", "|", "%C3%A9", "=", "%", "status=201", "&status=404", "status=500"]
# What concerns one connection, or the moment.
LEFT_OUT = {"date", "via", "connection", "keep-alive", "transfer-encoding"}


def target():
    if kind == "nginx":
        path = chance.choice(["/a.txt", "/a.txt", "/page.html", "/dir", "/dir/", "/none", "/a.txt/", "/%61.txt", "/..", "/"])
    else:
        path = chance.choice(["/stream/3", "/empty/204", "/empty/304", "/empty/200", "/large/300000", "/error"] + ["/"] * 14)
        if path == "/":
            path += "".join(chance.choice(PIECES) for _ in range(chance.randrange(6)))
    if chance.random() < 0.5:
        path += "?" + "".join(chance.choice(QUERIES) for _ in range(4))
    return path


def fields():
    known = [
        ("Accept-Encoding", "gzip"), ("Accept", "*/*"), ("Range", "bytes=10-99"), ("Range", "bytes=0-1,5-6"),
        ("Range", "bytes=-5"), ("Range", "bytes=99999999-"), ("If-None-Match", '"x"'), ("If-None-Match", "*"),
        ("If-Modified-Since", "Fri, 01 Jan 2100 00:00:00 GMT"), ("Cookie", "a=1; b=2"), ("X-Empty", ""),
        ("Authorization", "Basic YTpi"), ("Content-Type", "application/x-www-form-urlencoded"), ("Referer", "http://x/?a=%"),
        ("User-Agent", "differ/1"), ("X-Two", "1"), ("X-Two", "2"), ("Keep-Alive", "timeout=5"), ("TE", "trailers"),
    ]  # fmt: skip
    chosen = chance.sample(known, chance.randrange(5))
    return chosen + [(f"X-{number}", "v" * chance.randrange(50)) for number in range(chance.randrange(3))]


def message():
    method = chance.choice(["GET"] * 4 + ["POST", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE", "PROPFIND"])
    lines = [f"{method} {target()} HTTP/1.{0 if chance.random() < 0.05 else 1}", f"Host: 127.0.0.1:{direct}"]
    lines += [f"{name}: {value}" for name, value in fields()]
    body = b""
    if method in ("POST", "PUT", "PATCH"):
        body = chance.randbytes(chance.choice([0, 1, 100, 5000, 300000]))
        if chance.random() < 0.4 and lines[0].endswith("1"):
            lines.append("Transfer-Encoding: chunked")
            cuts = sorted(chance.randrange(len(body) + 1) for _ in range(3))
            parts = [body[a:b] for a, b in zip([0] + cuts, cuts + [len(body)])]
            body = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts if part) + b"0\r\n\r\n"
        else:
            lines.append(f"Content-Length: {len(body)}")
    lines.append("Connection: close")
    return method, "\r\n".join(lines).encode() + b"\r\n\r\n", body


def ask(port, method, head, body):
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        try:
            connection.sendall(head + body)
        except OSError:
            pass  # the server may answer before it has read everything
        try:
            answer = http.client.HTTPResponse(connection, method=method)
            answer.begin()
            content = answer.read()
        except (OSError, http.client.HTTPException) as error:
            return (type(error).__name__,)
        found = sorted((name.lower(), value) for name, value in answer.getheaders() if name.lower() not in LEFT_OUT)
        if answer.getheader("Transfer-Encoding"):
            # In chunks or until the end: the same body, framed for one connection.
            found = [pair for pair in found if pair[0] != "content-length"]
        kind_of_body = answer.getheader("Content-Type", "")
        if "boundary=" in kind_of_body:
            # nginx counts them.
            mark = kind_of_body.partition("boundary=")[2]
            content = content.replace(mark.encode(), b"MARK")
            found = [(name, value.replace(mark, "MARK")) for name, value in found]
        return (answer.status, found, content)


different = 0
for number in range(count):
    method, head, body = message()
    left, right = ask(direct, method, head, body), ask(lane, method, head, body)
    if left != right:
        different += 1
        print(number, head, str(left)[:400], "|||", str(right)[:400])
print(f"different: {different} of {count}")
