// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import test from "node:test";
import { beside, leaveTrail, trailOf } from "./trail";

function shelf() {
    const kept = new Map<string, string>();
    return {
        getItem: (name: string) => kept.get(name) ?? null,
        setItem: (name: string, value: string) => void kept.set(name, value),
        removeItem: (name: string) => void kept.delete(name),
    };
}

test("the list that was left is known to its entries alone", () => {
    const place = shelf();
    assert.equal(trailOf(place, "a"), null);
    leaveTrail(place, { name: "Tasks", address: "/tasks?agent=echo", runs: ["a", "b"] });
    assert.equal(trailOf(place, "b")?.address, "/tasks?agent=echo");
    assert.equal(trailOf(place, "c"), null);
});

test("what was kept by something else is no list", () => {
    const place = shelf();
    for (const text of ["null", "1", "{}", '{"name":"x","address":1,"runs":["a"]}', "{"]) {
        place.setItem("tutti.trail", text);
        assert.equal(trailOf(place, "a"), null);
    }
});

test("entries have neighbours, except at the ends", () => {
    assert.deepEqual(beside(["a", "b", "c"], "b"), { previous: "a", next: "c" });
    assert.deepEqual(beside(["a", "b"], "a"), { previous: null, next: "b" });
    assert.deepEqual(beside(["a"], "x"), { previous: null, next: null });
});
