# SPDX-License-Identifier: Apache-2.0
"""What can go wrong, and what a handler raises to say how its run ends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .models import Approval, Run


class TuttiError(Exception):
    """The base of everything that this package raises by itself."""


class NotJSON(TuttiError, ValueError):
    """A value that was to be sent cannot be written as JSON."""


class ProtocolError(TuttiError):
    """The server answered with something that is not what it promises."""


class Unreachable(TuttiError):
    """The server could not be reached for as long as it was tried."""


class OutcomeUnknown(Unreachable):
    """A request that must not be sent twice got no answer: it may have had its effect or not."""


@dataclass(frozen=True, slots=True)
class FieldError:
    """One member of a request that was refused, and why."""

    field: str
    message: str


class ApiError(TuttiError):
    """The server refused a request, with a problem (RFC 9457)."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        fields: tuple[FieldError, ...] = (),
        retry_after: float | None = None,
        details: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(f"{status} {code}: {detail}")
        self.status = status
        #: A stable word that programs may switch on.
        self.code = code
        #: One sentence for a person.
        self.detail = detail
        #: The members that were refused.
        self.fields = fields
        #: Seconds to wait before another try makes sense; None when the server does not say.
        self.retry_after = retry_after
        #: Further members of the problem, such as `request_id`.
        self.details: Mapping[str, Any] = details or {}


class BadRequest(ApiError):
    """400 or 422: something in the request is not acceptable; `fields` says what."""


class Unauthenticated(ApiError):
    """401: no credentials, or wrong ones."""


class Forbidden(ApiError):
    """403: these credentials may not do this."""


class NotFound(ApiError):
    """404 or 410: it is not there."""


class Conflict(ApiError):
    """409 or 412: it does not fit what is the case by now."""


class StaleLease(Conflict):
    """The lease is no longer valid: the run was cancelled, timed out, or is another worker's."""

    @property
    def current_epoch(self) -> int | None:
        """The run's epoch by now, when the server tells."""
        epoch = self.details.get("current_epoch")
        return epoch if isinstance(epoch, int) else None


class SessionExpired(ApiError):
    """The worker session is gone; whatever it held is no longer its."""


class TooLarge(ApiError):
    """413: the body is larger than the server accepts."""


class RateLimited(ApiError):
    """429: too much at once, for longer than it was retried."""


class ServerError(ApiError):
    """5xx: the server could not do it, for longer than it was retried."""


def api_error(
    status: int,
    code: str,
    detail: str,
    *,
    fields: tuple[FieldError, ...] = (),
    retry_after: float | None = None,
    details: Mapping[str, Any] | None = None,
) -> ApiError:
    """The error class that fits a status and a code."""
    kind: type[ApiError]
    if code == "stale_lease":
        kind = StaleLease
    elif code == "session_expired":
        kind = SessionExpired
    elif status >= 500:
        kind = ServerError
    else:
        kind = _BY_STATUS.get(status, ApiError)
    return kind(status, code, detail, fields=fields, retry_after=retry_after, details=details)


_BY_STATUS: dict[int, type[ApiError]] = {
    400: BadRequest,
    401: Unauthenticated,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    410: NotFound,
    412: Conflict,
    413: TooLarge,
    422: BadRequest,
    429: RateLimited,
}


# What a handler raises.


class RunFailed(TuttiError):
    """The base of what a handler raises to fail its run in words of its own.

    Code and message are stored and shown to people: no secrets.
    """

    retryable = True

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


class Retryable(RunFailed):
    """This try failed; another one, `after` seconds from now at the earliest, may succeed."""

    def __init__(
        self, message: str = "Another try may succeed.", *, after: float | None = None, code: str = "retryable"
    ) -> None:
        super().__init__(code, message)
        self.after = after


class Fatal(RunFailed):
    """The run failed, and no other try could succeed."""

    retryable = False


# What waiting for a person or for another run may end with.


class ApprovalRefused(TuttiError):
    """The base of the two ways in which an approval is not given; unless caught, the run fails for good."""

    code = "approval_refused"

    def __init__(self, approval: Approval) -> None:
        note = f": {approval.note}" if approval.note else ""
        super().__init__(f"{approval.approval_id} is {approval.status}{note}")
        self.approval = approval


class ApprovalDenied(ApprovalRefused):
    """A person said no."""

    code = "approval_denied"


class ApprovalExpired(ApprovalRefused):
    """Nobody answered in time, or the request was withdrawn."""

    code = "approval_expired"


class ChildFailed(TuttiError):
    """A child run has failed for good or was cancelled; unless caught, so does its parent."""

    def __init__(self, run: Run) -> None:
        reason = f"{run.error.code}: {run.error.message}" if run.error else run.status
        super().__init__(f"child {run.run_id} of agent {run.agent} {run.status} ({reason})")
        self.run = run
