// SPDX-License-Identifier: Apache-2.0
// Agents with their queues: which of them needs a look, and in what words.

import type { Agent, Limit, LimitDefinition, Queue } from "../../gen/orchestrator";

/** An agent with its queue. A queue may be there without an agent that was ever registered, and the other way round. */
export interface Unit {
    readonly name: string;
    readonly agent: Agent | null;
    readonly queue: Queue | null;
}

export type Standing = "silent" | "paused" | "missing" | "well";

export function standing(unit: Unit): Standing {
    if (unit.queue !== null && unit.queue.paused_at !== null) return "paused";
    if (unit.agent === null) return "missing";
    return unit.agent.silent ? "silent" : "well";
}

const ORDER: readonly Standing[] = ["silent", "missing", "paused", "well"];

/** All, those that need a look first, then by name. */
export function units(agents: readonly Agent[], queues: readonly Queue[]): readonly Unit[] {
    const names = new Set([...agents.map((one) => one.name), ...queues.map((one) => one.agent)]);
    return [...names].map((name) => ({
        name,
        agent: agents.find((one) => one.name === name) ?? null,
        queue: queues.find((one) => one.agent === name) ?? null,
    })).sort((a, b) =>
        ORDER.indexOf(standing(a)) - ORDER.indexOf(standing(b)) || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0)
    );
}

/** A count that the daemon stops at ten thousand. */
export function depth(count: number): string {
    return count >= 10_000 ? "10,000 or more" : count.toLocaleString("en");
}

/** What a limit allows. */
export function allowance(limit: Pick<Limit, "max_concurrent" | "rate">): string {
    const words: string[] = [];
    if (limit.max_concurrent !== null) words.push(`${limit.max_concurrent.toLocaleString("en")} at the same time`);
    if (limit.rate !== null) {
        const { count, per_seconds: seconds } = limit.rate;
        words.push(`${count.toLocaleString("en")} in ${seconds === 1 ? "a second" : seconds + " s"}`);
    }
    return words.length === 0 ? "any number" : words.join(", ");
}

/** A limit as its form holds it; what is empty does not limit. */
export interface LimitDraft {
    readonly name: string;
    readonly maxConcurrent: string;
    readonly count: string;
    readonly perSeconds: string;
}

export function limitDraft(limit: Limit | null): LimitDraft {
    return {
        name: limit?.name ?? "",
        maxConcurrent: limit?.max_concurrent?.toString() ?? "",
        count: limit?.rate?.count.toString() ?? "",
        perSeconds: limit?.rate?.per_seconds.toString() ?? "",
    };
}

/** What is wrong with it, by the pointer of what is sent. */
export function limitFaults(draft: LimitDraft): ReadonlyMap<string, string> {
    const found = new Map<string, string>();
    if (!/^[a-z][a-z0-9-]{0,62}$/.test(draft.name)) {
        found.set("/name", "1 to 63 lowercase letters, digits and dashes, beginning with a letter.");
    }
    const isWhole = (text: string): boolean => /^[1-9][0-9]{0,6}$/.test(text) && Number(text) <= 1_000_000;
    if (draft.maxConcurrent !== "" && !isWhole(draft.maxConcurrent)) {
        found.set("/max_concurrent", "A whole number from 1 to 1,000,000.");
    }
    if (draft.count !== "" || draft.perSeconds !== "") {
        if (!isWhole(draft.count)) found.set("/rate/count", "A whole number from 1 to 1,000,000.");
        const seconds = Number(draft.perSeconds);
        if (draft.perSeconds === "" || !(seconds >= 0.1 && seconds <= 86_400)) {
            found.set("/rate/per_seconds", "A number from 0.1 to 86,400.");
        }
    }
    if (draft.maxConcurrent === "" && draft.count === "" && draft.perSeconds === "") {
        found.set("/max_concurrent", "Say at least one of the two.");
    }
    return found;
}

export function limitDefinition(draft: LimitDraft): LimitDefinition {
    return {
        ...(draft.maxConcurrent === "" ? {} : { max_concurrent: Number(draft.maxConcurrent) }),
        ...(draft.count === "" ? {} : { rate: { count: Number(draft.count), per_seconds: Number(draft.perSeconds) } }),
    };
}
