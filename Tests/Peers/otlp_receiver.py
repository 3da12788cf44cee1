"""A collector for tests: reads OTLP by opentelemetry-proto, answers as it is told, and tells what it got.

Its arguments are the answers in order; once they are used up each batch is taken:
  200                 taken
  part:N:WORDS        taken, less N spans
  STATUS:WORDS        a failure, with a Status message
  STATUS:WORDS:PAUSE  the same, with Retry-After
  hang                no answer at all
  reset               the connection is closed without one
It prints its port, then one line of JSON for each batch.
"""

import gzip
import json
import os
import socket
import struct
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from google.rpc.status_pb2 import Status
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

plan = sys.argv[1:]
lock = threading.Lock()


def value(any_value):
    return getattr(any_value, any_value.WhichOneof("value"))


def attributes(pairs):
    return {pair.key: value(pair.value) for pair in pairs}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        with lock:
            act = plan.pop(0) if plan else "200"
        told = {"act": act, "path": self.path, "time": time.monotonic(), "fields": dict(self.headers)}
        try:
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            request = ExportTraceServiceRequest.FromString(body)
            told["spans"] = [
                {
                    "resource": attributes(resource.resource.attributes),
                    "scope": scope.scope.name,
                    "trace": span.trace_id.hex(),
                    "id": span.span_id.hex(),
                    "parent": span.parent_span_id.hex(),
                    "name": span.name,
                    "kind": span.kind,
                    "begin": span.start_time_unix_nano,
                    "end": span.end_time_unix_nano,
                    "status": span.status.code,
                    "message": span.status.message,
                    "attributes": attributes(span.attributes),
                }
                for resource in request.resource_spans
                for scope in resource.scope_spans
                for span in scope.spans
            ]
            # What the standard's own messages do not know would be a field with a wrong number.
            size = request.ByteSize()
            request.DiscardUnknownFields()
            told["unknown"] = size - request.ByteSize()
        except Exception as error:  # told to the test, which then fails
            told["error"] = repr(error)
        with lock:
            print(json.dumps(told), flush=True)
        self.act(act)

    def act(self, act):
        parts = act.split(":")
        if act == "hang":
            time.sleep(600)
        elif act == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True
        elif parts[0] == "part":
            answer = ExportTraceServiceResponse()
            answer.partial_success.rejected_spans = int(parts[1])
            answer.partial_success.error_message = parts[2]
            self.say(200, answer)
        elif parts[0] == "200":
            self.say(200, ExportTraceServiceResponse())
        else:
            self.say(int(parts[0]), Status(message=parts[1]), parts[2] if len(parts) > 2 else None)

    def say(self, status, message, pause=None):
        body = message.SerializeToString()
        self.send_response(status)
        self.send_header("Content-Type", "application/x-protobuf")
        self.send_header("Content-Length", str(len(body)))
        if pause:
            self.send_header("Retry-After", pause)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.daemon_threads = True
print(server.server_port, flush=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
# Ends with the test that started it, also when that was killed.
parent = os.getppid()
while os.getppid() == parent:
    time.sleep(0.2)
