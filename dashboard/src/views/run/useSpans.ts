// SPDX-License-Identifier: Apache-2.0

import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { api } from "../../core/app";
import { isAbort } from "../../core/problem";
import { getStep, getToolCall } from "../../gen/orchestrator";
import { type Book, createBook } from "./book";
import { probe, readAround, readChildren, type Reading, readSpans, type Rest } from "./reading";
import { spanSource } from "./source";
import { ofCall, ofChild, ofStep, type Span } from "./spans";

/** What is known of a run's spans while they are read in the background. */
export interface Spans {
    readonly book: Book;
    /** Rises when the book has changed. */
    readonly version: number;
    /** Whether the place to open at is known. */
    readonly isReady: boolean;
    readonly isReading: boolean;
    /** Behind which step reading stopped because enough is kept. */
    readonly rest: Rest;
    readonly error: unknown;
    readonly retry: () => void;
    /** Reads what may have changed since. */
    readonly renew: () => void;
    /** Reads the runs that were asked for. */
    readonly renewChildren: () => void;
    /** Reads what a run that was asked for consists of. */
    readonly open: (run: string) => void;
    /** Tells that the book was changed by somebody else. */
    readonly touch: () => void;
}

/** Steps that are kept at once, and twice as many tool calls: a few tens of megabytes at most. */
export const MOST = 20_000;

interface Place {
    readonly step: string | undefined;
    readonly call: string | undefined;
}

/** Reads the spans of a run: first what is to be seen first, then the rest in the background. */
export function useSpans(run: string, behind: number, place: Place, isRunning: boolean | null): Spans {
    const [round, setRound] = useState(0);
    const book = useMemo(createBook, [run, behind, round]);
    const [, setVersion] = useState(0);
    const [state, setState] = useState<Pick<Spans, "isReady" | "isReading" | "rest" | "error">>(BEGUN);
    const wanted = useRef(place);
    wanted.current = place;
    const isDue = useRef(false);
    const controller = useRef<AbortController | null>(null);

    const touch = useCallback(() => {
        if (isDue.current) return;
        isDue.current = true;
        window.requestAnimationFrame(() => {
            isDue.current = false;
            setVersion((value) => value + 1);
        });
    }, []);

    const reading = useCallback((signal: AbortSignal, of: string, from: number): Reading => ({
        source: spanSource(signal),
        run: of,
        behind: from,
        most: MOST,
        put(spans) {
            book.put(spans);
            touch();
        },
        isStopped: () => signal.aborted,
    }), [book, touch]);

    useEffect(() => {
        const mine = new AbortController();
        controller.current = mine;
        const { signal } = mine;
        setState(BEGUN);
        const all = reading(signal, run, behind);
        const settle = (part: Partial<typeof BEGUN>): void => {
            if (!signal.aborted) setState((old) => ({ ...old, ...part }));
        };
        const fail = (error: unknown): void => {
            if (!isAbort(error)) settle({ error, isReading: false, isReady: true });
        };
        const first = async (): Promise<void> => {
            const { step, call } = wanted.current;
            const of = step ??
                (call === undefined
                    ? undefined
                    : (await api.call(getToolCall, { path: { tool_call_id: call } }, { signal })).step_id);
            if (of !== undefined) await readAround(all, await api.call(getStep, { path: { step_id: of } }, { signal }));
            else await probe(all, "failed");
        };
        // What was named and is gone is no reason to show nothing.
        first().catch((error: unknown) => (isAbort(error) ? undefined : null)).then(
            () => settle({ isReady: true }),
            fail,
        );
        readSpans(all).then((rest) => settle({ rest, isReading: false, isReady: true }), fail);
        return () => mine.abort();
    }, [run, behind, reading]);

    // What runs now stands at the end, which may be far away from the first page.
    useEffect(() => {
        const signal = controller.current?.signal;
        if (isRunning !== true || signal === undefined) return;
        probe(reading(signal, run, behind), "running").catch(() => undefined);
    }, [isRunning, run, behind, reading]);

    const renew = useCallback(() => {
        const signal = controller.current?.signal;
        if (signal === undefined || signal.aborted) return;
        void readAgain(book, reading(signal, run, behind)).catch(() => undefined);
    }, [book, reading, run, behind]);
    const renewChildren = useCallback(() => {
        const signal = controller.current?.signal;
        if (signal !== undefined) readChildren(reading(signal, run, behind)).catch(() => undefined);
    }, [reading, run, behind]);
    const open = useCallback((child: string) => {
        const signal = controller.current?.signal;
        if (signal === undefined || book.parts(child).length > 0) return;
        readSpans({ ...reading(signal, child, 0), most: 500 }).catch(() => undefined);
    }, [book, reading]);
    const retry = useCallback(() => setRound((value) => value + 1), []);
    return { ...state, book, version: book.version, retry, renew, renewChildren, open, touch };
}

const BEGUN = { isReady: false, isReading: true, rest: null as Rest, error: null as unknown };

/** Reads from the first step that may have changed to the end, and the tool calls of those that go on. */
async function readAgain(book: Book, reading: Reading): Promise<void> {
    const { source, run, put } = reading;
    const steps = [...book.all()].filter((span) => span.kind === "step" && span.parent === run);
    const going = steps.filter((span) => span.to === null || span.status === "abandoned");
    const last = steps.reduce((most, span) => Math.max(most, span.place), 0);
    let behind = going.reduce((least, span) => Math.min(least, span.place), last) - 1;
    const fresh: Span[] = [];
    for (behind = Math.max(reading.behind, behind);;) {
        const page = await source.steps(run, behind, 200);
        if (reading.isStopped()) return;
        const spans = page.items.map((step) => ofStep(step, run));
        put(spans);
        fresh.push(...spans.filter((span) => span.to === null || span.place >= last));
        if (page.next_cursor === null || fresh.length > MOST) break;
        behind = Number(page.next_cursor);
    }
    const open = new Set([...going, ...fresh].map((span) => span.id));
    for (const id of [...open].slice(-50)) {
        const page = await source.callsOf(id);
        if (reading.isStopped()) return;
        put(page.items.map(ofCall));
    }
    const children = await source.children(run, undefined);
    if (!reading.isStopped()) put(children.items.map((one) => ofChild(one, run)));
}
