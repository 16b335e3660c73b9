"""How many HL7 v2 messages a second go from the door into the record: posts to a server of its own, and waits until nothing
waits any more.

    python Benchmarks/highway/flow.py BINARY [MESSAGES] [CONNECTIONS] [MESSAGES A DELIVERY] [serve options…]
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

from messages import message


def at(number):
    return f"20261122{8 + number % 4:02}{number % 60:02}00"


def main():
    binary = sys.argv[1]
    total, connections, each = (
        int(sys.argv[place]) if len(sys.argv) > place else usual for place, usual in [(2, 20000), (3, 8), (4, 1)])
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        server = subprocess.Popen(
            [binary, "serve", "--access", "open", "--port", str(port), "--data", folder, *sys.argv[5:]],
            stdout=subprocess.DEVNULL)

        def ask(path):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            connection.request("GET", path)
            return json.loads(connection.getresponse().read())

        def send(part):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            for start in range(0, len(part), each):
                body = "".join(message(number, at(number)) for number in part[start:start + each]).encode()
                while True:
                    connection.request(
                        "POST", f"/highway/h{part[start] // 4 % 7}", body, {"Content-Type": "application/hl7-v2"})
                    response = connection.getresponse()
                    response.read()
                    if response.status == 202:
                        break
                    time.sleep(0.1)

        try:
            while True:
                try:
                    ask("/highway/status")
                    break
                except OSError:
                    time.sleep(0.1)
            ticks = os.sysconf("SC_CLK_TCK")

            def cpu():
                fields = open(f"/proc/{server.pid}/stat").read().rsplit(")", 1)[1].split()
                return (int(fields[11]) + int(fields[12])) / ticks

            began, used = time.monotonic(), cpu()
            # The messages of a patient go by one connection, in order.
            parts = [[n for n in range(total) if n // 4 % connections == place] for place in range(connections)]
            threads = [threading.Thread(target=send, args=(part,)) for part in parts]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            accepted = time.monotonic() - began
            while ask("/highway/status")["waiting"] > 0:
                time.sleep(0.05)
            seconds, used = time.monotonic() - began, cpu() - used
            status = ask("/highway/status")
            print(json.dumps({
                "messages": total, "perDelivery": each, "accepted/s": round(total / accepted),
                "committed/s": round(total / seconds), "server CPU ms/message": round(used * 1000 / total, 3),
                "dead": status["dead"]}))
            for projection in ask("/highway/lag")["projections"]:
                print(json.dumps(projection))
        finally:
            server.terminate()
            server.wait()


main()
