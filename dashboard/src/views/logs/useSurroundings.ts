// SPDX-License-Identifier: Apache-2.0

import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { api } from "../../core/app";
import { createLogList, type LogList } from "./list";
import { listLogs, type LogFrame } from "../../gen/orchestrator";
import type { Surroundings } from "./rows";
import { placeWords } from "./useLogs";

/** Lines that are shown before and behind a line at first, and with every step. */
const STEP = 10;

/** The surroundings of one line, with what brings more of them. */
export interface Surrounding extends Surroundings {
    readonly more: (end: "older" | "newer") => void;
    readonly close: () => void;
}

/** The surroundings of lines, without filters. `key` names the list that they stand in. */
export function useSurroundings(key: string): {
    readonly around: readonly Surrounding[];
    readonly toggle: (frame: LogFrame) => void;
} {
    const lists = useRef(new Map<number, LogList>());
    const [round, setRound] = useState(0);
    const close = useCallback((anchor: number) => {
        lists.current.get(anchor)?.end();
        lists.current.delete(anchor);
        setRound((count) => count + 1);
    }, []);
    const toggle = useCallback((frame: LogFrame) => {
        if (lists.current.has(frame.id)) return close(frame.id);
        const list = createLogList({
            ask: (place, signal) => api.call(listLogs, { query: placeWords(place) }, { signal }),
            passes: () => true,
            from: { at: "around", id: frame.id },
            page: STEP,
            patience: 1,
        });
        lists.current.set(frame.id, list);
        list.state.subscribe(() => setRound((count) => count + 1));
        list.begin();
    }, [close]);
    useEffect(() => {
        const shown = lists.current;
        return () => {
            for (const list of shown.values()) list.end();
            shown.clear();
            setRound((count) => count + 1);
        };
    }, [key]);
    const around = useMemo(
        () =>
            [...lists.current].map(([anchor, list]): Surrounding => ({
                anchor,
                list: list.state.get(),
                more: (end) => list.read(end),
                close: () => close(anchor),
            })),
        [round, close],
    );
    return { around, toggle };
}
