# SPDX-License-Identifier: Apache-2.0
"""Workers for Tutti.

A worker registers agents, claims their runs and carries them out with handlers: see `Worker` and `RunContext`.
"""

from .client import Client
from .context import RunContext
from .errors import (
    ApiError,
    ApprovalDenied,
    ApprovalExpired,
    ApprovalRefused,
    BadRequest,
    ChildFailed,
    Conflict,
    Fatal,
    FieldError,
    Forbidden,
    NotFound,
    NotJSON,
    OutcomeUnknown,
    ProtocolError,
    RateLimited,
    Retryable,
    RunFailed,
    ServerError,
    SessionExpired,
    StaleLease,
    TooLarge,
    TuttiError,
    Unauthenticated,
    Unreachable,
)
from .execution import Handler
from .log import JSONFormatter, configure_logging
from .models import Action, Approval, Artifact, ClaimedRun, Failure, Limit, RetryRule, Run, Step, ToolCall
from .steps import StepScope
from .transport import RetryPolicy
from .values import JSON
from .worker import Worker

__all__ = [
    "JSON",
    "Action",
    "ApiError",
    "Approval",
    "ApprovalDenied",
    "ApprovalExpired",
    "ApprovalRefused",
    "Artifact",
    "BadRequest",
    "ChildFailed",
    "ClaimedRun",
    "Client",
    "Conflict",
    "Failure",
    "Fatal",
    "FieldError",
    "Forbidden",
    "Handler",
    "JSONFormatter",
    "Limit",
    "NotFound",
    "NotJSON",
    "OutcomeUnknown",
    "ProtocolError",
    "RateLimited",
    "RetryPolicy",
    "RetryRule",
    "Retryable",
    "Run",
    "RunContext",
    "RunFailed",
    "ServerError",
    "SessionExpired",
    "StaleLease",
    "Step",
    "StepScope",
    "TooLarge",
    "ToolCall",
    "TuttiError",
    "Unauthenticated",
    "Unreachable",
    "Worker",
    "configure_logging",
]
