"""A device's identifier while it is still one: held, never shown."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import NoReturn, Protocol, SupportsIndex, final


class Keyed(Protocol):
    """What an identifier may be put through: a keyed one-way function."""

    def pseudonym(self, kind: str, canonical: bytes) -> str:
        """Return the pseudonym of the canonical form under the kind's link key."""


@final
class DeviceId:
    """An IMEI from a login, a datagram or a device file, or the id of a watch: opaque, redacted.

    It can be put through a key; it cannot be read, compared, hashed, copied, pickled or printed.
    This guards against mistakes, not against hostile code in the same process.
    """

    __slots__ = ("__digits", "__of_watch")
    __hash__: None  # type: ignore[assignment]

    def __init__(self, digits: bytes) -> None:
        self.__digits = bytes(digits)
        self.__of_watch = False
        if not (14 <= len(self.__digits) <= 16 and self.__digits.isdigit()):
            del digits
            raise ValueError("an IMEI has 14 to 16 digits")

    @classmethod
    def of_watch(cls, text: bytes) -> DeviceId:
        """The id that a watch's frames bear: 1 to 20 letters and digits, ten digits as a rule."""
        made = cls(b"00000000000000")
        made.__digits = bytes(text)
        made.__of_watch = True
        if not (
            1 <= len(made.__digits) <= 20 and made.__digits.isascii() and made.__digits.isalnum()
        ):
            del made, text
            raise ValueError("the id of a watch has 1 to 20 letters and digits")
        return made

    def through(self, key: Keyed) -> str:
        """Put the canonical form through a key: an IMEI without check digit; a watch's id as sent.

        They are two kinds: ten digits of an IMEI and the IMEI have nothing to do with each other
        unless somebody who knows it says so.
        """
        if self.__of_watch:
            return key.pseudonym("watch_id", self.__digits)
        return key.pseudonym("device_id", self.__digits[:14])

    @property
    def luhn_valid(self) -> bool:
        """Whether the check digit fits; True where there is none (14 or 16 digits, a watch)."""
        if len(self.__digits) != 15 or self.__of_watch:
            return True
        total = 0
        for place, digit in enumerate(self.__digits):
            value = (digit - 48) * (1 + place % 2)
            total += value - 9 if value > 9 else value
        return total % 10 == 0

    def __repr__(self) -> str:
        return "DeviceId(redacted)"

    __str__ = __repr__

    def __format__(self, _: str) -> str:
        return repr(self)

    def __eq__(self, _: object) -> NoReturn:
        raise TypeError("a DeviceId cannot be compared")

    def __reduce_ex__(self, _: SupportsIndex) -> NoReturn:
        raise TypeError("a DeviceId cannot be pickled or copied")

    def __copy__(self) -> NoReturn:
        raise TypeError("a DeviceId cannot be copied")

    __deepcopy__: Callable[..., NoReturn] = __reduce_ex__


@final
class Conversations:
    """The conversations of one run: a running number each, from 1, and its device if one is known."""

    __slots__ = ("__by_digits", "__devices", "implausible", "token")

    def __init__(self) -> None:
        self.__devices: list[DeviceId | None] = [None]  # number 0 is nobody's
        self.__by_digits: dict[bytes, int] = {}
        self.implausible = 0  # devices whose check digit does not fit
        self.token = secrets.token_bytes(16)  # tells them from those of other runs of equal numbers

    def __len__(self) -> int:
        return len(self.__devices) - 1

    def __repr__(self) -> str:
        return f"Conversations({len(self)})"

    def __reduce_ex__(self, _: SupportsIndex) -> NoReturn:
        raise TypeError("conversations cannot be pickled or copied")

    def begin(self, device: DeviceId | None = None) -> int:
        """Begin a conversation; return its number."""
        if device is not None and not device.luhn_valid:
            self.implausible += 1
        self.__devices.append(device)
        return len(self.__devices) - 1

    def of_datagram(self, digits: bytes) -> int:
        """Number of the conversation with the device that every datagram names."""
        number = self.__by_digits.get(digits)
        if number is None:
            number = self.__by_digits[digits] = self.begin(DeviceId(digits))
        return number

    def device(self, number: int) -> DeviceId | None:
        """The device of a conversation, or None where the dump holds no login."""
        return self.__devices[number]

    def unidentified(self) -> int:
        """How many conversations have no device."""
        return sum(device is None for device in self.__devices[1:])
