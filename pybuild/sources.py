# SPDX-License-Identifier: BSD-2-Clause
# Third-party sources: the pinned list, fetching, verifying and unpacking.

import hashlib
import http.client
import shutil
import tarfile
import tempfile
import tomllib
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pybuild.errors import SourceError

APT_DIRECTORY = Path("/etc/apt")
FETCH_TIMEOUT_SECONDS = 30


@dataclass(frozen=True)
class Source:
    """One release file; `sha256` decides, wherever the bytes came from.

    pool: where Debian's mirrors have it; empty when they do not.
    package: what pip calls it, if pip can get it as well.
    part: the only folder to unpack, relative to the archive's top folder.
    """

    name: str
    title: str
    version: str
    license: str
    license_files: tuple[str, ...]
    used_in: str
    size: int
    sha256: str
    pool: str = ""
    url: str | None = None
    package: str | None = None
    part: str = ""

    @property
    def filename(self) -> str:
        """Name of the file in the download cache."""
        return self.pool.rpartition("/")[2] or f"{self.name}-{self.version}.tar.gz"


def load(path: Path) -> dict[str, Source]:
    """Read sources.toml."""
    with path.open("rb") as stream:
        table = tomllib.load(stream)
    return {name: _parse(name, entry) for name, entry in table.items()}


def fetch(source: Source, folder: Path, apt: Path = APT_DIRECTORY) -> Path:
    """Return the verified file of a source, downloading it into `folder` when it is not there.

    apt: the configuration that names a Debian mirror.
    Raises SourceError: no place offers the pinned bytes; says what was tried and what to do.
    """
    target = folder / source.filename
    failures = []
    if target.exists():
        problem = _mismatch(source, target)
        if problem is None:
            return target
        failures.append(f"{target}: {problem}, removed")
        target.unlink()
    folder.mkdir(parents=True, exist_ok=True)
    for address in _addresses(source, apt):
        problem = _download(source, address, target)
        if problem is None:
            return target
        failures.append(f"{address}: {problem}")
    raise SourceError(_nowhere(source, target, failures))


def unpack(archive: Path, folder: Path, part: str = "") -> Path:
    """Unpack a verified tar file into an absent folder, without its single top folder.

    part: the only folder to unpack, relative to the top folder.
    """
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        with tarfile.open(archive) as tar:
            # Python 3.11.3 and older have no filters; the hash vouches for the file there.
            tar.extraction_filter = getattr(tarfile, "data_filter", None)
            tar.extractall(scratch, (entry for entry in tar if _is_in(entry.name, part)))
        (top,) = Path(scratch).iterdir()
        top.rename(folder)
    return folder


def _is_in(name: str, part: str) -> bool:
    return not part or f"{name}/".partition("/")[2].startswith(f"{part}/")


def mirrors(apt: Path = APT_DIRECTORY) -> list[str]:
    """Return the base addresses that apt uses for the `main` component, in order."""
    found: dict[str, None] = {}
    for path in [apt / "sources.list", *sorted((apt / "sources.list.d").glob("*"))]:
        if path.suffix == ".list" and path.is_file():
            found.update(dict.fromkeys(_one_line_addresses(path.read_text())))
        elif path.suffix == ".sources":
            found.update(dict.fromkeys(_deb822_addresses(path.read_text())))
    return [base.rstrip("/") for address in found for base in _resolve(address)]


def _parse(name: str, entry: dict[str, Any]) -> Source:
    return Source(name, **entry | {"license_files": tuple(entry["license_files"])})


def _addresses(source: Source, apt: Path) -> Iterator[str]:
    if source.url:
        yield source.url
    for base in mirrors(apt) if source.pool else []:
        yield f"{base}/pool/main/{urllib.parse.quote(source.pool, safe='/+')}"


def _download(source: Source, address: str, target: Path) -> str | None:
    """Fetch to a temporary name and rename once verified; return the problem, if any."""
    with tempfile.NamedTemporaryFile(dir=target.parent, prefix=".fetch-", delete=False) as stream:
        partial = Path(stream.name)
        try:
            with urllib.request.urlopen(address, timeout=FETCH_TIMEOUT_SECONDS) as response:
                shutil.copyfileobj(response, stream)
            stream.flush()
            problem = _mismatch(source, partial)
            if problem is None:
                partial.chmod(0o644)
                partial.replace(target)
            return problem
        except (OSError, ValueError, http.client.HTTPException) as error:
            return str(error) or type(error).__name__
        finally:
            partial.unlink(missing_ok=True)


def _mismatch(source: Source, path: Path) -> str | None:
    size = path.stat().st_size
    if size != source.size:
        return f"has {size} bytes instead of {source.size}"
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    return None if digest == source.sha256 else f"has the SHA-256 {digest}"


def _nowhere(source: Source, target: Path, failures: list[str]) -> str:
    tried = "".join(f"\n  tried {line}" for line in failures)
    return (
        f"cannot get the source of {source.title} {source.version}{tried}\n"
        f"  = help: put the file with the SHA-256 {source.sha256}\n"
        f"    at {target} and start again"
    )


def _one_line_addresses(text: str) -> Iterator[str]:
    """Yield the addresses of the `deb [options] ADDRESS SUITE COMPONENT…` lines."""
    for line in text.splitlines():
        kind, _, rest = line.partition("#")[0].strip().partition(" ")
        rest = rest.strip()
        if rest.startswith("["):
            rest = rest.partition("]")[2]
        words = rest.split()
        if kind in ("deb", "deb-src") and "main" in words[2:]:
            yield words[0]


def _deb822_addresses(text: str) -> Iterator[str]:
    """Yield the addresses of the paragraphs of a .sources file that are enabled."""
    for fields in _paragraphs(text):
        enabled = fields.get("enabled", "yes").lower() not in ("no", "false", "off", "0")
        if enabled and "main" in fields.get("components", "").split():
            yield from fields.get("uris", "").split()


def _paragraphs(text: str) -> Iterator[dict[str, str]]:
    fields: dict[str, str] = {}
    last = ""
    for line in [*text.splitlines(), ""]:
        if line.startswith("#"):
            continue
        if not line.strip():
            if fields:
                yield fields
            fields = {}
        elif line[0].isspace():
            fields[last] = f"{fields.get(last, '')} {line.strip()}"
        else:
            last, _, value = line.partition(":")
            last = last.lower()
            fields[last] = value.strip()


def _resolve(address: str) -> list[str]:
    """Turn apt's `mirror+file:` lists into what they list, and drop what cannot be fetched."""
    scheme, _, rest = address.partition(":")
    if scheme == "mirror+file":
        path = Path("/" + rest.lstrip("/"))
        lines = path.read_text().splitlines() if path.is_file() else []
        return [line.split()[0] for line in lines if line.strip() and not line.startswith("#")]
    return [address] if scheme in ("http", "https", "file") else []
