// SPDX-License-Identifier: Apache-2.0

import type { Message } from "../../gen/orchestrator";

/** A message that was written here and is not known to be there yet. */
export interface Outgoing {
    /** Makes sending it again harmless. */
    readonly key: string;
    readonly text: string;
    readonly replyTo: string | null;
    /** Why it could not be sent; null while it is on its way. */
    readonly trouble: string | null;
}

/** What of a thread outlives the page: what is being written, and what was not sent. */
export interface Outbox {
    readonly draft: string;
    readonly replyTo: string | null;
    readonly outgoing: readonly Outgoing[];
}

export const EMPTY: Outbox = { draft: "", replyTo: null, outgoing: [] };

/** So many messages wait at most; whoever wants to send more sees to those first. */
export const WAITING = 20;

/** Puts what is written on its way; nothing changes when there is nothing to send. */
export function sent(box: Outbox, key: string): Outbox {
    const text = box.draft.trim();
    if (text === "" || box.outgoing.length >= WAITING) return box;
    return {
        draft: "",
        replyTo: null,
        outgoing: [...box.outgoing, { key, text, replyTo: box.replyTo, trouble: null }],
    };
}

export function failed(box: Outbox, key: string, trouble: string): Outbox {
    return changed(box, key, (one) => ({ ...one, trouble }));
}

/** Sends again what failed, under its own key. */
export function retried(box: Outbox, key: string): Outbox {
    return changed(box, key, (one) => ({ ...one, trouble: null }));
}

export function gone(box: Outbox, key: string): Outbox {
    return { ...box, outgoing: box.outgoing.filter((one) => one.key !== key) };
}

/** Gives up sending it; its text is the draft again, before what is there. */
export function takenBack(box: Outbox, key: string): Outbox {
    const one = box.outgoing.find((each) => each.key === key);
    if (one === undefined) return box;
    const draft = box.draft.trim() === "" ? one.text : one.text + "\n\n" + box.draft;
    return { ...gone(box, key), draft, replyTo: box.replyTo ?? one.replyTo };
}

function changed(box: Outbox, key: string, change: (one: Outgoing) => Outgoing): Outbox {
    return { ...box, outgoing: box.outgoing.map((one) => (one.key === key ? change(one) : one)) };
}

/** Reads what was saved. What was on its way when the page ended may or may not be there: it is sent again by hand. */
export function readOutbox(value: unknown): Outbox {
    if (typeof value !== "object" || value === null) return EMPTY;
    const { draft, replyTo, outgoing } = value as Partial<Record<keyof Outbox, unknown>>;
    const list = Array.isArray(outgoing) ? (outgoing as readonly unknown[]) : [];
    return {
        draft: typeof draft === "string" ? draft : "",
        replyTo: typeof replyTo === "string" ? replyTo : null,
        outgoing: list.flatMap((one): Outgoing[] => {
            if (typeof one !== "object" || one === null) return [];
            const found = one as Partial<Record<keyof Outgoing, unknown>>;
            if (typeof found.key !== "string" || typeof found.text !== "string") return [];
            const trouble = typeof found.trouble === "string"
                ? found.trouble
                : "The page was closed before it was known whether this was sent.";
            return [{
                key: found.key,
                text: found.text,
                replyTo: typeof found.replyTo === "string" ? found.replyTo : null,
                trouble,
            }];
        }).slice(0, WAITING),
    };
}

/** What is to be saved; undefined when there is nothing. */
export function savedOutbox(box: Outbox): Outbox | undefined {
    return box.draft === "" && box.replyTo === null && box.outgoing.length === 0 ? undefined : box;
}

/** Messages in the order of their numbers, each once. */
export function merged(known: readonly Message[], more: readonly Message[]): readonly Message[] {
    const last = known[known.length - 1]?.number ?? 0;
    if (more.every((one) => one.number > last)) {
        return [...known, ...[...more].sort((a, b) => a.number - b.number).filter(isFirst)];
    }
    const all = new Map([...known, ...more].map((one) => [one.number, one]));
    return [...all.values()].sort((a, b) => a.number - b.number);
}

function isFirst(one: Message, index: number, all: readonly Message[]): boolean {
    return index === 0 || all[index - 1]?.number !== one.number;
}

/** Whether messages are missing between those that are there. */
export function missing(messages: readonly Message[]): { readonly from: number; readonly to: number } | null {
    for (let index = 1; index < messages.length; index += 1) {
        const before = messages[index - 1]?.number ?? 0;
        const here = messages[index]?.number ?? 0;
        if (here !== before + 1) return { from: before + 1, to: here - 1 };
    }
    return null;
}
