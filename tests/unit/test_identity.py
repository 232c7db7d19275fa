from __future__ import annotations

import copy
import json
import pickle
import traceback

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpsproto.identity import Conversations, DeviceId

IMEI = b"490154203237518"
DIGITS = st.from_regex(rb"[0-9]{14,16}", fullmatch=True)


class Recorder:
    """Stands where a key stands, and keeps what came."""

    def __init__(self) -> None:
        self.came: list[tuple[str, bytes]] = []

    def pseudonym(self, kind: str, canonical: bytes) -> str:
        self.came.append((kind, canonical))
        return "dev_x"


def luhn(digits: bytes) -> bool:
    """As the card industry states it: from the right, every second doubled."""
    total = 0
    for place, digit in enumerate(reversed(digits.decode())):
        total += sum(int(one) for one in str(int(digit) * (1 + place % 2)))
    return total % 10 == 0


@given(DIGITS)
def test_a_key_gets_fourteen_digits_and_the_kind(digits: bytes) -> None:
    key = Recorder()
    assert DeviceId(digits).through(key) == "dev_x"
    assert key.came == [("device_id", digits[:14])]


@given(st.binary(max_size=20).filter(lambda b: not (14 <= len(b) <= 16 and b.isdigit())))
def test_what_is_no_imei_is_refused_and_not_quoted(digits: bytes) -> None:
    with pytest.raises(ValueError, match=r"^an IMEI has 14 to 16 digits$"):
        DeviceId(digits)


@pytest.mark.parametrize("digits", [IMEI[:13], IMEI + b"89", IMEI[:-1] + b"x", b" " + IMEI])
def test_the_refusal_of_digits_shows_none_of_them(digits: bytes) -> None:
    with pytest.raises(ValueError, match="IMEI") as caught:
        DeviceId(digits)
    assert caught.value.__context__ is None
    trace = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    shown = "".join(text for frame in trace.stack[1:] for text in (frame.locals or {}).values())
    assert digits.decode().strip()[:8] not in shown


@given(st.from_regex(rb"[0-9]{15}", fullmatch=True))
def test_the_check_digit_is_luhns(digits: bytes) -> None:
    assert DeviceId(digits).luhn_valid is luhn(digits)


@pytest.mark.parametrize(
    ("digits", "valid"),
    [
        (IMEI, True),
        (b"356307042441013", True),
        (b"490154203237519", False),
        (b"940154203237518", False),
    ],
)
def test_an_imei_with_a_check_digit_is_checked(digits: bytes, valid: bool) -> None:
    assert DeviceId(digits).luhn_valid is valid


@given(st.from_regex(rb"[0-9]{14}([0-9]{2})?", fullmatch=True))
def test_without_a_check_digit_there_is_none_to_be_wrong(digits: bytes) -> None:
    assert DeviceId(digits).luhn_valid


def test_a_device_is_redacted_however_it_is_written() -> None:
    device = DeviceId(IMEI)
    shown = {
        repr(device), str(device), f"{device}", f"{device:>40}", f"{device!r}", f"{device!s}",
        json.loads(json.dumps(device, default=str)), "%s" % device, "{:d}".format(device),  # noqa: UP031, UP032
    }  # fmt: skip
    assert shown == {"DeviceId(redacted)"}
    assert "4901" not in repr([device, {"device": device}])


def test_a_device_in_a_traceback_is_redacted() -> None:
    def fail(device: DeviceId) -> None:
        raise RuntimeError("stop")

    with pytest.raises(RuntimeError) as caught:
        fail(DeviceId(IMEI))
    trace = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    assert trace.stack[-1].locals == {"device": "DeviceId(redacted)"}


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_device_is_not_pickled(protocol: int) -> None:
    with pytest.raises(TypeError):
        pickle.dumps(DeviceId(IMEI), protocol)


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy])
def test_a_device_is_not_copied(copied: object) -> None:
    with pytest.raises(TypeError):
        copied(DeviceId(IMEI))  # type: ignore[operator]


def test_a_device_is_not_compared_or_hashed() -> None:
    one, other = DeviceId(IMEI), DeviceId(IMEI)
    for misuse in (
        lambda: one == other, lambda: one != other, lambda: one == IMEI, lambda: hash(one),
        lambda: {one}, lambda: one in [other], lambda: one < other,
    ):  # fmt: skip
        with pytest.raises(TypeError):
            misuse()


def test_a_device_is_not_listed_read_or_changed() -> None:
    device = DeviceId(IMEI)
    for misuse in (
        lambda: vars(device), lambda: bytes(device), lambda: len(device), lambda: iter(device),
        lambda: int(device),
    ):  # fmt: skip
        with pytest.raises(TypeError):
            misuse()
    with pytest.raises(AttributeError):
        device.note = 1  # type: ignore[attr-defined]


def test_a_device_keeps_its_digits_when_the_buffer_they_came_in_changes() -> None:
    buffer = bytearray(IMEI)
    device = DeviceId(buffer)
    buffer[:] = bytes(len(buffer))
    key = Recorder()
    device.through(key)
    assert key.came == [("device_id", IMEI[:14])]


@given(st.lists(st.booleans(), max_size=20))
def test_conversations_are_numbered_from_one(known: list[bool]) -> None:
    conversations = Conversations()
    devices = [DeviceId(IMEI) if one else None for one in known]
    assert [conversations.begin(device) for device in devices] == [*range(1, len(known) + 1)]
    assert len(conversations) == len(known)
    assert conversations.unidentified() == known.count(False)
    for number, device in enumerate(devices, 1):
        assert conversations.device(number) is device


@given(st.lists(st.sampled_from([IMEI, b"490154203237519", IMEI[:14]]), max_size=9))
def test_devices_whose_check_digit_does_not_fit_are_counted(devices: list[bytes]) -> None:
    conversations = Conversations()
    for digits in devices:
        conversations.begin(DeviceId(digits))
    conversations.begin()
    assert conversations.implausible == devices.count(b"490154203237519")


def test_number_nought_is_nobodys() -> None:
    assert Conversations().device(0) is None


@given(st.lists(st.integers(0, 5), max_size=30))
def test_datagrams_of_one_device_are_one_conversation(senders: list[int]) -> None:
    conversations = Conversations()
    numbers = [conversations.of_datagram(b"49015420323751%d" % sender) for sender in senders]
    assert len(conversations) == len(set(senders))
    order = list(dict.fromkeys(senders))
    assert numbers == [order.index(sender) + 1 for sender in senders]
    assert conversations.unidentified() == 0


def test_a_datagram_without_an_imei_begins_nothing() -> None:
    conversations = Conversations()
    with pytest.raises(ValueError, match="IMEI"):
        conversations.of_datagram(b"not digits")
    assert len(conversations) == 0


def test_conversations_are_redacted_and_not_pickled_or_copied() -> None:
    conversations = Conversations()
    conversations.of_datagram(IMEI)
    assert f"{conversations!r}{conversations}" == "Conversations(1)" * 2
    for misuse in (pickle.dumps, copy.copy, copy.deepcopy, vars):
        with pytest.raises(TypeError):
            misuse(conversations)
