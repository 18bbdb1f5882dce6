// SPDX-License-Identifier: Apache-2.0

import { useCallback, useRef, useState } from "react";
import { api } from "../../core/app";
import { load, save } from "../../core/preferences";
import { inWords } from "../../core/problem";
import { randomKey } from "../../core/random";
import { type Message, postMessage } from "../../gen/orchestrator";
import {
    EMPTY,
    failed,
    gone,
    type Outbox,
    type Outgoing,
    readOutbox,
    retried,
    savedOutbox,
    sent,
    takenBack,
} from "./outbox";

export interface Sending {
    readonly box: Outbox;
    readonly write: (draft: string) => void;
    readonly replyTo: (message: string | null) => void;
    readonly send: () => void;
    readonly retry: (key: string) => void;
    readonly takeBack: (key: string) => void;
    /** Tells of keys whose messages are there. */
    readonly arrived: (keys: readonly string[]) => void;
}

/** What is written to a thread, saved with every change. Messages go out one after the other, in their order. */
export function useOutbox(thread: string, posted: (message: Message) => void): Sending {
    const name = "tutti.thread." + thread;
    const [box, setBox] = useState<Outbox>(() => readOutbox(load(window.localStorage, name)));
    const now = useRef(box);
    const queue = useRef<Promise<void>>(Promise.resolve());
    const latestPosted = useRef(posted);
    latestPosted.current = posted;

    const put = useCallback((change: (old: Outbox) => Outbox) => {
        const next = change(now.current);
        if (next === now.current) return;
        now.current = next;
        save(window.localStorage, name, savedOutbox(next));
        setBox(next);
    }, [name]);

    const deliver = useCallback((one: Outgoing) => {
        queue.current = queue.current.then(async () => {
            // Its message may have been told of meanwhile.
            if (!now.current.outgoing.some((each) => each.key === one.key)) return;
            try {
                const body = { content_md: one.text, idempotency_key: one.key, in_reply_to: one.replyTo };
                const message = await api.call(postMessage, { path: { thread_id: thread }, body });
                latestPosted.current(message);
                put((old) => gone(old, one.key));
            } catch (error) {
                put((old) => failed(old, one.key, inWords(error)));
            }
        });
    }, [thread, put]);

    return {
        box,
        write: useCallback((draft) => put((old) => ({ ...old, draft })), [put]),
        replyTo: useCallback((message) => put((old) => ({ ...old, replyTo: message })), [put]),
        send: useCallback(() => {
            const key = randomKey();
            put((old) => sent(old, key));
            const one = now.current.outgoing.find((each) => each.key === key);
            if (one !== undefined) deliver(one);
        }, [put, deliver]),
        retry: useCallback((key) => {
            put((old) => retried(old, key));
            const one = now.current.outgoing.find((each) => each.key === key);
            if (one !== undefined) deliver(one);
        }, [put, deliver]),
        takeBack: useCallback((key) => put((old) => takenBack(old, key)), [put]),
        arrived: useCallback(
            (keys) => put((old) => (old === EMPTY ? old : keys.reduce((each, key) => gone(each, key), old))),
            [put],
        ),
    };
}
