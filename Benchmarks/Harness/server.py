"""A server of Health Brain on a folder of its own."""

import http.client
import json
import os
import pathlib
import re
import socket
import subprocess
import sys
import time

from . import tools
from .database import DATABASES, SQLite

SAMPLE = re.compile(r"^(\w+)(?:\{[^}]*\})? (\S+)$", re.MULTILINE)


class Server:
    """Runs while its `with` block does.

        with Server(folder) as server:
            server.get("/fhir/Patient?_count=10")
    """

    DATABASE = SQLite.FILE

    def __init__(self, folder: pathlib.Path, fresh=False, database="sqlite", counts_syncs=False):
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.database = DATABASES[database](folder)
        self.counts_syncs = counts_syncs
        self.access = ["--access", "open"]
        if fresh:
            self.database.clear()
        elif not self.database.exists():
            sys.exit(f"There is no store in {folder}: run the part load first, with --keep.")

    def __enter__(self):
        self.port = free_port()
        self.log = open(self.folder / "server.log", "wb")
        self.process = subprocess.Popen(
            [*(self.database.counting() if self.counts_syncs else []), tools.healthbrain, "serve", "--port",
             str(self.port), "--data", self.folder, *self.access, *self.database.arguments],
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=subprocess.STDOUT,
            env={**os.environ, "HEALTHBRAIN_ASSETS": str(tools.ROOT / "assets")})
        self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=300)
        end = time.monotonic() + 60
        while True:
            try:
                if self.get("/readyz", parse=False) is not None:
                    return self
            except (OSError, http.client.HTTPException):
                self.connection.close()
            if self.process.poll() is not None or time.monotonic() > end:
                sys.exit(f"The server does not start: see {self.log.name}")
            time.sleep(0.1)

    def __exit__(self, *failure):
        self.connection.close()
        if self.counts_syncs and self.database.counting():
            # The server is the child of what counts, and that ends when the server has ended.
            subprocess.run(["pkill", "-TERM", "-P", str(self.process.pid)], check=False)
        else:
            self.process.terminate()
        try:
            self.process.wait(timeout=120)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()

    def get(self, path, parse=True):
        """The body of an answer: parsed JSON or bytes."""
        headers = {"Accept": "application/fhir+json" if parse else "*/*"}
        try:
            self.connection.request("GET", path, headers=headers)
            answer = self.connection.getresponse()
        except http.client.RemoteDisconnected:
            # The server closes connections that have been idle for long.
            self.connection.close()
            self.connection.request("GET", path, headers=headers)
            answer = self.connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            if not parse:
                return None
            sys.exit(f"GET {path} gave {answer.status}: {body[:500].decode(errors='replace')}")
        return json.loads(body) if parse else body

    def metric(self, name) -> float:
        """The sum of the samples of a metric."""
        text = (self.get("/metrics", parse=False) or b"").decode()
        return sum(float(value) for found, value in SAMPLE.findall(text) if found == name)

    def database_bytes(self) -> int:
        """The size of the database on disk, indexes included. Only after the server has ended."""
        return self.database.bytes()

    def settle(self, seconds_max=600) -> float:
        """Waits until the projections have caught up; the seconds that this took."""
        start = time.monotonic()
        while self.metric("healthbrain_projection_lag_changes") > 0:
            if time.monotonic() - start > seconds_max:
                sys.exit(f"The projections have not caught up in {seconds_max} s: see {self.log.name}")
            time.sleep(0.1)
        return time.monotonic() - start

    def rest(self, seconds_max=1800) -> float:
        """Waits until nothing is at work behind requests any more, such as the linking of persons, which is no projection;
        the seconds that this took."""
        start, quiet = time.monotonic(), 0
        last = self.metric("process_cpu_seconds_total")
        while quiet < 3:
            if time.monotonic() - start > seconds_max:
                print(f"The server has not come to rest in {seconds_max} s", file=sys.stderr)
                break
            time.sleep(1)
            now = self.metric("process_cpu_seconds_total")
            quiet = quiet + 1 if now - last < 0.1 else 0
            last = now
        return time.monotonic() - start


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
