"""Where a key comes from: a file, its path in the environment, or a systemd credential."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from gpsproto.cli.usage import Misuse
from gpsproto.errors import ErrorCode, KeyRefused
from gpsproto.privacy.keys import PseudonymKey

KEY_FILE_VARIABLE = "GPSPROTO_KEY_FILE"

_Command = TypeVar("_Command", bound=Callable[..., Any])
_LIKE_A_KEY = re.compile(r"gpsproto-key/|[0-9A-Fa-f]{64}|^[0-9A-Za-z+/_-]{43}=$")


def key_options(help: str) -> Callable[[_Command], _Command]:
    """The two options of a verb that takes a key: ``key_file`` and ``key_credential``."""

    def add(command: _Command) -> _Command:
        command = click.option(
            "--key-credential",
            metavar="NAME",
            help="Take the key from this systemd credential, LoadCredential=NAME:/path.",
        )(command)
        return click.option(
            "--key-file",
            metavar="F",
            envvar=KEY_FILE_VARIABLE,
            show_envvar=True,
            # whether it can be read is said by who reads it
            type=click.Path(path_type=Path, readable=False),
            help=help,
        )(command)

    return add


def key_of(option: Path | None, credential: str | None) -> PseudonymKey:
    """The key of a file or a credential; one that lives for the run where neither is named.

    Raises KeyRefused, Misuse where both are named, and both without what was given.
    """
    if option is None and credential is None:
        return PseudonymKey.new_ephemeral()
    if option is not None and credential is not None:
        del option, credential
        raise Misuse(
            f"a key comes from one place: --key-file (or {KEY_FILE_VARIABLE}), or --key-credential",
            click.get_current_context(silent=True),
        )
    if credential is not None:
        return PseudonymKey.from_credential(credential)
    assert option is not None
    if _LIKE_A_KEY.search(str(option)):
        # the frame of an error must not hold it
        del option
        raise KeyRefused(ErrorCode.KEY_IN_ENVIRONMENT)
    return PseudonymKey.from_file(option)


def lasting_key_of(option: Path | None, credential: str | None) -> PseudonymKey:
    """The same where a key of the run would be of no use; Misuse where none is named."""
    if option is None and credential is None:
        raise Misuse(
            f"a key is wanted: --key-file (or {KEY_FILE_VARIABLE}), or --key-credential",
            click.get_current_context(silent=True),
        )
    return key_of(option, credential)
