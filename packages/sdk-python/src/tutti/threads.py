# SPDX-License-Identifier: Apache-2.0
"""Plain functions beside the event loop."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import threading
from collections.abc import Callable
from typing import TypeVar, TypeVarTuple

T = TypeVar("T")
Ts = TypeVarTuple("Ts")


async def in_thread(function: Callable[[*Ts], T], *arguments: *Ts) -> T:
    """Calls a plain function in a thread of its own and waits for it.

    The thread sees the caller's context variables. It cannot be stopped: when the caller is cancelled it goes on by
    itself, and its result is dropped; the end of the process does not wait for it.
    """
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()
    context = contextvars.copy_context()

    def settle(result: T | None, error: BaseException | None) -> None:
        if future.cancelled():
            return
        if error is None:
            future.set_result(result)  # type: ignore[arg-type]
        elif isinstance(error, (StopIteration, SystemExit, KeyboardInterrupt)):
            # A future cannot carry the first, and the others would end the event loop.
            wrapped = RuntimeError(f"{type(error).__name__} in a plain function")
            wrapped.__cause__ = error
            future.set_exception(wrapped)
        else:
            future.set_exception(error)

    def body() -> None:
        result: T | None = None
        failure: BaseException | None = None
        try:
            result = context.run(function, *arguments)
        except BaseException as error:
            failure = error
        # When the loop is closed, nobody waits any more.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(settle, result, failure)

    threading.Thread(target=body, name=f"tutti-{getattr(function, '__name__', 'call')}", daemon=True).start()
    return await future
