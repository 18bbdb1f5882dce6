// SPDX-License-Identifier: Apache-2.0

import { type ReactNode, useEffect } from "react";
import { api } from "../../core/app";
import { grouped } from "../../core/number";
import { href } from "../../core/router";
import { type Event, getEvent, listEvents } from "../../gen/orchestrator";
import { type Column, DataTable } from "../../ui/DataTable";
import { useQuery } from "../../ui/hooks";
import { Icon } from "../../ui/Icon";
import { Link } from "../../ui/Link";
import { type PagedList, usePages } from "../../ui/pages";
import { Empty, ExactTime, Facts, Failed, Id, Loading } from "../../ui/parts";
import { type EventHead, headOf, type Ties, tiesOf } from "./ties";
import { Payload } from "./Payload";
import { runPlace } from "./route";
import { instant, type Span } from "./spans";

const PAGE = 200;
const id = (event: EventHead): string => event.event_id;

const columns: readonly Column<EventHead>[] = [
    { name: "time", title: "Time", cell: (event) => event.occurred_at.slice(11, 26).replace("Z", "") },
    { name: "type", title: "Event", cell: (event) => event.event_type },
    { name: "actor", title: "By", cell: (event) => event.actor },
];

/** The events of a run, or those of one of its steps or tool calls. */
export function Events(props: {
    readonly run: string;
    readonly span: Span;
    readonly selected: string | undefined;
    readonly select: (event: string | undefined) => void;
}) {
    const { run, span, selected, select } = props;
    const isWhole = span.kind === "run";
    const list = usePages<EventHead>(
        `events ${run} ${span.id} ${span.status} ${span.attempt}`,
        id,
        async (cursor, signal) => {
            const query = { run_id: run, limit: PAGE, cursor, ...(isWhole ? {} : during(span)) };
            const page = await api.call(listEvents, { query }, { signal });
            const heads = page.items.map(headOf);
            return { ...page, items: isWhole ? heads : heads.filter((one) => isOf(one, span)) };
        },
    );
    // A page of which nothing is about the span is not the end.
    const isSkipping = list.rows.length === 0 && list.hasMore && !list.isReading && list.error === null;
    useEffect(() => {
        if (isSkipping) list.more();
    });
    return (
        <div className="run-events">
            {selected !== undefined && <Chosen event={selected} run={run} list={list} select={select} />}
            <DataTable
                label="Events"
                name="run-events"
                columns={columns}
                list={list}
                id={id}
                open={(event) => select(event.event_id === selected ? undefined : event.event_id)}
                {...(selected === undefined ? {} : { selected: new Set([selected]) })}
                empty={<Empty title="No events" />}
            />
        </div>
    );
}

/** A step's events happen while it goes on; one that was restarted is told of from its last start. */
function during(span: Span): { readonly since: string; readonly until?: string } {
    const since = new Date(Math.floor(span.from)).toISOString();
    return span.to === null ? { since } : { since, until: new Date(Math.ceil(span.to) + 1).toISOString() };
}

function isOf(event: EventHead, span: Span): boolean {
    if (span.kind === "call") return event.call === span.id;
    return span.kind === "child" ? event.run_id === span.id : event.step === span.id;
}

function Chosen(props: {
    readonly event: string;
    readonly run: string;
    readonly list: PagedList<EventHead>;
    readonly select: (event: string | undefined) => void;
}) {
    const found = useQuery<Event>({
        key: "event:" + props.event,
        tags: [],
        freshFor: 60_000,
        fetch: (signal) => api.call(getEvent, { path: { event_id: props.event } }, { signal }),
    });
    const event = found.data;
    if (event === undefined) {
        return found.status === "failed"
            ? <Failed error={found.error} what="the event" retry={found.refresh} />
            : <Loading what="the event" />;
    }
    const ties = tiesOf(headOf(event), props.list.rows);
    const jump = (to: EventHead) => (
        <button
            key={to.event_id}
            type="button"
            className="quiet"
            onClick={() => props.select(to.event_id)}
        >
            {to.event_type} <span className="faint">{gap(event.occurred_at, to.occurred_at)}</span>
        </button>
    );
    return (
        <section className="event-card" aria-label="The chosen event">
            <header>
                <h3>{event.event_type}</h3>
                <button
                    type="button"
                    className="quiet icon-button"
                    aria-label="Close the event"
                    onClick={() => props.select(undefined)}
                >
                    <Icon name="cross" />
                </button>
            </header>
            <Facts
                facts={[
                    ["When", <ExactTime key="w" at={event.occurred_at} />],
                    ["By", event.actor],
                    ["Zone", event.zone.replace("_", " ")],
                    ["Event", <Id key="e" id={event.event_id} short />],
                    ["Position", `${event.position}, ${event.stream_seq} in its ${event.stream_type}`],
                    [
                        "Because of",
                        ties.cause === null
                            ? "nothing recorded"
                            : <Cause key="c" id={ties.cause} run={props.run} select={props.select} />,
                    ],
                    ["Led to", ties.effects.length === 0 ? "nothing read so far" : <Effects ties={ties} jump={jump} />],
                    ...(ties.before === null ? [] : [["Told before", jump(ties.before)] as const]),
                    ...(ties.after === null ? [] : [["Told after", jump(ties.after)] as const]),
                ]}
            />
            <Payload value={event.data} label={"Particulars of " + event.event_type} file={event.event_id} />
        </section>
    );
}

/** So many of the events that one led to are named; a run's start leads to all that its worker did. */
const NAMED = 12;

function Effects(props: { readonly ties: Ties; readonly jump: (to: EventHead) => ReactNode }) {
    const { effects } = props.ties;
    const more = effects.length - NAMED;
    return (
        <>
            {effects.slice(0, NAMED).map(props.jump)}
            {more > 0 && <span className="faint">and {grouped(more)} more below</span>}
        </>
    );
}

function gap(from: string, to: string): string {
    const size = Math.round((instant(to) - instant(from)) * 10) / 10;
    return (size < 0 ? "−" : "+") + Math.abs(size) + " ms";
}

/** What led to an event; it may have happened in another run. */
function Cause(props: { readonly id: string; readonly run: string; readonly select: (event: string) => void }) {
    const found = useQuery<Event>({
        key: "event:" + props.id,
        tags: [],
        freshFor: 60_000,
        fetch: (signal) => api.call(getEvent, { path: { event_id: props.id } }, { signal }),
    });
    const cause = found.data;
    if (cause === undefined) return <Id id={props.id} short />;
    if (cause.run_id !== null && cause.run_id !== props.run) {
        const to = href(runPlace, { run: cause.run_id }, { event: cause.event_id, pane: "events" });
        return (
            <Link to={to}>
                {cause.event_type} in another run
            </Link>
        );
    }
    return (
        <button type="button" className="quiet" onClick={() => props.select(cause.event_id)}>
            {cause.event_type}
        </button>
    );
}
