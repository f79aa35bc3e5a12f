"""Posts predictions at a steady rate and remembers what was acknowledged."""

import http.client
import json
import threading
import time
from collections import Counter

from .client import Prediction

N_THREADS = 32
WITHIN = 10


class Sender:
    """Sends from `start` until `stop`; what is acknowledged must be delivered, the rest is only counted."""

    def __init__(self, address, path, per_second):
        self.address, self.path, self.per_second = address, path, per_second
        self.lock = threading.Lock()
        self.next = 0
        self.limit = None
        self.acknowledged = {}
        self.refused = Counter()
        self.slowest = 0.0
        self.stopping = threading.Event()
        self.threads = [threading.Thread(target=self.work, daemon=True) for _ in range(N_THREADS)]

    def start(self, limit=None):
        self.limit, self.begun = limit, time.monotonic()
        for thread in self.threads:
            thread.start()

    def stop(self):
        self.stopping.set()
        self.join()

    def join(self):
        for thread in self.threads:
            thread.join()

    def turn(self):
        """Waits for the next request's time; None when there is no further one."""
        with self.lock:
            number = self.next
            if self.limit is not None and number >= self.limit:
                return None
            self.next += 1
        if self.stopping.wait(max(0.0, self.begun + number / self.per_second - time.monotonic())):
            return None
        return number

    def work(self):
        connection = http.client.HTTPConnection(self.address, timeout=WITHIN)
        while self.turn() is not None:
            prediction, begun = Prediction(), time.monotonic()
            try:
                connection.request("POST", f"{self.path}?customId=1", prediction.body, prediction.headers())
                answer = connection.getresponse()
                text = answer.read()
                outcome = answer.status
            except (OSError, http.client.HTTPException) as error:
                connection.close()
                outcome, text = type(error).__name__, b""
            self.note(prediction, outcome, text, time.monotonic() - begun)
        connection.close()

    def note(self, prediction, outcome, text, took):
        with self.lock:
            if outcome == 200:
                self.acknowledged[json.loads(text)["id"]] = prediction.sha256()
                self.slowest = max(self.slowest, took)
            else:
                self.refused[outcome] += 1

    def counts(self):
        with self.lock:
            return len(self.acknowledged), Counter(self.refused)
