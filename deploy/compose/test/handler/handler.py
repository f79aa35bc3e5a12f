"""A handler for tests: takes every webhook, as slowly as it is told to, and tells what it has received."""

import hashlib
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Received:
    """What has come in, by event."""

    def __init__(self):
        self.lock = threading.Lock()
        self.delay = 0.0
        self.events = {}
        self.running = {}
        self.overlaps = 0

    def begin(self, event):
        with self.lock:
            self.running[event] = self.running.get(event, 0) + 1
            if self.running[event] > 1:
                self.overlaps += 1

    def end(self, event, body):
        with self.lock:
            self.running[event] -= 1
            if not self.running[event]:
                del self.running[event]
            seen = self.events.setdefault(event, {"times": 0, "sha256": hashlib.sha256(body).hexdigest()})
            seen["times"] += 1

    def summary(self):
        with self.lock:
            repeated = sum(1 for seen in self.events.values() if seen["times"] > 1)
            return {
                "events": len(self.events),
                "repeated": repeated,
                "running": len(self.running),
                "overlaps": self.overlaps,
            }

    def hashes(self):
        with self.lock:
            return {event: seen["sha256"] for event, seen in self.events.items()}


RECEIVED = Received()


class Handler(BaseHTTPRequestHandler):
    """POST / is a webhook; PUT /delay, GET /summary and GET /hashes are for the test."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def body(self):
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def answer(self, value):
        text = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def do_POST(self):
        body, event = self.body(), self.headers["Anyhook-Event-Id"]
        RECEIVED.begin(event)
        try:
            time.sleep(RECEIVED.delay)
        finally:
            RECEIVED.end(event, body)
        self.answer({})

    def do_PUT(self):
        RECEIVED.delay = float(self.body())
        self.answer({"delay": RECEIVED.delay})

    def do_GET(self):
        self.answer(RECEIVED.hashes() if self.path == "/hashes" else RECEIVED.summary())

    def log_message(self, *_):
        """Says nothing: the test asks."""


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 512


if __name__ == "__main__":
    try:
        Server(("0.0.0.0", 8080), Handler).serve_forever()
    except KeyboardInterrupt:
        pass
