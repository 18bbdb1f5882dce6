// SPDX-License-Identifier: Apache-2.0

/** One event of a stream of server-sent events. */
export interface ServerEvent {
    readonly id: string | null;
    readonly event: string;
    readonly data: string;
}

/** Reads server-sent events from text that comes in pieces of any size. */
export class EventReader {
    private rest = "";
    private id: string | null = null;
    private event = "";
    private data: string[] = [];
    private begun = false;

    /** The events that the piece completes. */
    take(piece: string): ServerEvent[] {
        let text = this.rest + piece;
        if (!this.begun && text.length > 0) {
            if (text.startsWith("\uFEFF")) text = text.slice(1);
            this.begun = true;
        }
        const found: ServerEvent[] = [];
        let start = 0;
        for (;;) {
            const end = lineEnd(text, start);
            if (end === null) break;
            this.line(text.slice(start, end.at), found);
            start = end.next;
        }
        this.rest = text.slice(start);
        return found;
    }

    private line(line: string, found: ServerEvent[]): void {
        if (line === "") {
            if (this.data.length > 0) {
                found.push({ id: this.id, event: this.event || "message", data: this.data.join("\n") });
            }
            this.event = "";
            this.data = [];
            return;
        }
        const colon = line.indexOf(":");
        if (colon === 0) return;
        const name = colon < 0 ? line : line.slice(0, colon);
        const raw = colon < 0 ? "" : line.slice(colon + 1);
        const value = raw.startsWith(" ") ? raw.slice(1) : raw;
        if (name === "id" && !value.includes("\0")) this.id = value;
        else if (name === "event") this.event = value;
        else if (name === "data") this.data.push(value);
    }
}

/** Where the next line ends: LF, CR or both. A CR at the very end waits for what follows. */
function lineEnd(text: string, from: number): { readonly at: number; readonly next: number } | null {
    for (let at = from; at < text.length; at += 1) {
        const code = text.charCodeAt(at);
        if (code === 10) return { at, next: at + 1 };
        if (code !== 13) continue;
        if (at + 1 === text.length) return null;
        return { at, next: text.charCodeAt(at + 1) === 10 ? at + 2 : at + 1 };
    }
    return null;
}
