"""What is wrong with policies: errors, with which they cannot be used, and warnings.

Of what a policy's text says nothing leaves here but its keys and its name.
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from enum import StrEnum
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, Literal, NamedTuple

from gpsproto.category import Category
from gpsproto.errors import MEANINGS, ErrorCode, PolicyError
from gpsproto.privacy.policy import Policy, presets
from gpsproto.privacy.policy.blanks import BLANK
from gpsproto.privacy.policy.explain import coarsened
from gpsproto.privacy.policy.rules import Coarse
from gpsproto.privacy.scope import Scope

_LONGEST = 1 << 20
_FINE_S, _FINE_M = 60, 100
"""A time, and a place, that are as good as exact: two stores can be joined by them."""
_COUNTED = (Category.COUNTER, Category.ACTIVITY)
_NARROW = (Scope.RECORD, Scope.SESSION, Scope.DAY, Scope.MONTH)
_SUBJECTS = (Category.DEVICE_ID, Category.SIM_ID, Category.DRIVER_ID, Category.ACCOUNT_REF)
_HIDDEN = (Category.MOTION, Category.NET_LOCATION)


class Problem(StrEnum):
    """What a finding is about, beside the codes of errors."""

    BLANK = "blank"
    COUNTER_LINKS_EPOCHS = "counter_links_epochs"
    SAME_PLACE_TWICE = "same_place_twice"
    COARSE_PLACE = "coarse_place"
    COUNTER_BESIDE_GRID = "counter_beside_grid"
    OVERRIDE_MATCHES_NOTHING = "override_matches_nothing"
    NEVER_EXPIRES = "never_expires"
    TWO_SUBJECTS = "two_subjects"


PROBLEMS = {
    Problem.BLANK: "what the operator must fill in is left open",
    Problem.COUNTER_LINKS_EPOCHS: "a counter or activity leaves exact or in buckets, and the"
    " pseudonym of the device changes with time, or there is none: the values that only grow join"
    " what the pseudonyms keep apart",
    Problem.SAME_PLACE_TWICE: "several policies with pseudonyms of their own keep exact time and"
    " place: the same time and place in two stores joins them",
    Problem.COARSE_PLACE: "the place is coarse, so that movement and radio cells are dropped and"
    " time is rounded, although the text gives more",
    Problem.COUNTER_BESIDE_GRID: "a counter or activity leaves exact or in buckets beside a coarse"
    " place, and tells where in the cell it was",
    Problem.OVERRIDE_MATCHES_NOTHING: "an override has the name of no field",
    Problem.NEVER_EXPIRES: "no record says when it expires: time is dropped, or events alone end"
    " the retention",
    Problem.TWO_SUBJECTS: "a record has more than one pseudonym of somebody: device, and SIM,"
    " driver or account",
}
"""What the findings are about, for the documents."""

_DELTA = 'write { action = "coarsen", delta = true } for it, or drop it'
_ADVICE = {
    ErrorCode.POLICY_UNKNOWN: "name a built-in policy, or the path of a file",
    ErrorCode.POLICY_UNREADABLE: "give a text file in UTF-8, under 1 MiB, that you may read",
    ErrorCode.POLICY_NOT_TOML: "run it through a TOML checker",
    ErrorCode.POLICY_BAD_KEY: "look at the keys in: gpsproto policy schema",
    ErrorCode.POLICY_BAD_VALUE: "look at the values in: gpsproto policy schema",
    ErrorCode.POLICY_MISSING: "add the key",
    ErrorCode.POLICY_FLOOR: "take it out; no setting lifts the floor",
}
_RETAIN = 'say how long it may be kept, as {key} = "P3M"'


class Finding(NamedTuple):
    """Something that is wrong, where, and what to do about it."""

    severity: Literal["error", "warning"]
    code: str
    policy: str
    key: str
    text: str
    advice: str

    def as_dict(self) -> dict[str, str]:
        """For machines."""
        return dict(self._asdict())


class Examined(NamedTuple):
    """What was read under a name: the policy, None where it cannot be used, and its errors."""

    policy: Policy | None
    errors: tuple[Finding, ...]
    blanks: tuple[str, ...] = ()
    """Keys that must be filled in; ``policy`` has stand-ins for them."""

    @property
    def usable(self) -> bool:
        """Whether a run may use it."""
        return self.policy is not None and not self.errors


def preset_text(name: str) -> str:
    """The TOML text of a built-in policy.  Raises PolicyError."""
    if name not in presets():
        raise PolicyError(ErrorCode.POLICY_UNKNOWN, hint=f"built in: {', '.join(presets())}")
    return (resources.files(__package__) / "presets" / f"{name}.toml").read_text("utf-8")


def examine(policy: str | Path, label: str) -> Examined:
    """Read a policy by name or path; its errors, as findings about ``label``."""
    found, failed = _load(policy, {})
    if failed is None:
        return Examined(found, ())
    if failed.code is not ErrorCode.POLICY_BLANK:
        return Examined(None, tuple(_failures(failed, policy, label)))
    waiting = failed.blanks
    errors = tuple(
        Finding(
            "error", Problem.BLANK, label, key, "this must be filled in before the policy is used",
            _asked_at(key),
        )
        for key in waiting
    )  # fmt: skip
    return Examined(_load(policy, stand_ins(waiting))[0], errors, waiting)


def _load(policy: str | Path, fill: Mapping[str, str]) -> tuple[Policy | None, PolicyError | None]:
    try:
        return Policy.load(policy, fill=fill), None
    except PolicyError as error:
        return None, error


def stand_ins(keys: Collection[str]) -> dict[str, str]:
    """Values for blanks, to look at a policy that is not filled in: never to decode under."""
    return {key: "P1D" if key.startswith("retain.") else "fill-in" for key in keys}


def check(policies: Mapping[str, Policy], known: Collection[str] = ()) -> tuple[Finding, ...]:
    """Warnings about policies, by label: about each, then about them together.

    ``known`` are the override keys that mean a field; none is judged where it is empty.
    """
    found = [one for label, policy in policies.items() for one in _alone(label, policy, known)]
    return (*found, *_together(policies))


def _alone(label: str, policy: Policy, known: Collection[str]) -> Iterator[Finding]:
    def warning(code: Problem, key: str, text: str, advice: str) -> Finding:
        return Finding("warning", code, label, key, text, advice)

    coarse_place = policy.coarsens(Category.LOCATION)
    device = policy.rule(Category.DEVICE_ID)
    for category in _COUNTED:
        rule = policy.rule(category)
        if rule is None or rule.coarse.delta:
            continue
        if device is None or device.scope in _NARROW:
            scope = "has no scope" if device is None else f"is of the scope {device.scope.value}"
            yield warning(
                Problem.COUNTER_LINKS_EPOCHS, f"allow.{category}",
                f"the pseudonym of the device {scope}, and values that only grow link one to the next",
                _DELTA,
            )  # fmt: skip
        if coarse_place:
            yield warning(
                Problem.COUNTER_BESIDE_GRID, f"allow.{category}",
                "beside a coarse place, what grows with the way tells where in the cell it went",
                _DELTA,
            )  # fmt: skip
    if coarse_place:
        yield from _hidden_by_grid(label, policy)
    subjects = [one.value for one in _SUBJECTS if policy.pseudonymises(one)]
    if len(subjects) > 1:
        yield warning(
            Problem.TWO_SUBJECTS, "allow",
            f"a record has more than one pseudonym of somebody: {', '.join(subjects)};"
            " each links what the others keep apart",
            "pseudonymise one of them, unless the purpose needs them together",
        )  # fmt: skip
    if not policy.leaves(Category.TIME):
        yield warning(
            Problem.NEVER_EXPIRES, "allow.time",
            "time does not leave, so no record says when it expires",
            'allow time, coarse if need be: time = { action = "coarsen", time = "P1D" }',
        )  # fmt: skip
    elif not policy.periods:
        yield warning(
            Problem.NEVER_EXPIRES, "retain",
            "only events end the retention, so no record says when it expires",
            'bound one of them: max = "P24M"',
        )  # fmt: skip
    for key in policy.override:
        if known and key not in known:
            yield warning(
                Problem.OVERRIDE_MATCHES_NOTHING, f"override.{key}", "no field has this name",
                "look the field up with: gpsproto policy explain",
            )  # fmt: skip


def _hidden_by_grid(label: str, policy: Policy) -> Iterator[Finding]:
    """What a policy gives, and its coarse place takes back."""
    for category in _HIDDEN:
        if category in policy.allow:
            yield Finding(
                "warning", Problem.COARSE_PLACE, label, f"allow.{category}",
                f"it is dropped: beside a coarse place {category.value} would tell where in the cell",
                "take it out, so that the policy says what it does",
            )  # fmt: skip
    given, time = policy.allow.get(Category.TIME), policy.rule(Category.TIME)
    if given is not None and time is not None and given.coarse.time_s != time.coarse.time_s:
        became = coarsened(Coarse(time_s=time.coarse.time_s)).removeprefix("time ")
        yield Finding(
            "warning", Problem.COARSE_PLACE, label, "allow.time",
            f"it is rounded down to {became}: beside a coarse place a finer time would tell the way",
            f'write time = {{ action = "coarsen", time = "{became}" }}, so that the policy says it',
        )  # fmt: skip


def _together(policies: Mapping[str, Policy]) -> Iterator[Finding]:
    """Two stores that hold the same exact times and places can be joined by them."""
    exact = {label: policy for label, policy in policies.items() if _exact(policy)}
    apart = {(policy.domain, policy.scope(Category.DEVICE_ID)) for policy in exact.values()}
    if len(apart) > 1:
        yield Finding(
            "warning", Problem.SAME_PLACE_TWICE, ", ".join(exact), "allow.location, allow.time",
            "they keep exact times and places under pseudonyms that differ: the same time and place"
            " in two of them joins them again",
            "make time and place coarse in all of them but one, or give one recipient one of them",
        )  # fmt: skip


def _exact(policy: Policy) -> bool:
    time, place = policy.rule(Category.TIME), policy.rule(Category.LOCATION)
    return (
        time is not None
        and place is not None
        and (time.coarse.time_s or 0) <= _FINE_S
        and (place.coarse.grid_m or 0) <= _FINE_M
    )


def _failures(error: PolicyError, policy: str | Path, label: str) -> Iterator[Finding]:
    """An error of reading as findings; of categories without retention, all of them."""
    keys = [error.key]
    if error.code is ErrorCode.POLICY_MISSING and error.key.partition(".")[0] == "retain":
        keys = _without_retention(_parsed(_text_of(policy))) or keys
    for key in keys:
        said = MEANINGS[error.code]
        if error.line and key == error.key:
            said += f" (line {error.line})"
        advice = error.hint or _ADVICE.get(error.code, "correct it")
        if error.code is ErrorCode.POLICY_UNREADABLE:
            advice = _ADVICE[error.code]
        if key.startswith("retain.") and error.code is ErrorCode.POLICY_MISSING:
            advice = _RETAIN.format(key=key.removeprefix("retain."))
        yield Finding("error", error.code.value, label, key, said, advice)


def _without_retention(parsed: Mapping[str, Any]) -> list[str]:
    """The categories that are allowed and have no retention; none where another policy may say it."""
    allow, retain = parsed.get("allow"), parsed.get("retain", {})
    if "extends" in parsed or not isinstance(allow, dict) or not isinstance(retain, dict):
        return []
    return [
        f"retain.{one.value}"
        for one in Category
        if one.value in allow and allow[one.value] != "drop" and one.value not in retain
    ]


def _text_of(policy: str | Path) -> str:
    """The text of a policy; empty where there is none."""
    if isinstance(policy, str) and policy in presets():
        return preset_text(policy)
    path = Path(policy)
    with suppress(OSError, ValueError):
        if path.is_file() and path.stat().st_size <= _LONGEST:
            return path.read_text("utf-8")
    return ""


def _parsed(text: str) -> dict[str, Any]:
    with suppress(ValueError, RecursionError):
        return tomllib.loads(text)
    return {}


@cache
def _asked() -> Mapping[str, str]:
    """What the built-in policies ask for in their blanks: no text of anybody else is repeated."""
    asked: dict[str, str] = {}
    for name in presets():
        _ask(_parsed(preset_text(name)), (), asked)
    return asked


def _asked_at(key: str) -> str:
    """What to fill in at a key, or under it."""
    said = (text for path, text in _asked().items() if f"{path}.".startswith(f"{key}."))
    return next(said, "fill it in")


def _ask(value: object, path: Sequence[str], asked: dict[str, str]) -> None:
    if isinstance(value, dict):
        for key, inner in value.items():
            _ask(inner, (*path, key), asked)
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            _ask(inner, (*path, str(place)), asked)
    elif isinstance(value, str) and value.startswith(BLANK):
        asked[".".join(path)] = f"fill in {value.removeprefix(BLANK).lstrip(': ')}"
