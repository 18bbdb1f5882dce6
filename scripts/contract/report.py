# SPDX-License-Identifier: Apache-2.0
"""Prints the operations that a run covered: how many requests each got, and with which statuses it answered.

Fails when an operation of the document, other than those named as left out, was never asked.
"""

import collections
import json
import sys

METHODS = {"get", "put", "post", "delete", "options", "head", "patch", "trace"}


def declared(document):
    return {
        f"{method.upper()} {path}"
        for path, item in document["paths"].items()
        for method in item
        if method in METHODS
    }


def answers(lines):
    """Counts of statuses by operation; requests with a method the operation does not have are not among them."""
    seen = collections.defaultdict(collections.Counter)
    for line in lines:
        recorder = json.loads(line).get("ScenarioFinished", {}).get("recorder", {})
        for identifier, interaction in recorder.get("interactions", {}).items():
            case = recorder["cases"][identifier]["value"]
            response = interaction.get("response") or {}
            seen[f"{case['method']} {case['path']}"][response.get("status_code", "no answer")] += 1
    return seen


def main(document_path, events_path, *left_out):
    with open(document_path, encoding="utf-8") as file:
        operations = declared(json.load(file))
    with open(events_path, encoding="utf-8") as file:
        seen = answers(file)
    missed = []
    for operation in sorted(operations, key=lambda name: name.split(" ", 1)[::-1]):
        if operation.split(" ", 1)[1] in left_out:
            print(f"    {operation:44} left out: a stream")
            continue
        counts = seen[operation]
        if not counts:
            missed.append(operation)
        statuses = " ".join(f"{status}×{count}" for status, count in sorted(counts.items(), key=str))
        print(f"    {operation:44} {sum(counts.values()):5} requests   {statuses}")
    if missed:
        print(f"error: never asked: {', '.join(missed)}", file=sys.stderr)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
