"""A server of its own on a data folder, to be killed and started again."""

import json
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

BINARY = Path(
    os.environ.get("HEALTHBRAIN_BINARY", Path(__file__).resolve().parents[2] / ".build" / "release" / "healthbrain"))


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    def __init__(self, folder, arguments=()):
        """`arguments` are further ones of `healthbrain serve`, such as `--database` and its address. Nobody is asked to
        sign in, unless they say so."""
        self.folder = folder
        self.arguments = [*([] if "--access" in arguments else ["--access", "open"]), *arguments]
        self.port = free_port()
        self.process = None

    @property
    def base(self):
        return f"http://127.0.0.1:{self.port}"

    def start(self, timeout_seconds=60):
        with open(os.path.join(self.folder, "server.log"), "ab") as log:
            self.process = subprocess.Popen(
                [BINARY, "serve", "--port", str(self.port), "--data", self.folder, *self.arguments],
                stdout=log, stderr=log)
        end = time.monotonic() + timeout_seconds
        while time.monotonic() < end:
            if self.process.poll() is not None:
                raise RuntimeError(f"the server ended with {self.process.returncode}; see {self.folder}/server.log")
            try:
                if self.request("GET", "/readyz")[0] == 200:
                    return
            except OSError:
                time.sleep(0.05)
        raise RuntimeError("the server did not become ready")

    def kill(self):
        """SIGKILL: no handler runs, nothing is flushed by the process."""
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self):
        self.process.terminate()
        return self.process.wait(timeout=60)

    def request(self, method, path, body=None, timeout_seconds=30):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base + path, data=data, method=method)
        request.add_header("Content-Type", "application/fhir+json")
        try:
            with urllib.request.urlopen(request, timeout=timeout_seconds) as response:
                return response.status, response.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()
