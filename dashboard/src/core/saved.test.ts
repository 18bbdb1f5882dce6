// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import test from "node:test";
import type { Shelf } from "./preferences";
import { readViews, savedInBrowser } from "./saved";

function shelf(): Shelf {
    const kept = new Map<string, string>();
    return {
        getItem: (name) => kept.get(name) ?? null,
        setItem: (name, value) => void kept.set(name, value),
        removeItem: (name) => void kept.delete(name),
    };
}

test("views are kept for each list of each workspace", async () => {
    const place = shelf();
    const views = savedInBrowser(place, "ws_a", "tasks");
    await views.add("Broken", "/tasks?status=failed");
    await views.add("Mine", "/tasks?agent=echo");
    await views.add("Broken", "/tasks?status=failed&agent=echo");
    const again = savedInBrowser(place, "ws_a", "tasks").state.get();
    assert.deepEqual(again.map((one) => [one.name, one.address]), [
        ["Mine", "/tasks?agent=echo"],
        ["Broken", "/tasks?status=failed&agent=echo"],
    ]);
    assert.deepEqual(savedInBrowser(place, "ws_b", "tasks").state.get(), []);
    assert.deepEqual(savedInBrowser(place, "ws_a", "runs").state.get(), []);
    await views.remove("Mine");
    assert.deepEqual(views.state.get().map((one) => one.name), ["Broken"]);
});

test("what is no view is not read, nor an address of somebody else", () => {
    const good = { id: "a", name: "a", address: "/tasks" };
    assert.deepEqual(readViews([good, null, 3, { id: "b", name: "b" }, { ...good, address: "https://x.example" }]), [
        good,
    ]);
    assert.deepEqual(readViews("x"), []);
});

test("there is an end to how many are kept", async () => {
    const views = savedInBrowser(shelf(), "ws_a", "tasks");
    for (let number = 0; number < 50; number += 1) await views.add(String(number), "/tasks");
    await assert.rejects(views.add("one more", "/tasks"));
    await views.add("7", "/tasks?agent=echo");
});
