// SPDX-License-Identifier: Apache-2.0

import { type FormEvent, type KeyboardEvent, useEffect, useRef, useState } from "react";
import type { Message } from "../../gen/orchestrator";
import { useKeys } from "../../ui/hooks";
import { Markdown } from "../../ui/Markdown";
import { WAITING } from "./outbox";
import type { Sending } from "./useOutbox";

const LONGEST = 65_536;

/** Where a message is written. What was written stays until it is sent, also when the page is closed. */
export function Composer(props: { readonly sending: Sending; readonly messages: readonly Message[] }) {
    const { box, write, send, replyTo } = props.sending;
    const [shows, setShows] = useState(false);
    const field = useRef<HTMLTextAreaElement>(null);
    const answered = box.replyTo;
    const isFull = box.outgoing.length >= WAITING;
    const canSend = box.draft.trim() !== "" && !isFull;
    useKeys([{ keys: "m", label: "Write a message", group: "Thread", run: () => field.current?.focus() }]);
    // Whoever chooses a message to answer wants to write.
    const before = useRef(answered);
    useEffect(() => {
        if (answered !== null && answered !== before.current) field.current?.focus();
        before.current = answered;
    }, [answered]);

    const submit = (event: FormEvent | KeyboardEvent): void => {
        event.preventDefault();
        if (!canSend) return;
        setShows(false);
        send();
        field.current?.focus();
    };
    const press = (event: KeyboardEvent): void => {
        if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) submit(event);
    };
    const number = props.messages.find((one) => one.message_id === answered)?.number;
    return (
        <form className="composer" onSubmit={submit}>
            {answered !== null && (
                <p className="faint">
                    Answers {number === undefined ? "an earlier message" : "message #" + number}{" "}
                    <button type="button" className="quiet" onClick={() => replyTo(null)}>
                        Do not answer it
                    </button>
                </p>
            )}
            <textarea
                ref={field}
                className={shows ? "unseen" : ""}
                aria-label="Message"
                placeholder="Write in Markdown"
                rows={3}
                maxLength={LONGEST}
                value={box.draft}
                onChange={(event) => write(event.target.value)}
                onKeyDown={press}
            />
            {shows && (
                <div className="composer-preview" tabIndex={0} role="region" aria-label="How it will look">
                    <Markdown text={box.draft} />
                </div>
            )}
            <div className="actions">
                <button type="submit" className="main" disabled={!canSend}>
                    Send <kbd>Ctrl ⏎</kbd>
                </button>
                <button
                    type="button"
                    aria-pressed={shows}
                    disabled={box.draft.trim() === ""}
                    onClick={() => setShows(!shows)}
                >
                    Preview
                </button>
                {isFull && <span className="bad">Too many messages wait; send or edit those first.</span>}
                {box.draft !== "" && <span className="faint">The draft is kept in this browser.</span>}
            </div>
        </form>
    );
}
