// SPDX-License-Identifier: Apache-2.0
// What the inspector knows of a run beside its spans.

import { useEffect, useMemo, useState } from "react";
import { api } from "../../core/app";
import { beside, type Trail, trailOf } from "../../core/trail";
import { type Event, listApprovals, listEvents, listRuns, type RunDetail, type RunRow } from "../../gen/orchestrator";
import { useQuery } from "../../ui/hooks";
import { TURNS, type Wait, waitsOf } from "./waits";

/** The time, every second while something goes on. */
export function useClock(isOn: boolean): number {
    const [now, setNow] = useState(() => Date.now());
    useEffect(() => {
        if (!isOn) return undefined;
        setNow(Date.now());
        const timer = window.setInterval(() => setNow(Date.now()), 1000);
        return () => window.clearInterval(timer);
    }, [isOn]);
    return now;
}

/** When nobody worked on the run; one that was claimed once and asked people for nothing needs no events for it. */
export function useWaits(run: RunDetail, now: number): readonly Wait[] {
    const found = useQuery<readonly Event[]>({
        key: `turns:${run.run_id} ${run.epoch} ${run.status}`,
        tags: [],
        freshFor: 60_000,
        async fetch(signal) {
            const query = { run_id: run.run_id, limit: 200 };
            if (run.epoch <= 1) {
                const asked = await api.call(listApprovals, { query: { ...query, limit: 1 } }, { signal });
                if (asked.items.length === 0) return NONE;
            }
            const pages = await Promise.all(
                TURNS.map((event_type) => api.call(listEvents, { query: { ...query, event_type } }, { signal })),
            );
            return pages.flatMap((page) => page.items);
        },
    });
    const turns = found.data ?? NONE;
    // While the run goes on a wait may, too: then every second counts.
    const until = run.finished_at === null ? now : 0;
    return useMemo(() => waitsOf(run, turns, until), [run, turns, until]);
}

const NONE: readonly Event[] = [];

/** All runs of the task, the first one in front. */
export function useSiblings(run: RunDetail): readonly RunRow[] {
    const found = useQuery<readonly RunRow[]>({
        key: `siblings:${run.task_id} ${run.task_version}`,
        tags: ["run:" + run.run_id],
        async fetch(signal) {
            const page = await api.call(listRuns, { query: { task_id: run.task_id, limit: 100 } }, { signal });
            return [...page.items].reverse();
        },
    });
    const rows = found.data;
    return useMemo(() => rows ?? [], [rows]);
}

/** The runs beside this one in the list that somebody came from; without one, those of its task. */
export function useBeside(
    run: string,
    siblings: readonly RunRow[],
): { readonly previous: string | null; readonly next: string | null; readonly trail: Trail | null } {
    const trail = useMemo(() => trailOf(window.sessionStorage, run), [run]);
    const runs = trail?.runs ?? siblings.map((one) => one.run_id);
    return { ...beside(runs, run), trail };
}
