"""Arrays of an npz file, read without trusting it.

Requirements:

- Nothing in the file is executed: no pickles, no object arrays.
- Sizes are known from the headers and refused beyond a cap before anything is allocated, so that neither a zip bomb
  nor a header that lies costs memory.
- Whatever is wrong is a DataError that names file, array and remedy.
"""

from __future__ import annotations

import math
import zipfile
import zlib
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.lib import format as npy

from actreg.errors import DataError, did_you_mean, suggest

MAX_BYTES: Final = 1 << 30
"""Bytes of a data file, and of the arrays read from it together: 1 GiB."""

_HEADERS: Final = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}
_FAULTS: Final = (zipfile.BadZipFile, zlib.error, ValueError, EOFError, OSError, RuntimeError, NotImplementedError)


class NpzFile:
    """The named arrays of an npz file. cap: bytes that may be read in all."""

    def __init__(self, path: Path, cap: int = MAX_BYTES) -> None:
        self.path = path
        self._left = cap
        check_size(path, cap)
        try:
            self._archive = zipfile.ZipFile(path)
        except zipfile.BadZipFile as error:
            raise DataError(str(path), f"this is no npz file ({error}): write it with numpy.savez") from error
        self._members = {member.filename: member for member in self._archive.infolist()}

    def __enter__(self) -> NpzFile:
        return self

    def __exit__(self, *exception: object) -> None:
        self._archive.close()

    def names(self) -> list[str]:
        """The names of all arrays."""
        return [name.removesuffix(".npy") for name in self._members if name.endswith(".npy")]

    def read(self, name: str) -> np.ndarray[Any, Any]:
        """One array. Raises DataError where it is missing, damaged, too large or holds objects."""
        member = self._members.get(f"{name}.npy")
        if member is None:
            known = ", ".join(self.names()) or "none"
            hint = did_you_mean(suggest(name, self.names()))
            raise DataError(str(self.path), f"it has no array {name!r} (arrays: {known}){hint}")
        try:
            return self._read(name, member)
        except DataError:
            raise
        except _FAULTS as error:
            raise self._damaged(name, f"{type(error).__name__}: {error}") from error

    def _read(self, name: str, member: zipfile.ZipInfo) -> np.ndarray[Any, Any]:
        with self._archive.open(member) as stream:
            version = npy.read_magic(stream)
            if version not in _HEADERS:
                raise self._damaged(name, f"an array format {version} that is not read here")
            shape, _, dtype = _HEADERS[version](stream)
            if dtype.hasobject:
                raise DataError(
                    str(self.path), f"array {name!r} holds Python objects, which are never read: store numbers"
                )
            size = math.prod(shape) * dtype.itemsize
            if size > self._left:
                raise DataError(
                    str(self.path), f"array {name!r} has {size:,} bytes: at most {self._left:,} are read here"
                )
            if size + stream.tell() != member.file_size:
                raise self._damaged(
                    name, f"its header promises {size} bytes, {member.file_size - stream.tell()} are there"
                )
            self._left -= size
        with self._archive.open(member) as stream:
            array: np.ndarray[Any, Any] = npy.read_array(stream, allow_pickle=False)
            return array

    def _damaged(self, name: str, why: str) -> DataError:
        return DataError(str(self.path), f"array {name!r} is damaged ({why}): get the file again")


def check_size(path: Path, cap: int = MAX_BYTES) -> None:
    """Refuses a file larger than the cap; DataError."""
    size = path.stat().st_size
    if size > cap:
        raise DataError(str(path), f"the file has {size:,} bytes: at most {cap:,} are read here")
