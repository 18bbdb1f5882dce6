// SPDX-License-Identifier: Apache-2.0
// What a plan says, in few words.

import type { PlannedAction, PlannedChange, PlannedValue, RenderPlan, RenderPlanCounts } from "../../gen/orchestrator";

export type Tone = "good" | "bad" | "warn" | "plain";

/** The sign of what happens to a resource, as plans of infrastructure have it, with its word and its colour. */
export interface Sign {
    readonly sign: string;
    readonly word: string;
    readonly tone: Tone;
}

const SIGNS: Readonly<Record<string, Sign>> = {
    create: { sign: "+", word: "create", tone: "good" },
    update: { sign: "~", word: "change", tone: "warn" },
    adopt: { sign: "~", word: "take over", tone: "warn" },
    noop: { sign: "=", word: "leave as it is", tone: "plain" },
    replace: { sign: "-/+", word: "replace", tone: "bad" },
    prune: { sign: "-", word: "take away", tone: "bad" },
};

export function signOf(verb: string): Sign {
    return SIGNS[verb] ?? { sign: "?", word: verb, tone: "plain" };
}

/** The sign of one value that changes. */
export function changeSign(change: PlannedChange): Sign {
    if (change.old === null) return { sign: "+", word: "added", tone: "good" };
    if (change.new === null) return { sign: "-", word: "taken away", tone: "bad" };
    return { sign: "~", word: "changed", tone: "warn" };
}

const REASONS: Readonly<Record<string, string>> = {
    created: "",
    edited: "edited in the blueprint",
    drifted: "changed elsewhere",
    conflict: "edited in the blueprint and changed elsewhere",
    adopted: "not ours until now",
    removed: "not in the blueprint any more",
    rotated: "what it refers to has changed",
};

/** Why a value changes; empty where the resource is new. */
export function reasonOf(change: PlannedChange): string {
    return REASONS[change.reason] ?? change.reason;
}

/** The counts of a plan, each with its words, without what is zero; what stays is last. */
export function countsOf(counts: RenderPlanCounts): readonly (readonly [string, number, Tone])[] {
    const all: readonly (readonly [string, number, Tone])[] = [
        ["to create", counts.create, "good"],
        ["to change", counts.update, "warn"],
        ["to take over", counts.adopt, "warn"],
        ["to take away", counts.prune, "bad"],
        ["to replace", counts.replace, "bad"],
        ["blocked", counts.blocked, "bad"],
        [counts.deploys === 1 ? "deploy" : "deploys", counts.deploys, "plain"],
        ["unchanged", counts.noop, "plain"],
    ];
    return all.filter(([, count]) => count > 0);
}

/** A value as it is shown; secrets never come as more than a mask. */
export function valueText(value: PlannedValue | null): string {
    if (value === null) return "";
    switch (value.kind) {
        case "secret":
            return "••••";
        case "generated":
            return "made by Render";
        case "reference":
            return "value of " + (value.reference ?? "another resource");
        case "plain":
            return typeof value.value === "string" ? orNothing(value.value) : JSON.stringify(value.value);
    }
}

/** A text, or words for an empty one. */
export function orNothing(text: string | null): string {
    return text === null || text === "" ? "(nothing)" : text;
}

/** What happens first, and at the end what does not. */
export function inOrder(actions: readonly PlannedAction[]): readonly PlannedAction[] {
    const rank = (action: PlannedAction): number => (action.block !== null ? 0 : action.verb === "noop" ? 2 : 1);
    return [...actions].sort((a, b) => rank(a) - rank(b));
}

/** Whether anything would be done. */
export function hasWork(plan: RenderPlan): boolean {
    return plan.actions.some((action) => action.verb !== "noop");
}

/** What a value to be entered is known by while it is typed. */
export function entryKey(address: string, key: string): string {
    return address + "\n" + key;
}

/** The values that were typed, as the API takes them; what is empty is left out. */
export function enteredOf(values: ReadonlyMap<string, string>): Record<string, Record<string, string>> {
    const entered: Record<string, Record<string, string>> = {};
    for (const [name, value] of values) {
        if (value === "") continue;
        const at = name.indexOf("\n");
        const address = name.slice(0, at);
        entered[address] = { ...entered[address], [name.slice(at + 1)]: value };
    }
    return entered;
}

/** The values whose resources and keys a blueprint still speaks of: what is left of an earlier text would be refused. */
export function enteredIn(values: ReadonlyMap<string, string>, text: string): ReadonlyMap<string, string> {
    const isMeant = (name: string): boolean => {
        const at = name.indexOf("\n");
        return text.includes(name.slice(at + 1)) && text.includes(name.slice(name.indexOf("/") + 1, at));
    };
    return new Map([...values].filter(([name]) => isMeant(name)));
}

/** The name of a file as the API takes it, without what moves a cursor or turns a line around; undefined when that is all. */
export function fileNameOf(name: string): string | undefined {
    const seen = [...name].filter((letter) => !/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u.test(letter));
    return seen.length === 0 ? undefined : seen.slice(0, 500).join("");
}

/** Everything that a person has to enter before the plan may be carried out. */
export function missingOf(plan: RenderPlan): readonly (readonly [string, string])[] {
    return plan.actions.flatMap((action) => action.to_enter.map((key) => [action.address, key] as const));
}

/** The words for where something stands in the blueprint. */
export function place(line: number | null, column: number | null): string {
    return line === null ? "" : column === null ? `line ${line}` : `line ${line}, column ${column}`;
}
