# SPDX-License-Identifier: BSD-2-Clause
"""What people write who mean what manifests call otherwise. Imported for mistakes only."""

from __future__ import annotations


def _by_synonym(meant: dict[str, str]) -> dict[str, str]:
    return {synonym: word for word, synonyms in meant.items() for synonym in synonyms.split()}


TAGS = _by_synonym(
    {
        "!file": "!path !dir !directory !folder !open !read",
        "!fd": "!stdin !stdout !stderr !stream !descriptor !pipe",
        "!socket": "!tcp !udp !unix !listen !connect !bind",
        "!tmpdir": "!tmp !temp !tempdir !scratch",
        "!executable": "!self !exe",
    }
)
# Of the keys of a form, by its name.
KEYS = {
    "!file": _by_synonym(
        {
            "path": "name file directory dir folder",
            "mode": "access flags permission permissions",
            "symlinks": "links follow",
        }
    ),
    "!socket": _by_synonym(
        {
            "bind": "address host port local",
            "connect": "to peer remote",
            "inherit": "systemd activation fdname",
            "type": "protocol kind",
            "listen": "backlog",
            "reuse": "reuseaddr reuseport so_reuseaddr so_reuseport",
            "v6only": "ipv6only ipv6_v6only",
        }
    ),
    "limits": _by_synonym(
        {
            "memory": "ram mem address_space as",
            "cpu": "cpu_time cpu_seconds",
            "wall": "timeout time seconds wall_time",
            "threads": "tasks",
            "files": "fds descriptors open_files nofile",
            "processes": "pids nproc forks children",
            "output": "stdout bytes",
            "disk": "tmp tmpdir storage",
        }
    ),
    "!program": _by_synonym({"args": "arguments argdata value", "limits": "limit"}),
    "": _by_synonym(
        {
            "path": "sys.path pythonpath imports",
            "args": "argv arguments argdata data",
            "command": "code cmd source",
            "script": "file program main",
            "cwd": "chdir workdir directory",
            "limits": "limit ulimit",
            "limits: {memory: 64 MiB}": "memory ram mem",
            "limits: {wall: 2 s}": "wall timeout time",
            "limits: {cpu: 500 ms}": "cpu cpu_time",
            "limits: {threads: 16}": "threads",
            "limits: {processes: 4}": "processes",
        }
    ),
}
# Of the words of a key.
WORDS = {
    "mode": _by_synonym(
        {
            "read": "r ro rb readonly read-only",
            "write": "w rw wb readwrite read-write r+",
            "append": "a a+ ab",
            "create": "w+ x new",
            "exec": "rx execute run",
        }
    ),
    "type": _by_synonym({"stream": "tcp", "dgram": "udp datagram"}),
    "symlinks": _by_synonym({"refuse": "no none never deny", "follow": "yes all any"}),
    "reuse": _by_synonym({"no": "none never", "address": "yes addr"}),
}
