"""What an envelope of a tracker carries: a codec id, a count, and records or commands."""

from __future__ import annotations

from gpsproto import codecs
from gpsproto.errors import ErrorCode
from gpsproto.view import avl, codec7, commands
from gpsproto.view.actions import Actions
from gpsproto.view.masking import Doubt
from gpsproto.view.reading import Node, Reading, Stop

NAMES = {codec7.CODEC: "Codec 7", **commands.CODECS}
"""Codecs that are no shape of AVL records."""


def name_of(codec: int) -> str:
    """The name of a codec by its id; empty where there is no such one."""
    shape = codecs.shapes().get(codec)
    return NAMES.get(codec, "" if shape is None else shape.name)


def read(
    r: Reading, actions: Actions, *, whole: bool, vouched: bool
) -> tuple[Node | None, Stop | None]:
    """Read up to ``r.stop``, the second count: the node of the first count, and where it stopped.

    ``whole``: its end is there.  ``vouched``: a checksum holds.  What is behind the stop is covered.
    """
    count: Node | None = None
    stopped: Stop | None = None
    before = len(r.siblings)
    try:
        codec = r.number("codec", 1, plain=True)
        r.last.value = name_of(codec) or "not known"
        codec_at = r.last
        number = r.number("count", 1, plain=True)
        count = r.last
        if codec in commands.CODECS:
            if whole or number:
                commands.read(r, codec, number, actions)
        elif not name_of(codec):
            codec_at.fails("no such codec is read")
            r.fault(ErrorCode.UNKNOWN_CODEC, codec_at.start)
        elif not number:
            count.fails("a frame holds one record at least", "at least 1")
            r.fault(ErrorCode.NO_RECORDS, count.start)
        elif codec == codec7.CODEC:
            codec7.records(r, number, actions)
        else:
            avl.records(r, codecs.shapes()[codec], number, actions)
    except Stop as stop:
        stopped = stop
    _doubt(r.siblings[before:], stopped, whole=whole, vouched=vouched)
    r.rest()
    return count, stopped


def _doubt(nodes: list[Node], stopped: Stop | None, *, whole: bool, vouched: bool) -> None:
    """Say how far names can be believed: see ``masking``."""
    if vouched and stopped is None:
        return
    doubt = Doubt.UNVOUCHED
    if stopped is not None and whole and not vouched:
        doubt = Doubt.LOST
    for node in nodes:
        if not node.plain:
            node.doubt = max(node.doubt, doubt)
