// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import test from "node:test";
import type { Event, Incident } from "../../gen/orchestrator";
import { readTimeline } from "./timeline";

const incident = {
    incident_id: "inc_1",
    opened_at: "2026-01-01T00:00:00.000500Z",
    acknowledged_at: "2026-01-01T00:01:00.000Z",
    closed_at: null,
    event_ids: ["e9", "gone"],
} as unknown as Incident;

const event = (id: string, position: number, of: string | null): Event =>
    ({ event_id: id, position, data: of === null ? null : { incident_id: of } }) as unknown as Event;

test("its own events and those that were linked, the oldest first, none twice", async () => {
    const asked: string[] = [];
    const timeline = await readTimeline(
        {
            events(type, since, until, cursor) {
                asked.push(`${type} ${since} ${until}`);
                if (type === "incident.linked" && cursor === undefined) {
                    return Promise.resolve({
                        items: [event("other", 5, "inc_2"), event("e7", 7, null)],
                        next_cursor: "c",
                    });
                }
                const all: Record<string, Event[]> = {
                    "incident.opened": [event("e3", 3, "inc_1")],
                    "incident.acknowledged": [event("e8", 8, "inc_1")],
                    "incident.linked": [event("e6", 6, "inc_1")],
                };
                return Promise.resolve({ items: all[type] ?? [], next_cursor: null });
            },
            event: (id) => id === "gone" ? Promise.reject(new Error("gone")) : Promise.resolve(event(id, 1, null)),
        },
        incident,
        Date.parse("2026-01-01T01:00:00Z"),
    );
    assert.deepEqual(timeline.events.map((one) => one.event_id), ["e9", "e3", "e6", "e8"]);
    assert.equal(timeline.isCut, false);
    assert.equal(asked.includes("incident.opened 2026-01-01T00:00:00.000Z 2026-01-01T00:00:00.002Z"), true);
    assert.equal(asked.some((one) => one.startsWith("incident.closed")), false, "it is not closed");
});

test("reading stops somewhere, and says so", async () => {
    const timeline = await readTimeline(
        {
            events: (type) => Promise.resolve({ items: [], next_cursor: type === "incident.linked" ? "more" : null }),
            event: (id) => Promise.resolve(event(id, 1, null)),
        },
        incident,
        Date.now(),
    );
    assert.equal(timeline.isCut, true);
});
