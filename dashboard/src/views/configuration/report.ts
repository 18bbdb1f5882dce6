// SPDX-License-Identifier: Apache-2.0
// What the daemons say of themselves, in the order in which somebody should look at it.

import type { ConfigReport, ConfigReportRow, Daemon } from "../../gen/orchestrator";

export type Health = "unreachable" | "wrong" | "unready" | "unknown" | "weak" | "well";

const ORDER: readonly Health[] = ["unreachable", "wrong", "unready", "unknown", "weak", "well"];

export function health(daemon: Daemon): Health {
    if (!daemon.reachable) return "unreachable";
    if (daemon.configuration?.valid === false) return "wrong";
    if (daemon.ready === false) return "unready";
    if (daemon.ready === null || daemon.configuration === null) return "unknown";
    return daemon.checks.some((one) => !one.ready) ? "weak" : "well";
}

/** Failing ones first; those that stand alike keep the order of the answer. */
export function failingFirst(daemons: readonly Daemon[]): readonly Daemon[] {
    return [...daemons].sort((a, b) => ORDER.indexOf(health(a)) - ORDER.indexOf(health(b)));
}

/** How many things are wrong with a configuration. */
export function faultCount(report: ConfigReport): number {
    return report.problems.length + report.rows.filter((row) => !row.valid).length;
}

/** The keys that fit, failing ones first, then in their own order. */
export function rowsOf(
    report: ConfigReport,
    wanted: { readonly show: "all" | "set" | "wrong"; readonly key: string | undefined },
): readonly ConfigReportRow[] {
    const words = (wanted.key ?? "").toLowerCase();
    const fitting = report.rows.filter((row) => {
        if (wanted.show === "wrong" && row.valid) return false;
        if (wanted.show === "set" && (row.source === null || row.source === "default")) return false;
        return row.key.toLowerCase().includes(words) || row.description.toLowerCase().includes(words);
    });
    return [...fitting.filter((row) => !row.valid), ...fitting.filter((row) => row.valid)];
}
