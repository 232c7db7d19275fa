"""Every sink that is there, found by looking: a new one is hunted by being a module of sinks."""

from __future__ import annotations

import importlib
import inspect
import io
import pkgutil
import tempfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any

from gpsproto import sinks
from gpsproto.privacy.batch import FilteredBatch
from gpsproto.prove.containers import opened, packed
from gpsproto.prove.matcher import Bytes
from gpsproto.prove.search import Search
from gpsproto.sinks.base import Sink
from gpsproto.sinks.dataset import PARTITION_COLUMNS, ParquetDataset

_MOST_FOLDERS = ("expires_on", "subject"), PARTITION_COLUMNS


@cache
def kinds() -> dict[str, type[Sink]]:
    """Every sink by the name of its class."""
    found = {}
    for module in pkgutil.iter_modules(sinks.__path__, f"{sinks.__name__}."):
        for name, one in vars(importlib.import_module(module.name)).items():
            if (
                inspect.isclass(one) and issubclass(one, Sink) and one.__module__ == module.name
                and not inspect.isabstract(one)
            ):  # fmt: skip
                found[name] = one
    return found


class _Taken:
    """A sink that is written to, and what it wrote to."""

    def __init__(self, name: str, sink: Sink, collect: Callable[[], Iterator[bytes]]) -> None:
        self.name = name
        self.sink = sink
        self.collect = collect


class SinkSet:
    """One of every sink; ``close`` hands all that they wrote to the search."""

    def __init__(self, search: Search, *, folders: bool = False) -> None:
        """``folders``: into files of their own and partitions as well, which takes its time."""
        self._search = search
        self._folder = tempfile.TemporaryDirectory(prefix="gpsproto-prove-")
        self._taken: list[_Taken] = []
        for name, kind in kinds().items():
            if issubclass(kind, ParquetDataset):
                for number, by in enumerate(_MOST_FOLDERS if folders else ()):
                    self._dataset(f"{name}-{number}", name, kind, by)
            elif folders:
                self._path(name, kind)
            else:
                self._file(name, kind)

    def _file(self, name: str, kind: type[Any]) -> None:
        out = io.BytesIO()
        self._taken.append(_Taken(name, kind(out), lambda: iter((out.getvalue(),))))

    def _path(self, name: str, kind: type[Any]) -> None:
        """The same into a file of its own, whose name and folder are looked at too."""
        folder = Path(self._folder.name) / name
        folder.mkdir()
        self._taken.append(_Taken(name, kind(folder / "out"), lambda: _tree(folder)))

    def _dataset(
        self, folder_name: str, name: str, kind: type[ParquetDataset], by: tuple[str, ...]
    ) -> None:
        folder = Path(self._folder.name) / folder_name
        self._taken.append(_Taken(name, kind(folder, by), lambda: _tree(folder)))

    def write(self, batch: FilteredBatch) -> None:
        """Write a batch to each."""
        for one in self._taken:
            one.sink.write(batch)

    def close(self, frames: int) -> None:
        """End each, and search what is there."""
        for one in self._taken:
            one.sink.close()
            self._search.planted(one.name, frames)
            self._search.look("repr", repr(one.sink), Bytes.TEXT)
            for data in one.collect():
                self._of(one.name, data)
        for name in {str(path) for path in Path(self._folder.name).rglob("*")}:
            self._search.look("file names", name, Bytes.TEXT)
        self._folder.cleanup()

    def _of(self, name: str, data: bytes) -> None:
        if packed(data):
            self._search.look(name, data, Bytes.COMPRESSED)
            for part in opened(data):
                self._search.look(f"{name}, opened", part, Bytes.BINARY)
        else:
            self._search.look(name, data, Bytes.TEXT)

    def __enter__(self) -> SinkSet:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._folder.cleanup()


def _tree(folder: Path) -> Iterator[bytes]:
    for path in folder.rglob("*"):
        if path.is_file():
            yield path.read_bytes()
