# SPDX-License-Identifier: BSD-2-Clause
"""A program at work in its sandbox, from the opening of its resources to the last trace of it.

Nothing here touches what belongs to the whole process, so that any thread can use it: no signal
handlers or masks, no working directory, and every descriptor closes on exec.
"""

from __future__ import annotations

import _thread
import os
import select

from cloudabi._descriptors import numbered
from cloudabi._installation import incomplete
from cloudabi._journal import Journal
from cloudabi._opening import Opened
from cloudabi._record import TYPE_CHECKING
from cloudabi.argdata import Fd, encode
from cloudabi.errors import CloudabiError, Problem
from cloudabi.outcome import Outcome, failed, interrupted, limit_reached
from cloudabi.resources import PROCESSES_MAX, File

if TYPE_CHECKING:
    import signal
    import socket
    from collections.abc import Callable, Mapping
    from types import TracebackType

    from cloudabi._installation import Installation
    from cloudabi._opening import Grant
    from cloudabi._temporary import DiskWatch
    from cloudabi.argdata import Value
    from cloudabi.manifest import Manifest
    from cloudabi.outcome import Denial, Ending
    from cloudabi.resources import Limits, Resource

else:
    # Without the enumerations, which would delay every start.
    import _signal as signal
    import _socket as socket

_PACKET_MAX = 2**16
_PACKETS_MAX = 64  # at a time, so that a flood of them keeps nothing else waiting
_PAGE = 4096


def start(
    manifest: Manifest,
    program: str,
    parts: Installation,
    *,
    folder: str = "",
    traces: bool = False,
    no_landlock: bool = False,
    emulate: bool = False,
    captures: Mapping[str, int | None] | None = None,
) -> Sandbox:
    """Open what a manifest names, and start a program with that and nothing else.

    folder: what relative paths of the manifest start from.
    traces: record what is denied and what is used.
    no_landlock: go on where the kernel has no Landlock.
    emulate: go on where the program needs an emulator, under which nothing is enforced.
    captures: places of outputs to keep instead of passing them on, each with the most bytes that
        there may be, or None if the limit of all output is enough.
    Raises CloudabiError: it could not be started; a subclass says why.
    """
    with Preparation(
        manifest, program, parts, folder=folder, emulate=emulate, captures=captures
    ) as prepared:
        return prepared.start(traces=traces, no_landlock=no_landlock)


class Preparation:
    """Everything that a run needs, open.

    As a context manager, it undoes all of it unless there is a sandbox that took it over.
    opened: the resources.
    """

    def __init__(
        self,
        manifest: Manifest,
        program: str,
        parts: Installation,
        *,
        folder: str = "",
        emulate: bool = False,
        captures: Mapping[str, int | None] | None = None,
    ) -> None:
        """Open everything. Arguments and errors are those of start()."""
        self.opened = Opened(parts.janitor, manifest.limits.output, captures or {})
        self._manifest = manifest
        self._broker = parts.broker
        self._is_started = False
        self._emulator: int | None = None
        try:
            if parts.emulator:
                self._emulator = self.opened.keep(_open_emulator(parts, emulate))
            self._runtime = self.opened.keep(_open_part(parts.runtime))
            self._program = self.opened.program(program)
            self.opened.resources(manifest.resources, folder, self._program)
        except BaseException:
            self.opened.undo()
            raise

    def __enter__(self) -> Preparation:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if not self._is_started:
            self.opened.undo()

    def start(self, *, traces: bool = False, no_landlock: bool = False) -> Sandbox:
        """Run the program, at most once; arguments and errors are those of the function."""
        argdata, grants = numbered(self._manifest.value, self.opened.grants)
        resources = {grant: resource for resource, grant in self.opened.grants.items()}
        ours, theirs = socket.socketpair(
            socket.AF_UNIX, socket.SOCK_SEQPACKET | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK
        )
        try:
            spec: dict[Value, Value] = {
                "launcher": os.getpid(),
                "report": Fd(theirs.fileno()),
                "runtime": Fd(self._runtime),
                "program": Fd(self._program),
                "argdata": argdata,
                "descriptors": [_descriptor(grant, resources[grant]) for grant in grants],
                "limits": _limits(self._manifest.limits, self.opened),
                "traces": traces,
                "no_landlock": no_landlock,
            }
            if self._emulator is not None:
                spec["emulator"] = Fd(self._emulator)
            pid = self._spawn(*encode(spec, literal=True))
            journal = Journal(grants, self._manifest.limits)
            try:
                sandbox = Sandbox(pid, ours.fileno(), journal, self.opened, self._manifest.limits)
            except OSError as error:
                _end_child(pid)
                message = f"cannot watch the broker: {error.strerror}"
                raise CloudabiError(Problem(message)) from None
            ours.detach()
            self._is_started = True
            return sandbox
        finally:
            ours.close()
            theirs.close()

    def _spawn(self, spec: bytes, needed: list[int]) -> int:
        """Start the broker, without environment. It closes what the spec does not mention."""
        spec_fd = self.opened.keep(os.memfd_create("cloudabi-spec", os.MFD_CLOEXEC))
        os.write(spec_fd, spec)
        # A duplicate over itself is how posix_spawn() says: stays open.
        actions = [(os.POSIX_SPAWN_DUP2, fd, fd) for fd in (*needed, spec_fd)]
        try:
            return os.posix_spawn(
                self._broker,
                [self._broker, str(spec_fd)],
                {},
                file_actions=actions,
                setsigmask=(),
                setsigdef=(signal.SIGTERM,),
            )
        except OSError as error:
            raise incomplete(self._broker, error) from None


class Sandbox:
    """A program that runs, or has run.

    As a context manager, it ends the program and removes what must not stay. It belongs to one
    thread at a time, but for kill().
    """

    def __init__(
        self, pid: int, report: int, journal: Journal, opened: Opened, limits: Limits
    ) -> None:
        """Take charge of a broker, of our end of its report, and of what was opened for it."""
        self._report = report
        self._journal = journal
        self._opened = opened
        self._limits = limits
        self._reason: Ending | None = None
        self._outcome: Outcome | None = None
        self._code: int | None = None  # the broker's: its status, or minus a signal
        self._lock = _thread.RLock()  # signal handlers interrupt who holds it
        self._pidfd = _watch(pid)  # kill() uses it with the lock
        self._epoll = select.epoll()
        # Of other objects: with its own, this one would not be missed when it is forgotten.
        self._handlers: dict[int, Callable[[], None]] = {}
        self._disk = _disk_watch(opened, limits.disk)
        self._is_cleaning = False
        self._drops_output = False
        self._alarm = -1
        opened.close()
        self._epoll.register(report, select.EPOLLIN)
        for output in opened.outputs.values():
            output.watch(self._epoll, self._handlers)
        if self._disk is not None:
            self._epoll.register(self._disk.timer, select.EPOLLIN)
            self._handlers[self._disk.timer] = self._disk.look
        self._process = os.getpid()
        if self._pidfd >= 0:
            self._epoll.register(self._pidfd, select.EPOLLIN)
        else:
            self._reap()
            self._wake()

    def fileno(self) -> int:
        """Return a descriptor that is readable when step() has something to do."""
        return self._epoll.fileno()

    def denials(self) -> list[Denial]:
        """Return what was denied so far and will not be told more about."""
        return self._journal.denials[: self._journal.settled()]

    def step(self) -> Outcome | None:
        """Do what can be done without waiting; returns the outcome once everything has ended."""
        if self._outcome is None:
            for fd, _ in self._epoll.poll(0):
                self._handle(fd)
            self._enforce()
            if self._pidfd < 0:
                self._outcome = self._finish()
        return self._outcome

    def wait(self) -> Outcome:
        """Wait until everything has ended."""
        while (outcome := self.step()) is None:
            self._epoll.poll(-1, 1)
        return outcome

    def kill(self, reason: Ending | None = None, *, at_once: bool = False) -> None:
        """End the program, from any thread; it is gone when there is an outcome.

        reason: the ending, unless the program has ended before.
        at_once: do not even wait for the broker, and for those who take the output.
        """
        with self._lock:
            if self._reason is None:
                self._reason = reason or interrupted(signal.SIGTERM)
            if self._pidfd >= 0:
                number = signal.SIGKILL if at_once else signal.SIGTERM
                try:
                    signal.pidfd_send_signal(self._pidfd, number)
                except ProcessLookupError:
                    pass  # it has ended, and been taken note of
            if at_once and self._outcome is None:
                self._interrupt()

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._end()

    def __del__(self) -> None:
        # Nothing began if __init__() failed; and what a fork copied is not the child's business.
        if getattr(self, "_process", None) == os.getpid() and self._outcome is None:
            import warnings

            warnings.warn(f"a sandbox was left running: {self!r}", ResourceWarning, 2, self)
            self._end()

    def _end(self) -> None:
        """End what runs, without waiting for anybody to take its output."""
        if self._outcome is None:
            self.kill()
            for output in self._opened.outputs.values():
                output.close()
            self.wait()
        self._epoll.close()

    def _interrupt(self) -> None:
        """Have step() called, after which nobody is waited for who takes the output."""
        if not self._drops_output:
            self._drops_output = True
            self._wake()

    def _wake(self) -> None:
        if self._alarm < 0:
            self._alarm = os.eventfd(1, os.EFD_CLOEXEC)
            self._epoll.register(self._alarm, select.EPOLLIN)

    def _handle(self, fd: int) -> None:
        if fd == self._pidfd:
            self._reap()
        elif fd == self._report:
            self._read_report()
        elif fd == self._alarm:
            self._alarm = -1
            self._forget(fd)
        elif fd in self._handlers:
            self._handlers[fd]()

    def _forget(self, fd: int) -> None:
        """Stop watching and close, also where a fork of this process holds a copy."""
        self._epoll.unregister(fd)
        os.close(fd)

    def _read_report(self) -> bool:
        """Take some packets; tells whether there may be more of them."""
        try:
            for _ in range(_PACKETS_MAX):
                packet = os.read(self._report, _PACKET_MAX)
                if not packet:
                    self._epoll.modify(self._report, 0)  # for the rest, there is the broker's end
                    return False
                self._journal.take(packet)
        except BlockingIOError:
            return False
        return True

    def _reap(self) -> None:
        """Take note of the broker's end; the program has ended before."""
        while self._read_report():
            pass
        report, self._report = self._report, -1
        self._forget(report)
        if self._pidfd < 0:
            return
        try:
            found = os.waitid(os.P_PIDFD, self._pidfd, os.WEXITED)
        except ChildProcessError:
            found = None  # somebody else took note of it
        if found is not None:
            self._code = found.si_status if found.si_code == os.CLD_EXITED else -found.si_status
        with self._lock:
            pidfd, self._pidfd = self._pidfd, -1
            self._forget(pidfd)

    def _enforce(self) -> None:
        """End the program at the limits that nobody else watches."""
        for meter in self._opened.meters:
            if meter.has_overflown:
                self._limit("output", meter.limit)
        if self._disk is not None and self._disk.is_over:
            self._limit("disk", self._limits.disk)

    def _limit(self, limit: str, bound: int | None) -> None:
        if self._reason is None:
            self.kill(limit_reached(limit, bound or 0))

    def _finish(self) -> Outcome | None:
        """Pass on what the program left, then remove what must not stay."""
        for output in self._opened.outputs.values():
            if not output.drain() and not self._drops_output:
                return None
        if not self._is_cleaning:
            self._is_cleaning = True
            self._start_cleaning()
        left = [leftover for leftover in self._opened.leftovers if not leftover.is_gone()]
        return self._outcome_now() if not left else None

    def _start_cleaning(self) -> None:
        for output in self._opened.outputs.values():
            output.close()
        if self._disk is not None:
            self._disk.finish()
            del self._handlers[self._disk.timer]
            self._forget(self._disk.timer)
        self._enforce()
        for fd in self._opened.temporaries:
            os.close(fd)
        for leftover in self._opened.leftovers:
            leftover.end()
            self._epoll.register(leftover.pidfd, select.EPOLLIN)

    def _outcome_now(self) -> Outcome:
        journal = self._journal
        return Outcome(
            ending=self._ending(),
            usage=journal.usage,
            denials=tuple(journal.denials),
            lost=journal.lost,
            used=frozenset(journal.used),
            reached=tuple(journal.reached),
            landlock=journal.landlock,
            listener=journal.listener,
            output=self._opened.captured(),
        )

    def _ending(self) -> Ending:
        """Choose between what the broker told and what we ended the program for."""
        told, reason = self._journal.ending, self._reason
        if told is None:
            return reason or self._silent_ending()
        if reason is None or told.kind in ("limit", "policy"):
            return told
        is_ours = reason.kind == "limit" or told.kind == "interrupted" or self._drops_output
        return reason if is_ours else told

    def _silent_ending(self) -> Ending:
        """Find a reason for the end of a broker that told none."""
        code = self._code
        if code is not None and code >= 0:
            return failed("", code)  # it could not but tell everybody
        return failed("the broker was killed" + (f" by signal {-code}" if code else ""))


def _watch(pid: int) -> int:
    """Return a descriptor of the broker.

    -1 if it has ended, and a host that ignores its children had it forgotten at once.
    """
    try:
        pidfd = os.pidfd_open(pid)
    except ProcessLookupError:
        return -1
    try:
        os.waitid(os.P_PIDFD, pidfd, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:  # a stranger has the number by now
        os.close(pidfd)
        return -1
    return pidfd


def _end_child(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    except (ProcessLookupError, ChildProcessError):
        pass  # nobody took note of its end, because nobody wants to


def _disk_watch(opened: Opened, limit: int | None) -> DiskWatch | None:
    if limit is None or not opened.temporaries:
        return None
    from cloudabi._temporary import DiskWatch

    return DiskWatch(opened.temporaries, limit)


def _limits(limits: Limits, opened: Opened) -> dict[Value, Value]:
    """Name the limits that the broker sees to."""
    names = ("memory", "cpu", "wall", "threads", "files")
    found = {name: getattr(limits, name) for name in names}
    found["processes"] = limits.processes or PROCESSES_MAX
    if opened.temporaries and limits.disk is not None:
        # A little more, so that one large file reaches the limit of the directory as well.
        found["file_size"] = limits.disk + _PAGE
    return {name: bound for name, bound in found.items() if bound is not None}


def _open_part(path: str) -> int:
    try:
        return os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise incomplete(path, error) from None


def _open_emulator(parts: Installation, is_meant: bool) -> int:
    from cloudabi import _emulation

    if not is_meant:
        raise _emulation.refusal(parts)
    return _emulation.open_emulator(parts)


def _descriptor(grant: Grant, resource: Resource) -> dict[Value, Value]:
    described: dict[Value, Value] = {
        "fd": Fd(grant.fd),
        "name": grant.place,
        "rights": grant.rights,
        "inheriting": grant.inheriting,
    }
    if isinstance(resource, File):
        described |= {"device": resource.devices, "kernel": resource.kernel}
    return described
