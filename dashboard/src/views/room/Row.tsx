// SPDX-License-Identifier: Apache-2.0

import { memo } from "react";
import { displayedLine } from "../../core/display";
import { href } from "../../core/router";
import { type Event, getEvent } from "../../gen/orchestrator";
import { api } from "../../core/app";
import { useQuery } from "../../ui/hooks";
import { JsonView } from "../../ui/JsonView";
import { Link } from "../../ui/Link";
import { Markdown } from "../../ui/Markdown";
import { Facts, Failed, Id, Loading, shortened, Time } from "../../ui/parts";
import { addressOf } from "..";
import { tasksPlace } from "../tasks/route";
import { threadPlace } from "../thread/route";
import type { Entry } from "./timeline";
import type { Fact } from "./facts";

/** One event of a room: a message as it was written, anything else as a line that opens. */
export const Row = memo(function Row(props: {
    readonly room: string;
    readonly entry: Entry;
    readonly isOpen: boolean;
    readonly isActive: boolean;
    readonly toggle: (seq: number) => void;
    readonly focused: (seq: number) => void;
}) {
    const { entry, isOpen, room } = props;
    const who = displayedLine(entry.actor);
    const name = entry.message === null ? lineOf(entry.facts) : "Message of " + who;
    return (
        <div
            role="article"
            aria-label={name}
            className={"entry" + (entry.message === null ? " entry-line" : " entry-message") +
                (isOpen ? " is-open" : "")}
            data-seq={entry.seq}
            tabIndex={props.isActive ? 0 : -1}
            onFocus={() => props.focused(entry.seq)}
        >
            {entry.message === null
                ? (
                    <div className="entry-one">
                        <span className={"tone tone-" + entry.tone} aria-hidden="true" />
                        <span className="entry-words">
                            {entry.facts.map((fact) => ("words" in fact ? fact.words : ""))}
                        </span>
                        <span className="entry-links">
                            {entry.facts.map((fact) => "id" in fact && <Thing key={fact.id} fact={fact} room={room} />)}
                        </span>
                        <Side entry={entry} who={who} isOpen={isOpen} toggle={props.toggle} />
                    </div>
                )
                : (
                    <>
                        <div className="entry-one">
                            <b className="entry-words">{who}</b>
                            <span className="entry-links">
                                <Link
                                    to={href(threadPlace, { room, thread: entry.message.thread })}
                                    label={`Message ${entry.message.number} in its thread`}
                                >
                                    {shortened(entry.message.thread)} · {entry.message.number}
                                </Link>
                            </span>
                            <Side entry={entry} who="" isOpen={isOpen} toggle={props.toggle} />
                        </div>
                        <Markdown text={entry.message.text} />
                    </>
                )}
            {isOpen && <Details id={entry.id} />}
        </div>
    );
});

function lineOf(facts: readonly Fact[]): string {
    return facts.map((fact) => ("words" in fact ? fact.words : fact.is)).join(" · ");
}

function Thing({ fact, room }: { readonly fact: Extract<Fact, { readonly id: string }>; readonly room: string }) {
    const to = fact.is === "thread" ? href(threadPlace, { room, thread: fact.id }) : addressOf(fact.id);
    const words = shortened(fact.id);
    if (to === null) return <span className="faint" title={fact.is + " " + fact.id}>{words}</span>;
    return (
        <Link to={to} label={fact.is + " " + fact.id}>
            {words}
        </Link>
    );
}

function Side(
    props: {
        readonly entry: Entry;
        readonly who: string;
        readonly isOpen: boolean;
        readonly toggle: (seq: number) => void;
    },
) {
    const { entry, isOpen } = props;
    return (
        <span className="entry-side">
            {props.who !== "" && <span className="faint entry-who">{props.who}</span>}
            <Time at={entry.at} />
            <button
                type="button"
                className="quiet entry-seq"
                aria-expanded={isOpen}
                aria-label={`${isOpen ? "Close" : "Open"} event ${entry.seq}`}
                onClick={() => props.toggle(entry.seq)}
            >
                #{entry.seq}
            </button>
        </span>
    );
}

/** All of an event, read when somebody opens it. */
function Details({ id }: { readonly id: string }) {
    const found = useQuery<Event>({
        key: "event:" + id,
        tags: [],
        freshFor: 600_000,
        fetch: (signal) => api.call(getEvent, { path: { event_id: id } }, { signal }),
    });
    const event = found.data;
    if (event === undefined) {
        return found.status === "failed"
            ? <Failed error={found.error} what="the event" retry={found.refresh} />
            : <Loading what="the event" />;
    }
    return (
        <div className="entry-details">
            <Facts
                facts={[
                    ["Event", <Id key="e" id={event.event_id} />],
                    ["Type", event.event_type],
                    ["Happened", <Time key="t" at={event.occurred_at} />],
                    ["Position", String(event.position)],
                    ["Because of", event.causation_id === null ? "–" : <Id key="c" id={event.causation_id} />],
                    [
                        "Correlation",
                        event.correlation_id === null ? "–" : (
                            <Id
                                key="o"
                                id={event.correlation_id}
                                to={href(tasksPlace, {}, { correlationId: event.correlation_id })}
                            />
                        ),
                    ],
                    [
                        "Trace",
                        <Id key="r" id={event.trace_id} to={href(tasksPlace, {}, { traceId: event.trace_id })} />,
                    ],
                ]}
            />
            <JsonView value={event.data} label={"Particulars of " + event.event_type} />
        </div>
    );
}
