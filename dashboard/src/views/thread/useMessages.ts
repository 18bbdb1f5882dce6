// SPDX-License-Identifier: Apache-2.0

import { useCallback, useEffect, useRef, useState } from "react";
import { api, followEvents } from "../../core/app";
import { isAbort } from "../../core/problem";
import type { StreamState } from "../../core/stream";
import { type Event, listEvents, listMessages, type Message } from "../../gen/orchestrator";
import { saidIn } from "../room/timeline";
import { merged, missing } from "./outbox";

const PAGE = 50;
/** So many messages are kept; older ones are read again when somebody goes there. */
const KEPT = 5000;

export interface Messages {
    readonly messages: readonly Message[] | null;
    readonly error: unknown;
    readonly isReading: boolean;
    readonly stream: StreamState | null;
    readonly older: () => void;
    readonly retry: () => void;
    readonly add: (message: Message) => void;
}

/** The message that an event of its room tells of. */
function messageOf(event: Event, room: string): Message | null {
    const said = saidIn(event);
    if (said === null) return null;
    const { in_reply_to: replyTo } = event.data as { readonly in_reply_to?: unknown };
    return {
        message_id: said.id,
        thread_id: said.thread,
        room_id: room,
        number: said.number,
        content_md: said.text,
        sender: event.actor,
        created_at: event.occurred_at,
        run_id: event.run_id,
        correlation_id: event.correlation_id,
        in_reply_to: typeof replyTo === "string" ? replyTo : null,
    };
}

/** The messages of a thread: the newest, those that come, and pages of older ones. `told` gets the events of the thread. */
export function useMessages(room: string, thread: string, told: (events: readonly Event[]) => void): Messages {
    const [messages, setMessages] = useState<readonly Message[] | null>(null);
    const [error, setError] = useState<unknown>(null);
    const [isReading, setReading] = useState(true);
    const [stream, setStream] = useState<StreamState | null>(null);
    const [round, setRound] = useState(0);
    const latestTold = useRef(told);
    latestTold.current = told;
    const now = useRef(messages);
    now.current = messages;
    const again = useRef<(() => void) | null>(null);

    const read = useCallback(
        async (order: "asc" | "desc", cursor: number | undefined, limit: number, signal: AbortSignal) => {
            const query = { order, limit, cursor };
            return (await api.call(listMessages, { path: { thread_id: thread }, query }, { signal })).items;
        },
        [thread],
    );
    const add = useCallback((more: readonly Message[]) => {
        setMessages((old) => {
            const all = merged(old ?? [], more);
            return all.length > KEPT ? all.slice(all.length - KEPT) : all;
        });
    }, []);

    useEffect(() => {
        const life = new AbortController();
        const { signal } = life;
        let end: (() => void) | null = null;
        const begin = async (): Promise<void> => {
            setReading(true);
            try {
                // First where the room stands, then the messages: what is posted between the two is told by the stream.
                const query = { stream_type: "room", stream_id: room, order: "desc", limit: 1 } as const;
                const head = (await api.call(listEvents, { query }, { signal })).items[0]?.stream_seq ?? 0;
                const found = await read("desc", undefined, PAGE, signal);
                setMessages(merged([], found));
                setError(null);
                follow(head);
            } catch (problem) {
                if (!isAbort(problem)) setError(problem);
            } finally {
                if (!signal.aborted) setReading(false);
            }
        };
        const follow = (head: number): void => {
            const client = followEvents(
                room,
                (events) => {
                    const own = events.filter((event) => {
                        const { data } = event;
                        return typeof data === "object" && data !== null && "thread_id" in data &&
                            data["thread_id"] === thread;
                    });
                    if (own.length === 0) return;
                    add(own.flatMap((event) => messageOf(event, room) ?? []));
                    latestTold.current(own);
                },
                () => setRound((count) => count + 1),
                head,
            );
            setStream(client.state.get());
            const unwatch = client.state.subscribe(() => setStream(client.state.get()));
            client.start();
            again.current = () => client.retry();
            end = () => {
                unwatch();
                client.stop();
            };
        };
        void begin();
        return () => {
            life.abort();
            end?.();
            again.current = null;
        };
    }, [room, thread, round, read, add]);

    // A message whose event could not be read leaves a hole, which is filled from the thread itself.
    const hole = messages === null ? null : missing(messages);
    const from = hole?.from ?? 0;
    const count = hole === null ? 0 : hole.to - hole.from + 1;
    useEffect(() => {
        if (count === 0) return undefined;
        const life = new AbortController();
        read("asc", from - 1, Math.min(count, PAGE), life.signal).then(add).catch((problem: unknown) => {
            if (!isAbort(problem)) setError(problem);
        });
        return () => life.abort();
    }, [from, count, read, add]);

    const reading = useRef(false);
    const older = useCallback(() => {
        const first = now.current?.[0]?.number ?? 1;
        if (first <= 1 || reading.current) return;
        reading.current = true;
        setReading(true);
        read("desc", first, PAGE, new AbortController().signal)
            .then((found) => setMessages((old) => merged(old ?? [], found)))
            .catch((problem: unknown) => setError(problem))
            .finally(() => {
                reading.current = false;
                setReading(false);
            });
    }, [read]);
    const retry = useCallback(() => {
        if (now.current === null || again.current === null) setRound((one) => one + 1);
        else again.current();
    }, []);
    return { messages, error, isReading, stream, older, retry, add: (one) => add([one]) };
}
