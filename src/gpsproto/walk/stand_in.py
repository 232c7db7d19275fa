"""Stands in for Cython's decorators where Cython is not installed: the walk then runs as it reads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])

compiled = False


def _unchanged(function: F) -> F:
    return function


def _ignore(*_: object, **__: object) -> Callable[[F], F]:
    return _unchanged


def declare(_: object = None, value: Any = None, **__: object) -> Any:
    return value


cfunc = inline = nogil = ccall = _unchanged
exceptval = boundscheck = wraparound = cdivision = initializedcheck = locals = returns = _ignore
uchar = ushort = uint = ulonglong = short = longlong = Py_ssize_t = bint = int = int  # noqa: PLW0127
