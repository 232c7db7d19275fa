"""What a run says at its end: to a person on standard error, to a machine as JSON."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from rich.console import Console
from rich.text import Text

from gpsproto import catalog
from gpsproto.balance import BRACKET
from gpsproto.category import Category
from gpsproto.cli.run import Run
from gpsproto.errors import MEANINGS
from gpsproto.privacy.retention import Period
from gpsproto.version import __version__
from gpsproto.walk import engine

_REJECTED_NAMED = 20
_AMBIGUOUS_NAMED = 8
_UNKNOWN_NAMED = 8
LABEL = 10
_CODECS = {
    0x04: "4", 0x07: "7", 0x08: "8", 0x0C: "12", 0x0D: "13", 0x0E: "14", 0x0F: "15", 0x10: "16",
    0x8E: "8E",
}  # fmt: skip

Line = tuple[str, str]
"""A label and what it says."""


def as_json(run: Run) -> bytes:
    """The balance and what it was made with; no path, no value."""
    head = {
        "version": __version__,
        "engine": engine(),
        "policy": {"name": run.policy.name, "digest": run.policy.digest},
        "key_id": run.key_id,
        "key_ephemeral": run.key.ephemeral,
        "family": run.settings.family,
        "inputs": run.inputs,
        "conversations": len(run.conversations),
        "unidentified_conversations": run.conversations.unidentified(),
    }
    return json.dumps(head | balance_dict(run), indent=2).encode() + b"\n"


def balance_dict(run: Run) -> dict[str, Any]:
    """The balance, with the number of the input at each thing refused."""
    content = run.balance.as_dict()
    frames = content["frames"]
    for entry, (number, _, _) in zip(frames["first_rejected"], run.rejected(), strict=True):
        entry["input"] = number
    for entry, number in zip(frames["first_skipped"], run.skipped(), strict=True):
        entry["input"] = number
    return content


def show(run: Run, console: Console) -> None:
    """Print the summary: a label and a sentence a line."""
    show_lines((*balance_lines(run), *rejected_lines(run), *_notes(run)), console)


def show_lines(lines: Iterable[Line], console: Console) -> None:
    """Print labelled sentences."""
    for label, text in lines:
        line = Text.assemble((label.ljust(LABEL), "bold cyan"), _printable(text))
        # off a terminal a sentence is a line, so that it can be searched for
        console.print(line, soft_wrap=not console.is_terminal)


def balance_lines(run: Run) -> Iterator[Line]:
    """What came in, and what became of it."""
    balance = run.balance
    parts = {
        "decoded": balance.bytes_decoded,
        "logins": balance.bytes_logins,
        "rejected": balance.bytes_rejected.total(),
        "skipped": balance.bytes_skipped.total(),
    }
    yield "gpsproto", f"{__version__}, {engine()} engine, policy {run.policy.name}"
    yield "bytes", f"{balance.bytes_in:,} in" + _sum(parts)
    codecs = ", ".join(
        f"{count:,} of {_codec(codec)}"
        for codec, count in sorted(balance.frames_by_codec.items())
        if count
    )
    frames = f"{balance.frames:,} decoded" + (f" ({codecs})" if codecs else "")
    yield "frames", f"{frames}, {balance.rejected.total():,} rejected; {balance.logins:,} logins"
    if balance.messages:
        yield "messages", _counted(balance.messages)
    for code, count in sorted(balance.notes.items()):
        yield "noted", f"{count:,} {code.value}: {MEANINGS[code]}"
    private = balance.records_private
    in_private = f", {private:,} of them in private mode" if private else ""
    yield "records", f"{balance.records:,}{in_private}"
    if balance.records_expired:
        kept = (
            "not written"
            if run.settings.expired == "drop"
            else "kept: --expired drop leaves them out"
        )
        yield "expired", f"{many(balance.records_expired, 'record')} past their retention, {kept}"
    if balance.records_objected:
        yield "objected", f"{many(balance.records_objected, 'record')} of who objected, not written"
    yield "fields", f"{balance.fields_in:,} in" + _sum(balance.fields_by_action)
    if balance.dropped_by_category:
        yield "dropped", _counted(balance.dropped_by_category)
    if balance.places_out_of_range:
        yield "places", f"{balance.places_out_of_range:,} out of range, left empty"
    if balance.implausible_logins:
        yield "logins", f"{balance.implausible_logins:,} with a wrong check digit"


def rejected_lines(run: Run) -> Iterator[Line]:
    """What was refused, and the bytes that belong to no frame."""
    balance = run.balance
    for code, count in sorted(balance.rejected.items()):
        size = balance.bytes_rejected[code]
        yield "rejected", f"{count:,} {code.value} ({size:,} bytes): {MEANINGS[code]}"
    for number, code, offset in islice(run.rejected(), _REJECTED_NAMED):
        yield "", f"input#{number} at offset {offset}: {code.value}"
    more = balance.rejected.total() - _REJECTED_NAMED
    if more > 0:
        yield "", f"and {more:,} more"
    for code, size in sorted(balance.bytes_skipped.items()):
        yield "skipped", f"{size:,} bytes {code.value}: {MEANINGS[code]}"


def nothing_lines(run: Run) -> Iterator[Line]:
    """That there was no frame."""
    if not run.balance.frames and not run.balance.logins:
        yield (
            "nothing",
            "no frame was found: is it a dump, a capture or a log of trackers or watches?",
        )


def _notes(run: Run) -> Iterator[Line]:
    yield from nothing_lines(run)
    yield from unknown_lines(run)
    yield from ambiguous_lines(run)
    unknown = run.conversations.unidentified()
    if unknown and run.policy.pseudonymises(Category.DEVICE_ID):
        of_all = f"{unknown:,} of {many(len(run.conversations), 'conversation')}"
        yield "devices", f"{of_all} without login or device id: the subject is unknown_<n>"
        yield "", "--device-file gives the id of who speaks there"
    if run.device is not None and not run.device.luhn_valid:
        yield "devices", "the check digit of the id in the device file does not fit; is it right?"
    if run.policy.keeps(Category.LOCATION):
        yield "privacy", "exact positions are kept: pseudonymised, and still personal data"
    elif run.policy.coarsens(Category.LOCATION):
        grid = f"{run.policy.grid_m:,} m"
        yield "privacy", f"positions are those of cells of {grid}: still personal data"
    else:
        yield "privacy", "no positions are kept; pseudonymised, and not anonymous"
    yield from _pseudonyms(run)
    if run.policy.periods:
        shortest = min(run.policy.periods, key=lambda period: period.least_days)
        yield "retention", f"a record may be kept {_spoken(shortest)}, until its expires_on"
        yield "", "deleting it by then is up to whoever stores it"
    for found in run.balance.discrepancies():
        yield "BUG", f"the balance does not close: {found}; please report this line"


def _pseudonyms(run: Run) -> Iterator[Line]:
    if not run.policy.pseudonymises(Category.DEVICE_ID):
        yield "", "the policy drops device ids: no record says whose it is"
    elif run.key.ephemeral:
        yield "", "pseudonyms hold within this run only: its key is gone"
        yield "", "for ones that last: gpsproto keys new FILE, then --key-file FILE"
        if any(not subject.startswith("unknown_") for subject in run.settings.families):
            yield (
                "",
                "so no pseudonym in the family file can be one of this run: it wants --key-file",
            )
    else:
        yield "", f"pseudonyms (key {run.key_id}) hold as long as the key file is kept"


def unknown_lines(run: Run) -> Iterator[Line]:
    """Elements that the catalog does not hold, the most frequent by id and width."""
    total = run.balance.elements_unknown
    if not total:
        return
    of = run.settings.family or "the catalog"
    yield "unknown", f"{many(total, 'element')} with an id or a width that {of} does not hold"
    named = run.balance.unknown_named()
    shown = list(islice(named.items(), _UNKNOWN_NAMED))
    more = total - sum(count for _, count in shown)
    text = ", ".join(f"{one} ({count:,})" for one, count in shown)
    if shown:
        yield "", f"by id@bytes: {text}" + (f" and {more:,} more" if more else "")


def ambiguous_lines(run: Run) -> Iterator[Line]:
    """Elements without a name, by the families that would give them one."""
    facts = catalog.load()
    groups: dict[tuple[str, ...], list[str]] = {}
    for (id, width), count in sorted(run.balance.ambiguous.items()):
        if count:
            families = [f for f in catalog.FAMILIES if facts.meaning(id, width, f) is not None]
            plain = [f for f in families if catalog.PARENTS.get(f) not in families]
            named_by = () if run.settings.family else tuple(plain)
            groups.setdefault(named_by, []).append(f"avl_{id} of {width} bytes")
    for named_by, elements in groups.items():
        text = ", ".join(elements[:_AMBIGUOUS_NAMED])
        if len(elements) > _AMBIGUOUS_NAMED:
            text += f" and {len(elements) - _AMBIGUOUS_NAMED} more"
        if named_by:
            text += f": the name differs by device family; --family {'|'.join(named_by)}"
        else:
            text += ": no single name"
        yield "unnamed", text


def _codec(codec: int) -> str:
    return "watches" if codec == BRACKET else f"codec {_CODECS.get(codec, f'0x{codec:02X}')}"


def _sum(parts: Counter[str] | dict[str, int]) -> str:
    held = {name: count for name, count in parts.items() if count}
    return f" = {' + '.join(f'{n:,} {name}' for name, n in held.items())}" if held else ""


def _counted(counts: Counter[str]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in counts.most_common() if count)


def many(count: int, noun: str) -> str:
    """A count and its noun."""
    return f"{count:,} {noun}" + ("s" if count != 1 else "")


def _spoken(period: Period) -> str:
    years, months = divmod(period.months, 12)
    units = {"year": years, "month": months, "day": period.days}
    parts = [many(n, unit) for unit, n in units.items() if n]
    return " and ".join(parts) or "less than a day"


def _printable(text: str) -> str:
    """A policy's name is free text: no escape sequence of it reaches a terminal."""
    return "".join(char if char.isprintable() else "?" for char in text)


def strict_fault(run: Run) -> str:
    """What ``--strict`` does not bear; empty where all went well."""
    parts = []
    if run.balance.rejected:
        parts.append(f"{many(run.balance.rejected.total(), 'frame')} rejected")
    if run.skipped_bytes:
        parts.append(f"{many(run.skipped_bytes, 'byte')} in no frame")
    return " and ".join(parts)
