# SPDX-License-Identifier: Apache-2.0
"""What the server is told when something raises."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .errors import ApiError, ApprovalRefused, ChildFailed, NotJSON, Retryable, RunFailed, StaleLease, Unreachable


@dataclass(frozen=True, slots=True)
class Told:
    """A failure in the words that are stored and shown."""

    code: str
    message: str
    retryable: bool
    after: float | None = None


def failure_of(error: BaseException) -> Told | None:
    """What to tell of an error; None when the lease is lost, so that there is nobody to tell.

    The text of an exception may hold anything, secrets included, so only texts that were made to be shown are told:
    those of this package's own errors. Of all others the type is told, and the log has the rest.
    """
    error = principal(error)
    match error:
        case StaleLease():
            return None
        case RunFailed():
            after = error.after if isinstance(error, Retryable) else None
            return Told(error.code, error.message, error.retryable, after)
        case ApprovalRefused():
            return Told(error.code, str(error), False)
        case ChildFailed():
            return Told("child_failed", str(error), False)
        case NotJSON():
            return Told("not_json", str(error), False)
        case ApiError():
            return Told(error.code, f"Tutti refused a call of the worker: {error.detail}", True, error.retry_after)
        case Unreachable():
            return Told("unreachable", "Tutti could not be reached by the worker.", True)
        case _:
            name = type(error).__name__
            return Told(_snake(name), f"The worker raised {name}; its log says more.", True)


def principal(error: BaseException) -> BaseException:
    """The one error of a group that decides how it is answered."""
    if not isinstance(error, BaseExceptionGroup):
        return error
    leaves = [principal(each) for each in error.exceptions]

    def rank(leaf: BaseException) -> int:
        if isinstance(leaf, StaleLease):
            return 0
        if isinstance(leaf, RunFailed):
            return 1 if not leaf.retryable else 2
        return 3

    return min(leaves, key=rank)


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()
