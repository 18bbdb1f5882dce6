// SPDX-License-Identifier: Apache-2.0

import { useEffect, useRef, useState } from "react";
import { followEvents } from "../../core/app";
import type { Connection } from "../../core/stream";
import { take } from "./news";
import type { Spans } from "./useSpans";

const NOT: Connection = { is: "idle" };

/**
 * Follows the room of a run while it goes on, and writes what happens into its spans. What may have been missed before the
 * stream stood is read again.
 */
export function useNews(
    run: string,
    room: string | undefined,
    isOver: boolean,
    spans: Spans,
    refresh: () => void,
): { readonly connection: Connection; readonly retry: () => void } {
    const [connection, setConnection] = useState<Connection>(NOT);
    const latest = useRef({ spans, refresh });
    latest.current = { spans, refresh };
    const retry = useRef<() => void>(() => undefined);
    useEffect(() => {
        if (room === undefined || isOver) {
            setConnection(NOT);
            return undefined;
        }
        const again = (): void => {
            latest.current.refresh();
            latest.current.spans.renew();
        };
        const stream = followEvents(room, (events) => {
            const { spans: shown, refresh: ask } = latest.current;
            const stale = take(shown.book, run, events);
            if (stale.run) ask();
            if (stale.spans) shown.renew();
            if (stale.children) shown.renewChildren();
            shown.touch();
        }, again);
        let was = "";
        const end = stream.state.subscribe(() => {
            const { connection: now } = stream.state.get();
            if (now.is === was) return;
            was = now.is;
            setConnection(now);
            if (now.is === "live") again();
        });
        retry.current = () => stream.retry();
        stream.start();
        return () => {
            end();
            stream.stop();
            // A run that has just ended may have left steps open that are given up with it.
            latest.current.spans.renew();
        };
    }, [run, room, isOver]);
    return { connection, retry: () => retry.current() };
}
