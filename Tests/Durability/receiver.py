"""Somebody who receives notifications: an HTTP server of its own, that can be away, slow or unwilling."""

import hashlib
import hmac
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Receiver:
    def __init__(self, port=0):
        self.notifications = []
        self.status = 200
        self.lock = threading.Lock()
        self.port = port
        self.http = None
        self.start()

    def start(self):
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                with receiver.lock:
                    status = receiver.status
                    if status < 300:
                        receiver.notifications.append((dict(self.headers), body))
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self.port = self.http.server_port
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def stop(self):
        self.http.shutdown()
        self.http.server_close()

    @property
    def address(self):
        return f"http://127.0.0.1:{self.port}/notify"

    def events(self):
        """What has come, in order: method, place, version, resource."""
        with self.lock:
            bodies = [json.loads(body) for _, body in self.notifications]
        return [
            (entry["request"]["method"], entry["request"]["url"], entry["response"]["etag"], entry.get("resource"))
            for bundle in bodies for entry in bundle["entry"][1:]]

    def wait(self, test, seconds=60):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if test(self.events()):
                return self.events()
            time.sleep(0.05)
        raise AssertionError(f"it did not come; came: {[event[:3] for event in self.events()]}")


def is_signed(secret, headers, body):
    """Whether a notification bears the signature of a secret, as Docs/highway.md tells receivers to look."""
    parts = dict(part.split("=", 1) for part in headers["X-Healthbrain-Signature"].split(","))
    expected = hmac.new(secret.encode(), f"{parts['t']}.".encode() + body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected, parts["v1"])


EXTENSION = "https://healthbrain.dev/fhir/StructureDefinition/subscription-"


def subscription(receiver, criteria, fields, *, organization, purpose="HOPERAT", program=None, masking=None, **more):
    extension = [
        {"url": EXTENSION + "receiver", "valueReference": {"reference": f"Organization/{organization}"}},
        {"url": EXTENSION + "purpose", "valueCoding": {
            "system": "http://terminology.hl7.org/CodeSystem/v3-ActReason", "code": purpose}},
        *({"url": EXTENSION + "element", "valueString": field} for field in fields)]
    if program:
        extension.append({"url": EXTENSION + "program", "valueString": program})
    if masking:
        extension.append({"url": EXTENSION + "masking", "valueCode": masking})
    return {
        "resourceType": "Subscription", "status": "requested", "reason": "数据共享", "criteria": criteria,
        "extension": extension,
        "channel": {"type": "rest-hook", "endpoint": receiver.address, "payload": "application/fhir+json"}, **more}
