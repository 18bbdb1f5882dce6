// SPDX-License-Identifier: Apache-2.0

import type { Page } from "../../core/pages";
import type { Event, Incident } from "../../gen/orchestrator";

/** What the timeline is read from. */
export interface TimelineSource {
    /** Events of one type in a stretch of time. */
    events(type: string, since: string, until: string, cursor: string | undefined): Promise<Page<Event>>;
    event(id: string): Promise<Event>;
}

export interface Timeline {
    /** The oldest first. */
    readonly events: readonly Event[];
    /** Whether something may be missing. */
    readonly isCut: boolean;
}

const PAGES = 20;
const MOST = 100;

/**
 * What happened to an incident, and the events that were linked to it. The API does not find events by incident, but the
 * incident says when it was opened, acknowledged and closed; only links are looked for over its whole time.
 */
export async function readTimeline(source: TimelineSource, incident: Incident, now: number): Promise<Timeline> {
    let isCut = incident.event_ids.length > MOST;
    const find = async (type: string, since: number, until: number): Promise<readonly Event[]> => {
        const found: Event[] = [];
        for (let cursor: string | undefined, pages = 0;; pages += 1) {
            const page = await source.events(type, time(since), time(until), cursor);
            found.push(...page.items.filter((event) => incidentOf(event) === incident.incident_id));
            if (page.next_cursor === null) return found;
            if (pages === PAGES) {
                isCut = true;
                return found;
            }
            cursor = page.next_cursor;
        }
    };
    const at = (type: string, moment: string | null): Promise<readonly Event[]> =>
        moment === null ? Promise.resolve([]) : find(type, Date.parse(moment), Date.parse(moment) + 2);
    const opened = Date.parse(incident.opened_at);
    const closed = incident.closed_at === null ? now : Date.parse(incident.closed_at) + 2;
    const linked = incident.event_ids.slice(0, MOST).map((id) => source.event(id).catch(() => null));
    const [ours, others] = await Promise.all([
        Promise.all([
            at("incident.opened", incident.opened_at),
            at("incident.acknowledged", incident.acknowledged_at),
            at("incident.closed", incident.closed_at),
            find("incident.linked", opened, closed),
        ]),
        Promise.all(linked),
    ]);
    const all = new Map<string, Event>();
    for (const event of [...ours.flat(), ...others]) if (event !== null) all.set(event.event_id, event);
    return { events: [...all.values()].sort((a, b) => a.position - b.position), isCut };
}

function time(milliseconds: number): string {
    return new Date(milliseconds).toISOString();
}

function incidentOf(event: Event): unknown {
    return (event.data as { readonly incident_id?: unknown } | null)?.incident_id;
}
