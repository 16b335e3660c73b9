"""HL7 v2 by MLLP as others speak it: two client libraries, and sockets that behave badly, against the real program."""

import json
import os
import re
import socket
import ssl
import subprocess
import threading
import time
import urllib.request

import pytest

hl7 = pytest.importorskip("hl7")
from hl7.client import MLLPClient  # noqa: E402

from server import BINARY, Server, free_port  # noqa: E402

START, END = b"\x0b", b"\x1c\r"


def message(control_id, kind="ADT^A01", version="2.5.1", facility="330106001", accept="", charset="", name="王^小明"):
    return (
        f"MSH|^~\\&|HIS|{facility}|HB|CITY|20261122120000+0800||{kind}|{control_id}|P|{version}|||{accept}|||{charset}\r"
        f"EVN||20261122120000+0800\r"
        f"PID|1||{control_id}^^^HIS^MR||{name}||19800102|M\r"
        f"PV1|1|I|W1^101^1\r")


def frame(text, encoding="utf-8"):
    return START + text.encode(encoding) + END


class Line:
    """A plain socket that reads frames."""

    def __init__(self, port, host="127.0.0.1", context=None):
        raw = socket.create_connection((host, port), timeout=30)
        self.socket = context.wrap_socket(raw, server_hostname="localhost") if context else raw
        self.kept = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def reply(self, encoding="utf-8"):
        """The next reply; None when the connection ends."""
        while END not in self.kept:
            try:
                piece = self.socket.recv(65536)
            except (ConnectionError, ssl.SSLError):
                piece = b""
            if not piece:
                return None
            self.kept += piece
        reply, self.kept = self.kept.split(END, 1)
        assert reply[:1] == START
        return reply[1:].decode(encoding)

    def ask(self, text, encoding="utf-8"):
        self.send(frame(text, encoding))
        return self.reply(encoding)


def acknowledgments(reply):
    return re.findall(r"MSA\|(\w\w)\|([^|\r]*)", reply or "")


class Door(Server):
    """A server with an MLLP door, or with two."""

    def __init__(self, folder, arguments=()):
        self.mllp = free_port()
        super().__init__(str(folder), ["--mllp", f"127.0.0.1:{self.mllp}", *map(str, arguments)])

    def metric(self, name):
        with urllib.request.urlopen(self.base + "/metrics", timeout=30) as answer:
            text = answer.read().decode()
        return int(re.search(rf"^{re.escape(name)} (\d+)$", text, re.MULTILINE)[1])


def start(door):
    try:
        door.start()
    except RuntimeError:
        with open(os.path.join(door.folder, "server.log"), encoding="utf-8") as log:
            said = log.read()
        if "no inbox for --mllp" in said or "Unknown option '--mllp'" in said:
            pytest.skip("this build has no inbox for --mllp yet")
        raise
    return door


@pytest.fixture(scope="module")
def door(tmp_path_factory):
    running = start(Door(tmp_path_factory.mktemp("mllp")))
    yield running
    assert running.stop() == 0


def patient(door, control_id, seconds=30):
    """The patient that a message has become, once it is there."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with urllib.request.urlopen(f"{door.base}/fhir/Patient?identifier={control_id}", timeout=30) as answer:
            found = answer.read().decode()
        if '"resourceType":"Patient"' in found:
            return found
        time.sleep(0.1)
    return None


def test_python_hl7_sends_messages_that_become_records(door):
    with MLLPClient("127.0.0.1", door.mllp) as client:
        for number in range(20):
            reply = hl7.parse(client.send_message(hl7.parse(message(f"PH{number}"))))
            assert str(reply.segment("MSA")[1]) == "AA"
            assert str(reply.segment("MSA")[2]) == f"PH{number}"
    assert "小明" in patient(door, "PH19")


def test_hl7apy_sends_a_message_and_understands_the_reply(door):
    core = pytest.importorskip("hl7apy.core")
    from hl7apy.parser import parse_message

    built = core.Message("ADT_A01", version="2.5")
    built.msh.msh_3, built.msh.msh_4 = "HIS", "330106001"
    built.msh.msh_9, built.msh.msh_10, built.msh.msh_11 = "ADT^A01^ADT_A01", "HA1", "P"
    built.evn.evn_2 = "20261122120000"
    built.pid.pid_3, built.pid.pid_5 = "HA1^^^HIS^MR", "LI^SI"
    built.pv1.pv1_2 = "I"
    with Line(door.mllp) as line:
        line.send(built.to_mllp().encode())
        reply = parse_message(line.reply(), find_groups=False)
    assert reply.msa.msa_1.value == "AA"
    assert reply.msa.msa_2.value == "HA1"
    assert reply.msh.msh_12.value == "2.5"


@pytest.mark.parametrize("version", ["2.3", "2.3.1", "2.4", "2.5", "2.5.1", "2.6", "2.7", "2.8"])
def test_answers_each_version_in_itself(door, version):
    with Line(door.mllp) as line:
        reply = line.ask(message(f"V{version}", version=version))
        assert acknowledgments(reply) == [("AA", f"V{version}")]
        assert f"|P|{version}" in reply
        wrong = line.ask(message(f"W{version}", version=version, kind=""))
        assert acknowledgments(wrong) == [("AE", f"W{version}")]
        assert ("\rERR||MSH^1^9" if version >= "2.5" else "\rERR|MSH^1^9^101&") in wrong


@pytest.mark.parametrize("encoding,charset", [("gb18030", "GB 18030-2000"), ("gbk", "GBK"), ("utf-8", "UNICODE UTF-8")])
def test_reads_and_answers_in_the_senders_character_set(door, encoding, charset):
    with Line(door.mllp) as line:
        text = message(f"C{encoding}", charset=charset, name="欧阳^娜娜", facility="市一医院")
        reply = line.ask(text, encoding)
        assert acknowledgments(reply) == [("AA", f"C{encoding}")]
        assert "|HIS|市一医院|" in reply
    assert "娜娜" in patient(door, f"C{encoding}")


def test_enhanced_mode_gets_a_commit_acknowledgment(door):
    with Line(door.mllp) as line:
        assert acknowledgments(line.ask(message("E1", accept="AL"))) == [("CA", "E1")]
        line.send(frame(message("E2", accept="NE")))
        assert acknowledgments(line.ask(message("E3"))) == [("AA", "E3")]


def test_an_event_that_nobody_maps_and_a_missing_segment_are_told_and_kept(door):
    with Line(door.mllp) as line:
        assert acknowledgments(line.ask(message("K1", kind="ZZZ^Z99"))) == [("AR", "K1")]
        assert acknowledgments(line.ask(message("K2", kind="ZZZ^Z99", accept="AL"))) == [("CR", "K2")]
        without = message("K3").replace("PID|", "ZPI|")
        assert acknowledgments(line.ask(without)) == [("AE", "K3")]
    end = time.monotonic() + 30
    controls = set()
    while time.monotonic() < end and not {"K1", "K2", "K3"} <= controls:
        with urllib.request.urlopen(f"{door.base}/highway/dead", timeout=30) as answer:
            controls = {letter.get("control") for letter in json.load(answer)["letters"]}
        time.sleep(0.1)
    assert {"K1", "K2", "K3"} <= controls


def test_half_frames_byte_by_byte_and_many_at_once(door):
    with Line(door.mllp) as line:
        data = frame(message("B1"))
        line.send(data[:50])
        time.sleep(0.2)
        line.send(data[50:])
        assert acknowledgments(line.reply()) == [("AA", "B1")]
        for byte in frame(message("B2")):
            line.send(bytes([byte]))
        assert acknowledgments(line.reply()) == [("AA", "B2")]
        line.send(b"".join(frame(message(f"B3-{number}")) for number in range(300)))
        for number in range(300):
            assert acknowledgments(line.reply()) == [("AA", f"B3-{number}")]


def test_a_batch_is_answered_by_a_batch(door):
    with Line(door.mllp) as line:
        body = "".join(message(f"BB{number}") for number in range(3))
        reply = line.ask(f"BHS|^~\\&|HIS|330106001\r{body}BTS|3\r")
        assert reply.startswith("BHS|") and "BTS|3" in reply
        assert acknowledgments(reply) == [("AA", f"BB{number}") for number in range(3)]


def test_garbage_nul_bytes_and_what_is_no_hl7(door):
    with Line(door.mllp) as line:
        line.send(b"GET / HTTP/1.1\r\n\r\n\x00\x00\x00")
        assert acknowledgments(line.ask(message("G1"))) == [("AA", "G1")]
        assert acknowledgments(line.ask("\x00\x01\x02 nothing"))[0][0] == "AR"
        assert acknowledgments(line.ask(message("G2", name="王\x00^小")))[0][1] == "G2"
        line.send(START + b"MSH|^~\\&|cut off")
        assert acknowledgments(line.ask(message("G3"))) == [("AA", "G3")]


def test_a_frame_without_an_end_holds_nobody_up(door):
    with Line(door.mllp) as silent, Line(door.mllp) as other:
        silent.send(START + message("N1").encode())
        assert acknowledgments(other.ask(message("N2"))) == [("AA", "N2")]
        # Who has said all still gets nothing: what has no end may be a half.
        silent.socket.shutdown(socket.SHUT_WR)
        assert silent.reply() is None


def test_who_ends_his_side_still_gets_his_reply(door):
    with Line(door.mllp) as line:
        line.send(frame(message("H1")))
        line.socket.shutdown(socket.SHUT_WR)
        assert acknowledgments(line.reply()) == [("AA", "H1")]
        assert line.reply() is None


def test_five_hundred_connections_at_once(door):
    lines = [Line(door.mllp) for _ in range(500)]
    try:
        for number, line in enumerate(lines):
            line.send(frame(message(f"F{number}")))
        for number, line in enumerate(lines):
            assert acknowledgments(line.reply()) == [("AA", f"F{number}")]
    finally:
        for line in lines:
            line.socket.close()


def test_a_flood_without_reading_replies_slows_only_itself(door):
    stop = threading.Event()

    def flood():
        with Line(door.mllp) as line:
            line.socket.settimeout(0.2)
            data = frame(message("FL", facility="330106009")) * 200
            while not stop.is_set():
                try:
                    line.socket.send(data)
                except OSError:
                    time.sleep(0.05)

    thread = threading.Thread(target=flood, daemon=True)
    thread.start()
    try:
        slowest = 0.0
        with Line(door.mllp) as line:
            for number in range(50):
                began = time.monotonic()
                assert acknowledgments(line.ask(message(f"FO{number}"))) == [("AA", f"FO{number}")]
                slowest = max(slowest, time.monotonic() - began)
        assert slowest < 10
    finally:
        stop.set()
        thread.join(timeout=30)


def test_metrics_count_what_comes(door):
    before = door.metric('healthbrain_mllp_replies_total{code="AA"}')
    with Line(door.mllp) as line:
        line.ask(message("K1"))
        assert door.metric("healthbrain_mllp_connections") >= 1
    assert door.metric('healthbrain_mllp_replies_total{code="AA"}') > before


def certificate(folder, name, authority=None):
    pem, key, request = folder / f"{name}.pem", folder / f"{name}.key", folder / f"{name}.csr"
    new = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}", "-keyout", key]
    names = ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    run = lambda *arguments: subprocess.run(["openssl", *arguments], check=True, capture_output=True, timeout=60)  # noqa: E731
    if authority is None:
        run("req", "-x509", *new, *names, "-days", "2", "-out", pem)
    else:
        run("req", *new, *names, "-out", request)
        run("x509", "-req", "-in", request, "-CA", authority[0], "-CAkey", authority[1], "-CAcreateserial", "-days", "2",
            "-copy_extensions", "copy", "-out", pem)
    os.chmod(key, 0o600)
    return pem, key


def test_tls_with_and_without_a_clients_certificate(tmp_path):
    authority = certificate(tmp_path, "authority")
    server, client, stranger = (
        certificate(tmp_path, "server", authority), certificate(tmp_path, "client", authority),
        certificate(tmp_path, "stranger"))
    secure = free_port()
    named = subprocess.run(
        ["openssl", "x509", "-noout", "-fingerprint", "-sha256", "-in", client[0]], check=True, capture_output=True,
        text=True, timeout=60).stdout.strip().split("=", 1)[1]
    door = start(
        Door(
            tmp_path,
            ["--mllp-tls", f"127.0.0.1:{secure}", "--mllp-certificate", server[0], "--mllp-key", server[1],
             "--mllp-client-authority", authority[0], "--mllp-sender", f"330106001=sha256:{named}"]))
    try:
        context = ssl.create_default_context(cafile=authority[0])
        context.load_cert_chain(*client)
        with Line(secure, context=context) as line:
            assert line.socket.version() in ("TLSv1.2", "TLSv1.3")
            assert acknowledgments(line.ask(message("T1"))) == [("AA", "T1")]
            assert acknowledgments(line.ask(message("T2", facility="330106002"))) == [("AR", "T2")]
        for papers in (None, stranger):
            context = ssl.create_default_context(cafile=authority[0])
            if papers:
                context.load_cert_chain(*papers)
            try:
                with Line(secure, context=context) as line:
                    line.send(frame(message("T3")))
                    assert line.reply() is None
            except (ssl.SSLError, ConnectionError):
                pass
        with Line(secure) as line:
            line.send(frame(message("T4")))
            assert line.reply() is None
    finally:
        assert door.stop() == 0


def test_python_hl7_over_tls_without_a_certificate_of_its_own(tmp_path):
    pem, key = certificate(tmp_path, "server")
    secure = free_port()
    door = start(
        Door(tmp_path, ["--mllp-tls", f"127.0.0.1:{secure}", "--mllp-certificate", pem, "--mllp-key", key]))
    try:
        client = MLLPClient("127.0.0.1", secure)
        client.socket = ssl.create_default_context(cafile=pem).wrap_socket(client.socket, server_hostname="localhost")
        with client:
            reply = hl7.parse(client.send_message(hl7.parse(message("TP1"))))
        assert str(reply.segment("MSA")[1]) == "AA"
    finally:
        assert door.stop() == 0


def refusal(tmp_path, *arguments):
    found = subprocess.run(
        [BINARY, "serve", "--access", "open", "--data", str(tmp_path / "data"), "--port", str(free_port()),
         *map(str, arguments)], capture_output=True, text=True, timeout=60)
    assert found.returncode == 2
    return found.stderr


def test_says_what_a_door_lacks(tmp_path):
    assert "--mllp-from" in refusal(tmp_path, "--mllp", "0.0.0.0:2575")
    assert "no address with a port" in refusal(tmp_path, "--mllp", "127.0.0.1")
    assert "--mllp-certificate" in refusal(tmp_path, "--mllp-tls", "127.0.0.1:2576")
    assert "--mllp or --mllp-tls" in refusal(tmp_path, "--mllp-from", "10.0.0.0/8")
    assert "no address or range" in refusal(tmp_path, "--mllp", "127.0.0.1:2575", "--mllp-from", "everybody")


def test_a_stop_answers_what_was_read(tmp_path):
    door = start(Door(tmp_path))
    line = Line(door.mllp)
    line.send(frame(message("S1")))
    line.reply()
    line.send(b"".join(frame(message(f"S2-{number}")) for number in range(100)))
    first = line.reply()
    door.process.terminate()
    replies = [first]
    while (reply := line.reply()) is not None:
        replies.append(reply)
    assert door.process.wait(timeout=60) == 0
    assert [acknowledgments(reply) for reply in replies] == [
        [("AA", f"S2-{number}")] for number in range(len(replies))]
    line.socket.close()
