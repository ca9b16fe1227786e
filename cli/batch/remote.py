"""Inputs on object stores and other remote file systems, read in place and never written to.

PyArrow's own file systems serve `file`, `s3`, `gs`, `abfs` and `hdfs`; any other scheme is fsspec's, if that is installed.
Credentials come from the environment, as those libraries look for them: one in a URL would end up in manifests.
"""

from __future__ import annotations

import fnmatch
import re
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from gex.ingest.errors import UnreadableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gex.cli.batch.chains import Stat
    from gex.ingest.blob import BinaryFile

_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)://([^/?]*)")
_MAGIC = re.compile(r"[*\[]")


class _Named:
    """A remote file with its URL as its name."""

    def __init__(self, file: Any, name: str) -> None:
        self._file, self.name = file, name

    def read(self, size: int, /) -> bytes:
        data: bytes = self._file.read(size)
        return data


def is_url(source: str) -> bool:
    """Tell whether a source lies on a file system named by a scheme."""
    return _URL.match(source) is not None


def redacted(source: str) -> str:
    """Return a source without the credentials that a URL may hold; the part before @ is a container's with Azure."""
    match = _URL.match(source)
    if not match or "@" not in match[2] or match[1].lower() in {"abfs", "abfss"}:
        return source
    return source.replace(match[2], "***@" + match[2].rpartition("@")[2], 1)


def listed(url: str) -> list[tuple[str, Stat]]:
    """Return the files that a URL means, with their sizes and times of change: itself, a folder's, a pattern's.

    Raises:
        UnreadableError: It cannot be listed, or names nothing.

    """
    from pyarrow import fs

    address, _, query = url.partition("?")
    magic = _MAGIC.search(address)
    base = address[: address.rindex("/", 0, magic.start()) + 1] if magic else address
    system, path = _system(base + (f"?{query}" if query else ""))
    with _told(url):
        info = system.get_file_info(path)
        if info.type == fs.FileType.File:
            return [(url, _stat(info))]
        if info.type == fs.FileType.NotFound:
            raise FileNotFoundError(2, "no such file or folder")
        found = system.get_file_info(fs.FileSelector(path, recursive=True))
    pattern = path.rstrip("/") + "/" + (address[len(base) :] if magic else "*")
    files = [each for each in found if each.type == fs.FileType.File and not _is_hidden(each.path, path)]
    fitting = sorted((each for each in files if fnmatch.fnmatchcase(each.path, pattern)), key=lambda each: each.path)
    if not fitting:
        raise UnreadableError("no file is found there", source=url)
    return [(_url(url, each.path, query), _stat(each)) for each in fitting]


@contextmanager
def opened(url: str) -> Iterator[tuple[BinaryFile, Callable[[], Stat]]]:
    """Open a file for reading, and give the way to see whether it has changed.

    Raises:
        UnreadableError: It cannot be opened.

    """
    system, path = _system(url)
    with _told(url):
        file = system.open_input_stream(path, compression=None)
    with file:
        yield _Named(file, url), lambda: _stat(system.get_file_info(path))


@lru_cache(maxsize=64)
def _system(url: str) -> tuple[Any, str]:
    """Return the file system of a URL, and the path in it."""
    from pyarrow import ArrowException, fs

    match = _URL.match(url)
    if match and redacted(url) != url:
        raise UnreadableError("no credentials in a URL: give them in the environment", source=redacted(url))
    try:
        found: tuple[Any, str] = fs.FileSystem.from_uri(url)
    except (ArrowException, ValueError, NotImplementedError) as error:
        return _by_fsspec(url, error)
    return found


def _by_fsspec(url: str, reason: Exception) -> tuple[Any, str]:
    from pyarrow import fs

    try:
        import fsspec
    except ImportError:
        message = f"no file system for it ({reason}); pip install fsspec and the package for its scheme"
        raise UnreadableError(message, source=url) from None
    try:
        system, path = fsspec.core.url_to_fs(url)
    except Exception as error:  # noqa: BLE001 (what a file system raises is its library's to choose)
        raise UnreadableError(f"cannot be reached: {error}", source=url) from None
    return fs.PyFileSystem(fs.FSSpecHandler(system)), path


@contextmanager
def _told(url: str) -> Iterator[None]:
    try:
        yield
    except Exception as error:  # noqa: BLE001 (as above)
        what = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise UnreadableError(f"cannot be read: {what}", source=url) from None


def _stat(info: Any) -> Stat:
    return info.size, info.mtime_ns


def _is_hidden(path: str, folder: str) -> bool:
    return any(name.startswith(".") for name in path[len(folder) :].split("/"))


def _url(given: str, path: str, query: str) -> str:
    """Return the URL of a path on the file system of another URL."""
    scheme = given.partition("://")[0]
    return f"{scheme}://{quote(path, safe='/=@:+,~')}" + (f"?{query}" if query else "")
