"""Subscriptions under `kill -9`: what was written reaches the receiver, in order; only twice may happen, never not at all."""

import json
import threading
import time

import pytest

from receiver import Receiver, subscription
from server import Server

RESOURCES, KILLS = 120, 4


def write(server, body, path):
    while True:
        try:
            status, answer = server.request("PUT", path, body)
            if status in (200, 201):
                return
            assert status >= 500, answer
        except (OSError, ConnectionError):
            pass
        time.sleep(0.02)


@pytest.fixture
def server(tmp_path):
    running = Server(str(tmp_path))
    running.start()
    yield running
    if running.process is not None and running.process.poll() is None:
        running.stop()


def test_nothing_is_lost_and_order_is_kept_whatever_is_killed(server):
    receiver = Receiver()
    write(server, {"resourceType": "Organization", "id": "brain", "name": "城市大脑"}, "/fhir/Organization/brain")
    status, answer = server.request("POST", "/fhir/Subscription", subscription(
        receiver, "Observation?status=final", ["status", "valueInteger"], organization="brain"))
    assert status == 201, answer
    name = json.loads(answer)["id"]

    def is_active():
        return json.loads(server.request("GET", f"/fhir/Subscription/{name}")[1])["status"] == "active"

    end = time.monotonic() + 30
    while not is_active():
        assert time.monotonic() < end
        time.sleep(0.05)

    def send():
        for number in range(RESOURCES):
            write(server, {
                "resourceType": "Observation", "id": f"o{number:03}", "status": "final", "code": {"text": "x"},
                "valueInteger": number}, f"/fhir/Observation/o{number:03}")

    sending = threading.Thread(target=send)
    sending.start()
    for place in range(KILLS):
        seen = len(receiver.events())
        receiver.wait(lambda events: len(events) > seen or not sending.is_alive())
        server.kill()
        if place == 1:
            # The receiver is away for a while, too.
            receiver.stop()
        server.start()
        if place == 1:
            time.sleep(1)
            receiver.start()
    sending.join()
    wanted = [f"Observation/o{number:03}" for number in range(RESOURCES)]
    events = receiver.wait(lambda events: {event[1] for event in events} >= set(wanted))
    assert list(dict.fromkeys(event[1] for event in events)) == wanted
    assert {event[0] for event in events} == {"PUT"}
