"""Servers of their own for the client libraries: one on SQLite, one on PostgreSQL where there is one.

HEALTHBRAIN_TEST_POSTGRES holds the address of a PostgreSQL server, postgres://user@host:port/database, in which
databases may be made.
"""

import os
import shutil
import subprocess
import sys
import uuid
from pathlib import Path
from urllib.parse import urlsplit

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "Durability"))

from server import Server  # noqa: E402


def postgres_database():
    """Makes a database of its own; gives its address and what drops it again."""
    address = os.environ.get("HEALTHBRAIN_TEST_POSTGRES")
    if not address:
        pytest.skip("no PostgreSQL: HEALTHBRAIN_TEST_POSTGRES is not set")
    psql = shutil.which("psql")
    if not psql:
        pytest.skip("no PostgreSQL: psql is not installed")
    name = f"clients_{uuid.uuid4().hex[:12]}"

    def run(command):
        subprocess.run(
            [psql, "--quiet", "--no-psqlrc", "--set", "ON_ERROR_STOP=1", "--dbname", address, "--command", command],
            check=True, timeout=60)

    run(f"CREATE DATABASE {name}")
    return urlsplit(address)._replace(path=f"/{name}").geturl(), lambda: run(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session", params=["sqlite", "postgres"])
def server(request, tmp_path_factory):
    """A running server on an empty store."""
    arguments, finish = [], lambda: None
    if request.param == "postgres":
        address, finish = postgres_database()
        arguments = ["--database", address]
    running = Server(str(tmp_path_factory.mktemp(f"clients-{request.param}")), arguments)
    try:
        running.start()
        yield running
    finally:
        if running.process is not None:
            running.stop()
        finish()


@pytest.fixture
def mark():
    """A word that stands nowhere else in the store, so that a test finds its own resources alone."""
    return f"m{uuid.uuid4().hex[:12]}"
