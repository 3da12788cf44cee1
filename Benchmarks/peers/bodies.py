"""A server of bodies without an end: what a proxy must pass on in bounded memory.

bodies.py PORT: GET /source/N (N bytes), POST /sink (reads all, says how much), GET /events (events for ever), else "hello".
"""

import asyncio
import sys

import uvloop

PIECE = bytes(1 << 18)


async def head(reader):
    lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:] if line)}
    return lines[0].split(" ")[1], fields


async def taken(reader, fields):
    count = 0
    if "content-length" in fields:
        left = int(fields["content-length"])
        while left > 0 and (data := await reader.read(min(left, 1 << 20))):
            left -= len(data)
            count += len(data)
        return count
    while size := int((await reader.readline()).split(b";")[0], 16):
        count += size
        left = size + 2
        while left > 0:
            left -= len(await reader.read(left))
    await reader.readline()
    return count


async def serve(reader, writer):
    try:
        while True:
            path, fields = await head(reader)
            if path.startswith("/source/"):
                left = int(path[8:])
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % left)
                while left > 0:
                    writer.write(PIECE[: min(left, len(PIECE))])
                    left -= len(PIECE)
                    await writer.drain()
            elif path.startswith("/events"):
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
                while True:
                    event = b"data: " + b"x" * 1000 + b"\n\n"
                    writer.write(b"%x\r\n%s\r\n" % (len(event), event))
                    await writer.drain()
            else:
                body = b"%d" % await taken(reader, fields) if path == "/sink" else b"hello"
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
        writer.close()


async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", int(sys.argv[1]), limit=1 << 20)
    await server.serve_forever()


uvloop.run(main())
