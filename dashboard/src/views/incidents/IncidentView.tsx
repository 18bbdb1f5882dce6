// SPDX-License-Identifier: Apache-2.0

import { type FormEvent, useState } from "react";
import { api, cache, say, session } from "../../core/app";
import { inWords } from "../../core/problem";
import { href } from "../../core/router";
import { type Event, getEvent, getIncident, type Incident, linkIncident, listEvents } from "../../gen/orchestrator";
import { useQuery } from "../../ui/hooks";
import { JsonView } from "../../ui/JsonView";
import { Link } from "../../ui/Link";
import { Markdown } from "../../ui/Markdown";
import { Page } from "../../ui/Page";
import { ExactTime, Facts, Failed, Id, Loading, shortened } from "../../ui/parts";
import { runPlace } from "../run/route";
import type { ViewProps } from "../view";
import { IncidentActions } from "./IncidentActions";
import { type incidentPlace, incidentsPlace } from "./route";
import { IncidentStatus, Severity } from "./badges";
import { readTimeline, type Timeline } from "./timeline";

export default function IncidentView({ parameters }: ViewProps<typeof incidentPlace>) {
    const id = parameters.incident;
    const found = useQuery<Incident>({
        key: "incident:" + id,
        tags: ["incident:" + id],
        fetch: (signal) => api.call(getIncident, { path: { incident_id: id } }, { signal }),
    });
    const incident = found.data;
    if (incident === undefined) {
        return (
            <Page title="Incident" windowTitle={"Incident " + shortened(id)}>
                {found.status === "failed"
                    ? <Failed error={found.error} what="the incident" retry={found.refresh} />
                    : <Loading what="the incident" />}
            </Page>
        );
    }
    return (
        <Page
            title={incident.title}
            windowTitle={incident.title}
            beside={
                <>
                    <IncidentStatus status={incident.status} />
                    <Severity severity={incident.severity} />
                    <IncidentActions incident={incident} />
                </>
            }
        >
            {found.status === "failed" && <Failed error={found.error} what="the latest state" retry={found.refresh} />}
            <Facts
                facts={[
                    ["Incident", <Id key="i" id={incident.incident_id} />],
                    ["Kind", incident.kind.replace(/_/g, " ")],
                    ["Opened", <ExactTime key="o" at={incident.opened_at} />],
                    ["Opened by", incident.opened_by],
                    ["Acknowledged", <Done key="a" at={incident.acknowledged_at} by={incident.acknowledged_by} />],
                    ["Closed", <Done key="c" at={incident.closed_at} by={incident.closed_by} />],
                    [
                        "Room",
                        incident.room_id === null ? "the whole workspace" : (
                            <Id
                                key="r"
                                id={incident.room_id}
                                to={href(incidentsPlace, {}, { room_id: incident.room_id })}
                                short
                            />
                        ),
                    ],
                    ["Key", incident.idempotency_key === null ? "–" : <code key="k">{incident.idempotency_key}</code>],
                ]}
            />
            {incident.note !== null && (
                <section>
                    <h2>Said last</h2>
                    <Markdown text={incident.note} />
                </section>
            )}
            {incident.description !== "" && (
                <section>
                    <h2>About it</h2>
                    <Markdown text={incident.description} />
                </section>
            )}
            <section>
                <h2>Runs</h2>
                {incident.run_ids.length === 0 && <p className="faint">None is linked to it.</p>}
                <ul className="plain-list">
                    {incident.run_ids.map((run) => (
                        <li key={run}>
                            <Id id={run} to={href(runPlace, { run })} />
                            {run === incident.run_id && <span className="faint">it is about this one</span>}
                        </li>
                    ))}
                </ul>
                {incident.status !== "closed" && session.can("incidents.write") && <LinkRun incident={incident} />}
            </section>
            <section>
                <h2>What happened</h2>
                <Happened incident={incident} />
            </section>
        </Page>
    );
}

function Done({ at, by }: { readonly at: string | null; readonly by: string | null }) {
    if (at === null) return <>not yet</>;
    return (
        <>
            <ExactTime at={at} /> {by !== null && <span className="faint">by {by}</span>}
        </>
    );
}

function LinkRun({ incident }: { readonly incident: Incident }) {
    const [run, setRun] = useState("");
    const [isBusy, setBusy] = useState(false);
    const send = async (event: FormEvent): Promise<void> => {
        event.preventDefault();
        setBusy(true);
        try {
            const path = { incident_id: incident.incident_id };
            await api.call(linkIncident, { path, body: { run_ids: [run] } });
            setRun("");
            cache.invalidate(["incident:" + incident.incident_id]);
        } catch (error) {
            say(inWords(error), "bad");
        } finally {
            setBusy(false);
        }
    };
    return (
        <form className="incident-link" onSubmit={(event) => void send(event)}>
            <label className="inline">
                Link a run
                <input
                    type="text"
                    value={run}
                    required
                    pattern="run_[0-7][0-9A-HJKMNP-TV-Z]{25}"
                    title="run_ and 26 signs"
                    spellCheck={false}
                    onChange={(event) => setRun(event.target.value.trim())}
                />
            </label>
            <button type="submit" disabled={isBusy || run === ""} aria-busy={isBusy}>
                Link it
            </button>
        </form>
    );
}

function Happened({ incident }: { readonly incident: Incident }) {
    const found = useQuery<Timeline>({
        key: `timeline:${incident.incident_id} ${incident.version}`,
        tags: [],
        freshFor: 60_000,
        fetch: (signal) =>
            readTimeline(
                {
                    events: (event_type, since, until, cursor) =>
                        api.call(listEvents, { query: { event_type, since, until, cursor, limit: 200 } }, { signal }),
                    event: (event_id) => api.call(getEvent, { path: { event_id } }, { signal }),
                },
                incident,
                Date.now(),
            ),
    });
    if (found.data === undefined) {
        return found.status === "failed"
            ? <Failed error={found.error} what="what happened" retry={found.refresh} />
            : <Loading what="what happened" />;
    }
    return (
        <>
            <ol className="events">
                {found.data.events.map((event) => (
                    <li key={event.event_id}>
                        <Entry event={event} />
                    </li>
                ))}
            </ol>
            {found.data.isCut && <p className="faint">There is more than is shown here.</p>}
        </>
    );
}

function Entry({ event }: { readonly event: Event }) {
    const note = (event.data as { readonly note?: unknown } | null)?.note;
    return (
        <details>
            <summary>
                <ExactTime at={event.occurred_at} /> <b>{event.event_type}</b>{" "}
                <span className="faint">{event.actor}</span>
                {typeof note === "string" && note !== "" && <span className="incident-note">“{note}”</span>}
            </summary>
            <p>
                <Id id={event.event_id} />
                {event.run_id !== null && (
                    <>
                        {" "}
                        <Link to={href(runPlace, { run: event.run_id }, { event: event.event_id, pane: "events" })}>
                            In its run
                        </Link>
                    </>
                )}
            </p>
            <JsonView value={event.data} label={"Particulars of " + event.event_type} />
        </details>
    );
}
