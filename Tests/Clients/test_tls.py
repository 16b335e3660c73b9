"""TLS and HTTP/2, by the real program: which versions, which suites, a new certificate without a restart, and what a
hostile client of HTTP/2 gets."""

import os
import signal
import socket
import ssl
import struct
import subprocess
import time

import pytest

from server import BINARY, Server, free_port


def make_certificate(folder, name, days=30):
    """A certificate that signs itself, and its key."""
    certificate, key = folder / f"{name}.pem", folder / f"{name}.key"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", str(days),
         "-subj", f"/CN={name}", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", key, "-out",
         certificate], check=True, capture_output=True, timeout=60)
    os.chmod(key, 0o600)
    return certificate, key


class TLSServer(Server):
    """A server that is spoken to by TLS."""

    def __init__(self, folder, certificate, key, arguments=()):
        super().__init__(str(folder), ["--tls-certificate", str(certificate), "--tls-key", str(key), *arguments])
        self.certificate = certificate

    def context(self, protocols=(), **settings):
        context = ssl.create_default_context(cafile=self.certificate)
        for name, value in settings.items():
            setattr(context, name, value)
        if protocols:
            context.set_alpn_protocols(list(protocols))
        return context

    def connect(self, context=None):
        raw = socket.create_connection(("127.0.0.1", self.port), timeout=20)
        return (context or self.context()).wrap_socket(raw, server_hostname="localhost")

    def request(self, method, path, body=None, timeout_seconds=30):
        """Only what `start` needs."""
        with self.connect() as stream:
            stream.sendall(f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
            answer = read_all(stream)
        return int(answer.split(b" ", 2)[1]), answer


def read_all(stream):
    answer = b""
    while True:
        try:
            piece = stream.recv(65536)
        except (ConnectionError, ssl.SSLError):
            return answer
        if not piece:
            return answer
        answer += piece


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tls")
    running = TLSServer(folder, *make_certificate(folder, "first"))
    running.start()
    yield running
    running.stop()


def curl(server, *arguments):
    found = subprocess.run(
        ["curl", "--silent", "--show-error", "--cacert", server.certificate, "--max-time", "20", *arguments],
        capture_output=True, text=True, timeout=60)
    assert found.returncode == 0, found.stderr
    return found.stdout


@pytest.mark.parametrize("version,expected", [("--http1.1", "1.1"), ("--http2", "2")])
def test_speaks_the_version_that_the_client_prefers(server, version, expected):
    base = f"https://localhost:{server.port}"
    answer = curl(server, version, "--include", "--write-out", "\n%{http_version}", f"{base}/fhir/Patient?_count=1")
    assert answer.endswith(f"\n{expected}")
    head = answer.lower()
    assert "strict-transport-security: max-age=31536000; includesubdomains" in head
    assert "x-content-type-options: nosniff" in head
    assert "\nserver:" not in head
    assert f'"url":"{base}/fhir/patient' in head, "links lead back by https"


def test_writes_and_reads_over_http2(server):
    base = f"https://localhost:{server.port}/fhir"
    text = "x" * 300_000
    body = '{"resourceType":"Patient","id":"h2","name":[{"text":"%s"}]}' % text
    path = os.path.join(server.folder, "body.json")
    with open(path, "w") as file:
        file.write(body)
    status = curl(
        server, "--http2", "--request", "PUT", "--header", "Content-Type: application/fhir+json", "--data-binary",
        f"@{path}", "--output", "/dev/null", "--write-out", "%{http_code} %{http_version}", f"{base}/Patient/h2")
    assert status == "201 2"
    assert text in curl(server, "--http2", f"{base}/Patient/h2")


def test_many_streams_of_one_connection_are_answered(server):
    url = f"https://localhost:{server.port}/fhir/metadata"
    answer = curl(
        server, "--http2", "--parallel", "--parallel-max", "50", "--write-out", "%{http_code}\n", *["--output", "/dev/null", url] * 60)
    assert answer.split() == ["200"] * 60


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_agrees_on_tls_1_2_and_1_3(server, version):
    with server.connect(server.context(minimum_version=version, maximum_version=version)) as stream:
        assert stream.version() == {"TLSv1_2": "TLSv1.2", "TLSv1_3": "TLSv1.3"}[version.name]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_refuses_older_versions_and_weak_suites(server):
    old = server.context()
    old.minimum_version = ssl.TLSVersion.TLSv1
    old.maximum_version = ssl.TLSVersion.TLSv1_1
    old.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.raises((ssl.SSLError, ConnectionError)):
        server.connect(old)
    for suites in ["AES128-SHA", "AES256-GCM-SHA384", "ECDHE-ECDSA-AES128-SHA", "ECDHE-ECDSA-AES256-SHA384"]:
        weak = server.context(maximum_version=ssl.TLSVersion.TLSv1_2)
        weak.set_ciphers(f"{suites}:@SECLEVEL=0")
        with pytest.raises((ssl.SSLError, ConnectionError)):
            server.connect(weak)


def test_says_nothing_to_who_speaks_no_tls(server):
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as raw:
        raw.sendall(b"GET /fhir/Patient HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert b"HTTP/1.1 200" not in read_all(raw)


def presented(server):
    """The certificate that a new connection gets."""
    with server.connect(server.context()) as stream:
        return stream.getpeercert(binary_form=True)


def test_takes_a_new_certificate_at_sighup_and_keeps_the_old_one_when_it_is_bad(tmp_path):
    certificate, key = make_certificate(tmp_path, "served")
    server = TLSServer(tmp_path, certificate, key)
    server.start()
    try:
        first = presented(server)
        kept = server.connect()
        new_certificate, new_key = make_certificate(tmp_path, "next")
        # A certificate without its key, as in the middle of a renewal: refused, and nothing changes.
        certificate.write_bytes(new_certificate.read_bytes())
        server.process.send_signal(signal.SIGHUP)
        wait_for_log(server, "stays as it was")
        server.certificate = tmp_path / "both.pem"
        server.certificate.write_bytes(ssl.DER_cert_to_PEM_cert(first).encode() + new_certificate.read_bytes())
        assert presented(server) == first
        key.write_bytes(new_key.read_bytes())
        server.process.send_signal(signal.SIGHUP)
        end = time.monotonic() + 30
        while presented(server) == first and time.monotonic() < end:
            time.sleep(0.05)
        assert presented(server) != first
        kept.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        assert b" 200 " in read_all(kept), "a connection that was open goes on"
    finally:
        assert server.stop() == 0


def wait_for_log(server, text):
    end = time.monotonic() + 30
    while time.monotonic() < end:
        with open(os.path.join(server.folder, "server.log"), encoding="utf-8") as log:
            if text in log.read():
                return
        time.sleep(0.05)
    raise AssertionError(f"the log never said: {text}")


def refusal(tmp_path, *arguments):
    found = subprocess.run(
        [BINARY, "serve", "--data", str(tmp_path / "data"), "--port", str(free_port()), *map(str, arguments)],
        capture_output=True, text=True, timeout=60)
    assert found.returncode == 2
    return found.stderr


def test_refuses_files_that_are_not_right_and_says_what_to_do(tmp_path):
    certificate, key = make_certificate(tmp_path, "a")
    other, other_key = make_certificate(tmp_path, "b")

    def said(certificate, key):
        return refusal(tmp_path, "--tls-certificate", certificate, "--tls-key", key)

    os.chmod(key, 0o640)
    assert f"chmod 600 {key}" in said(certificate, key)
    os.chmod(key, 0o600)
    assert "is not there" in said(tmp_path / "none.pem", key)
    assert "is not there" in said(certificate, tmp_path / "none.key")
    assert "is not that of" in said(certificate, other_key)
    assert "no certificate in PEM" in said(key, key)
    locked = tmp_path / "locked.key"
    subprocess.run(
        ["openssl", "pkey", "-in", key, "-aes256", "-passout", "pass:secret", "-out", locked], check=True, timeout=60)
    os.chmod(locked, 0o600)
    assert "passphrase" in said(certificate, locked)
    assert "belong together" in refusal(tmp_path, "--tls-certificate", certificate)


def test_does_not_listen_beyond_this_machine_without_sign_in(tmp_path):
    certificate, key = make_certificate(tmp_path, "a")

    def said(*access):
        return refusal(
            tmp_path, "--host", "0.0.0.0", "--tls-certificate", certificate, "--tls-key", key, *access)

    assert "sign-in" in said("--access", "open")
    assert "--public-name" in said()


# HTTP/2 by hand (RFC 9113): frames of nine bytes and a payload; header blocks of HPACK's static table alone.

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = 0, 1, 3, 4, 6, 7, 8, 9


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


def literal(name, value):
    return b"\x00" + bytes([len(name)]) + name + bytes([len(value)]) + value


# GET, https, /healthz, localhost
HEAD = b"\x82\x87" + b"\x44\x08/healthz" + b"\x41\x09localhost"


def opened(server):
    stream = server.connect(server.context(protocols=["h2"]))
    assert stream.selected_alpn_protocol() == "h2"
    stream.sendall(PREFACE + frame(SETTINGS, 0, 0))
    return stream


def frames_until_closed(stream):
    """Everything that comes until the server closes; a server that does not is a TimeoutError."""
    return frames_in(read_all(stream))


def frames_for(stream, seconds):
    """Everything that comes for so long."""
    stream.settimeout(seconds)
    data = b""
    try:
        while piece := stream.recv(65536):
            data += piece
    except (TimeoutError, ConnectionError, ssl.SSLError):
        pass
    return frames_in(data)


def frames_in(data):
    found = []
    while len(data) >= 9:
        length = int.from_bytes(data[:3], "big")
        found.append((data[3], int.from_bytes(data[5:9], "big") & 0x7FFFFFFF, data[9:9 + length]))
        data = data[9 + length:]
    return found


def send(stream, data):
    try:
        stream.sendall(data)
    except (ConnectionError, ssl.SSLError, TimeoutError):
        pass


def test_closes_on_a_rapid_reset(server):
    """CVE-2023-44487: streams opened and given up at once."""
    with opened(server) as stream:
        attack = b"".join(
            frame(HEADERS, 0x5, number, HEAD) + frame(RST_STREAM, 0, number, b"\0\0\0\x08")
            for number in range(1, 4001, 2))
        send(stream, attack)
        answered = [kind for kind, _, _ in frames_until_closed(stream) if kind == HEADERS]
        assert len(answered) < 1_000
    assert server.request("GET", "/healthz")[0] == 200


def test_closes_on_a_flood_of_continuations(server):
    """CVE-2024-27316: a header block that never ends."""
    with opened(server) as stream:
        attack = frame(HEADERS, 0x1, 1, HEAD) + frame(CONTINUATION, 0, 1, literal(b"x", b"a" * 100)) * 2_000
        send(stream, attack)
        assert not [stream_id for kind, stream_id, _ in frames_until_closed(stream) if kind == HEADERS]


@pytest.mark.parametrize("attack", [
    frame(PING, 0, 0, b"12345678") * 2_000,
    frame(SETTINGS, 0, 0) * 2_000,
    frame(HEADERS, 0x4, 1, HEAD) + frame(DATA, 0, 1) * 2_000,
], ids=["ping", "settings", "empty data"])
def test_closes_on_a_flood_of_cheap_frames(server, attack):
    with opened(server) as stream:
        send(stream, attack)
        frames_until_closed(stream)
    assert server.request("GET", "/healthz")[0] == 200


def test_ends_a_connection_of_more_than_a_hundred_streams_at_once(server):
    with opened(server) as stream:
        # Requests whose bodies never come.
        head = b"\x83\x87" + b"\x44\x05/fhir" + b"\x41\x09localhost" + literal(b"content-type", b"application/json")
        send(stream, b"".join(frame(HEADERS, 0x4, number, head) for number in range(1, 401, 2)))
        assert GOAWAY in [kind for kind, _, _ in frames_until_closed(stream)]


@pytest.mark.parametrize("field", [
    (b"transfer-encoding", b"chunked"), (b"connection", b"close"), (b"x", b"a\r\nset-cookie: a=b"), (b"X-Upper", b"a"),
    (b"content-length", b"7"),
], ids=["transfer-encoding", "connection", "line end", "capital", "wrong length"])
def test_refuses_a_head_that_http2_forbids(server, field):
    with opened(server) as stream:
        send(stream, frame(HEADERS, 0x5, 1, HEAD + literal(*field)) + frame(GOAWAY, 0, 0, b"\0" * 8))
        answers = [payload for kind, _, payload in frames_for(stream, seconds=3) if kind == HEADERS]
        # 0x88 is `:status: 200` of the static table.
        assert not [payload for payload in answers if payload[:1] == b"\x88"]


def test_refuses_a_header_list_that_is_too_large(server):
    with opened(server) as stream:
        fields = b"".join(literal(b"x-%03d" % number, b"a" * 120) for number in range(160))
        send(stream, frame(HEADERS, 0x1, 1, (HEAD + fields)[:16_000]) + frame(CONTINUATION, 0x4, 1, (HEAD + fields)[16_000:]))
        assert not [payload for kind, _, payload in frames_for(stream, seconds=3)
                    if kind == HEADERS and payload[:1] == b"\x88"]
