"""An agent that is killed at any instant, and whose platform goes away, loses nothing and keeps the order of each source."""

import http.server
import json
import os
import random
import re
import signal
import socket
import subprocess
import threading
import time

from server import BINARY, free_port

ROUNDS = int(os.environ.get("HEALTHBRAIN_AGENT_KILL_ROUNDS", "6"))
START, END = b"\x0b", b"\x1c\r"


class Platform:
    """Takes what is posted; may be away, and may end a connection after it has taken something."""

    def __init__(self, seed):
        self.port = free_port()
        self.taken = []  # control ids, in the order of their arrival
        self.random = random.Random(seed)
        self.server = None
        platform = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"])).decode()
                chance = platform.random.random()
                if chance < 0.1:
                    self.send_response(503)
                    self.send_header("retry-after", "0")
                elif chance < 0.2:
                    self.send_response(500)
                else:
                    platform.taken += re.findall(r"\|ADT\^A01\|([^|]+)\|", body)
                    if chance < 0.3:
                        # Taken, and the answer is lost.
                        self.close_connection = True
                        return
                    self.send_response(202)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.handler = Handler

    def start(self):
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", self.port), self.handler)
        self.server.daemon_threads = True
        self.server.handle_error = lambda *_: None  # A killed agent ends its connections early.
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


class Agent:
    def __init__(self, folder, platform):
        self.folder, self.out, self.mllp = folder, folder / "out", free_port()
        self.out.mkdir()
        self.config = folder / "agent.json"
        self.config.write_text(json.dumps({
            "data": str(folder / "data"), "to": {"server": f"http://127.0.0.1:{platform.port}"}, "pauseSecondsMax": 0.2,
            "freeBytesMin": 0,
            "sources": [
                {"name": "files", "sender": "330106001", "folder": str(self.out), "settleSeconds": 0.05},
                {"name": "lis", "sender": "330106001", "mllp": f"127.0.0.1:{self.mllp}"},
            ]}))
        self.process = None

    def start(self):
        with open(self.folder / "agent.log", "ab") as log:
            self.process = subprocess.Popen(
                [BINARY, "agent", "run", "--config", self.config], stdout=log, stderr=log)
        end = time.monotonic() + 60
        while time.monotonic() < end:
            assert self.process.poll() is None, (self.folder / "agent.log").read_text()
            try:
                return socket.create_connection(("127.0.0.1", self.mllp), timeout=30)
            except OSError:
                time.sleep(0.02)
        raise AssertionError("the agent did not become ready")

    def status(self):
        found = subprocess.run(
            [BINARY, "agent", "status", "--data", self.folder / "data", "--format", "json"], capture_output=True,
            text=True, timeout=60)
        return {source["name"]: source for source in json.loads(found.stdout)["sources"]}


def message(control_id):
    return (
        f"MSH|^~\\&|LIS|330106001|HB|CITY|20261122120000||ADT^A01|{control_id}|P|2.4\r"
        f"PID|1||{control_id}^^^LIS||王^小明\r")


class Sender(threading.Thread):
    """Sends by MLLP until the agent is gone, and notes what was acknowledged."""

    def __init__(self, line, first):
        super().__init__(daemon=True)
        self.line, self.number, self.acknowledged = line, first, []

    def run(self):
        while True:
            self.number += 1
            control_id = f"L{self.number:06d}"
            try:
                self.line.sendall(START + message(control_id).encode() + END)
                reply = b""
                while not reply.endswith(END):
                    piece = self.line.recv(65536)
                    if not piece:
                        return
                    reply += piece
            except OSError:
                return
            assert b"MSA|AA|" + control_id.encode() in reply, reply
            self.acknowledged.append(control_id)
            # So that what waits at the end is sent within the test's patience.
            time.sleep(0.004)


def lay(agent, control_id):
    """A system of a hospital writes slowly, and renames at the end or not."""
    path = agent.out / f"{control_id}.hl7"
    text = message(control_id)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text[:40])
        file.flush()
        time.sleep(0.01)
        file.write(text[40:])


def firsts(taken, letter):
    seen = []
    for control_id in taken:
        if control_id.startswith(letter) and control_id not in seen:
            seen.append(control_id)
    return seen


def test_a_killed_agent_loses_nothing_and_keeps_the_order(tmp_path):
    seed = int(os.environ.get("HEALTHBRAIN_SEED", str(random.SystemRandom().randrange(1 << 32))))
    print(f"seed {seed}: HEALTHBRAIN_SEED={seed} repeats the moments of this run")
    moments = random.Random(seed)
    platform = Platform(seed)
    agent = Agent(tmp_path, platform)
    acknowledged, laid, number = [], [], 0
    for round_number in range(ROUNDS):
        is_there = round_number % 3 != 1
        if is_there:
            platform.start()
        sender = Sender(agent.start(), number)
        sender.start()
        until = time.monotonic() + moments.uniform(0.1, 1.0)
        while time.monotonic() < until:
            laid.append(f"D{len(laid):06d}")
            lay(agent, laid[-1])
        os.kill(agent.process.pid, signal.SIGKILL)
        agent.process.wait()
        sender.join(timeout=30)
        acknowledged += sender.acknowledged
        number = sender.number
        if is_there:
            platform.stop()
    assert acknowledged and laid

    platform.start()
    agent.start().close()
    end = time.monotonic() + 300
    while time.monotonic() < end:
        status = agent.status()
        done = len(list((agent.out / "done").iterdir()))
        if done == len(laid) and all(source["waiting"] == 0 for source in status.values()):
            break
        time.sleep(0.2)
    agent.process.terminate()
    assert agent.process.wait(timeout=60) == 0
    platform.stop()

    missing = set(acknowledged) - set(platform.taken)
    assert not missing, f"acknowledged and lost: {sorted(missing)[:5]}"
    missing = set(laid) - set(platform.taken)
    assert not missing, f"laid down and lost: {sorted(missing)[:5]}"
    for letter in "LD":
        order = firsts(platform.taken, letter)
        assert order == sorted(order), "something overtook what came earlier"
    assert sorted(path.name for path in (agent.out / "done").iterdir()) == sorted(f"{name}.hl7" for name in laid)
    assert not list((agent.out / "queued").iterdir()) and not list(agent.out.glob("*.hl7"))
    twice = len(platform.taken) - len(set(platform.taken))
    print(f"{len(acknowledged)} messages, {len(laid)} files, {ROUNDS} kills, {twice} sent twice")


def test_an_agent_says_what_is_wrong_with_its_configuration(tmp_path):
    config = tmp_path / "agent.json"
    config.write_text('{"data": "d", "to": {"server": "http://example.org"}, "sources": []}')
    found = subprocess.run([BINARY, "agent", "run", "--config", config], capture_output=True, text=True, timeout=60)
    assert found.returncode == 2 and "https://" in found.stderr
    found = subprocess.run(
        [BINARY, "agent", "status", "--data", tmp_path / "none"], capture_output=True, text=True, timeout=60)
    assert found.returncode == 2 and "no queue" in found.stderr


def test_a_full_disk_is_told_and_nothing_is_dropped(tmp_path):
    platform = Platform(1)
    agent = Agent(tmp_path, platform)
    config = json.loads(agent.config.read_text())
    config["freeBytesMin"] = 1 << 60
    agent.config.write_text(json.dumps(config))
    line = agent.start()
    try:
        lay(agent, "D1")
        line.sendall(START + message("L1").encode() + END)
        reply = line.recv(65536)
        assert b"MSA|AE|L1" in reply and b"disk of this agent is full" in reply
        end = time.monotonic() + 30
        while "disk" not in agent.status().get("files", {}).get("trouble", "") and time.monotonic() < end:
            time.sleep(0.1)
        assert "disk" in agent.status()["files"]["trouble"]
        assert (agent.out / "D1.hl7").exists()
    finally:
        agent.process.terminate()
        assert agent.process.wait(timeout=60) == 0


def test_a_key_is_made_once(tmp_path):
    key = tmp_path / "key.pem"
    made = [
        subprocess.run([BINARY, "agent", "key", "--out", key], capture_output=True, text=True, timeout=60)
        for _ in range(2)]
    assert [found.returncode for found in made] == [0, 2]
    assert json.loads(made[0].stdout)["keys"][0]["alg"] == "ES384"
    assert key.stat().st_mode & 0o777 == 0o600
