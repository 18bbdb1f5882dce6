# SPDX-License-Identifier: Apache-2.0
"""JSON in and out, and answers read into dataclasses."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import json
import re
import types
import typing
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, TypeAlias, TypeVar

from .errors import NotJSON, ProtocolError

#: What can be sent. What comes back is `Any`, because only the caller knows its shape.
JSON: TypeAlias = "Mapping[str, JSON] | Sequence[JSON] | str | int | float | bool | None"

#: JSON Schema 2020-12.
Schema: TypeAlias = Mapping[str, Any] | bool

T = TypeVar("T")


def encode(value: object) -> bytes:
    """A value as JSON text; raises `NotJSON` for what JSON has no words for, NaN and infinities included."""
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_plain)
        return text.encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise NotJSON(f"this is not JSON: {error}") from error


def _plain(value: object) -> object:
    # Mappings and sequences of other classes than dict and list are as good.
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, Sequence) and not isinstance(value, (bytes, bytearray, memoryview)):
        return list(value)
    raise TypeError(f"{type(value).__name__} has no form in JSON")


def decode(body: bytes) -> Any:
    """JSON text as a value; raises `ProtocolError`."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise ProtocolError(f"the server's answer is not JSON: {error}") from error


def fingerprint(value: JSON) -> str:
    """The same 32 hexadecimal digits for the same value, whatever the order of its members."""
    try:
        text = json.dumps(value, sort_keys=True, allow_nan=False, separators=(",", ":"), default=_plain)
        return hashlib.sha256(text.encode()).hexdigest()[:32]
    except (TypeError, ValueError, RecursionError) as error:
        raise NotJSON(f"this is not JSON: {error}") from error


def present(**members: Any) -> dict[str, Any]:
    """Only the members that are set, because null is not everywhere the same as nothing."""
    return {name: value for name, value in members.items() if value is not None}


_KEY = re.compile(r"[!-~]{1,128}")


def scoped_key(*parts: str) -> str:
    """Keys joined with colons, in a form that every key of the API may have: long or odd ones are hashed."""
    key = ":".join(parts)
    if _KEY.fullmatch(key):
        return key
    return f"{parts[0]}:sha256-{hashlib.sha256(key.encode()).hexdigest()}"


def read(kind: type[T], value: object) -> T:
    """Reads an object of the API into the dataclass `kind`, which names the members that matter here."""
    if not isinstance(value, Mapping):
        raise ProtocolError(f"expected an object for {kind.__name__}, not {type(value).__name__}")
    arguments: dict[str, Any] = {}
    for name, hint, optional in _members(typing.cast("Any", kind)):
        if name in value:
            arguments[name] = _convert(hint, value[name], f"{kind.__name__}.{name}")
        elif not optional:
            raise ProtocolError(f"the server's answer lacks {kind.__name__}.{name}")
    return kind(**arguments)


@functools.cache
def _members(kind: Any) -> tuple[tuple[str, Any, bool], ...]:
    hints = typing.get_type_hints(kind)
    return tuple(
        (field.name, hints[field.name], _has_default(field)) for field in dataclasses.fields(kind) if field.init
    )


def _has_default(field: dataclasses.Field[Any]) -> bool:
    return field.default is not dataclasses.MISSING or field.default_factory is not dataclasses.MISSING


def _convert(hint: Any, value: Any, where: str) -> Any:
    if hint is Any:
        return value
    origin = typing.get_origin(hint)
    if origin in (typing.Union, types.UnionType):
        if value is None:
            return None
        (hint,) = (choice for choice in typing.get_args(hint) if choice is not types.NoneType)
        return _convert(hint, value, where)
    if origin is tuple:
        if not isinstance(value, list):
            raise ProtocolError(f"{where} is not a list")
        return tuple(_convert(typing.get_args(hint)[0], item, where) for item in value)
    if hint is datetime:
        return _time(value, where)
    if dataclasses.is_dataclass(hint):
        return read(typing.cast("type[Any]", hint), value)
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, hint) or (hint is int and isinstance(value, bool)):
        raise ProtocolError(f"{where} is {type(value).__name__}, not {hint.__name__}")
    return value


def _time(value: object, where: str) -> datetime:
    if isinstance(value, str):
        try:
            return datetime.fromisoformat(value)
        except ValueError:
            pass
    raise ProtocolError(f"{where} is not a time")
