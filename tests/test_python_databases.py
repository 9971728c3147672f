# SPDX-License-Identifier: BSD-2-Clause
"""Databases of SQLite below granted directories: kept apart by a lock that is a folder."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

from harness import python_manifest, run_python, started, wait_until_gone

# In front of all that runs inside.
BEGIN = """
    import os, sqlite3, sys, time
    folder = os.fspath(sys.argdata)
    def connect(name, ways="", **options):
        return sqlite3.connect(f"file:{folder}/{name}.db{ways}", uri=True, **options)
    def refused(connection, statement):
        try:
            connection.execute(statement)
        except sqlite3.OperationalError as error:
            return str(error)
        raise AssertionError(statement)
    def number(connection):
        return connection.execute("SELECT count(*) FROM t").fetchone()[0]
"""

# Two connections of one process, and a transaction that is taken back.
MODES = """
    def use(mode, ways=""):
        writer, reader = (connect(mode, ways, timeout=0) for _ in range(2))
        assert writer.execute(f"PRAGMA journal_mode={mode}").fetchone() == (mode,)
        writer.execute("CREATE TABLE t(n, s)")
        with writer:
            writer.executemany("INSERT INTO t VALUES (?, ?)", [(n, "x" * 99) for n in range(3000)])
        if mode != "off":
            writer.execute("DELETE FROM t")
            if mode == "wal":
                assert number(reader) == 3000
            else:
                assert refused(reader, "SELECT * FROM t") == "database is locked"
            assert refused(reader, "INSERT INTO t VALUES (1, 2)") == "database is locked"
            writer.rollback()
            reader.rollback()
        assert number(reader) == 3000
        reader.close()
        writer.close()
    for mode in ("delete", "truncate", "persist", "memory", "off"):
        use(mode)
    use("wal", "?vfs=unix-excl")
    one, other = (connect("alone", timeout=0) for _ in range(2))
    assert one.execute("PRAGMA journal_mode=wal").fetchone() == ("delete",)
    one.execute("PRAGMA locking_mode=exclusive")
    assert one.execute("PRAGMA journal_mode=wal").fetchone() == ("wal",)
    with one:
        one.execute("CREATE TABLE t(n)")
        one.executemany("INSERT INTO t VALUES (?)", [(n,) for n in range(3000)])
    assert refused(other, "SELECT * FROM t") == "database is locked"
    one.close()
    assert "unable to open" in refused(other, "SELECT * FROM t")
    other.execute("PRAGMA locking_mode=exclusive")
    assert number(other) == 3000
    other.close()
    print("good")
"""

# Each waits for the other to be at work, so that they do meet.
COUNT = """
    database = connect("shared", timeout=60, isolation_level=None)
    database.execute("INSERT INTO present VALUES (1)")
    deadline = time.monotonic() + 60
    while database.execute("SELECT count(*) FROM present").fetchone() != (2,):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    for _ in range(60):
        database.execute("BEGIN IMMEDIATE")
        (count,) = database.execute("SELECT max(n) FROM t").fetchone()
        database.execute("INSERT INTO t VALUES (?, ?)", (count + 1, "x" * 2000))
        database.execute("COMMIT")
    database.close()
"""

READ = """
    database = connect("plain")
    assert number(database) == 3
    assert "readonly" in refused(database, "INSERT INTO t VALUES (1, 2)")
    assert number(connect("plain", "?mode=ro")) == number(connect("plain", "?immutable=1")) == 3
    assert number(connect("wal", "?immutable=1")) == 3
    assert "unable to open" in refused(connect("wal"), "SELECT * FROM t")
    assert refused(connect("locked", timeout=0), "SELECT * FROM t") == "database is locked"
    print("good")
"""

# Little memory, so that the database is written to before the transaction ends.
HALF_WAY = """
    database = connect("half")
    database.execute("PRAGMA cache_size=2")
    database.execute("UPDATE t SET s = 'changed' || s")
    print("ready", flush=True)
    time.sleep(600)
"""

AFTERWARDS = """
    database = connect("half", timeout=0)
    assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert database.execute("SELECT count(*) FROM t WHERE s LIKE 'c%'").fetchone() == (0,)
    print(number(database))
"""

LOCKED = """
    assert refused(connect("half", timeout=0), "SELECT * FROM t") == "database is locked"
    print("locked")
"""


def grant(folder: Path, mode: str = "write") -> str:
    return f"!file {{path: '{folder}', mode: {mode}}}"


def make(path: Path, *, journal: str = "delete", rows: int = 3) -> None:
    """Make a database outside the sandbox."""
    with closing(sqlite3.connect(path)) as database, database:
        database.execute(f"PRAGMA journal_mode={journal}")
        database.execute("CREATE TABLE t(n INTEGER, s)")
        database.executemany("INSERT INTO t VALUES (?, ?)", [(n, "x" * 999) for n in range(rows)])


def numbers(path: Path) -> list[int]:
    """The rows of a whole database, as the host sees them."""
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return [number for (number,) in database.execute("SELECT n FROM t ORDER BY n")]


def test_journals(tmp_path: Path) -> None:
    assert run_python(BEGIN + MODES, args=grant(tmp_path)) == "good\n"
    names = {"alone", "delete", "truncate", "persist", "memory", "off", "wal"}
    assert {path.stem for path in tmp_path.glob("*.db")} == names
    for path in tmp_path.glob("*.db"):
        assert numbers(path) == [*range(3000)], path
    assert not [*tmp_path.glob("*.lock")]


def test_two_sandboxes_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "shared.db"
    make(path, rows=1)
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("CREATE TABLE present(n)")
    with ThreadPoolExecutor(2) as pool:
        runs = [pool.submit(run_python, BEGIN + COUNT, args=grant(tmp_path)) for _ in range(2)]
        assert [run.result() for run in runs] == ["", ""]
    assert numbers(path) == [*range(121)]


def test_read_only(tmp_path: Path) -> None:
    """A database can be read where no lock can be made, if nobody has one."""
    make(tmp_path / "plain.db")
    make(tmp_path / "wal.db", journal="wal")
    make(tmp_path / "locked.db")
    (tmp_path / "locked.db.lock").mkdir()
    before = sorted(tmp_path.iterdir())
    assert run_python(BEGIN + READ, args=grant(tmp_path, "read")) == "good\n"
    assert sorted(tmp_path.iterdir()) == before


def test_killed_writer(tmp_path: Path) -> None:
    """What it leaves is a lock to remove, and a journal that the next one plays back."""
    path = tmp_path / "half.db"
    make(path, rows=500)
    before = path.read_bytes()
    manifest = tmp_path / "manifest.yaml"
    manifest.write_text(python_manifest(BEGIN + HALF_WAY, args=grant(tmp_path)))
    with started(manifest) as running:
        pass
    wait_until_gone(running.guest_pid)
    assert path.read_bytes() != before and (tmp_path / "half.db-journal").exists()
    assert run_python(BEGIN + LOCKED, args=grant(tmp_path)) == "locked\n"
    (tmp_path / "half.db.lock").rmdir()
    assert run_python(BEGIN + AFTERWARDS, args=grant(tmp_path)) == "500\n"
    assert path.read_bytes()[100:] == before[100:]
