// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import test from "node:test";
import { bytes, lookOf } from "./looks";

test("an artifact is shown by its type", () => {
    assert.equal(lookOf("application/json", "x"), "json");
    assert.equal(lookOf("application/problem+json; charset=utf-8", "x"), "json");
    assert.equal(lookOf("image/png", "x"), "image");
    assert.equal(lookOf("image/svg+xml", "x"), "image");
    assert.equal(lookOf("text/plain; charset=utf-8", "notes.md"), "markdown");
    assert.equal(lookOf("text/html", "x.html"), "text", "a page is shown as its source");
    assert.equal(lookOf("application/octet-stream", "x.png"), "nothing");
    assert.equal(lookOf(null, "x"), "nothing");
});

test("sizes are told in words", () => {
    assert.deepEqual([0, 1023, 1024, 20_480, 5_500_000].map(bytes), ["0 B", "1023 B", "1.0 KB", "20 KB", "5.2 MB"]);
});
