"""`healthbrain account` as an operator uses it, on both databases."""

import os
import pty
import re
import stat
import subprocess

import pytest

from conftest import postgres_database
from server import BINARY

PROGRAM = str(BINARY)
PASSWORD = "kelp-Orbit 蓝鲸 47"


@pytest.fixture(params=["sqlite", "postgres"])
def account(request, tmp_path):
    """Runs a verb on an empty place."""
    choice, finish = ["--data", str(tmp_path)], lambda: None
    if request.param == "postgres":
        address, finish = postgres_database()
        choice = ["--database", address]
    environment = {**os.environ, "HEALTHBRAIN_KEY_FILE": str(tmp_path / "key")}

    def run(*arguments, code=0, typed=""):
        done = subprocess.run(
            [PROGRAM, "account", *arguments, *choice], env=environment, input=typed, capture_output=True, text=True,
            timeout=60)
        assert done.returncode == code, done.stderr
        return done.stdout if code == 0 else done.stderr

    run.choice, run.environment, run.folder = choice, environment, tmp_path
    yield run
    finish()


def test_an_account_lives_its_life(account):
    made = account("add", "张三", "--role", "resident", "--person", "Patient/p1")
    assert re.search(r"not shown again: [0-9a-zX]{4}(-[0-9a-zX]{4}){4}\n", made)
    assert stat.S_IMODE((account.folder / "key").stat().st_mode) == 0o600
    assert "must change the password" in account("show", "张三")
    assert account("list") == "张三\t张三\tactive\tresident\n"
    roles = account("roles", "张三", "--role", "operator", "--duty", "audit", "--until", "2030-01-01")
    assert roles == "role 1   resident Patient/p1\nrole 2   operator audit until 2029-12-31T16:00:00Z\n"
    assert account("roles", "张三", "--remove", "1").startswith("role 1   operator")
    account("disable", "张三")
    assert "disabled" in account("show", "张三")
    account("enable", "张三")
    assert account("reset-password", "张三") != made
    assert account("sessions", "张三") == ""
    account("end-session", "张三")
    account("totp-reset", "张三")


def test_what_is_wrong_is_said_and_nothing_is_made(account):
    assert "Practitioner/" in account("add", "doc", "--role", "clinician", code=2)
    assert "Many people" in account("add", "doc", "--ask-password", code=2, typed="password1\n")
    assert "six digits" in account("add", "doc", "--role", "operator", "--district", "33", code=2)
    assert account("add", "doc", "--ask-password", typed=PASSWORD + "\n").startswith("doc\t")
    assert "Another account" in account("add", "DOC", code=2)
    account("show", "nobody", code=1)
    account("end-session", "doc", "not-an-id", code=2)


def test_a_typed_password_is_not_shown(account):
    master, terminal = pty.openpty()
    process = subprocess.Popen(
        [PROGRAM, "account", "add", "doc", "--ask-password", *account.choice], env=account.environment, stdin=terminal,
        stdout=terminal, stderr=terminal, close_fds=True)
    os.close(terminal)
    shown = b""
    for _ in range(2):
        while not shown.endswith(b": "):
            shown += os.read(master, 1000)
        os.write(master, PASSWORD.encode() + b"\n")
        shown += os.read(master, 1000)
    assert process.wait(60) == 0
    assert PASSWORD.encode() not in shown
