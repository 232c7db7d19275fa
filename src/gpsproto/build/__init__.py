"""Frames from typed values, by the codecs' own grammars, and fleets of them: for tests and examples."""

from __future__ import annotations

from gpsproto.build.beacons import Beacon, Measured, advanced_list, eye_data, simple_list
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
from gpsproto.build.faults import Faults
from gpsproto.build.fleet import Fleet
from gpsproto.build.legacy import (
    GhRecord,
    HourlyPlace,
    binary_sms,
    codec7_body,
    codec7_frame,
    codec7_packet,
    sms24,
)
from gpsproto.build.sent import Counts
from gpsproto.build.teltonika import Record, body, framed, login, tcp_frame, udp_packet

__all__ = [
    "Beacon", "Counts", "Faults", "Fleet", "GhRecord", "HourlyPlace", "Measured", "Record",
    "advanced_list", "answer", "binary_sms", "body", "codec7_body", "codec7_frame",
    "codec7_packet", "command", "eye_data", "framed", "login", "photo_created", "photo_error",
    "photo_order", "photo_part", "photo_request", "refusal", "serial", "simple_list", "sms24",
    "tcp_frame", "udp_packet",
]  # fmt: skip
