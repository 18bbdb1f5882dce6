// SPDX-License-Identifier: Apache-2.0

import { useEffect, useRef } from "react";
import { api, preferences, router, session } from "../../core/app";
import { href } from "../../core/router";
import { type Incident, listIncidents } from "../../gen/orchestrator";
import { type ActiveFilter, FilterChips } from "../../ui/Chips";
import { type Column, DataTable } from "../../ui/DataTable";
import { useKeys, useStore } from "../../ui/hooks";
import { Page } from "../../ui/Page";
import { usePages } from "../../ui/pages";
import { Empty, Id, shortened, Time } from "../../ui/parts";
import type { ViewProps } from "../view";
import { Filters } from "./Filters";
import { NewIncidentDialog } from "./NewIncidentDialog";
import { incidentPlace, incidentsPlace } from "./route";
import { IncidentStatus, Severity, SEVERITY_WORDS, STATUS_WORDS } from "./badges";

const PAGE = 100;
/** How often the list is read again while nobody has scrolled down. */
const AGAIN = 15_000;
const id = (row: Incident): string => row.incident_id;

const columns: readonly Column<Incident>[] = [
    { name: "status", title: "Status", cell: (row) => <IncidentStatus status={row.status} /> },
    { name: "severity", title: "Severity", cell: (row) => <Severity severity={row.severity} /> },
    { name: "title", title: "What is wrong", cell: (row) => <span title={row.title}>{row.title}</span> },
    { name: "kind", title: "Kind", cell: (row) => row.kind.replace(/_/g, " ") },
    { name: "runs", title: "Runs", cell: (row) => row.run_ids.length },
    { name: "opened", title: "Opened", cell: (row) => <Time at={row.opened_at} /> },
    {
        name: "incident",
        title: "Incident",
        cell: (row) => (
            <Id id={row.incident_id} to={href(incidentPlace, { incident: row.incident_id })} short tabIndex={-1} />
        ),
    },
];

export default function IncidentsView({ query, set }: ViewProps<typeof incidentsPlace>) {
    const { workspace } = useStore(preferences);
    const { status, severity, kind, room_id, run_id } = query;
    const filters = { status, severity, kind, room_id, run_id };
    const list = usePages<Incident>(
        workspace + " " + href(incidentsPlace, {}, filters),
        id,
        (cursor, signal) => api.call(listIncidents, { query: { ...filters, limit: PAGE, cursor } }, { signal }),
    );
    const isTop = useRef(true);
    const { renew } = list;
    useEffect(() => {
        const timer = window.setInterval(() => {
            if (isTop.current && document.visibilityState === "visible") renew();
        }, AGAIN);
        return () => window.clearInterval(timer);
    }, [renew]);

    const clear = (): void => router.replace(href(incidentsPlace, {}));
    const mayWrite = session.can("incidents.write");
    const openDialog = (): void => set({ open: "yes" });
    useKeys([
        ...(mayWrite ? [{ keys: "n", label: "Open an incident", group: "Incidents", run: openDialog }] : []),
        { keys: "/", label: "Filter", group: "Incidents", run: () => document.getElementById("filter-kind")?.focus() },
        { keys: "shift+f", label: "Clear all filters", group: "Incidents", run: clear },
    ]);
    const held: ActiveFilter[] = [];
    if (status.length > 0) {
        held.push({
            name: "Status",
            value: status.map((one) => STATUS_WORDS[one]).join(" or "),
            clear: () => set({ status: [] }),
        });
    }
    if (severity.length > 0) {
        const value = severity.map((one) => SEVERITY_WORDS[one]).join(" or ");
        held.push({ name: "Severity", value, clear: () => set({ severity: [] }) });
    }
    if (kind !== undefined) held.push({ name: "Kind", value: kind, clear: () => set({ kind: undefined }) });
    if (room_id !== undefined) {
        held.push({ name: "Room", value: shortened(room_id), clear: () => set({ room_id: undefined }) });
    }
    if (run_id !== undefined) {
        held.push({ name: "Run", value: shortened(run_id), clear: () => set({ run_id: undefined }) });
    }
    return (
        <Page
            title="Incidents"
            isList
            beside={
                <span className="actions">
                    <button type="button" onClick={list.renew}>
                        Read again
                    </button>
                    {mayWrite && (
                        <button type="button" className="main" onClick={openDialog}>
                            Open one… <kbd>N</kbd>
                        </button>
                    )}
                </span>
            }
        >
            <div className="list-tools">
                <Filters query={query} set={set} />
                <FilterChips filters={held} clear={clear} />
            </div>
            <DataTable
                label="Incidents"
                name="incidents"
                columns={columns}
                list={list}
                id={id}
                open={(row) => router.go(href(incidentPlace, { incident: row.incident_id }))}
                onTop={(reads) => {
                    isTop.current = reads;
                }}
                empty={held.length > 0
                    ? (
                        <Empty title="No incident fits these filters">
                            <button type="button" onClick={clear}>
                                Clear all filters
                            </button>
                        </Empty>
                    )
                    : (
                        <Empty title="No incidents">
                            <p>They are opened when something goes wrong that people should look at, or by hand.</p>
                        </Empty>
                    )}
            />
            {query.open === "yes" && mayWrite && (
                <NewIncidentDialog
                    run={query.about ?? query.run_id}
                    room={query.room_id}
                    title={query.title ?? ""}
                    close={() => set({ open: "no", about: undefined, title: undefined })}
                />
            )}
        </Page>
    );
}
