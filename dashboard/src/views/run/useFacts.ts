// SPDX-License-Identifier: Apache-2.0
// What the inspector knows of a run beside its spans.

import { useEffect, useMemo, useState } from "react";
import { api } from "../../core/app";
import { beside, type Trail, trailOf } from "../../core/trail";
import {
    type Approval,
    type Event,
    listApprovals,
    listEvents,
    listRuns,
    type RunDetail,
    type RunRow,
} from "../../gen/orchestrator";
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

interface Turns {
    readonly events: readonly Event[];
    readonly approvals: readonly Approval[];
}

const NONE: Turns = { events: [], approvals: [] };

/** When nobody worked on the run. A run that was claimed once, and not put down since, needs no events for it. */
export function useWaits(run: RunDetail, now: number): readonly Wait[] {
    const isSimple = run.epoch <= 1 && run.status !== "waiting";
    const found = useQuery<Turns>({
        key: `turns:${run.run_id} ${run.epoch} ${run.status}`,
        tags: [],
        freshFor: 60_000,
        async fetch(signal) {
            if (isSimple) return NONE;
            const [approvals, ...pages] = await Promise.all([
                api.call(listApprovals, { query: { run_id: run.run_id, limit: 200 } }, { signal }),
                ...TURNS.map((type) =>
                    api.call(listEvents, { query: { run_id: run.run_id, event_type: type, limit: 200 } }, { signal })
                ),
            ]);
            return { approvals: approvals.items, events: pages.flatMap((page) => page.items) };
        },
    });
    const turns = found.data ?? NONE;
    // While the run goes on a wait may, too: then every second counts.
    const until = run.finished_at === null ? now : 0;
    return useMemo(() => waitsOf(run, turns.events, turns.approvals, until), [run, turns, until]);
}

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
