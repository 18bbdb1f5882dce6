// SPDX-License-Identifier: Apache-2.0
// A part of Markdown as a tree. Text that is no Markdown is text, markup of HTML included: nothing here is ever markup.
// Whatever the text is, the time is in proportion to its length and the tree is no deeper than `DEPTH` and `SPANS` say.

import { displayed } from "./display";
import { type Inline, readInline } from "./inline";

export type { Inline };

export type Align = "start" | "center" | "end";

export type Block =
    | { readonly is: "heading"; readonly level: 1 | 2 | 3 | 4 | 5 | 6; readonly content: readonly Inline[] }
    | { readonly is: "paragraph"; readonly content: readonly Inline[] }
    | { readonly is: "code"; readonly language: string; readonly text: string }
    | { readonly is: "quote"; readonly blocks: readonly Block[] }
    | { readonly is: "list"; readonly start: number | null; readonly items: readonly (readonly Block[])[] }
    | {
        readonly is: "table";
        readonly align: readonly Align[];
        readonly head: readonly (readonly Inline[])[];
        readonly rows: readonly (readonly (readonly Inline[])[])[];
    }
    | { readonly is: "rule" };

/** How deep quotes and lists lie in each other; what is deeper is text. */
const DEPTH = 8;
/** Larger tables are shown as they were written. */
const COLUMNS = 12;
const ROWS = 100;

const HEADING = /^ {0,3}(#{1,6})(?:[ \t]+(.*))?$/;
const RULE = /^ {0,3}(?:(?:\*[ \t]*){3,}|(?:-[ \t]*){3,}|(?:_[ \t]*){3,})$/;
const QUOTE = /^ {0,3}> ?/;
const ITEM = /^( {0,3})([-*+]|(\d{1,9})[.)])(?:[ \t]+|$)/;
const BLANK = /^[ \t]*$/;

/** Reads a text of somebody else. */
export function readMarkdown(text: string): readonly Block[] {
    return readBlocks(displayed(text).split("\n"), 0);
}

function readBlocks(lines: readonly string[], depth: number): readonly Block[] {
    const blocks: Block[] = [];
    let at = 0;
    const line = (index: number): string => lines[index] ?? "";
    while (at < lines.length) {
        const here = line(at);
        if (BLANK.test(here)) {
            at += 1;
            continue;
        }
        const fence = fenceOf(here);
        if (fence !== null) {
            const [block, next] = readCode(lines, at, fence);
            blocks.push(block);
            at = next;
            continue;
        }
        const heading = HEADING.exec(here);
        if (heading !== null) {
            const level = (heading[1] ?? "#").length as 1 | 2 | 3 | 4 | 5 | 6;
            blocks.push({ is: "heading", level, content: readInline(withoutClosing(heading[2] ?? "")) });
            at += 1;
            continue;
        }
        if (RULE.test(here)) {
            blocks.push({ is: "rule" });
            at += 1;
            continue;
        }
        if (depth < DEPTH && QUOTE.test(here)) {
            const inner: string[] = [];
            // A paragraph in a quote goes on without the sign.
            while (at < lines.length && (QUOTE.test(line(at)) || continues(line(at), inner[inner.length - 1]))) {
                inner.push(line(at).replace(QUOTE, ""));
                at += 1;
            }
            blocks.push({ is: "quote", blocks: readBlocks(inner, depth + 1) });
            continue;
        }
        if (depth < DEPTH && ITEM.test(here)) {
            const [block, next] = readList(lines, at, depth);
            blocks.push(block);
            at = next;
            continue;
        }
        const table = readTable(lines, at);
        if (table !== null) {
            blocks.push(table[0]);
            at = table[1];
            continue;
        }
        const first = at;
        do at += 1; while (at < lines.length && continues(line(at), line(at - 1), depth));
        const words = lines.slice(first, at).map((one) => one.replace(/^[ \t]+/, "")).join("\n");
        blocks.push({ is: "paragraph", content: readInline(words.trimEnd()) });
    }
    return blocks;
}

/** Whether a line goes on with the paragraph that the line before it belongs to. */
function continues(here: string, before: string | undefined, depth = 0): boolean {
    if (before === undefined || BLANK.test(before) || BLANK.test(here)) return false;
    if (fenceOf(before) !== null || fenceOf(here) !== null || HEADING.test(here) || RULE.test(here)) return false;
    if (depth >= DEPTH) return true;
    const item = ITEM.exec(here);
    // A number in the middle of a sentence that was wrapped begins no list, unless it is 1.
    return !QUOTE.test(here) && (item === null || (item[3] !== undefined && item[3] !== "1"));
}

/** The signs at the end of a heading are no part of it. */
function withoutClosing(text: string): string {
    const words = text.trimEnd();
    let end = words.length;
    while (end > 0 && words[end - 1] === "#") end -= 1;
    if (end === 0) return "";
    return end < words.length && /[ \t]/.test(words[end - 1] ?? "") ? words.slice(0, end).trimEnd() : words;
}

interface Fence {
    readonly sign: string;
    readonly length: number;
    readonly indent: number;
    readonly language: string;
}

/** What begins a block of code; null for every other line. */
function fenceOf(line: string): Fence | null {
    let at = 0;
    while (at < 4 && line[at] === " ") at += 1;
    const indent = at;
    const sign = line[at];
    if (indent > 3 || (sign !== "`" && sign !== "~")) return null;
    while (line[at] === sign) at += 1;
    const rest = line.slice(at).trim();
    if (at - indent < 3 || (sign === "`" && rest.includes("`"))) return null;
    return { sign, length: at - indent, indent, language: rest.split(/[ \t]/, 1)[0] ?? "" };
}

function readCode(lines: readonly string[], from: number, fence: Fence): readonly [Block, number] {
    const found: string[] = [];
    let at = from + 1;
    for (; at < lines.length; at += 1) {
        const here = lines[at] ?? "";
        const bare = here.trim();
        if (bare.length >= fence.length && !here.startsWith("    ") && isOnly(bare, fence.sign)) {
            return [{ is: "code", language: fence.language, text: found.join("\n") }, at + 1];
        }
        let cut = 0;
        while (cut < fence.indent && here[cut] === " ") cut += 1;
        found.push(here.slice(cut));
    }
    // Code without an end goes on to the end of the text.
    return [{ is: "code", language: fence.language, text: found.join("\n") }, at];
}

function isOnly(text: string, sign: string): boolean {
    for (const one of text) if (one !== sign) return false;
    return true;
}

function readList(lines: readonly string[], from: number, depth: number): readonly [Block, number] {
    const first = ITEM.exec(lines[from] ?? "");
    const kind = (found: RegExpExecArray | null): string => found?.[2]?.slice(-1) ?? "";
    const items: (readonly Block[])[] = [];
    let at = from;
    for (;;) {
        const here = lines[at] ?? "";
        const item = at < lines.length ? ITEM.exec(here) : null;
        if (item === null || kind(item) !== kind(first) || RULE.test(here)) break;
        const mark = item[0]?.length ?? 0;
        const indent = mark > 8 || mark === here.length ? (item[1] ?? "").length + 2 : mark;
        const inner: string[] = [here.slice(mark)];
        at += 1;
        for (; at < lines.length; at += 1) {
            const next = lines[at] ?? "";
            if (BLANK.test(next)) {
                // Empty lines belong to the item only when it goes on behind them.
                if (indentOf(lines[at + 1] ?? "") < 2) break;
                inner.push("");
                continue;
            }
            if (indentOf(next) >= 2) inner.push(outdented(next, indent));
            else if (continues(next, inner[inner.length - 1]) && !ITEM.test(next)) inner.push(next);
            else break;
        }
        items.push(readBlocks(inner, depth + 1));
        // One empty line between items keeps the list together.
        if (at < lines.length && BLANK.test(lines[at] ?? "") && ITEM.test(lines[at + 1] ?? "")) at += 1;
    }
    return [{ is: "list", start: first?.[3] === undefined ? null : Number(first[3]), items }, at];
}

/** How far a line stands in; a tab counts as four. Nothing for an empty line. */
function indentOf(line: string): number {
    let count = 0;
    for (const one of line) {
        if (one === " ") count += 1;
        else if (one === "\t") count += 4;
        else return count;
    }
    return 0;
}

/** The line, moved out by at most that much. */
function outdented(line: string, columns: number): string {
    let at = 0;
    let count = 0;
    while (count < columns && (line[at] === " " || line[at] === "\t")) {
        count += line[at] === "\t" ? 4 : 1;
        at += 1;
    }
    return " ".repeat(Math.max(0, count - columns)) + line.slice(at);
}

function readTable(lines: readonly string[], from: number): readonly [Block, number] | null {
    const top = lines[from] ?? "";
    const ruler = lines[from + 1] ?? "";
    if (!top.includes("|") || !/^[ \t|:-]+$/.test(ruler) || !ruler.includes("-")) return null;
    const head = cells(top);
    const marks = cells(ruler);
    if (head.length !== marks.length || head.length > COLUMNS) return null;
    if (!marks.every((one) => /^:?-+:?$/.test(one))) return null;
    const rows: string[][] = [];
    let at = from + 2;
    for (; at < lines.length; at += 1) {
        const here = lines[at] ?? "";
        if (BLANK.test(here) || !here.includes("|")) break;
        if (rows.length === ROWS) return null;
        const found = cells(here);
        // What is beyond the columns stays readable in the last one.
        found.push(found.splice(head.length - 1).join(" "));
        while (found.length < head.length) found.push("");
        rows.push(found);
    }
    const align = marks.map((one): Align => {
        if (!one.endsWith(":")) return "start";
        return one.startsWith(":") ? "center" : "end";
    });
    return [
        {
            is: "table",
            align,
            head: head.map((one) => readInline(one)),
            rows: rows.map((row) => row.map((one) => readInline(one))),
        },
        at,
    ];
}

/** The cells of a row. A stroke behind a backslash is text. */
function cells(row: string): string[] {
    const found: string[] = [];
    let cell = "";
    const text = row.trim();
    for (let at = text.startsWith("|") ? 1 : 0; at < text.length; at += 1) {
        const sign = text[at] ?? "";
        if (sign === "\\" && text[at + 1] === "|") {
            cell += "|";
            at += 1;
        } else if (sign === "|") {
            found.push(cell.trim());
            cell = "";
        } else cell += sign;
    }
    if (cell.trim() !== "") found.push(cell.trim());
    return found;
}
