# SPDX-License-Identifier: Apache-2.0
"""Makes each request come from a client of its own.

Thousands of requests with wrong credentials from one address are what the throttle against guessing is there to stop.
The suite under test trusts a proxy on loopback, and this is that proxy: it names another client each time.
"""

import itertools

import schemathesis

_clients = itertools.count(1)


@schemathesis.hook
def before_call(context, case, kwargs):
    number = next(_clients)
    address = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
    if case.headers is not None:
        case.headers["X-Forwarded-For"] = address
    else:
        kwargs.setdefault("headers", {})["X-Forwarded-For"] = address
