// SPDX-License-Identifier: Apache-2.0

import { useRef } from "react";
import { api } from "../../core/app";
import { type Event, getEvent } from "../../gen/orchestrator";
import { useQuery } from "../../ui/hooks";
import { headOf } from "./ties";
import { firstFailure, focusOf } from "./focus";
import type { Spans } from "./useSpans";

interface Named {
    readonly step: string | undefined;
    readonly call: string | undefined;
    readonly asked: string | undefined;
    readonly event: string | undefined;
}

/** The row that the address names; else where the inspector opens, which stays once a failure was found. */
export function useSelection(run: string, query: Named, spans: Spans): string {
    const pinned = useRef<string | null>(null);
    const event = useQuery<Event | null>({
        key: "event:" + (query.event ?? "none"),
        tags: [],
        freshFor: 60_000,
        fetch: async (signal) =>
            query.event === undefined
                ? null
                : await api.call(getEvent, { path: { event_id: query.event } }, { signal }),
    });
    const named = query.call ?? query.step ?? (query.asked === "self" ? run : query.asked);
    if (named !== undefined) return named;
    if (query.event !== undefined) {
        const head = event.data == null ? null : headOf(event.data);
        return [head?.call, head?.step].find((one) => one != null && spans.book.get(one) !== undefined) ?? run;
    }
    if (pinned.current !== null && spans.book.get(pinned.current) !== undefined) return pinned.current;
    const focus = focusOf(spans.book, run);
    pinned.current = spans.isReady && firstFailure(spans.book, run) !== undefined ? focus : null;
    return focus;
}
