// SPDX-License-Identifier: Apache-2.0
// What stands within a line of Markdown. Emphasis is found as CommonMark finds it, by a stack of the signs that may begin
// one; places where a search came to nothing are kept, so that no sign is looked at again and again.

export type Inline =
    | { readonly is: "text"; readonly text: string }
    | { readonly is: "code"; readonly text: string }
    | { readonly is: "break" }
    | { readonly is: "emphasis" | "strong"; readonly content: readonly Inline[] }
    | { readonly is: "link"; readonly href: string; readonly content: readonly Inline[] };

/** How deep emphasis lies in itself; what is deeper is shown without. */
export const SPANS = 12;
/** Longer addresses are no links. */
const ADDRESS = 2048;

type Token =
    | { is: "leaf"; leaf: Inline }
    | { is: "signs"; sign: string; count: number; before: number; opens: boolean; closes: boolean; after: Edge[] }
    | { is: "bracket"; isOpen: boolean }
    | { is: "edge"; edge: Edge };

type Signs = Extract<Token, { is: "signs" }>;

/** Where something begins or ends. */
type Edge = { readonly opens: true; readonly kind: "emphasis" | "strong" | "link"; readonly href?: string } | {
    readonly opens: false;
};

const CLOSE: Edge = { opens: false };
const PUNCTUATION = /[\p{P}\p{S}]/u;
const ESCAPED = /[!-/:-@[-`{-~]/;
const SPECIAL = /[\\`*_[\]<\n]|https?:\/\//g;
const SCHEME = /^(?:https?:\/\/|mailto:)[^\s<>"]+$/i;
const BARE = /https?:\/\/[^\s<>"`]{1,2048}/y;

/** The address when it is one that a link may lead to. */
export function safeHref(address: string): string | null {
    return address.length <= ADDRESS && SCHEME.test(address) ? address : null;
}

export function readInline(text: string): readonly Inline[] {
    return tree(tokens(text));
}

function tokens(text: string): Token[] {
    const found: Token[] = [];
    const ticks = tickRuns(text);
    /** Places in `found` of brackets that may begin a link. */
    let brackets: number[] = [];
    let at = 0;
    const leaf = (one: Inline): void => void found.push({ is: "leaf", leaf: one });
    const words = (part: string): void => {
        if (part !== "") leaf({ is: "text", text: part });
    };
    while (at < text.length) {
        SPECIAL.lastIndex = at;
        const next = SPECIAL.exec(text)?.index ?? text.length;
        if (next > at) {
            words(text.slice(at, next));
            at = next;
            continue;
        }
        const sign = text[at] ?? "";
        if (sign === "\\") {
            const escaped = text[at + 1] ?? "";
            if (escaped === "\n") leaf({ is: "break" });
            else words(ESCAPED.test(escaped) ? escaped : "\\" + escaped);
            at += 1 + escaped.length;
        } else if (sign === "\n") {
            const last = found[found.length - 1];
            const isHard = last?.is === "leaf" && last.leaf.is === "text" && last.leaf.text.endsWith("  ");
            if (isHard) leaf({ is: "break" });
            else words("\n");
            at += 1;
        } else if (sign === "`") {
            const length = runLength(text, at, "`");
            const end = ticks.next(length, at + length);
            if (end === null) words(text.slice(at, at + length));
            else leaf({ is: "code", text: trimmedCode(text.slice(at + length, end)) });
            at = end === null ? at + length : end + length;
        } else if (sign === "*" || sign === "_") {
            const length = runLength(text, at, sign);
            found.push(signsOf(text, at, length, sign));
            at += length;
        } else if (sign === "[") {
            brackets.push(found.length);
            found.push({ is: "bracket", isOpen: true });
            at += 1;
        } else if (sign === "]") {
            const open = brackets.pop();
            const target = open === undefined ? null : destination(text, at + 1);
            if (open === undefined || target === null) words("]");
            else {
                emphasize(found, open + 1);
                found[open] = { is: "edge", edge: { opens: true, kind: "link", href: target.href } };
                found.push({ is: "edge", edge: CLOSE });
                // A link holds no link: what was open before is text.
                brackets = [];
            }
            at = target === null ? at + 1 : target.end;
        } else if (sign === "<") {
            const end = autolink(text, at);
            const href = end === null ? null : safeHref(text.slice(at + 1, end));
            if (href === null) words("<");
            else found.push(...link(href));
            at = href === null || end === null ? at + 1 : end + 1;
        } else {
            BARE.lastIndex = at;
            const address = bareAddress(BARE.exec(text)?.[0] ?? "");
            const isInWord = /[\p{L}\p{N}]/u.test(text[at - 1] ?? "");
            if (address === null || isInWord || brackets.length > 0) words(text.slice(at, at + 4));
            else found.push(...link(address));
            at += address === null || isInWord || brackets.length > 0 ? 4 : address.length;
        }
    }
    emphasize(found, 0);
    return found;
}

function link(href: string): Token[] {
    return [
        { is: "edge", edge: { opens: true, kind: "link", href } },
        { is: "leaf", leaf: { is: "text", text: href } },
        { is: "edge", edge: CLOSE },
    ];
}

function runLength(text: string, from: number, sign: string): number {
    let at = from;
    while (text[at] === sign) at += 1;
    return at - from;
}

/** Where runs of backticks are, by their length; asked for from the front to the back. */
function tickRuns(text: string): { next(length: number, from: number): number | null } {
    const runs = new Map<number, { readonly places: number[]; passed: number }>();
    for (let at = text.indexOf("`"); at >= 0; at = text.indexOf("`", at)) {
        const length = runLength(text, at, "`");
        const one = runs.get(length) ?? { places: [], passed: 0 };
        one.places.push(at);
        runs.set(length, one);
        at += length;
    }
    return {
        next(length, from) {
            const one = runs.get(length);
            if (one === undefined) return null;
            while ((one.places[one.passed] ?? Infinity) < from) one.passed += 1;
            return one.places[one.passed] ?? null;
        },
    };
}

function trimmedCode(text: string): string {
    const line = text.replace(/\n/g, " ");
    const isPadded = line.length > 2 && line.startsWith(" ") && line.endsWith(" ") && line.trim() !== "";
    return isPadded ? line.slice(1, -1) : line;
}

/** `(address)` or `(address "title")` behind a bracket; the title is not shown. */
function destination(text: string, from: number): { readonly href: string; readonly end: number } | null {
    if (text[from] !== "(") return null;
    const limit = Math.min(text.length, from + ADDRESS);
    let depth = 0;
    let at = from + 1;
    for (; at < limit; at += 1) {
        const sign = text[at] ?? "";
        if (/\s/.test(sign)) break;
        if (sign === "(") depth += 1;
        // The limit keeps text that is full of parentheses from being read again for each of them.
        if (depth > 3 || sign === "<" || sign === "[") return null;
        if (sign === ")") {
            if (depth === 0) break;
            depth -= 1;
        }
    }
    const href = safeHref(text.slice(from + 1, at));
    if (href === null || depth > 0) return null;
    if (text[at] === ")") return { href, end: at + 1 };
    const title = /\s{1,8}(?:"[^"\n]{0,300}"|'[^'\n]{0,300}')\s{0,8}\)/y;
    title.lastIndex = at;
    const found = title.exec(text)?.[0];
    return found === undefined ? null : { href, end: at + found.length };
}

function autolink(text: string, from: number): number | null {
    const limit = Math.min(text.length, from + ADDRESS);
    // Only what can be an address is looked through to its end.
    if (!/^(?:https?:\/\/|mailto:)/i.test(text.slice(from + 1, from + 9))) return null;
    for (let at = from + 1; at < limit; at += 1) {
        const sign = text[at] ?? "";
        if (sign === ">") return at;
        if (sign === "<" || /\s/.test(sign)) return null;
    }
    return null;
}

/** An address in running text: the sentence's own signs at its end are no part of it. */
function bareAddress(found: string): string | null {
    let end = found.length;
    let unopened = found.split(")").length - found.split("(").length;
    for (; end > 0; end -= 1) {
        const sign = found[end - 1] ?? "";
        if (!/[.,:;!?'")\]*_~]/.test(sign) || (sign === ")" && unopened <= 0)) break;
        if (sign === ")") unopened -= 1;
    }
    return safeHref(found.slice(0, end));
}

function signsOf(text: string, at: number, count: number, sign: string): Signs {
    const before = [...text.slice(Math.max(0, at - 2), at)].pop() ?? " ";
    const behind = String.fromCodePoint(text.codePointAt(at + count) ?? 32);
    const spaceBefore = /\s/.test(before);
    const spaceBehind = /\s/.test(behind);
    const left = !spaceBehind && (!PUNCTUATION.test(behind) || spaceBefore || PUNCTUATION.test(before));
    const right = !spaceBefore && (!PUNCTUATION.test(before) || spaceBehind || PUNCTUATION.test(behind));
    const isStar = sign === "*";
    return {
        is: "signs",
        sign,
        count,
        before: count,
        // An underscore within a word is one.
        opens: left && (isStar || !right || PUNCTUATION.test(before)),
        closes: right && (isStar || !left || PUNCTUATION.test(behind)),
        after: [],
    };
}

/** Finds what is emphasized from a place on. The signs that are left over are text from then on. */
function emphasize(found: Token[], from: number): void {
    const open: Signs[] = [];
    /** Below these heights of the stack no sign of the kind fits. */
    const floors = new Map<string, number>();
    const begins = new Map<Signs, Edge[]>();
    for (let at = from; at < found.length; at += 1) {
        const one = found[at];
        if (one?.is !== "signs") continue;
        while (one.closes && one.count > 0) {
            const kind = one.sign + (one.opens ? "o" : "c") + (one.before % 3);
            const floor = Math.min(floors.get(kind) ?? 0, open.length);
            let top = open.length - 1;
            while (top >= floor && !fits(open[top], one)) top -= 1;
            const opener = open[top];
            if (top < floor || opener === undefined) {
                floors.set(kind, open.length);
                break;
            }
            open.length = top + 1;
            for (const [name, height] of floors) if (height > open.length) floors.set(name, open.length);
            const taken = opener.count > 1 && one.count > 1 ? 2 : 1;
            opener.count -= taken;
            one.count -= taken;
            const edges = begins.get(opener) ?? [];
            edges.unshift({ opens: true, kind: taken === 2 ? "strong" : "emphasis" });
            begins.set(opener, edges);
            one.after.push(CLOSE);
            if (opener.count === 0) open.pop();
        }
        if (one.opens && one.count > 0) open.push(one);
    }
    settle(found, from, begins);
}

/** Whether a sign that opens and one that closes belong together. */
function fits(opener: Signs | undefined, closer: Signs): boolean {
    if (opener === undefined || opener.sign !== closer.sign) return false;
    const isMixed = opener.closes || closer.opens;
    return !isMixed || (opener.before + closer.before) % 3 !== 0 ||
        (opener.before % 3 === 0 && closer.before % 3 === 0);
}

/** Puts edges and left-over signs in the places of the signs. */
function settle(found: Token[], from: number, begins: ReadonlyMap<Signs, readonly Edge[]>): void {
    const settled: Token[] = [];
    for (let at = from; at < found.length; at += 1) {
        const one = found[at];
        if (one === undefined) continue;
        if (one.is !== "signs") {
            settled.push(one);
            continue;
        }
        for (const edge of one.after) settled.push({ is: "edge", edge });
        if (one.count > 0) settled.push({ is: "leaf", leaf: { is: "text", text: one.sign.repeat(one.count) } });
        for (const edge of begins.get(one) ?? []) settled.push({ is: "edge", edge });
    }
    found.length = from;
    for (const one of settled) found.push(one);
}

function tree(all: readonly Token[]): readonly Inline[] {
    const top: Inline[] = [];
    /** The contents that are being filled; null for what is too deep to be shown as what it is. */
    const open: ({ readonly node: Inline[]; readonly edge: Edge & { opens: true } } | null)[] = [];
    let depth = 0;
    let current = top;
    const stack: Inline[][] = [];
    const add = (leaf: Inline): void => {
        const last = current[current.length - 1];
        if (leaf.is === "text" && last?.is === "text") {
            current[current.length - 1] = { is: "text", text: last.text + leaf.text };
        } else current.push(leaf);
    };
    for (const one of all) {
        if (one.is === "leaf") add(one.leaf);
        else if (one.is === "bracket") add({ is: "text", text: "[" });
        else if (one.is === "edge" && one.edge.opens) {
            if (depth >= SPANS) {
                open.push(null);
                continue;
            }
            depth += 1;
            stack.push(current);
            current = [];
            open.push({ node: current, edge: one.edge });
        } else if (one.is === "edge") {
            const ended = open.pop();
            if (ended == null) continue;
            depth -= 1;
            current = stack.pop() ?? top;
            const content = ended.node;
            if (ended.edge.kind === "link") current.push({ is: "link", href: ended.edge.href ?? "", content });
            else current.push({ is: ended.edge.kind, content });
        }
    }
    return top;
}
