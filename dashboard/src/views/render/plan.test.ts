// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import test from "node:test";
import type { PlannedAction, PlannedChange, RenderPlan } from "../../gen/orchestrator";
import {
    changeSign,
    countsOf,
    enteredIn,
    enteredOf,
    entryKey,
    fileNameOf,
    hasWork,
    inOrder,
    missingOf,
    place,
    reasonOf,
    signOf,
    valueText,
} from "./plan";

const change: PlannedChange = {
    path: "plan",
    old: { kind: "plain", value: "starter", reference: null },
    new: { kind: "plain", value: "pro", reference: null },
    reason: "edited",
    deploy: "none",
    costs: true,
    interrupts: true,
    line: 3,
    column: 5,
};

function action(name: string, verb: string, more: Partial<PlannedAction> = {}): PlannedAction {
    return {
        address: "service/" + name,
        kind: "service",
        name,
        service_type: "web_service",
        verb,
        live_id: null,
        changes: [],
        depends_on: [],
        layer: 0,
        deploy: "none",
        block: null,
        to_enter: [],
        line: 1,
        column: 1,
        ...more,
    };
}

function plan(actions: readonly PlannedAction[]): RenderPlan {
    return {
        plan_id: "plan_00",
        owner_id: "tea-1",
        name: "default",
        created_by: "user:admin",
        created_at: "2026-11-22T00:00:00Z",
        outcome: "changes",
        counts: { create: 0, update: 0, adopt: 0, noop: 0, replace: 0, prune: 0, deploys: 0, blocked: 0 },
        actions,
        diagnostics: [],
        text: "",
    };
}

test("every verb has the sign that plans of infrastructure give it", () => {
    assert.deepEqual(["create", "update", "adopt", "noop", "replace", "prune"].map((verb) => signOf(verb).sign), [
        "+",
        "~",
        "~",
        "=",
        "-/+",
        "-",
    ]);
    assert.deepEqual(signOf("juggle"), { sign: "?", word: "juggle", tone: "plain" });
});

test("a value that comes, goes or changes has its own sign", () => {
    assert.equal(changeSign(change).sign, "~");
    assert.equal(changeSign({ ...change, old: null }).sign, "+");
    assert.equal(changeSign({ ...change, new: null }).sign, "-");
});

test("reasons are told in words, also those that are newer than the page", () => {
    assert.equal(reasonOf(change), "edited in the blueprint");
    assert.equal(reasonOf({ ...change, reason: "created" }), "");
    assert.equal(reasonOf({ ...change, reason: "dreamt" }), "dreamt");
});

test("counts come without zeros, and one deploy is no deploys", () => {
    const none = { create: 0, update: 0, adopt: 0, noop: 0, replace: 0, prune: 0, deploys: 0, blocked: 0 };
    assert.deepEqual(countsOf(none), []);
    assert.deepEqual(countsOf({ ...none, create: 2, deploys: 1, noop: 3 }), [
        ["to create", 2, "good"],
        ["deploy", 1, "plain"],
        ["unchanged", 3, "plain"],
    ]);
    assert.deepEqual(countsOf({ ...none, blocked: 1, deploys: 2 }).map(([words]) => words), ["blocked", "deploys"]);
});

test("values are shown by their kind, and a secret never", () => {
    assert.equal(valueText(null), "");
    assert.equal(valueText(change.new), "pro");
    assert.equal(valueText({ kind: "plain", value: "", reference: null }), "(nothing)");
    assert.equal(valueText({ kind: "plain", value: ["a", 1], reference: null }), '["a",1]');
    assert.equal(valueText({ kind: "secret", value: "would leak", reference: null }), "••••");
    assert.equal(valueText({ kind: "generated", value: null, reference: null }), "made by Render");
    assert.equal(
        valueText({ kind: "reference", value: null, reference: "postgres/db.host" }),
        "value of postgres/db.host",
    );
    assert.equal(valueText({ kind: "reference", value: null, reference: null }), "value of another resource");
});

test("what is blocked comes first and what stays last, the rest in its order", () => {
    const actions = [
        action("a", "noop"),
        action("b", "create"),
        action("c", "update", { block: "No." }),
        action("d", "prune"),
    ];
    assert.deepEqual(inOrder(actions).map((one) => one.name), ["c", "b", "d", "a"]);
    assert.equal(hasWork(plan(actions)), true);
    assert.equal(hasWork(plan([action("a", "noop")])), false);
});

test("what is to be entered is asked for by resource and key, and sent without what is empty", () => {
    const one = plan([action("a", "create", { to_enter: ["KEY", "OTHER"] }), action("b", "noop")]);
    assert.deepEqual(missingOf(one), [["service/a", "KEY"], ["service/a", "OTHER"]]);
    const typed = new Map([
        [entryKey("service/a", "KEY"), "secret"],
        [entryKey("service/a", "OTHER"), ""],
        [entryKey("env-group/g", "K"), "v"],
        [entryKey("service/a", "MORE"), "m"],
    ]);
    assert.deepEqual(enteredOf(typed), { "service/a": { KEY: "secret", MORE: "m" }, "env-group/g": { K: "v" } });
});

test("a place is told as far as it is known", () => {
    assert.equal(place(null, null), "");
    assert.equal(place(3, null), "line 3");
    assert.equal(place(3, 5), "line 3, column 5");
});

test("a file's name goes along without what would disturb a terminal", () => {
    assert.equal(fileNameOf("infra/render.blueprint.yaml"), "infra/render.blueprint.yaml");
    assert.equal(fileNameOf("a\u001b[2J\u202eb.yaml"), "a[2Jb.yaml");
    assert.equal(fileNameOf("\u0007"), undefined);
    assert.equal(fileNameOf("x".repeat(900))?.length, 500);
});

test("what was typed for an earlier text is left behind", () => {
    const values = new Map([[entryKey("service/api", "KEY"), "a"], [entryKey("service/gone", "KEY"), "b"]]);
    const kept = enteredIn(values, "services: [{ name: api, envVars: [{ key: KEY, sync: false }] }]");
    assert.deepEqual(enteredOf(kept), { "service/api": { KEY: "a" } });
    assert.equal(enteredIn(values, "services: [{ name: api }]").size, 0);
});
