# SPDX-License-Identifier: BSD-2-Clause
"""What tests of the standard library's modules run inside the sandbox, by topic."""

from __future__ import annotations

# Round trips, and data that another program wrote.
COMPRESSION = """
    import bz2, io, lzma, tarfile, zlib
    from compression import zstd
    data = b"".join(b"line %d\\n" % number for number in range(20000))
    for module in (bz2, lzma, zlib, zstd):
        packed = module.compress(data)
        assert module.decompress(packed) == data and len(packed) < len(data) // 4, module
    assert bz2.decompress(bytes.fromhex(
        "425a68393141592653594eece83600000251800010400006449080200031064c4101a7a9a580bb9431f8bb"
        "9229c28482776741b0")) == b"hello world\\n"
    for check in (lzma.CHECK_NONE, lzma.CHECK_CRC32, lzma.CHECK_CRC64, lzma.CHECK_SHA256):
        assert lzma.is_check_supported(check)
        assert lzma.decompress(lzma.compress(data, check=check)) == data
    filters = [{"id": lzma.FILTER_X86}, {"id": lzma.FILTER_LZMA2, "preset": 3}]
    assert lzma.decompress(lzma.compress(data, filters=filters)) == data
    try:
        lzma.decompress(lzma.compress(data)[:-1] + b"?")
    except lzma.LZMAError:
        pass
    else:
        raise AssertionError("damage was not noticed")
    words = zstd.train_dict([b"sample %d of many" % number for number in range(500)], 1000)
    packed = zstd.compress(b"sample 501 of many", zstd_dict=words)
    assert zstd.decompress(packed, zstd_dict=words) == b"sample 501 of many"
    options = {zstd.CompressionParameter.nb_workers: 2}
    assert zstd.decompress(zstd.compress(data, options=options)) == data
    for mode in ("gz", "bz2", "xz", "zst"):
        stream = io.BytesIO()
        with tarfile.open(fileobj=stream, mode=f"w:{mode}") as tar:
            entry = tarfile.TarInfo("name")
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))
        stream.seek(0)
        with tarfile.open(fileobj=stream) as tar:
            assert tar.extractfile("name").read() == data, mode
"""

CTYPES = """
    import ctypes
    class Pair(ctypes.Structure):
        _fields_ = [("number", ctypes.c_int), ("text", ctypes.c_char_p), ("bits", ctypes.c_uint, 3)]
    pair = Pair(3, b"three", 5)
    assert (pair.number, pair.text, pair.bits) == (3, b"three", 5)
    pointer = ctypes.pointer(pair)
    pointer.contents.number = 4
    assert pair.number == 4
    array = (ctypes.c_double * 3)(1, 2, 3)
    assert sum(array) == 6 and ctypes.sizeof(array) == 24
    target = ctypes.create_string_buffer(8)
    ctypes.memmove(target, b"moved", 5)
    ctypes.memset(ctypes.byref(target, 5), ord("!"), 1)
    assert target.value == b"moved!" and ctypes.string_at(target, 3) == b"mov"
    number = ctypes.c_long(7)
    assert ctypes.cast(ctypes.byref(number), ctypes.POINTER(ctypes.c_long))[0] == 7
    from _ctypes import _memset_addr
    fill = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int, ctypes.c_size_t)
    assert fill(_memset_addr)(target, 120, 6) == ctypes.addressof(target)
    assert target.value == b"xxxxxx"
    def refused(error, action):
        try:
            action()
        except error as found:
            return str(found)
        raise AssertionError(action)
    assert "no shared libraries" in refused(OSError, lambda: ctypes.CDLL("libc.so.6"))
    assert "no shared libraries" in refused(OSError, lambda: ctypes.CDLL(None))
    prototype = ctypes.CFUNCTYPE(ctypes.c_int)
    assert "cannot call Python" in refused(NotImplementedError, lambda: prototype(lambda: 1))
    refused(AttributeError, lambda: ctypes.pythonapi)
"""

HASHES = """
    import _hashlib, hashlib, hmac
    assert hashlib.algorithms_guaranteed == {
        "md5", "sha1", "sha224", "sha256", "sha384", "sha512", "blake2b", "blake2s", "sha3_224",
        "sha3_256", "sha3_384", "sha3_512", "shake_128", "shake_256"}
    assert hashlib.algorithms_available == hashlib.algorithms_guaranteed | {
        "md5-sha1", "ripemd160", "sha512_224", "sha512_256", "sm3"}
    for name in hashlib.algorithms_available:
        size = (16,) if name.startswith("shake") else ()
        assert hashlib.new(name, b"abc").hexdigest(*size), name
    assert hashlib.sha3_256(b"abc").hexdigest().startswith("3a985da74fe225b2")
    assert hashlib.blake2b(b"abc").hexdigest().startswith("ba80a53f981c4d0d")
    assert hashlib.md5(b"abc").hexdigest() == "900150983cd24fb0d6963f7d28e17f72"
    assert hmac.digest(b"key", b"text", "sha256").hex().startswith("6afa9046a9579cad")
    assert hashlib.sha256 is _hashlib.openssl_sha256
    key = hashlib.pbkdf2_hmac("sha256", b"password", b"salt", 2)
    assert key.hex().startswith("ae4d0c95af6b46d3")
    key = hashlib.scrypt(b"", salt=b"", n=16, r=1, p=1, dklen=64)
    assert key.hex().startswith("77d6576238657b20")
"""

ZONES = """
    import datetime, zoneinfo
    assert zoneinfo.TZPATH == ()
    assert len(zoneinfo.available_timezones()) > 500
    berlin = zoneinfo.ZoneInfo("Europe/Berlin")
    summer = datetime.datetime(2026, 7, 1, tzinfo=berlin)
    assert (summer.utcoffset(), summer.tzname()) == (datetime.timedelta(hours=2), "CEST")
    try:
        zoneinfo.ZoneInfo("Nowhere/At_All")
    except zoneinfo.ZoneInfoNotFoundError:
        pass
    else:
        raise AssertionError("a zone that is not there")
"""

COMPILED = """
    import _asyncio, _elementtree, _zoneinfo, asyncio, decimal, unicodedata
    import xml.etree.ElementTree as tree
    assert decimal.Decimal.__init__ and decimal.__file__ and "_decimal" in __import__("sys").modules
    assert decimal.Decimal(2).sqrt(decimal.Context(prec=50)).as_tuple().exponent == -49
    assert asyncio.Future is _asyncio.Future and asyncio.Task is _asyncio.Task
    root = tree.fromstring("<a b='1'>text<c/>tail</a>")
    assert (root.get("b"), root.text, root[0].tail) == ("1", "text", "tail")
    assert unicodedata.name("\\u00e9") == "LATIN SMALL LETTER E WITH ACUTE"
    async def add():
        await asyncio.sleep(0.001)
        return 3
    async def both():
        return sum(await asyncio.gather(add(), add()))
    assert asyncio.run(both()) == 6
"""

INTERPRETERS = """
    from concurrent import futures, interpreters
    queue = interpreters.create_queue()
    other = interpreters.create()
    other.prepare_main(queue=queue)
    other.exec("queue.put(6 * 7)")
    assert queue.get(timeout=10) == 42
    other.close()
    with futures.InterpreterPoolExecutor(2) as pool:
        assert list(pool.map(abs, [-1, -2])) == [1, 2]
"""

SQLITE = """
    import sqlite3
    database = sqlite3.connect(":memory:")
    database.create_function("double", 1, lambda number: 2 * number)
    assert database.execute("SELECT double(21), sqrt(16.0)").fetchone() == (42, 4.0)
    database.execute("CREATE VIRTUAL TABLE texts USING fts5(body)")
    database.execute("INSERT INTO texts VALUES ('nothing but what was granted')")
    assert database.execute("SELECT count(*) FROM texts('granted')").fetchone() == (1,)
    assert database.execute("SELECT json_extract('[1, 2]', '$[1]')").fetchone() == (2,)
    assert len({database.execute("SELECT random()").fetchone() for _ in range(9)}) == 9
    assert not hasattr(database, "enable_load_extension")
    for name in ("/etc/passwd", "/tmp/some.db", "some.db"):
        try:
            sqlite3.connect(name)
        except sqlite3.OperationalError:
            continue
        raise AssertionError(name)
"""

POLLING = """
    import os, select, socket
    near, far = socket.socketpair()
    poll = select.poll()
    poll.register(near, select.POLLIN)
    assert poll.poll(0) == []
    far.send(b"x")
    assert poll.poll(10_000) == [(near.fileno(), select.POLLIN)]
    poll.modify(near, select.POLLIN | select.POLLOUT)
    assert poll.poll(10_000) == [(near.fileno(), select.POLLIN | select.POLLOUT)]
    far.close()
    (fd, events), = poll.poll(10_000)
    assert fd == near.fileno() and events & select.POLLHUP, events
    poll.unregister(near)
    assert poll.poll(10) == []
    reader, writer = os.pipe()
    assert select.select([reader], [writer], [], 10) == ([], [writer], [])
    os.write(writer, b"x")
    assert select.select([reader], [], [], 10) == ([reader], [], [])
"""

# What it tells comes by a descriptor, which need not be that of a terminal.
FAULTS = """
    import faulthandler, socket, threading
    near, far = socket.socketpair()
    far.settimeout(10)
    def told():
        faulthandler.dump_traceback(near)
        text = far.recv(10_000).decode()
        assert "most recent call first" in text and "in told" in text, text
        faulthandler.dump_traceback_later(0.01, file=near)
        text = far.recv(10_000).decode()
        assert text.startswith("Timeout (0:00:00.010000)!"), text
        faulthandler.cancel_dump_traceback_later()
    told()
"""

# Names of what could only fail do not exist.
NAMES = """
    import faulthandler, fcntl, os
    assert [name for name in dir(fcntl) if name[0] != "_"] == [
        "FD_CLOEXEC", "F_DUPFD", "F_DUPFD_CLOEXEC", "F_GETFD", "F_GETFL", "F_SETFD", "F_SETFL",
        "fcntl"]
    assert not hasattr(faulthandler, "register") and not hasattr(faulthandler, "unregister")
    assert not hasattr(os, "lockf") and not hasattr(os, "F_LOCK")
"""

TOPICS = {
    "compression": COMPRESSION,
    "ctypes": CTYPES,
    "hashes": HASHES,
    "zones": ZONES,
    "compiled": COMPILED,
    "interpreters": INTERPRETERS,
    "sqlite": SQLITE,
    "polling": POLLING,
    "faults": FAULTS,
    "names": NAMES,
}

ROUND_TRIPS = """
    import bz2, ctypes, hashlib, lzma, sqlite3, zoneinfo
    from compression import zstd
    from _ctypes import _memset_addr
    data = b"data " * 1000
    for module in (bz2, lzma, zstd):
        assert module.decompress(module.compress(data)) == data, module
    database = sqlite3.connect(":memory:")
    assert database.execute("SELECT 6 * 7, 0.1 + 0.2").fetchone() == (42, 0.1 + 0.2)
    buffer = ctypes.create_string_buffer(4)
    fill = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int, ctypes.c_size_t)
    fill(_memset_addr)(buffer, 120, 3)
    assert buffer.value == b"xxx"
    assert hashlib.blake2s(b"abc").hexdigest().startswith("508c5e8c327c14e2")
    assert zoneinfo.ZoneInfo("Asia/Tokyo").key == "Asia/Tokyo"
    print("good")
"""
