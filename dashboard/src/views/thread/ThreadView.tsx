// SPDX-License-Identifier: Apache-2.0

import { useCallback, useEffect, useRef, useState } from "react";
import { api, cache, say } from "../../core/app";
import { displayedLine } from "../../core/display";
import { ApiError, inWords } from "../../core/problem";
import { href } from "../../core/router";
import {
    changeThread,
    type Event,
    getThread,
    type Message,
    type Thread,
    type ThreadChange,
} from "../../gen/orchestrator";
import { useQuery } from "../../ui/hooks";
import { Link } from "../../ui/Link";
import { type MeasuredHandle, MeasuredList } from "../../ui/MeasuredList";
import { NameDialog } from "../../ui/NameDialog";
import { Page } from "../../ui/Page";
import { ConnectionBadge, Empty, Failed, Id, Loading, shortened } from "../../ui/parts";
import { roomPlace } from "../room/route";
import type { ViewProps } from "../view";
import { Composer } from "./Composer";
import { Posted, Unsent } from "./MessageRow";
import type { Outgoing } from "./outbox";
import type { threadPlace } from "./route";
import { useMessages } from "./useMessages";
import { type Sending, useOutbox } from "./useOutbox";

type Row = { readonly message: Message } | { readonly outgoing: Outgoing };

const keyOf = (row: Row): string => ("message" in row ? row.message.message_id : row.outgoing.key);
const neverFixed = (): boolean => false;

/** The messages of a thread, and a place to write another one. */
export default function ThreadView({ parameters }: ViewProps<typeof threadPlace>) {
    const { room, thread: id } = parameters;
    const tag = "thread:" + id;
    const found = useQuery<Thread>({
        key: tag,
        tags: [tag],
        fetch: (signal) => api.call(getThread, { path: { thread_id: id } }, { signal }),
    });
    const arrived = useRef<Sending["arrived"] | null>(null);
    const told = useCallback((events: readonly Event[]) => {
        cache.invalidate([tag]);
        arrived.current?.(events.flatMap((event) => event.idempotency_key ?? []));
    }, [tag]);
    const messages = useMessages(room, id, told);
    const sending = useOutbox(id, messages.add);
    arrived.current = sending.arrived;

    const thread = found.data;
    if (thread === undefined) {
        return (
            <Page title="Thread" windowTitle={"Thread " + shortened(id)}>
                {found.status === "failed"
                    ? <Failed error={found.error} what="the thread" retry={found.refresh} />
                    : <Loading what="the thread" />}
            </Page>
        );
    }
    const title = displayedLine(thread.title) || "(without a title)";
    return (
        <Page
            title={title}
            windowTitle={title + ", thread"}
            isList
            beside={
                <>
                    {thread.archived_at !== null && <span className="status status-cancelled">Archived</span>}
                    <Id id={thread.thread_id} short />
                    <span className="actions">
                        {messages.stream !== null && (
                            <ConnectionBadge connection={messages.stream.connection} retry={messages.retry} />
                        )}
                        <Link to={href(roomPlace, { room })} className="button">
                            To the room
                        </Link>
                        <ThreadActions thread={thread} refresh={found.refresh} />
                    </span>
                </>
            }
        >
            <div className="thread">
                {messages.messages === null
                    ? messages.error === null
                        ? <Loading what="the messages" />
                        : <Failed error={messages.error} what="the messages" retry={messages.retry} />
                    : (
                        <>
                            {messages.error !== null && (
                                <Failed error={messages.error} what="all messages" retry={messages.older} />
                            )}
                            <MessageList messages={messages.messages} older={messages.older} sending={sending} />
                        </>
                    )}
                {thread.archived_at === null
                    ? <Composer sending={sending} messages={messages.messages ?? []} />
                    : <p className="faint">The thread is archived: nothing can be posted until it is restored.</p>}
            </div>
        </Page>
    );
}

function MessageList(
    props: { readonly messages: readonly Message[]; readonly older: () => void; readonly sending: Sending },
) {
    const { messages, older, sending } = props;
    const { outgoing } = sending.box;
    const handle = useRef<MeasuredHandle>(null);
    const [rows, setRows] = useState<readonly Row[]>([]);
    useEffect(() => {
        setRows([...messages.map((message) => ({ message })), ...outgoing.map((one) => ({ outgoing: one }))]);
    }, [messages, outgoing]);
    // Whoever sends sees it.
    const count = outgoing.length;
    useEffect(() => {
        if (count > 0) handle.current?.toLive();
    }, [count, rows]);

    const byId = useRef(new Map<string, Message>());
    byId.current = new Map(messages.map((one) => [one.message_id, one]));
    const render = useCallback(
        (row: Row) =>
            "message" in row
                ? (
                    <Posted
                        message={row.message}
                        answered={answered(byId.current, row.message)}
                        reply={sending.replyTo}
                    />
                )
                : <Unsent one={row.outgoing} sending={sending} />,
        [sending],
    );
    if (messages.length === 0 && outgoing.length === 0) {
        return (
            <Empty title="Nothing was said yet">
                <p>Write the first message below. People and agents read it alike.</p>
            </Empty>
        );
    }
    return (
        <div role="log" aria-label="Messages" className="thread-log">
            <MeasuredList
                rows={rows}
                keyOf={keyOf}
                rowHeight={72}
                isFixed={neverFixed}
                render={render}
                live="end"
                onStart={older}
                handle={handle}
            />
        </div>
    );
}

/** The number of the message that one answers; 0 when it is not among those that were read. */
function answered(known: ReadonlyMap<string, Message>, message: Message): number | null {
    return message.in_reply_to === null ? null : known.get(message.in_reply_to)?.number ?? 0;
}

function ThreadActions({ thread, refresh }: { readonly thread: Thread; readonly refresh: () => void }) {
    const [asks, setAsks] = useState(false);
    const change = async (part: ThreadChange, done: string): Promise<void> => {
        try {
            const body = { ...part, if_version: thread.version };
            await api.call(changeThread, { path: { thread_id: thread.thread_id }, body });
            say(done, "good");
        } catch (error) {
            const isStale = error instanceof ApiError && error.status === 412;
            say(isStale ? "Somebody else has changed the thread meanwhile; look again." : inWords(error), "bad");
        } finally {
            refresh();
        }
    };
    const isOpen = thread.archived_at === null;
    return (
        <>
            <button type="button" onClick={() => setAsks(true)}>
                Rename…
            </button>
            <button
                type="button"
                onClick={() =>
                    void change({ archived: isOpen }, isOpen ? "The thread is archived." : "The thread is open again.")}
            >
                {isOpen ? "Archive" : "Restore"}
            </button>
            {asks && (
                <NameDialog
                    title="Rename the thread"
                    label="Title"
                    action="Rename"
                    value={thread.title}
                    close={() => setAsks(false)}
                    take={(title) => {
                        setAsks(false);
                        void change({ title }, "The thread is renamed.");
                    }}
                />
            )}
        </>
    );
}
