# SPDX-License-Identifier: BSD-2-Clause
"""Executors whose workers are sandboxes."""

from __future__ import annotations

import itertools
import os
import sys
import threading
import weakref
from concurrent.futures import Executor, ThreadPoolExecutor

from cloudabi._embedding import Given
from cloudabi._guest import find
from cloudabi._record import TYPE_CHECKING
from cloudabi._worker import Worker
from cloudabi.grants import Limits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from concurrent.futures import Future
    from typing import Any

    from cloudabi import resources
    from cloudabi._embedding import Args
    from cloudabi.argdata import Value
    from cloudabi.grants import Grant


class SandboxExecutor(Executor):
    """Calls functions in sandboxes, each of which performs one task at a time, and many in turn.

    A task can spoil its worker for those that follow; with `max_tasks_per_child=1`, each has its
    own sandbox. A worker that ends during a task fails it with the RunError of its ending; the
    next task gets a new worker.

    >>> import cloudabi
    >>> with cloudabi.SandboxExecutor(max_workers=2) as executor:
    ...     sorted(executor.map(pow, [2, 3], [5, 2]))
    [9, 32]
    """

    def __init__(
        self,
        max_workers: int | None = None,
        *,
        args: Args = None,
        files: Mapping[str, Grant] | None = None,
        sockets: Mapping[str, Grant] | None = None,
        path: Sequence[Grant] = (),
        limits: resources.Limits | None = None,
        timeout: float | None = None,
        max_tasks_per_child: int | None = None,
        target: str | None = None,
        emulate: bool = False,
    ) -> None:
        """Start nothing yet: workers start with the tasks.

        max_workers: how many there are at most; as many as processors if it is not given.
        args, files, sockets, path: what each worker is given, as by run().
        limits: of each worker, for all of its life.
        timeout: seconds that one task may take, and the start of its worker where that is new; the
            worker is ended then.
        max_tasks_per_child: after so many tasks a worker is replaced.
        target, emulate: whose Python the workers are, as for run().
        Raises ValueError: a number makes no sense.
        """
        if timeout is not None and not timeout > 0:
            raise ValueError("timeout must be greater than 0")
        if max_tasks_per_child is not None and max_tasks_per_child <= 0:
            raise ValueError("max_tasks_per_child must be >= 1")
        if max_workers is None:
            max_workers = len(os.sched_getaffinity(0))
        given = Given(args, files, sockets, path, target, emulate)
        limits = limits or Limits()
        self._threads = ThreadPoolExecutor(max_workers, thread_name_prefix="SandboxExecutor")
        self._workers = _Workers(lambda: Worker(given, limits), timeout, max_tasks_per_child)
        self._numbers = itertools.count(1)
        weakref.finalize(self, self._workers.close)

    def submit(self, fn: Callable[..., Any] | str, /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Call a function with arguments in a worker, and return a Future for its result.

        fn: a function that workers can import under the name that it has here, or that name, as
            `module:function`.
        args, kwargs: values of argdata; so is the result, and tuples come through as lists.
        Raises TypeError, ValueError: fn has no such name. RuntimeError: after shutdown().
        The Future has ArgdataError: arguments have no argdata form. GrantError: no worker could
            be started. RunError: the function failed; each way has its subclass.

        >>> import cloudabi
        >>> with cloudabi.SandboxExecutor(1) as executor:
        ...     executor.submit("math:gcd", 12, 18).result()
        6
        """
        module, name = _name(fn)
        task = {
            "task": next(self._numbers),
            "module": module,
            "name": name,
            "args": args,
            "kwargs": kwargs,
        }
        self._workers.expect()
        try:
            future = self._threads.submit(self._workers.perform, task)
        except BaseException:
            self._workers.forget()
            raise
        future.add_done_callback(self._workers.forget)
        return future

    if TYPE_CHECKING:

        def map(
            self,
            fn: Callable[..., Any] | str,
            *iterables: Iterable[Any],
            timeout: float | None = None,
            chunksize: int = 1,
            buffersize: int | None = None,
        ) -> Iterator[Any]:
            """Do as every executor does, by name too."""

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Take no further tasks, and end the workers once there is nothing left to do.

        wait: return only then. cancel_futures: drop the tasks that no worker has begun.

        >>> import cloudabi
        >>> executor = cloudabi.SandboxExecutor(1)
        >>> executor.shutdown()
        >>> executor.submit(abs, -1)
        Traceback (most recent call last):
        RuntimeError: cannot schedule new futures after shutdown
        """
        self._threads.shutdown(wait, cancel_futures=cancel_futures)
        self._workers.close()

    def kill_workers(self) -> None:
        """Shut down at once: drop what waits, and fail what runs by ending its worker.

        >>> import cloudabi
        >>> executor = cloudabi.SandboxExecutor(1)
        >>> endless = executor.submit("time:sleep", 1000)
        >>> executor.kill_workers()
        >>> endless.cancelled() or type(endless.exception()).__name__
        'CrashError'
        """
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._workers.kill()
        self.shutdown()


class _Workers:
    """The workers of an executor, which this does not refer to, so that it can be collected."""

    def __init__(
        self, start: Callable[[], Worker], timeout: float | None, tasks_max: int | None
    ) -> None:
        self._start = start
        self._timeout = timeout
        self._tasks_max = tasks_max
        self._lock = threading.Lock()
        self._idle: list[Worker] = []
        self._busy: set[Worker] = set()
        self._expected = 0
        self._is_closing = False
        self._is_killed = False

    def expect(self) -> None:
        """Count a task that is to be done."""
        with self._lock:
            self._expected += 1

    def forget(self, _task: object = None) -> None:
        """Count a task as done, or cancelled."""
        with self._lock:
            self._expected -= 1
        self._end_idle()

    def close(self) -> None:
        """End the workers as soon as no task is left."""
        with self._lock:
            self._is_closing = True
        self._end_idle()

    def kill(self) -> None:
        """End those that are at work."""
        with self._lock:
            self._is_killed = True
            for worker in self._busy:
                worker.kill()

    def perform(self, task: dict[Any, Any]) -> Value:
        worker = self._take()
        try:
            return worker.perform(task, self._timeout)
        finally:
            self._give_back(worker)

    def _take(self) -> Worker:
        """Return an idle worker, or a new one."""
        worker = self._fit() or self._start()
        with self._lock:
            self._busy.add(worker)
            if self._is_killed:
                worker.kill()
        return worker

    def _fit(self) -> Worker | None:
        """Return the first idle worker that is still fit for work."""
        while True:
            with self._lock:
                worker = self._idle.pop() if self._idle else None
            if worker is None or worker.is_fit():
                return worker
            worker.close()

    def _give_back(self, worker: Worker) -> None:
        stays = worker.is_fit() and worker.tasks != self._tasks_max
        with self._lock:
            self._busy.discard(worker)
            if stays:
                self._idle.append(worker)
        if not stays:
            worker.close()

    def _end_idle(self) -> None:
        with self._lock:
            if not self._is_closing or self._expected > 0:
                return
            ended, self._idle = self._idle, []
        for worker in ended:
            worker.dismiss()
        for worker in ended:
            worker.close()


def _name(function: Callable[..., Any] | str) -> tuple[str, str]:
    """Return the module of a function, and its name there."""
    if isinstance(function, str):
        module, _, name = function.partition(":")
        if not all(part.isidentifier() for part in (*module.split("."), *name.split("."))):
            raise ValueError(f"`{function}` is not of the form `module:function`")
        return module, name
    module = getattr(function, "__module__", None) or ""
    name = getattr(function, "__qualname__", "")
    if module == "__main__" or module not in sys.modules or not _is_found(function, module, name):
        raise TypeError(
            f"workers cannot import {function!r}; it has to be a function of a module, under its "
            "own name, or the text `module:function`"
        )
    return module, name


def _is_found(function: Callable[..., Any], module: str, name: str) -> bool:
    try:
        return bool(find(module, name) == function)
    except AttributeError:
        return False
