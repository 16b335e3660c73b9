"""How long it takes from what happens to the record, and on to each projection, at a steady rate: sends HL7 v2 messages by
MLLP to a server of its own, each with the moment at which it is sent as its event time.

    python Benchmarks/highway/pace.py BINARY [MESSAGES A SECOND] [SECONDS] [CONNECTIONS] [serve options…]

With rate 0 it sends as fast as is acknowledged. The first tenth (at most 10 s) is sent to warm up and is counted too, as
the server counts since its start.
"""

import http.client
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from datetime import datetime, timedelta, timezone

from messages import message

ZONE = timezone(timedelta(hours=8))


def framed(number):
    now = datetime.now(ZONE)
    return b"\x0b" + message(number, now.strftime("%Y%m%d%H%M%S.") + f"{now.microsecond // 1000:03}0+0800").encode() + b"\x1c\r"


class Connection:
    """One sender: its patients' messages, in order; it sends on without waiting for acknowledgments."""

    def __init__(self, port, numbers, rate, windows):
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.numbers, self.rate, self.sent = numbers, rate, []
        self.window = threading.Semaphore(windows)
        self.waits, self.refused = [], 0
        self.began = None

    def send(self):
        self.began = time.monotonic()
        for place, number in enumerate(self.numbers):
            if self.rate:
                pause = self.began + place / self.rate - time.monotonic()
                if pause > 0:
                    time.sleep(pause)
            self.window.acquire()
            self.sent.append(time.monotonic())
            self.socket.sendall(framed(number))

    def read(self):
        rest, count = b"", 0
        while count < len(self.numbers):
            data = self.socket.recv(1 << 16)
            if not data:
                raise SystemExit("the server has closed a connection")
            frames = (rest + data).split(b"\x1c\r")
            rest = frames.pop()
            now = time.monotonic()
            for frame in frames:
                self.waits.append(now - self.sent[count])
                self.refused += b"MSA|AA" not in frame
                self.window.release()
                count += 1


def percentile(values, share):
    return round(sorted(values)[min(len(values) - 1, int(share * len(values)))] * 1000)


def main():
    binary = sys.argv[1]
    rate, seconds, connections = (
        int(sys.argv[place]) if len(sys.argv) > place else usual for place, usual in [(2, 1000), (3, 60), (4, 7)])
    ports = []
    for _ in range(2):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            ports.append(probe.getsockname()[1])
    total = rate * seconds if rate else 20000
    with tempfile.TemporaryDirectory() as folder:
        server = subprocess.Popen(
            [binary, "serve", "--access", "open", "--port", str(ports[0]), "--mllp", f"127.0.0.1:{ports[1]}",
             "--data", folder, *sys.argv[5:]], stdout=subprocess.DEVNULL)

        def ask(path):
            connection = http.client.HTTPConnection("127.0.0.1", ports[0], timeout=60)
            connection.request("GET", path)
            return json.loads(connection.getresponse().read())

        def cpu():
            fields = open(f"/proc/{server.pid}/stat").read().rsplit(")", 1)[1].split()
            return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

        try:
            while True:
                try:
                    ask("/highway/status")
                    break
                except OSError:
                    time.sleep(0.1)
            parts = [[n for n in range(total) if n // 4 % connections == place] for place in range(connections)]
            senders = [Connection(ports[1], part, rate / connections, 128) for part in parts]
            used, began = cpu(), time.monotonic()
            threads = [
                threading.Thread(target=work) for sender in senders for work in (sender.send, sender.read)]
            for thread in threads:
                thread.start()
            most = 0
            while any(thread.is_alive() for thread in threads):
                time.sleep(1)
                most = max(most, ask("/highway/status")["waiting"])
            sent = time.monotonic() - began
            while ask("/highway/status")["waiting"] > 0:
                time.sleep(0.02)
            taken = time.monotonic() - began
            time.sleep(0.5)
            waits = [wait for sender in senders for wait in sender.waits]
            lag, status = ask("/highway/lag"), ask("/highway/status")
            print(json.dumps({
                "messages": total, "acknowledged/s": round(total / sent), "committed/s": round(total / taken),
                "refused": sum(sender.refused for sender in senders), "dead": status["dead"], "most waiting": most,
                "server CPU ms/message": round((cpu() - used) * 1000 / total, 3),
                "acknowledged after ms (p50, p99)": [percentile(waits, 0.5), percentile(waits, 0.99)]}))
            worst = max(lag["senders"], key=lambda sender: sender["eventToRecord"].get("p99Milliseconds", 0))
            print(json.dumps({"event to record, the slowest sender": worst["eventToRecord"]}))
            print(json.dumps(lag.get("stations")))
            for projection in lag["projections"]:
                print(json.dumps({
                    "projection": projection["name"], "record to projection": projection["recordToProjection"],
                    "event to projection": projection.get("eventToProjection")}))
        finally:
            server.terminate()
            server.wait()


main()
