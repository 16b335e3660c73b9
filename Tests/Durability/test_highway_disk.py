"""The highway on a disk that is full: the door refuses for now, nothing that was acknowledged is lost or doubled, and it goes on
when there is room again. The disk is a small one of its own where the machine lets us mount it; else files that may not
grow (RLIMIT_FSIZE) stand for it."""

import os
import resource
import shutil
import signal
import subprocess
import time
import urllib.error

import pytest

from server import Server
from test_highway import post, settled


def message(number):
    at = f"20261122{8 + number % 10:02}0000"
    note = "".join(f"{(number * 7919 + place * 104729) % 1000003:06}" for place in range(600))
    return "\r".join([
        f"MSH|^~\\&|HIS|h1|||{at}||ADT^A01|{number}|P|2.4", f"EVN|A01|{at}",
        f"PID|1||N{number}^^^HIS^MR||张^三{number}||19491231|2", f"PV1|1|I|||||||||||||||||V{number}",
        f"NTE|1||{note}"])


class SmallFiles:
    """Files may not grow beyond a bound, which is lifted again."""

    def __init__(self, folder):
        self.folder = str(folder)
        self.server = Server(self.folder)

    def start(self):
        # The signal that comes with the refusal is ignored by what is started here.
        before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        try:
            self.server.start()
        finally:
            signal.signal(signal.SIGXFSZ, before)

    def fill(self):
        largest = max(
            os.path.getsize(os.path.join(self.folder, name)) for name in os.listdir(self.folder)
            if name.endswith(("-wal", ".db")))
        resource.prlimit(
            self.server.process.pid, resource.RLIMIT_FSIZE, (largest + (1 << 20), resource.RLIM_INFINITY))

    def empty(self):
        resource.prlimit(
            self.server.process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))

    def end(self):
        self.server.stop()


class SmallDisk:
    """A file system in memory of 64 MiB, filled with a file that is removed again."""

    def __init__(self, folder):
        self.folder = str(folder)
        if subprocess.run(
                ["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", self.folder], capture_output=True).returncode:
            pytest.skip("this user may not mount a file system")
        self.server = Server(self.folder)

    def start(self):
        self.server.start()

    def fill(self):
        room = shutil.disk_usage(self.folder).free - (1 << 20)
        with open(os.path.join(self.folder, "filler"), "wb") as filler:
            filler.write(b"\0" * room)

    def empty(self):
        os.remove(os.path.join(self.folder, "filler"))

    def end(self):
        self.server.stop()
        subprocess.run(["umount", self.folder], check=True)


@pytest.mark.parametrize("disk", [SmallFiles, SmallDisk])
def test_a_full_disk_refuses_for_now_and_loses_nothing(tmp_path, disk):
    place = disk(tmp_path)
    server = place.server
    place.start()
    acknowledged, refusals, number = {}, [], 0

    def send():
        nonlocal number
        try:
            acknowledged[number] = post(server, "h1", message(number))["id"]
            number += 1
            return True
        except urllib.error.HTTPError as error:
            refusals.append(error.code)
            assert error.code in (429, 503)
            assert error.headers["Retry-After"] is not None
            return False

    try:
        for _ in range(20):
            assert send()
        settled(server)
        place.fill()
        end = time.monotonic() + 60
        while len(refusals) < 5 and time.monotonic() < end:
            send()
        assert len(refusals) >= 5, "the disk was never full"
        # It still tells what it knows.
        assert server.request("GET", "/highway/receipts/1")[0] == 200
        time.sleep(1)
        place.empty()
        end = time.monotonic() + 60
        while not send():
            assert time.monotonic() < end, "the door stays closed although there is room"
            time.sleep(0.2)
        for _ in range(20):
            assert send()
        (sender,) = settled(server)
        assert sender["done"] == len(acknowledged) == len(set(acknowledged.values()))
        assert sender["dead"] == 0
        server.kill()
        place.start()
        (sender,) = settled(server)
        assert sender["done"] == len(acknowledged)
        for found in acknowledged.values():
            assert b'"state":"done"' in server.request("GET", f"/highway/receipts/{found}")[1].replace(b" ", b"")
    finally:
        place.end()
