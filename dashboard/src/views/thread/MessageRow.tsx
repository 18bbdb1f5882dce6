// SPDX-License-Identifier: Apache-2.0

import { memo } from "react";
import { displayedLine } from "../../core/display";
import { href } from "../../core/router";
import type { Message } from "../../gen/orchestrator";
import { Link } from "../../ui/Link";
import { Markdown } from "../../ui/Markdown";
import { shortened, Time } from "../../ui/parts";
import { runPlace } from "../run/route";
import type { Outgoing } from "./outbox";
import type { Sending } from "./useOutbox";

/** A message that is there. */
export const Posted = memo(function Posted(props: {
    readonly message: Message;
    readonly answered: number | null;
    readonly reply: (message: string) => void;
}) {
    const { message, answered } = props;
    const who = displayedLine(message.sender);
    return (
        <article className="message" aria-label={`Message ${message.number} of ${who}`}>
            <div className="message-head">
                <b>{who}</b>
                <Time at={message.created_at} />
                <span className="faint">#{message.number}</span>
                {answered !== null && (
                    <span className="faint">answers {answered === 0 ? "an earlier one" : "#" + answered}</span>
                )}
                {message.run_id !== null && (
                    <Link to={href(runPlace, { run: message.run_id })} label={"Run " + message.run_id}>
                        run {shortened(message.run_id)}
                    </Link>
                )}
                <button
                    type="button"
                    className="quiet message-reply"
                    aria-label={`Answer message ${message.number}`}
                    onClick={() => props.reply(message.message_id)}
                >
                    Answer
                </button>
            </div>
            <Markdown text={message.content_md} />
        </article>
    );
});

/** A message that was written here and is on its way, or was not sent. */
export function Unsent({ one, sending }: { readonly one: Outgoing; readonly sending: Sending }) {
    return (
        <article
            className={"message message-unsent" + (one.trouble === null ? "" : " is-failed")}
            aria-label="Your message"
        >
            <div className="message-head">
                <b>You</b>
                {one.trouble === null
                    ? (
                        <span className="faint">
                            <span className="spinner" aria-hidden="true" /> Sending…
                        </span>
                    )
                    : <span className="bad" role="alert">Not sent: {one.trouble}</span>}
                {one.trouble !== null && (
                    <span className="actions message-reply">
                        <button type="button" onClick={() => sending.retry(one.key)}>
                            Send again
                        </button>
                        <button type="button" className="quiet" onClick={() => sending.takeBack(one.key)}>
                            Edit
                        </button>
                    </span>
                )}
            </div>
            <Markdown text={one.text} />
        </article>
    );
}
