"""The form of a policy as a JSON Schema (2020-12), so that an editor completes and checks one.

It says what each key takes.  What lies between keys (a retention for each allowed category, bounds
in order, an override stricter than its category) only the reader can say.
"""

from __future__ import annotations

import json
from typing import Any

from gpsproto.category import Category
from gpsproto.privacy.policy import overrides
from gpsproto.privacy.policy.allowance import KEPT, LONGEST_TEXT, MOST_BUCKETS, SCOPES, WAYS
from gpsproto.privacy.policy.blanks import BLANK
from gpsproto.privacy.policy.policy import (
    LONGEST_DESCRIPTION,
    LONGEST_NAME,
    MOST_PURPOSES,
    MOST_SINKS,
    RESERVED,
    SINK,
)
from gpsproto.privacy.policy.rules import EVENTS, LEGAL_BASES, ROLES
from gpsproto.privacy.policy.sheet import LONGEST_PATH, NEEDED
from gpsproto.privacy.policy.values import GRID, STEP
from gpsproto.privacy.retention import _PERIOD
from gpsproto.privacy.scope import Scope

_Schema = dict[str, Any]

_LINE: _Schema = {"type": "string", "maxLength": LONGEST_TEXT}
_TOLD: _Schema = {**_LINE, "minLength": 1}
_GROUND: _Schema = {**_LINE, "examples": list(LEGAL_BASES)}


def schema() -> _Schema:
    """The schema, of plain dicts and lists."""
    retained = sorted({*KEPT, *SCOPES})
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "gpsproto policy",
        "description": "What may leave, under which pseudonym, for how long. What it does not name"
        " is dropped.",
        **_table(
            {
                "name": _text("The name, in summaries and stores.", LONGEST_NAME),
                "description": {"type": "string", "maxLength": LONGEST_DESCRIPTION},
                "extends": _text(
                    "A built-in policy or a path: this one may only be stricter.", LONGEST_PATH
                ),
                "loosen": _text("Why this one is looser than what it extends.", LONGEST_TEXT),
                "pseudonym": _table(
                    {
                        "domain": {
                            **_text("Pseudonyms of two domains cannot be joined.", LONGEST_NAME),
                            "not": {"pattern": f"^{RESERVED}"},
                        },
                        "scope": _blank({"enum": list(Scope)}),
                    }
                ),
                "allow": _table({one.value: _rule(one) for one in Category}),
                "retain": _table({one.value: {"$ref": "#/$defs/retention"} for one in retained}),
                "override": {
                    "type": "object",
                    "description": "Stricter rules for single fields.",
                    "patternProperties": {f"^({overrides.PATTERN})$": {"$ref": "#/$defs/override"}},
                    "additionalProperties": False,
                    "maxProperties": overrides.MOST,
                },
                "record": _record(),
                "sink": {
                    "type": "object",
                    "patternProperties": {
                        f"^{SINK}$": _table({"purpose": _TOLD, "region": _TOLD}, "purpose", "region")
                    },
                    "additionalProperties": False,
                    "maxProperties": MOST_SINKS,
                },
            },
            "name",
        ),
        "anyOf": [{"required": ["extends"]}, {"required": list(NEEDED)}],
        "dependentRequired": {"loosen": ["extends"]},
        "$defs": {
            "blank": {"type": "string", "pattern": f"^{BLANK}"},
            "period": _blank({"type": "string", "pattern": f"^{_PERIOD.pattern}$"}),
            "retention": _retention(),
            "override": {
                "anyOf": [
                    _blank({"enum": ["drop", "delta"]}),
                    _table({"action": {"const": "drop"}}, "action"),
                    _table({"action": {"const": "coarsen"}, "bucket": _BUCKET, "delta": _FLAG}),
                ]
            },
        },
    }  # fmt: skip


def text() -> str:
    """The schema as it stands in a file."""
    return json.dumps(schema(), indent=2) + "\n"


_FLAG: _Schema = {"type": "boolean"}
_BUCKET: _Schema = {
    "type": "array",
    "description": "The greatest bound that is not above a value leaves in its place.",
    "items": {"type": "number"},
    "minItems": 1,
    "maxItems": MOST_BUCKETS,
}
_HOW: dict[str, _Schema] = {
    "grid": {
        "description": "The side of a cell, 50m to 200km; its middle leaves.",
        "type": "string",
        "pattern": f"^({GRID})$|^{BLANK}",
    },
    "time": {
        "description": "Times are rounded down to this; a divisor of a day, or days up to P31D.",
        "type": "string",
        "pattern": f"^{STEP}$|^{BLANK}",
    },
    "bucket": _BUCKET,
    "delta": {"type": "boolean", "description": "What it has grown since the day began leaves."},
}


def _table(properties: dict[str, _Schema], *required: str) -> _Schema:
    return {
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
        **({"required": list(required)} if required else {}),
    }


def _text(description: str, most: int) -> _Schema:
    return {"type": "string", "description": description, "minLength": 1, "maxLength": most}


def _blank(form: _Schema) -> _Schema:
    return {"anyOf": [form, {"$ref": "#/$defs/blank"}]}


def _rule(category: Category) -> _Schema:
    """What a category takes: a word, or a table by its action."""
    words = ["drop"]
    tables = [_table({"action": {"const": "drop"}}, "action")]
    if category in KEPT:
        more = {"last_known": _FLAG} if category is Category.LOCATION else {}
        words.append("keep")
        tables.append(_table({"action": {"const": "keep"}, **more}, "action"))
        ways = {way: how for way, how in _HOW.items() if way in WAYS.get(category, ())}
        if ways:
            needed = "grid" if category is Category.LOCATION else "action"
            coarse = _table(
                {"action": {"const": "coarsen"}, **ways, **more}, *dict.fromkeys(("action", needed))
            )
            tables.append({**coarse, "minProperties": 2})
        if "delta" in ways:
            words.append("delta")
    if category in SCOPES:
        words.append("pseudonymise")
        scopes = _blank({"enum": list(SCOPES[category])})
        tables.append(_table({"action": {"const": "pseudonymise"}, "scope": scopes}, "action"))
    return {"anyOf": [_blank({"enum": words}), *tables]}


def _retention() -> _Schema:
    period: _Schema = {"$ref": "#/$defs/period"}
    table = _table(
        {
            "period": {**period, "description": "Counted from the time of the record."},
            "until": _blank({"enum": list(EVENTS)}),
            "inactive": {**period, "description": "How long after the last use."},
            "max": {**period, "description": "Bounds the event, too."},
            "service": _LINE,
            "responsible": _LINE,
            "legal_basis": _GROUND,
        }
    )
    ends = [{"required": [one]} for one in ("period", "until", "max")]
    return {
        "description": "How long it may be kept: P3M, P7D, PT72H, or a table.",
        "anyOf": [period, {**table, "anyOf": ends}],
    }


def _record() -> _Schema:
    purpose = _table({"purpose": _TOLD, "legal_basis": {**_GROUND, "minLength": 1}},
                     "purpose", "legal_basis")  # fmt: skip
    return _table(
        {
            "role": _blank({"enum": ["", *ROLES]}),
            "controller": _LINE,
            "purposes": {"type": "array", "items": purpose, "maxItems": MOST_PURPOSES},
        }
    )
