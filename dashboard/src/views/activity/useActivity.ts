// SPDX-License-Identifier: Apache-2.0

import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { api, live, pacedPictures } from "../../core/app";
import type { Cursor, Filter, LogFrame, TaskUpdate } from "../../core/live";
import { inWords, isAbort } from "../../core/problem";
import { listRuns } from "../../gen/orchestrator";
import { type Agents, createAgents } from "./agents";
import {
    EMPTY,
    type Feed,
    filled,
    type Gap,
    holes,
    type Item,
    itemOf,
    lineOf,
    reading,
    resumed,
    told,
    withGap,
    withOlder,
} from "./feed";
import { type Channels, type Found, readBetween } from "./history";

/** So many places of each log are looked at first; further back always twice as many. */
const FIRST = 300;
const NOWHERE: Cursor = { events: null, logs: null };

export interface Activity {
    readonly feed: Feed;
    readonly cursor: Cursor;
    readonly agents: Agents;
    readonly isReading: boolean;
    /** What went wrong when something was read. */
    readonly trouble: string | null;
    /** Channels that cannot be read at the moment, in the server's words. */
    readonly notices: readonly string[];
    readonly hasOlder: boolean;
    readonly older: () => void;
    readonly fill: (gap: Gap) => void;
    /** Lets the list stand still, or go on. */
    readonly stand: (stands: boolean) => void;
}

/** Follows the channels from now on, and reads what was before. Another workspace or filter is another list. */
export function useActivity(workspace: string, channels: Channels, filter: Filter, isGapless: boolean): Activity {
    const name = JSON.stringify([workspace, channels, filter]);
    const [feed, setFeed] = useState<Feed>(EMPTY);
    const [cursor, setCursor] = useState<Cursor>(NOWHERE);
    const [isReading, setReading] = useState(true);
    const [trouble, setTrouble] = useState<string | null>(null);
    const [notices, setNotices] = useState<Readonly<Record<string, string>>>({});
    const [round, setRound] = useState(0);
    const [hasOlder, setHasOlder] = useState(false);
    const agents = useMemo(() =>
        createAgents(async (task, signal) => {
            const page = await api.call(listRuns, { query: { task_id: task, limit: 1 } }, { signal });
            return page.items[0]?.agent ?? "";
        }), []);
    useEffect(() => () => agents.end(), [agents]);

    const now = useRef<Cursor>(NOWHERE);
    const stoodAt = useRef<Cursor>(NOWHERE);
    const stands = useRef(false);
    /** Down to where each log has been read, and how far the next step goes. */
    const reach = useRef<{ events: number | null; logs: number | null; step: number }>({ ...NOWHERE, step: FIRST });
    const life = useRef(new AbortController());
    const gaps = useRef(0);
    const busy = useRef({ count: 0 });
    const latest = useRef({ channels, filter });
    latest.current = { channels, filter };

    const know = useCallback((found: Pick<Found, "updates" | "frames">): readonly Item[] => {
        for (const one of found.updates) if (one.agent !== undefined) agents.know(one.task_id, one.agent);
        return [...found.updates.map(itemOf), ...found.frames.map(lineOf)];
    }, [agents]);

    /** Reads between two places; nothing when the list is another one by then. */
    const read = useCallback(
        async (which: Channels, from: Cursor, to: Cursor, use: (found: Found) => void): Promise<void> => {
            const { signal } = life.current;
            const { current: mine } = busy;
            mine.count += 1;
            setReading(true);
            try {
                const found = await readBetween(live, which, latest.current.filter, from, to, signal);
                if (signal.aborted) return;
                setTrouble(null);
                use(found);
            } catch (error) {
                if (!isAbort(error) && !signal.aborted) setTrouble(inWords(error));
            } finally {
                mine.count -= 1;
                if (mine.count === 0 && !signal.aborted) setReading(false);
            }
        },
        [],
    );

    const fill = useCallback((gap: Gap) => {
        const { from, to } = gap;
        const wanted = latest.current.channels.filter((channel) => {
            const [begin, end] = channel === "tasks" ? [from.events, to.events] : [from.logs, to.logs];
            return begin !== null && end !== null && end > begin;
        });
        if (wanted.length === 0) return setFeed((old) => filled(old, gap.key, [], null));
        setFeed((old) => reading(old, gap.key, true));
        read(wanted, from, to, (found) => {
            const rest = found.until === null ? null : { ...gap, from: found.until, count: 0, isReading: false };
            const items = know(found);
            setFeed((old) => filled(old, gap.key, items, rest));
        }).finally(() => setFeed((old) => reading(old, gap.key, false)));
    }, [read, know]);

    /** Reads one step further back in the logs that are known. */
    const back = useCallback((which: Channels) => {
        const { events, logs, step } = reach.current;
        const wanted = which.filter((one) => ((one === "tasks" ? events : logs) ?? 0) > 0);
        if (wanted.length === 0) return;
        const from: Cursor = {
            events: events === null ? null : Math.max(0, events - step),
            logs: logs === null ? null : Math.max(0, logs - step),
        };
        const to: Cursor = { events, logs };
        void read(wanted, from, to, (found) => {
            const isLogs = wanted.includes("logs");
            const begin = found.oldest.logs;
            reach.current = {
                events: wanted.includes("tasks") ? from.events : events,
                // Before the oldest that is kept there is nothing to read.
                logs: isLogs ? (begin === null ? from.logs : 0) : logs,
                step: Math.min(step * 2, 20_000),
            };
            setHasOlder((reach.current.events ?? 0) > 0 || (reach.current.logs ?? 0) > 0);
            const items = know(found);
            // A step that holds more than is read at once ends with a gap before what is shown already.
            const rest: Gap | null = found.until === null ? null : {
                is: "gap",
                key: "g" + (gaps.current += 1),
                time: Math.max(...items.map((one) => one.time)) + 1,
                why: "missed",
                from: found.until,
                to,
                count: 0,
                isReading: false,
            };
            setFeed((old) => (rest === null ? withOlder(old, items) : withGap(withOlder(old, items), rest)));
        });
    }, [read, know]);

    useEffect(() => {
        const mine = new AbortController();
        life.current = mine;
        busy.current = { count: 0 };
        now.current = NOWHERE;
        reach.current = { ...NOWHERE, step: FIRST };
        setFeed(EMPTY);
        setCursor(NOWHERE);
        setNotices({});
        setHasOlder(false);
        setReading(true);
        let updates: TaskUpdate[] = [];
        let frames: LogFrame[] = [];
        let isDue = false;
        const pace = pacedPictures();
        const flush = (): void => {
            isDue = false;
            if (mine.signal.aborted) return;
            const items = know({ updates, frames });
            updates = [];
            frames = [];
            setCursor(now.current);
            setFeed((old) => told(old, items, stands.current));
        };
        const soon = (): void => {
            if (isDue) return;
            isDue = true;
            pace(flush);
        };
        const gapAt = (time: number, why: Gap["why"], from: number, to: number): Gap => ({
            is: "gap",
            key: "g" + (gaps.current += 1),
            time,
            why,
            from: { events: null, logs: from },
            to: { events: null, logs: to },
            count: to - from,
            isReading: false,
        });
        const end = live.subscribe({
            channels: latest.current.channels,
            filter: latest.current.filter,
            tasks(more) {
                for (const one of more) updates.push(one);
                soon();
            },
            logs(more) {
                // Ids have no gaps where nothing is filtered: a missing one is a line that was lost on the way.
                const missing = isGapless ? holes(now.current.logs, more) : [];
                for (const one of more) frames.push(one);
                soon();
                for (const hole of missing) {
                    const behind = more.find((frame) => frame.id > hole.to);
                    const gap = gapAt(Date.parse(behind?.received_at ?? "") - 1, "missed", hole.from - 1, hole.to);
                    setFeed((old) => withGap(old, gap));
                    fill(gap);
                }
            },
            moved(cursor) {
                now.current = cursor;
                if (reach.current.events === null && cursor.events !== null) {
                    reach.current = { ...reach.current, events: cursor.events };
                    back(latest.current.channels.filter((one) => one === "tasks"));
                }
                if (reach.current.logs === null && cursor.logs !== null) {
                    reach.current = { ...reach.current, logs: cursor.logs };
                    back(latest.current.channels.filter((one) => one === "logs"));
                }
                soon();
            },
            reset(channel, oldest) {
                // Another log than before: nothing that is shown can be trusted to be in it.
                if (channel === "tasks") return setRound((count) => count + 1);
                const last = now.current.logs ?? 0;
                // A log that was begun anew has smaller ids than those that are known.
                if (oldest <= last) return setRound((count) => count + 1);
                setFeed((old) => withGap(old, gapAt(Date.now(), "gone", last, oldest - 1)));
            },
            notice: (channel, isAvailable, message) =>
                setNotices(({ [channel]: _, ...rest }) => (isAvailable ? rest : { ...rest, [channel]: message })),
            refused(message) {
                setTrouble(message);
                setReading(false);
            },
        });
        return () => {
            mine.abort();
            end();
        };
    }, [name, round, isGapless, know, fill, back]);

    const stand = useCallback((next: boolean) => {
        if (stands.current === next) return;
        stands.current = next;
        if (next) stoodAt.current = now.current;
        else setFeed((old) => resumed(old, "g" + (gaps.current += 1), stoodAt.current));
    }, []);
    const older = useCallback(() => {
        if (busy.current.count === 0) back(latest.current.channels);
    }, [back]);
    return {
        feed,
        cursor,
        agents,
        isReading,
        trouble,
        notices: Object.values(notices),
        hasOlder,
        older,
        fill,
        stand,
    };
}
