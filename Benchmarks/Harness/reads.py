"""Reads by id, beside a bare route of the same HTTP server that returns the same bytes."""

import http.client
import os
import re
import subprocess
import time

from . import tools
from .server import Server, free_port

TYPES = ["Observation", "Encounter", "Patient", "Condition", "Immunization"]
READS_OF_EACH = 400
CONNECTIONS = 16
ROUNDS = 3


def measure(store, seconds, table):
    """Takes turns between the two servers, three rounds each, and compares the best ones."""
    prepared = tools.WORK / "reads.tsv"
    ours, bare = [], []
    for _ in range(ROUNDS):
        with Server(store) as server:
            prepare(server, prepared)
            ours.append(wrk(server.port, prepared, seconds))
        port = free_port()
        process = subprocess.Popen(
            [tools.swift_tool("bare-route"), str(port), prepared], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            wait(port)
            bare.append(wrk(port, prepared, seconds))
        finally:
            process.terminate()
            process.wait()
    ratio = max(ours) / max(bare)
    table.add(
        "Reads by id", f"{max(ours):,.0f}/s", f"bare route {max(bare):,.0f}/s", f"{ratio:.2f} of it", "≥ 0.5", ratio >= 0.5)
    return {"ours": ours, "bare": bare}


def prepare(server, path):
    """Writes a file with a path, a tab and the body that the server gives for it, a line each."""
    with path.open("wb") as file:
        for kind in TYPES:
            entries = server.get(f"/fhir/{kind}?_count={READS_OF_EACH}").get("entry", [])
            for entry in entries:
                address = f"/fhir/{kind}/{entry['resource']['id']}"
                file.write(address.encode() + b"\t" + server.get(address, parse=False) + b"\n")


def wrk(port, prepared, seconds) -> float:
    """Requests a second that were answered with 200."""
    command = [
        "wrk", "--threads", "1", "--connections", str(CONNECTIONS), "--duration", f"{seconds}s",
        "--script", str(tools.BENCHMARKS / "Reads" / "reads.lua"), f"http://127.0.0.1:{port}"]
    text = subprocess.run(
        command, env={**os.environ, "READS": str(prepared)}, capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in text:
        raise SystemExit(f"Some reads were refused:\n{text}")
    return float(re.search(r"Requests/sec:\s+([\d.]+)", text).group(1))


def wait(port):
    for _ in range(100):
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/")
            connection.getresponse().read()
            return
        except OSError:
            time.sleep(0.1)
    raise SystemExit("The bare route does not start.")
