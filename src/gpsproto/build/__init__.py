"""Frames from typed values, by the codecs' own grammars: for tests, examples and synthetic dumps."""

from __future__ import annotations

from gpsproto.build.commands import (
    answer,
    command,
    photo_created,
    photo_error,
    photo_order,
    photo_part,
    photo_request,
    refusal,
    serial,
)
from gpsproto.build.legacy import (
    GhRecord,
    HourlyPlace,
    binary_sms,
    codec7_body,
    codec7_frame,
    codec7_packet,
    sms24,
)
from gpsproto.build.teltonika import Record, body, framed, login, tcp_frame, udp_packet

__all__ = [
    "GhRecord", "HourlyPlace", "Record", "answer", "binary_sms", "body", "codec7_body",
    "codec7_frame", "codec7_packet", "command", "framed", "login", "photo_created", "photo_error",
    "photo_order", "photo_part", "photo_request", "refusal", "serial", "sms24", "tcp_frame",
    "udp_packet",
]  # fmt: skip
