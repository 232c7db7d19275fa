from __future__ import annotations

import copy
import inspect
import pickle
import typing

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpsproto import errors
from gpsproto.errors import (
    MEANINGS,
    AuditError,
    CaptureError,
    ErrorCode,
    ExtraMissing,
    FleetError,
    FramingLost,
    GpsprotoError,
    KeyRefused,
    PolicyError,
    SinkError,
    TruncatedStream,
    WireError,
)  # fmt: skip
from gpsproto.walk import codes
from gpsproto.wire.frame import ERROR_CODES

CANARY = "490154203237518"
CLASSES = [kind for kind in vars(errors).values() if inspect.isclass(kind)]
TREE = [kind for kind in CLASSES if issubclass(kind, Exception)]
WORDS = {PolicyError: {"key", "hint"}, ExtraMissing: {"extra"}}
MADE = [
    GpsprotoError(ErrorCode.DEVICE_FILE),
    WireError(ErrorCode.BAD_CRC, offset=7, size=12),
    FramingLost(ErrorCode.BAD_PREAMBLE, offset=7),
    TruncatedStream(offset=7, buffered=5, needed=9),
    CaptureError(ErrorCode.UNREADABLE, errno=2),
    KeyRefused(ErrorCode.KEY_WEAK),
    PolicyError(ErrorCode.POLICY_BAD_VALUE, key="allow.time", hint="a table is wanted"),
    SinkError(28),
    FleetError(ErrorCode.FLEET_BAD_FAMILY, entry=2),
    ExtraMissing("cli"),
    AuditError(ErrorCode.AUDIT_UNWRITABLE, errno=28),
]


def test_every_kind_of_error_is_looked_at() -> None:
    assert {type(error) for error in MADE} == set(TREE)


@pytest.mark.parametrize("code", ErrorCode)
def test_every_code_has_a_meaning_in_words(code: ErrorCode) -> None:
    assert len(MEANINGS[code].split()) >= 4
    assert str(GpsprotoError(code)) == f"{code.value}: {MEANINGS[code]}"


def test_no_meaning_is_of_no_code() -> None:
    assert set(MEANINGS) == set(ErrorCode)
    assert len(set(MEANINGS.values())) == len(MEANINGS)


def test_a_code_is_named_as_it_is_written() -> None:
    assert all(code.value == code.name.lower() for code in ErrorCode)


def test_the_walk_and_the_wire_have_the_same_codes() -> None:
    every = list(ErrorCode)
    wire = every[: every.index(ErrorCode.NOT_HEX)]
    assert [ERROR_CODES[number] for number in range(1, len(wire) + 1)] == wire
    assert len(ERROR_CODES) == len(wire)
    assert all(getattr(codes, code.name) == number for number, code in ERROR_CODES.items())


@pytest.mark.parametrize("kind", TREE)
def test_an_error_is_made_of_a_code_and_integers(kind: type[Exception]) -> None:
    names = {**typing.get_type_hints(kind.__init__)}
    names.pop("return")
    words = WORDS.get(kind, set())
    assert {name for name, given in names.items() if given is str} == words
    assert {given for name, given in names.items() if name not in words} <= {ErrorCode, int}


@pytest.mark.parametrize("text", [CANARY, CANARY.encode(), f"imei {CANARY}", 4.9e14, None])
def test_what_is_no_integer_is_refused_and_not_quoted(text: typing.Any) -> None:
    for make in (
        lambda: GpsprotoError(ErrorCode.BAD_CRC, size=text),
        lambda: WireError(ErrorCode.BAD_CRC, offset=text),
        lambda: WireError(ErrorCode.BAD_CRC, offset=0, size=text),
        lambda: TruncatedStream(offset=0, buffered=text, needed=1),
        lambda: SinkError(text),
    ):
        with pytest.raises(TypeError) as caught:
            make()
        assert CANARY not in str(caught.value)


@given(
    st.sampled_from(ErrorCode),
    st.integers(0, 1 << 62),
    st.dictionaries(st.sampled_from(["size", "needed", "limit"]), st.integers(0, 1 << 62)),
)
def test_an_error_says_its_code_and_its_numbers(
    code: ErrorCode, offset: int, sizes: dict[str, int]
) -> None:
    error = WireError(code, offset=offset, **sizes)
    assert (error.code, error.offset) == (code, offset)
    assert error.numbers == {"offset": offset, **sizes}
    stated = ", ".join(f"{name} {number}" for name, number in error.numbers.items())
    assert str(error) == f"{code.value}: {MEANINGS[code]} ({stated})"


def test_the_numbers_of_an_error_are_plain_integers() -> None:
    error = WireError(ErrorCode.BAD_CRC, offset=np.int64(7), size=np.uint8(3))
    assert {type(number) for number in (*error.numbers.values(), error.offset)} == {int}


@pytest.mark.parametrize("error", MADE, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize(
    "again",
    [copy.copy, *(lambda e, p=p: pickle.loads(pickle.dumps(e, p)) for p in range(6))],
)
def test_an_error_comes_back_from_another_process(
    error: GpsprotoError, again: typing.Callable[[GpsprotoError], GpsprotoError]
) -> None:
    found = again(error)
    assert type(found) is type(error)
    assert (found.args, vars(found)) == (error.args, vars(error))


def test_a_policy_error_names_the_key_and_what_is_wanted() -> None:
    error = PolicyError(ErrorCode.POLICY_BAD_VALUE, key="allow.time", hint="a table is wanted")
    meaning = MEANINGS[ErrorCode.POLICY_BAD_VALUE]
    assert str(error) == f"policy_bad_value: {meaning}; at allow.time; a table is wanted"


def test_a_policy_error_tells_the_line_of_the_key_or_the_line_alone() -> None:
    assert "; at allow.time (line 7)" in str(
        PolicyError(ErrorCode.POLICY_BAD_VALUE, key="allow.time", line=7)
    )
    error = PolicyError(ErrorCode.POLICY_NOT_TOML, line=7)
    assert str(error).endswith("; at line 7")
    assert error.line == 7


def test_a_sink_error_says_what_the_system_says() -> None:
    assert "No space left on device" in str(SinkError(28))
    assert SinkError(28).errno == 28


def test_a_missing_extra_names_the_command_that_brings_it() -> None:
    assert "pip install 'gpsproto[cli]'" in str(ExtraMissing("cli"))


def test_a_lost_stream_and_a_truncated_one_are_wire_errors() -> None:
    assert issubclass(FramingLost, WireError)
    assert issubclass(TruncatedStream, WireError)
    assert all(issubclass(kind, GpsprotoError) for kind in TREE)
