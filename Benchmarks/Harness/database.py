"""Where a measured server keeps its records: an SQLite file in its folder, or a database of a PostgreSQL server."""

import contextlib
import os
import pathlib
import re
import shutil
import sqlite3
import subprocess
import sys
import urllib.parse

from . import tools

POSTGRES = "HEALTHBRAIN_BENCHMARK_POSTGRES"
SYNCS = re.compile(r"^\s*[\d.]+\s+[\d.]+\s+\d+\s+(\d+)\s+(?:\d+\s+)?(?:fsync|fdatasync|sync_file_range)\s*$", re.MULTILINE)


class SQLite:
    """One file; the syncs of its writer are counted by strace, which stops the server at those calls alone."""

    name = "SQLite"
    FILE = "healthbrain.db"

    def __init__(self, folder: pathlib.Path):
        self.folder = folder
        self.counts = folder / "syncs.txt"

    arguments = ()

    def clear(self):
        tools.remove_database(self.folder / self.FILE)

    def exists(self) -> bool:
        return (self.folder / self.FILE).exists()

    def copy(self, other):
        """Takes over what another database holds whose server has ended."""
        for suffix in ("", "-wal"):
            if (file := other.folder / (self.FILE + suffix)).exists():
                shutil.copy(file, self.folder)

    def bytes(self) -> int:
        """The size with everything folded in that stood in the log. Only after the server has ended."""
        with contextlib.closing(sqlite3.connect(self.folder / self.FILE)) as database:
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return (self.folder / self.FILE).stat().st_size

    def compact(self):
        """Nothing: an SQLite store has no tables beside its indexes."""

    def tend(self):
        """Nothing: an SQLite store does no work of its own after a load."""

    def counting(self) -> list:
        """What stands before the command of the server so that its syncs are counted."""
        return ["strace", "-f", "--seccomp-bpf", "-qq", "-c", "-e", "trace=fsync,fdatasync", "-o", str(self.counts)]

    def begin_counting(self):
        pass

    def syncs(self) -> int:
        """The syncs since the server began. Only after it has ended."""
        return sum(int(calls) for calls in SYNCS.findall(self.counts.read_text()))


class Postgres:
    """A database of its own, on the server that the environment names; its syncs are those of the write-ahead log."""

    name = "PostgreSQL"

    def __init__(self, folder: pathlib.Path):
        address = os.environ.get(POSTGRES)
        if not address or not shutil.which("psql"):
            sys.exit(f"Set {POSTGRES} to postgres://user@host:port/database of a PostgreSQL 15 server, and install psql.")
        self.server = address
        self.database = "benchmark_" + re.sub(r"\W", "_", folder.name)
        self.address = urllib.parse.urlsplit(address)._replace(path=f"/{self.database}").geturl()
        self.arguments = ("--database", self.address)
        self.before = 0

    def sql(self, command, address=None) -> str:
        finished = subprocess.run(
            ["psql", "--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set", "ON_ERROR_STOP=1", "--dbname",
             address or self.server, "--command", command], stdout=subprocess.PIPE, text=True, check=True)
        return finished.stdout.strip()

    def clear(self):
        self.sql(f"DROP DATABASE IF EXISTS {self.database} WITH (FORCE)")
        self.sql(f"CREATE DATABASE {self.database}")

    def exists(self) -> bool:
        return self.sql(f"SELECT count(*) FROM pg_database WHERE datname = '{self.database}'") == "1"

    def copy(self, other):
        """Takes over what another database holds whose server has ended."""
        self.sql(f"DROP DATABASE IF EXISTS {self.database} WITH (FORCE)")
        self.sql(f"CREATE DATABASE {self.database} TEMPLATE {other.database}")

    def bytes(self) -> int:
        """The size of tables and indexes after a vacuum, without the write-ahead log and without the catalogue that an
        empty database has too."""
        self.sql("VACUUM (ANALYZE)", self.address)
        return int(self.sql(f"SELECT pg_database_size('{self.database}') - pg_database_size('template1')"))

    def compact(self):
        """Builds the indexes anew, as the server does when nobody has written for a minute."""
        subprocess.run(
            [tools.healthbrain, "database", "compact", "--database", self.address], check=True, stdout=sys.stderr)

    def tend(self):
        """Does at once what would begin by itself a minute after a load and run for minutes: new indexes and the vacuum."""
        self.compact()
        self.sql("VACUUM (ANALYZE)", self.address)

    def counting(self) -> list:
        return []

    def begin_counting(self):
        self.before = int(self.sql("SELECT wal_sync FROM pg_stat_wal"))

    def syncs(self) -> int:
        return int(self.sql("SELECT wal_sync FROM pg_stat_wal")) - self.before


DATABASES = {"sqlite": SQLite, "postgres": Postgres}
