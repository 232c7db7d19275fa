"""GPS tracker bytes to pseudonymised records: identifiers are stripped before any store sees one."""

from __future__ import annotations

from gpsproto.balance import Balance
from gpsproto.captures.recognise import InputFormat
from gpsproto.errors import (
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
from gpsproto.identity import DeviceId
from gpsproto.pipeline import decode
from gpsproto.privacy.batch import FilteredBatch
from gpsproto.privacy.contents import Coded, Column
from gpsproto.privacy.filter import PrivacyFilter
from gpsproto.privacy.keys import PseudonymKey
from gpsproto.privacy.policy import Policy
from gpsproto.session import Receiver
from gpsproto.sinks.base import Sink
from gpsproto.version import __version__
from gpsproto.walk import engine
from gpsproto.wire.limits import Limits

__all__ = [
    "AuditError", "Balance", "CaptureError", "Coded", "Column", "DeviceId", "ErrorCode", "ExtraMissing",
    "FilteredBatch", "FleetError", "FramingLost", "GpsprotoError", "InputFormat", "KeyRefused",
    "Limits", "Policy", "PolicyError", "PrivacyFilter", "PseudonymKey", "Receiver", "Sink",
    "SinkError", "TruncatedStream", "WireError", "__version__", "decode", "engine",
]  # fmt: skip
