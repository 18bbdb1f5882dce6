// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import test from "node:test";
import type { ConfigReport, ConfigReportRow, Daemon } from "../../gen/orchestrator";
import { failingFirst, faultCount, health, rowsOf } from "./report";

const row = (key: string, more: Partial<ConfigReportRow> = {}): ConfigReportRow =>
    ({ key, description: "What " + key + " is for", valid: true, source: "default", ...more }) as ConfigReportRow;
const report = (rows: readonly ConfigReportRow[], problems: readonly string[] = []): ConfigReport =>
    ({
        service: "x",
        rows,
        problems,
        warnings: [],
        valid: problems.length === 0 && rows.every((one) => one.valid),
    }) as ConfigReport;
const daemon = (name: string, more: Partial<Daemon> = {}): Daemon =>
    ({ name, reachable: true, ready: true, checks: [], configuration: report([]), ...more }) as Daemon;

test("what fails comes first, the worst of it before the rest", () => {
    const all = [
        daemon("fine"),
        daemon("weak", { checks: [{ name: "logs", ready: false, required: false, detail: "gone" }] }),
        daemon("late", { ready: false }),
        daemon("away", { reachable: false, ready: null, configuration: null }),
        daemon("mute", { configuration: null }),
        daemon("wrong", { configuration: report([row("PORT", { valid: false })]) }),
        daemon("also fine"),
    ];
    assert.deepEqual(failingFirst(all).map((one) => [one.name, health(one)]), [
        ["away", "unreachable"],
        ["wrong", "wrong"],
        ["late", "unready"],
        ["mute", "unknown"],
        ["weak", "weak"],
        ["fine", "well"],
        ["also fine", "well"],
    ]);
});

test("keys are found by name and purpose, failing ones first", () => {
    const found = report([row("A"), row("B", { source: "file" }), row("C", { valid: false, source: null })], [
        "no two",
    ]);
    assert.deepEqual(rowsOf(found, { show: "all", key: undefined }).map((one) => one.key), ["C", "A", "B"]);
    assert.deepEqual(rowsOf(found, { show: "set", key: undefined }).map((one) => one.key), ["B"]);
    assert.deepEqual(rowsOf(found, { show: "wrong", key: undefined }).map((one) => one.key), ["C"]);
    assert.deepEqual(rowsOf(found, { show: "all", key: "what b" }).map((one) => one.key), ["B"]);
    assert.equal(faultCount(found), 2);
});
