// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import test from "node:test";
import { grouped } from "./number";

test("digits stand in groups of three", () => {
    assert.deepEqual([0, 999, 1000, 48_211, 1_234_567, -1234].map((one) => grouped(one).replace(/\u202f/g, " ")), [
        "0",
        "999",
        "1 000",
        "48 211",
        "1 234 567",
        "-1 234",
    ]);
});
