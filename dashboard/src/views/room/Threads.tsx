// SPDX-License-Identifier: Apache-2.0

import { type FormEvent, useState } from "react";
import { api, preferences, router, say } from "../../core/app";
import { displayedLine } from "../../core/display";
import { inWords } from "../../core/problem";
import { href } from "../../core/router";
import { createThread, listThreads, type Thread } from "../../gen/orchestrator";
import { ChoiceChips } from "../../ui/Chips";
import { useStore } from "../../ui/hooks";
import { Link } from "../../ui/Link";
import { type PagedList, usePages } from "../../ui/pages";
import { Empty, Failed, Loading, Time } from "../../ui/parts";
import { threadPlace } from "../thread/route";

export type Shown = "open" | "archived";

export function useThreads(room: string, shown: Shown): PagedList<Thread> {
    const { workspace } = useStore(preferences);
    return usePages<Thread>(
        [workspace, room, "threads", shown].join(" "),
        (thread) => thread.thread_id,
        (cursor, signal) =>
            api.call(
                listThreads,
                { path: { room_id: room }, query: { archived: shown === "archived", limit: 50, cursor } },
                { signal },
            ),
    );
}

/** The threads of a room, the newest first, and what begins another one. */
export function Threads(props: {
    readonly room: string;
    readonly list: PagedList<Thread>;
    readonly shown: Shown;
    readonly show: (shown: Shown) => void;
    /** Whether something may be begun here. */
    readonly isOpen: boolean;
}) {
    const { list, shown, room } = props;
    return (
        <section className="threads" aria-labelledby="threads-title">
            <div className="threads-head">
                <h2 id="threads-title">Threads</h2>
                <ChoiceChips
                    label="Which threads"
                    words={["archived"] as const}
                    chosen={shown === "archived" ? ["archived"] : []}
                    show={() => "Archived"}
                    choose={(chosen) => props.show(chosen.length > 0 ? "archived" : "open")}
                />
            </div>
            {props.isOpen && <NewThread room={room} />}
            {list.status === "loading" && <Loading what="the threads" />}
            {list.status === "failed" && <Failed error={list.error} what="the threads" retry={list.retry} />}
            {list.status === "ready" && list.rows.length === 0 && (
                <Empty title={shown === "archived" ? "No thread is archived" : "No thread yet"} />
            )}
            <ul>
                {list.rows.map((thread) => (
                    <li key={thread.thread_id}>
                        <Link to={href(threadPlace, { room, thread: thread.thread_id })}>
                            {displayedLine(thread.title) || "(without a title)"}
                        </Link>
                        <span className="faint">
                            {thread.message_count === 1 ? "1 message" : thread.message_count + " messages"}
                            {thread.last_message_at !== null && (
                                <>
                                    {" · "}
                                    <Time at={thread.last_message_at} />
                                </>
                            )}
                        </span>
                    </li>
                ))}
            </ul>
            {list.hasMore && (
                <button type="button" className="quiet" disabled={list.isReading} onClick={list.more}>
                    Read more
                </button>
            )}
        </section>
    );
}

function NewThread({ room }: { readonly room: string }) {
    const [title, setTitle] = useState("");
    const [isBusy, setBusy] = useState(false);
    const make = async (event: FormEvent): Promise<void> => {
        event.preventDefault();
        if (title.trim() === "" || isBusy) return;
        setBusy(true);
        try {
            const made = await api.call(createThread, { path: { room_id: room }, body: { title: title.trim() } });
            setTitle("");
            router.go(href(threadPlace, { room, thread: made.thread_id }));
        } catch (error) {
            say(inWords(error), "bad");
        } finally {
            setBusy(false);
        }
    };
    return (
        <form className="threads-new" onSubmit={(event) => void make(event)}>
            <input
                type="text"
                id="new-thread"
                aria-label="Title of a new thread"
                placeholder="What about?"
                maxLength={200}
                value={title}
                onChange={(event) => setTitle(event.target.value)}
            />
            <button type="submit" disabled={title.trim() === "" || isBusy}>
                Begin
            </button>
        </form>
    );
}
