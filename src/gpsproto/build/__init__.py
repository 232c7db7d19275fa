"""Frames from typed values, by the codecs' own grammars: for tests, examples and synthetic dumps."""

from __future__ import annotations

from gpsproto.build.teltonika import Record, body, login, tcp_frame, udp_packet

__all__ = ["Record", "body", "login", "tcp_frame", "udp_packet"]
