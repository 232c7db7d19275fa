"""``gpsproto inspect``: one frame of a dump, byte by byte."""

from __future__ import annotations

import re
from pathlib import Path

import click

from gpsproto.balance import Balance
from gpsproto.captures.recognise import InputFormat
from gpsproto.cli import frameview
from gpsproto.cli.answer import answer_json, screen
from gpsproto.cli.family import FamilyType
from gpsproto.cli.inputs import STDIN, dumps
from gpsproto.cli.policyname import PolicyType, looked_at
from gpsproto.cli.process import FAILED, FINE, say
from gpsproto.cli.summary import many
from gpsproto.cli.usage import NEVER, Misuse
from gpsproto.errors import ErrorCode
from gpsproto.privacy.filter import PrivacyFilter
from gpsproto.privacy.keys import PseudonymKey
from gpsproto.view.inspection import Inspection, Setting, inspected
from gpsproto.view.units import Found, Sought, found_in

_FILE = click.Path(path_type=Path, readable=False)
_FORMATS = click.Choice([kind.value for kind in InputFormat])
_LIKE_A_FRAME = re.compile(r"(?:0[xX])?(?:[0-9A-Fa-f][ :-]?){14,}|\[.*", re.DOTALL)

REVEALED = "this shows personal data: do not paste it where others read it"
PERSONAL = "a place or what somebody did is shown, which is personal data"


@click.command()
@click.argument("dump", type=_FILE)
@click.option(
    "--frame", metavar="N", type=click.IntRange(1),
    help="The frame of this number; refused ones count.  [default: 1, or the only refused one]",
)  # fmt: skip
@click.option(
    "--at", metavar="OFFSET", type=click.IntRange(0),
    help="What this byte of the dump belongs to: a frame, a login, bytes that were skipped.",
)  # fmt: skip
@click.option("--rejected", is_flag=True, help="The first frame that was refused.")
@click.option(
    "--record", metavar="N", type=click.IntRange(1), help="Only the record of this number in it."
)
@click.option(
    "--policy", metavar="NAME_OR_FILE", type=PolicyType(), default="tracking", show_default=True,
    help="Say what becomes of each field under this policy.",
)  # fmt: skip
@click.option(
    "--family", metavar="F", type=FamilyType(),
    help="Device family or model, which names elements that differ by it.",
)  # fmt: skip
@click.option(
    "--input-format", type=_FORMATS, default="auto", show_default=True,
    help="Bytes or hex lines, of a TCP stream or of datagrams.",
)  # fmt: skip
@click.option("--reveal", is_flag=True, help="Show identifiers, texts and unknown bytes too.")
@click.option("--json", "as_json", is_flag=True, help="Write a JSON document.")
@click.option("--no-colour", "--no-color", is_flag=True, help="No colours; so does NO_COLOR.")
def inspect(
    dump: Path,
    frame: int | None,
    at: int | None,
    rejected: bool,
    record: int | None,
    policy: str,
    family: str | None,
    input_format: str,
    reveal: bool,
    as_json: bool,
    no_colour: bool,
) -> int:
    """Show one frame of a dump, byte by byte: what each says, and what the policy makes of it.

    DUMP is a file, or - for standard input.  Of a frame that was refused the first wrong byte is
    pointed at.  Bytes that may be an identifier are masked.  Status 1 where there is no such frame.

    \b
    Example:
      gpsproto inspect dump.bin --rejected
      gpsproto inspect dump.bin --frame 7 --record 2 --family FMB920
    """
    if (frame is not None) + (at is not None) + rejected > 1:
        raise Misuse(
            "--frame, --at and --rejected each say which frame; take one",
            click.get_current_context(),
        )
    _refuse_a_frame(dump)
    inputs = dumps([dump])
    if len(inputs) > 1:
        raise Misuse(
            f"that is {len(inputs)} dumps; name one of them, unpacked where it is in an archive",
            click.get_current_context(),
        )
    [source] = inputs
    looked = looked_at(policy)
    assert looked.policy is not None
    door = PrivacyFilter(looked.policy, PseudonymKey.new_ephemeral(), family=family)
    balance = Balance()
    found = found_in(
        source.source(), door, Sought(frame, at, rejected), balance=balance,
        input_format=InputFormat(input_format),
    )  # fmt: skip
    bad_lines = balance.rejected[ErrorCode.NOT_HEX]
    if bad_lines:
        say(f"left out as no hexadecimal digits: {many(bad_lines, 'line')}")
    if found.unit is None:
        empty = not balance.bytes_in and not bad_lines
        say(f"Error: {_nothing(found, Sought(frame, at, rejected), empty=empty)}")
        return FAILED
    shown = inspected(found.unit, Setting(looked.policy, family), reveal=reveal)
    if record is not None:
        if record > shown.records:
            say(f"Error: no record {record}: the frame holds {shown.records} that can be read")
            return FAILED
        shown = shown.record(record)
    if reveal:
        say(REVEALED)
    elif shown.is_personal:
        say(PERSONAL)
    if as_json:
        answer_json(_document(shown, found, looked.policy.name, family))
    else:
        said = frameview.head(shown, _counted(found), looked.policy.name, family)
        if shown.masked_bytes:
            said.append(f"{shown.masked_bytes} bytes are masked; --reveal shows them")
        frameview.show(screen(no_colour=no_colour), said, shown)
    if not found.frames and at is None:
        say("Error: no frame in the dump; this is what stands there")
        return FAILED
    return FINE


def _refuse_a_frame(dump: Path) -> None:
    """A frame as an argument would stand in the shell's history."""
    if dump != STDIN and _LIKE_A_FRAME.fullmatch(str(dump)) and not _is_there(dump):
        raise Misuse(
            f"{NEVER}, and a frame may hold one: paste it into a file, or pipe it into -",
            click.get_current_context(),
        )


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def _nothing(found: Found, sought: Sought, *, empty: bool) -> str:
    """Why there is nothing to show."""
    if sought.at is not None:
        return "the dump does not hold that byte"
    if sought.rejected:
        return f"no frame was refused: the dump holds {many(found.frames, 'frame')}"
    if sought.frame is not None:
        return f"the dump holds {many(found.frames, 'frame')}"
    if empty:
        return "the dump is empty, or none of its lines was read as bytes"
    return "no bytes of a device are in the dump; gpsproto summary says what is"


def _counted(found: Found) -> str:
    """Which of how many frames it is; how many is known where the dump was read to its end."""
    assert found.unit is not None
    if not found.unit.number:
        return "no frame: "
    if not found.whole:
        return f"frame {found.unit.number}, "
    refused = f" ({found.rejected} refused)" if found.rejected else ""
    return f"frame {found.unit.number} of {found.frames}{refused}, "


def _document(
    shown: Inspection, found: Found, policy: str, family: str | None
) -> dict[str, object]:
    return shown.as_dict() | {
        "frames": found.frames if found.whole else None,
        "frames_rejected": found.rejected if found.whole else None,
        "policy": policy,
        "family": family,
    }
