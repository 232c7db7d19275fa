"""What came in and what became of it; a balance that does not close is a bug.

bytes in = logins + frames decoded + rejected + skipped; frames in = decoded + rejected;
fields in = the sum over the actions.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from gpsproto.errors import ErrorCode

BRACKET = 0x5B
"""Stands for a codec where a watch's frames are counted: the byte that opens them."""

_NAMED = 100  # refusals, and unknown elements, that are named one by one; the rest are counted
_UNKNOWN_HELD = 4_096  # unknown ids and widths that are told apart: a stranger may send any
USUAL = (
    ErrorCode.KEEP_ALIVE, ErrorCode.BETWEEN_FRAMES, ErrorCode.FROM_SERVER, ErrorCode.OTHER_TRAFFIC,
)  # fmt: skip
"""Nothing is wrong where these stand."""


@dataclass(slots=True)
class Balance:
    """Counts of one run; plain integers and codes, never a value."""

    bytes_in: int = 0
    bytes_decoded: int = 0
    bytes_logins: int = 0
    logins: int = 0
    implausible_logins: int = 0
    records: int = 0
    identified: int = 0  # these five wait to be settled into fields
    pseudonymised: int = 0
    incomplete: int = 0
    coarsened: int = 0
    withheld: int = 0
    records_private: int = 0
    records_expired: int = 0  # past their retention on the day of the run
    records_objected: int = 0  # of subjects whose records do not leave
    records_withheld: int = 0  # of the two, those that did not leave
    places_out_of_range: int = 0
    frames_by_codec: Counter[int] = field(default_factory=Counter)
    elements: int = 0  # IO elements among the fields
    elements_unknown: int = 0
    unknown: Counter[tuple[int, int]] = field(default_factory=Counter)
    """Those of them that are told apart, by id and bytes; 0 bytes: of variable length."""
    messages: Counter[str] = field(default_factory=Counter)  # of watches, by word
    notes: Counter[ErrorCode] = field(default_factory=Counter)  # on what was decoded all the same
    rejected: Counter[ErrorCode] = field(default_factory=Counter)
    bytes_rejected: Counter[ErrorCode] = field(default_factory=Counter)
    bytes_skipped: Counter[ErrorCode] = field(default_factory=Counter)
    fields_in: int = 0
    fields_by_action: Counter[str] = field(default_factory=Counter)
    dropped_by_category: Counter[str] = field(default_factory=Counter)
    ambiguous: Counter[tuple[int, int]] = field(default_factory=Counter)
    first_rejected: list[tuple[ErrorCode, int, int]] = field(default_factory=list)
    first_skipped: list[tuple[ErrorCode, int, int]] = field(default_factory=list)

    @property
    def frames(self) -> int:
        """Frames that were decoded."""
        return sum(self.frames_by_codec.values())

    def reject(self, code: ErrorCode, size: int, offset: int, at: int) -> None:
        """Count a frame that was refused; the first are named by code, offset and wrong byte."""
        self.rejected[code] += 1
        self.bytes_rejected[code] += size
        if len(self.first_rejected) < _NAMED:
            self.first_rejected.append((code, offset, at))

    def skip(self, code: ErrorCode, size: int, offset: int) -> None:
        """Count bytes that belong to no frame."""
        self.bytes_skipped[code] += size
        last = self.first_skipped[-1] if self.first_skipped else None
        if last is not None and last[0] is code and last[1] + last[2] == offset:
            self.first_skipped[-1] = (code, last[1], last[2] + size)
        elif code not in USUAL and len(self.first_skipped) < _NAMED:
            self.first_skipped.append((code, offset, size))

    def pass_over(self, code: ErrorCode, size: int) -> None:
        """Count bytes that came in and are for no framer, of ``FROM_SERVER`` or ``OTHER_TRAFFIC``."""
        if size:
            self.bytes_in += size
            self.bytes_skipped[code] += size

    def note_unknown(self, id: int, width: int, count: int) -> None:
        """Count elements of an id and width that the catalog does not hold."""
        if (id, width) in self.unknown or len(self.unknown) < _UNKNOWN_HELD:
            self.unknown[id, width] += count

    def unknown_named(self) -> dict[str, int]:
        """The most frequent unknown elements, ``id@bytes`` or ``id@var``; the most frequent first."""
        most = sorted(self.unknown.items(), key=lambda one: (-one[1], one[0]))[:_NAMED]
        return {f"{id}@{width or 'var'}": count for (id, width), count in most}

    def discrepancies(self) -> list[str]:
        """Which sums do not close; empty when every byte and field is accounted for."""
        out = self.bytes_decoded + self.bytes_logins
        out += self.bytes_rejected.total() + self.bytes_skipped.total()
        found = []
        if out != self.bytes_in:
            found.append(f"bytes: {self.bytes_in} in, {out} accounted for")
        if self.fields_by_action.total() != self.fields_in:
            found.append(
                f"fields: {self.fields_in} in, {self.fields_by_action.total()} accounted for"
            )
        return found

    def as_dict(self) -> dict[str, Any]:
        """The balance for machines: JSON types only."""
        return {
            "bytes": {
                "in": self.bytes_in,
                "decoded": self.bytes_decoded,
                "logins": self.bytes_logins,
                "rejected": _by_code(self.bytes_rejected),
                "skipped": _by_code(self.bytes_skipped),
            },
            "frames": {
                "decoded": self.frames,
                "by_codec": {
                    "watch" if codec == BRACKET else f"0x{codec:02X}": count
                    for codec, count in sorted(self.frames_by_codec.items())
                },
                "by_message": dict(sorted(self.messages.items())),
                "notes": _by_code(self.notes),
                "rejected": _by_code(self.rejected),
                "first_rejected": [
                    {"code": code.value, "offset": offset, "at": at}
                    for code, offset, at in self.first_rejected
                ],
                "first_skipped": [
                    {"code": code.value, "offset": at, "size": size}
                    for code, at, size in self.first_skipped
                ],
            },
            "logins": self.logins,
            "implausible_logins": self.implausible_logins,
            "records": self.records,
            "records_private": self.records_private,
            "records_expired": self.records_expired,
            "records_objected": self.records_objected,
            "records_withheld": self.records_withheld,
            "fields": {
                "in": self.fields_in,
                "by_action": dict(sorted(self.fields_by_action.items())),
                "dropped_by_category": dict(sorted(self.dropped_by_category.items())),
                "ambiguous": {
                    f"{id}@{width}": n for (id, width), n in sorted(self.ambiguous.items())
                },
                "unknown": self.unknown_named(),
                "places_out_of_range": self.places_out_of_range,
            },
            "closes": not self.discrepancies(),
        }


def _by_code(counts: Counter[ErrorCode]) -> dict[str, int]:
    return {code.value: count for code, count in sorted(counts.items())}
