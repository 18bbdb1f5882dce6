// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import test from "node:test";
import { createPreferences, DEFAULTS, load, readPreferences, save, type Shelf } from "./preferences";
import { randomKey } from "./random";
import { createStore } from "./store";
import { absolute, duration, relative } from "./time";

const now = Date.parse("2026-03-01T12:00:00Z");

test("times are told relative to now", () => {
    assert.equal(relative(now - 500, now), "now");
    assert.match(relative(now - 5000, now), /^5\s?s/);
    assert.match(relative(now - 7_200_000, now), /^2\s?h/);
    assert.match(relative(now + 120_000, now), /^in 2\s?m/);
    assert.equal(relative(now - 86_400_000, now), "yesterday");
});

test("an absolute time names its zone", () => {
    assert.equal(absolute(now + 7, "utc"), "2026-03-01 12:00:00.007 UTC");
    assert.match(absolute(now, "local"), /^2026-0\d-\d\d \d\d:00:00\.000 [+-]\d\d:\d\d$/);
    assert.equal(absolute(Number.NaN, "utc"), "unknown time");
});

test("lengths of time have at most two parts", () => {
    assert.deepEqual(
        [-5, 850, 3210, 59_949, 59_960, 250_000, 7_500_000, 100_000_000].map(duration),
        ["0 ms", "850 ms", "3.2 s", "59.9 s", "1 min", "4 min 10 s", "2 h 5 min", "1 d 3 h"],
    );
});

function shelf(full = false): Shelf & { readonly held: Map<string, string> } {
    const held = new Map<string, string>();
    return {
        held,
        getItem: (name) => held.get(name) ?? null,
        setItem(name, value) {
            if (full) throw new Error("QuotaExceededError");
            held.set(name, value);
        },
        removeItem: (name) => void held.delete(name),
    };
}

test("what was chosen is there again, and nonsense is not", () => {
    const place = shelf();
    createPreferences(place).update((value) => ({ ...value, theme: "dark" }));
    assert.equal(createPreferences(place).get().theme, "dark");
    assert.deepEqual(readPreferences({ theme: "pink", zone: 7, workspace: "../etc" }), DEFAULTS);
    place.held.set("x", "{");
    assert.equal(load(place, "x"), undefined);
    save(shelf(true), "x", 1);
});

test("a store tells only of other values", () => {
    const store = createStore(1);
    let told = 0;
    const end = store.subscribe(() => (told += 1));
    store.set(1);
    store.set(2);
    end();
    store.set(3);
    assert.equal(told, 1);
});

test("keys differ and fit what the API takes", () => {
    const made = new Set(Array.from({ length: 100 }, randomKey));
    assert.equal(made.size, 100);
    for (const key of made) assert.match(key, /^[0-9a-f]{32}$/);
});
