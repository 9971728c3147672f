# SPDX-License-Identifier: BSD-2-Clause
"""os.fork() and what waits for its children, and multiprocessing."""

from __future__ import annotations

import textwrap
from pathlib import Path

from harness import python_manifest, run, run_python

# A child runs a function and leaves with what it returns.
START = """
import errno, os, signal, sys, time
def start(function, *arguments):
    pid = os.fork()
    if pid == 0:
        status = 99
        try:
            status = function(*arguments)
        finally:
            os._exit(status)
    return pid
def end_of(pid):
    ended, status = os.waitpid(pid, 0)
    assert ended == pid
    return os.waitstatus_to_exitcode(status)
def refused(error, action, *arguments):
    try:
        action(*arguments)
    except error as found:
        return found
    raise AssertionError(action)
"""


def run_processes(code: str, processes: str = "8", **keys: str) -> str:
    """Run Python source where there may be several processes; returns what it printed."""
    code = START + textwrap.dedent(code)
    return run_python(code, limits=f"{{processes: {processes}}}", **keys)


def test_ends() -> None:
    printed = run_processes("""
        print(end_of(start(lambda: 42)), end_of(start(lambda: 0)), end_of(start(lambda: 255)))
        print(-end_of(start(os.abort)) == signal.SIGABRT)
        pid = start(time.sleep, 100)
        assert os.waitpid(pid, os.WNOHANG) == (0, 0)
        os.kill(pid, signal.SIGTERM)
        ended, status = os.wait()
        assert ended == pid and os.WIFSIGNALED(status) and not os.WIFEXITED(status)
        assert os.WTERMSIG(status) == signal.SIGTERM
        refused(ProcessLookupError, os.kill, pid, signal.SIGTERM)
        for wait in os.wait, lambda: os.waitpid(pid, 0), lambda: os.waitpid(-1, os.WNOHANG):
            refused(ChildProcessError, wait)
        assert refused(OSError, os.waitpid, -1, 1 << 20).errno == errno.EINVAL
        for number in range(100):
            assert end_of(start(lambda: number)) == number
        pids = {start(lambda: number): number for number in range(7)}
        for _ in range(7):
            ended, status = os.wait()
            assert pids.pop(ended) == os.WEXITSTATUS(status)
        print(pids)
    """)
    assert printed == "42 0 255\nTrue\n{}\n"


def test_ends_of_the_interpreter() -> None:
    """A child that does not leave at once ends as any program does, by an exception as well."""
    code = """
        import atexit
        atexit.register(lambda: print("at exit", flush=True))
        if os.fork() == 0:
            raise ValueError("of the child")
        print(os.waitstatus_to_exitcode(os.wait()[1]), flush=True)
        if os.fork() == 0:
            sys.exit(7)
        print(os.waitstatus_to_exitcode(os.wait()[1]), flush=True)
    """
    manifest = python_manifest(START + textwrap.dedent(code), limits="{processes: 2}")
    result = run(manifest)
    assert result.returncode == 0
    assert result.stdout.split("\n") == ["at exit", "1", "at exit", "7", "at exit", ""]
    assert result.stderr.count("Traceback") == 1
    assert result.stderr.endswith("ValueError: of the child\n")


def test_what_differs_in_a_child() -> None:
    printed = run_processes("""
        import random, uuid
        def facts():
            return os.getpid(), random.random(), os.urandom(8), uuid.uuid4(), hash("same")
        calls = []
        os.register_at_fork(
            before=lambda: calls.append("before"),
            after_in_parent=lambda: calls.append("parent"),
            after_in_child=lambda: calls.append("child"),
        )
        reader, writer = os.pipe()
        def tell():
            facts_of_child = facts()
            assert calls == ["before", "child"]
            os.write(writer, repr((os.getppid(), *facts_of_child)).encode())
            return 3
        pid = start(tell)
        assert calls == ["before", "parent"]
        own = facts()
        assert end_of(pid) == 3
        of_child = eval(os.read(reader, 1000), {"UUID": uuid.UUID})
        assert of_child[:2] == (os.getpid(), pid)
        assert not set(own[:-1]) & set(of_child[1:-1]) and own[-1] == of_child[-1]
        assert os.getppid() == 0
        def generations(number):
            return number and 1 + end_of(start(generations, number - 1))
        print(generations(5))
    """)
    assert printed == "5\n"


def test_beside_threads(tmp_path: Path) -> None:
    """Parent and children use a directory and memory at the same time; locks of others are new."""
    for number in range(4):
        (tmp_path / f"file{number}").write_text(f"contents {number}\n")
    printed = run_processes(
        """
        import asyncio, logging, queue, threading, warnings
        warnings.simplefilter("ignore", DeprecationWarning)
        folder = sys.argdata["folder"]
        def read(number):
            with open(f"{folder}/file{number}") as file:
                assert file.read() == f"contents {number}\\n"
            assert len(os.listdir(folder)) == 4
        stopping = threading.Event()
        held = threading.Lock()
        rounds = [0] * 4
        logging.getLogger().addHandler(logging.NullHandler())
        def work(number):
            while not stopping.is_set():
                with held:
                    rounds[number] += 1
                read(number)
                logging.warning("round %d", rounds[number])
        threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        while min(rounds) < 3:
            time.sleep(0.001)
        async def answer():
            await asyncio.sleep(0.001)
            return 42
        def child(ident):
            assert threading.active_count() == 1 and threading.get_ident() == ident
            assert threading.current_thread() is threading.main_thread()
            answers = queue.Queue()
            new = threading.Thread(target=lambda: answers.put(asyncio.run(answer())))
            new.start()
            for number in range(4):
                read(number)
            logging.warning("a child")
            new.join()
            return answers.get()
        for _ in range(15):
            pids = [start(child, threading.get_ident()) for _ in range(3)]
            assert [end_of(pid) for pid in pids] == [42] * 3
        def fork_in_thread():
            results.append(end_of(start(child, threading.get_ident())))
        results = []
        forking = [threading.Thread(target=fork_in_thread) for _ in range(3)]
        for thread in forking:
            thread.start()
        for thread in forking:
            thread.join()
        before = list(rounds)
        while any(now <= then for now, then in zip(rounds, before)):
            time.sleep(0.001)
        stopping.set()
        for thread in threads:
            thread.join()
        print(results)
    """,
        args=f"{{folder: !file {{path: '{tmp_path}'}}}}",
    )
    assert printed == "[42, 42, 42]\n"


def test_limit() -> None:
    printed = run_processes(
        """
        for _ in range(3):
            pids = [start(time.sleep, 100) for _ in range(2)]
            error = refused(BlockingIOError, os.fork)
            for pid in pids:
                os.kill(pid, signal.SIGKILL)
                assert end_of(pid) == -signal.SIGKILL
        print(errno.errorcode[error.errno])
    """,
        "3",
    )
    assert printed == "EAGAIN\n"


def test_one_process_alone() -> None:
    """As it is unless the manifest says otherwise."""
    printed = run_processes(
        """
        import multiprocessing
        for attempt in os.fork, multiprocessing.Process(target=print).start:
            print(refused(BlockingIOError, attempt))
        refused(ChildProcessError, os.wait)
        assert multiprocessing.active_children() == []
    """,
        "1",
    )
    error = "[Errno 6] Resource temporarily unavailable\n"
    assert printed == error * 2


MULTIPROCESSING = """
import multiprocessing, warnings
from multiprocessing import Pipe, Process, connection
def double(channel):
    with channel:
        while (number := channel.recv()) is not None:
            channel.send(2 * number)
"""


def test_multiprocessing() -> None:
    printed = run_processes(
        MULTIPROCESSING
        + textwrap.dedent("""
        assert multiprocessing.get_all_start_methods() == ["fork"]
        assert multiprocessing.get_start_method() == "fork"
        refused(ValueError, multiprocessing.get_context, "spawn")
        here, there = Pipe()
        process = Process(target=double, args=(there,), name="doubling")
        assert process.exitcode is None and process.pid is None
        process.start()
        there.close()
        for value in 21, 0.5, "text", [1] * 50000:
            here.send(value)
            assert here.recv() == 2 * value
        assert process.is_alive() and multiprocessing.active_children() == [process]
        assert not connection.wait([process.sentinel], 0)
        here.send(None)
        process.join()
        assert (process.exitcode, process.is_alive()) == (0, False)
        assert connection.wait([process.sentinel]) == [process.sentinel]
        process.close()
        for ending in Process.terminate, Process.kill:
            process = Process(target=time.sleep, args=(100,))
            process.start()
            process.join(0.01)
            assert process.exitcode is None
            ending(process)
            process.join()
            print(signal.Signals(-process.exitcode).name)
        reader, writer = Pipe(duplex=False)
        def tell(number):
            assert multiprocessing.parent_process().pid == os.getppid()
            writer.send((number, multiprocessing.current_process().pid == os.getpid()))
        processes = [Process(target=tell, args=(number,)) for number in range(5)]
        for process in processes:
            process.start()
        assert sorted(reader.recv() for _ in processes) == [(n, True) for n in range(5)]
        sentinels = {process.sentinel for process in processes}
        while sentinels:
            sentinels -= set(connection.wait(list(sentinels)))
        for process in processes:
            process.join()
            assert process.exitcode == 0
        process = Process(target=sys.exit, args=(5,))
        process.start()
        process.join()
        print(process.exitcode)
        endless = Process(target=time.sleep, args=(1000,), daemon=True)
        endless.start()
    """)
    )
    assert printed == "SIGTERM\nSIGKILL\n5\n"


def test_memory_that_is_shared() -> None:
    printed = run_processes(
        """
        import mmap
        from multiprocessing.sharedctypes import RawArray
        array = RawArray("i", 3)
        shared = mmap.mmap(-1, 4096)
        private = mmap.mmap(-1, 4096, mmap.MAP_PRIVATE)
        def write():
            array[1] = 42
            shared[:5] = private[:5] = b"child"
            return 0
        assert end_of(start(write)) == 0
        print(list(array), shared[:5], private[:5] == bytes(5))
    """,
        "2",
    )
    assert printed == "[0, 42, 0] b'child' True\n"


# Many take the same semaphores, and some do not wait for long.
SHARING = (
    MULTIPROCESSING
    + """
import random, queue
from multiprocessing import Array, Barrier, BoundedSemaphore, Condition, Event, Lock, Pool, Queue
from multiprocessing import RawValue, RLock, Semaphore, SimpleQueue, Value
def together(function, *arguments, count=6):
    processes = [Process(target=function, args=arguments) for _ in range(count)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * count
"""
)


def test_locks() -> None:
    printed = run_processes(
        SHARING
        + textwrap.dedent("""
        lock, seen = Lock(), RawValue("i")
        def count(patience):
            for _ in range(1000):
                while not lock.acquire(timeout=patience and random.random() * patience):
                    pass
                seen.value += 1
                lock.release()
        for patience in 0.0001, 0.001, None:
            seen.value = 0
            together(count, patience)
            assert seen.value == 6000 and lock.acquire(False) and not lock.acquire(False)
            lock.release()
        refused(ValueError, lock.release)
        assert not lock.locked()

        with lock:
            start = time.monotonic()
            assert not lock.acquire(timeout=0.1)
            assert time.monotonic() - start >= 0.1
            together(lambda: sys.exit(lock.acquire(timeout=0.01)))
        again = RLock()
        with again, again:
            together(lambda: sys.exit(again.acquire(False)))
        refused(AssertionError, again.release)
        print("all")
    """)
    )
    assert printed == "all\n"


def test_who_dies_waiting_for_a_lock_keeps_nobody_from_it() -> None:
    printed = run_processes(
        SHARING
        + textwrap.dedent("""
        lock, passed = Lock(), RawValue("i")
        def take():
            with lock:
                passed.value += 1
        with lock:
            waiting = [Process(target=take) for _ in range(6)]
            for process in waiting:
                process.start()
            time.sleep(0.2)
            for process in waiting[:3]:
                process.kill()
                process.join()
        for process in waiting[3:]:
            process.join()
        together(take)
        with lock:
            print(passed.value)
    """)
    )
    assert printed == "9\n"


def test_what_is_made_of_locks() -> None:
    printed = run_processes(
        SHARING
        + textwrap.dedent("""
        most, few, inside = RawValue("i"), Semaphore(2), Value("i")
        def crowd():
            for _ in range(50):
                with few:
                    with inside:
                        inside.value += 1
                        most.value = max(most.value, inside.value)
                    with inside:
                        inside.value -= 1
        together(crowd)
        assert inside.value == 0 and most.value in (1, 2)
        refused(ValueError, BoundedSemaphore(3).release)
        refused(OSError, Semaphore, -1)

        event, condition, barrier = Event(), Condition(), Barrier(7, timeout=10)
        turn, numbers = Value("i"), Array("i", 6)
        def meet(number):
            barrier.wait()
            assert event.wait(10)
            with condition:
                assert condition.wait_for(lambda: turn.value == number, 10)
                turn.value += 1
                numbers[number] = turn.value
                condition.notify_all()
        processes = [Process(target=meet, args=(number,)) for number in range(6)]
        for process in processes:
            process.start()
        barrier.wait()
        assert not event.is_set()
        event.set()
        for process in processes:
            process.join()
        assert list(numbers) == [1, 2, 3, 4, 5, 6]

        tasks, results, limited = Queue(), SimpleQueue(), Queue(2)
        def work():
            while (task := tasks.get()) is not None:
                results.put((task, task * task))
        processes = [Process(target=work) for _ in range(3)]
        for process in processes:
            process.start()
        for number in range(100):
            tasks.put(number)
        assert sorted(results.get() for _ in range(100)) == [(n, n * n) for n in range(100)]
        for _ in processes:
            tasks.put(None)
        for process in processes:
            process.join()
        assert tasks.empty()
        refused(queue.Empty, tasks.get, True, 0.05)
        limited.put(1), limited.put(2)
        refused(queue.Full, limited.put, 3, True, 0.05)
        print("all")
    """)
    )
    assert printed == "all\n"


def test_pools() -> None:
    printed = run_processes(
        SHARING
        + textwrap.dedent("""
        from concurrent import futures
        with Pool(3) as pool:
            assert pool.map(abs, range(-50, 50)) == [abs(n) for n in range(-50, 50)]
            assert pool.apply_async(divmod, (7, 2)).get(10) == (3, 1)
            refused(ZeroDivisionError, pool.apply, divmod, (1, 0))
            late = pool.apply_async(time.sleep, (100,))
            refused(multiprocessing.TimeoutError, late.get, 0.05)
        with futures.ProcessPoolExecutor(3) as executor:
            assert list(executor.map(pow, range(50), [2] * 50)) == [n * n for n in range(50)]
            assert type(executor.submit(divmod, 1, 0).exception()) is ZeroDivisionError
            died = executor.submit(os._exit, 3)
            refused(futures.process.BrokenProcessPool, died.result, 10)
        with futures.ProcessPoolExecutor() as executor:
            print(executor.submit(sum, [1, 2, 3]).result())
    """)
    )
    assert printed == "6\n"


def test_multiprocessing_has_no_names() -> None:
    """What would need them is refused when it is asked for."""
    printed = run_processes(
        MULTIPROCESSING
        + textwrap.dedent("""
        def use(module):
            __import__("multiprocessing." + module)
        refused(ImportError, use, "shared_memory")
        refused(OSError, connection.Listener)
        import _multiprocessing
        refused(ValueError, _multiprocessing.SemLock, 1, 0, 1, "/name", False)
        import subprocess
        refused(OSError, subprocess.run, ["true"])
        print("all")
    """)
    )
    assert printed == "all\n"


def test_an_exception_in_a_process() -> None:
    code = MULTIPROCESSING + textwrap.dedent("""
        process = Process(target=divmod, args=(1, 0))
        process.start()
        process.join()
        print(process.exitcode)
    """)
    result = run(python_manifest(START + code, limits="{processes: 2}"))
    assert (result.returncode, result.stdout) == (0, "1\n")
    assert result.stderr.startswith("Process Process-1:\nTraceback")
    assert "ZeroDivisionError" in result.stderr


def test_random_numbers_are_not_those_of_the_parent() -> None:
    code = """
        import random, ssl, uuid
        def draw():
            return [random.random(), ssl.RAND_bytes(16).hex(), uuid.uuid4(), os.getpid()]
        def tell():
            os.write(out, repr(draw()).encode())
            return 0
        before = draw()
        out_of, out = os.pipe()
        told = []
        for _ in range(3):
            assert end_of(start(tell)) == 0
            told.append(os.read(out_of, 1000).decode())
        told += [repr(before), repr(draw())]
        kinds = zip(*(one.split(", ") for one in told))
        print([len(set(values)) for values in kinds])
    """
    # Number of the process: three children, and one parent twice.
    assert run_processes(code) == "[5, 5, 5, 4]\n"
