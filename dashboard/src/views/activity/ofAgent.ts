// SPDX-License-Identifier: Apache-2.0

import type { Agents } from "./agents";
import type { Item } from "./feed";

/** What belongs to the tasks of an agent: their updates, the log lines of their traces, and every gap. */
export function ofAgent(items: readonly Item[], agent: string, agents: Pick<Agents, "of" | "learn">): readonly Item[] {
    const traces = new Set<string>();
    const unknown: string[] = [];
    for (const one of items) {
        if (one.is !== "task") continue;
        const whose = agents.of(one.update.task_id);
        if (whose === undefined) unknown.push(one.update.task_id);
        else if (whose === agent) traces.add(one.update.trace_id);
    }
    agents.learn(unknown);
    return items.filter((one) => {
        if (one.is === "task") return agents.of(one.update.task_id) === agent;
        return one.is === "gap" || (one.line.trace !== null && traces.has(one.line.trace));
    });
}
