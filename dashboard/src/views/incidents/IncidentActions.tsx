// SPDX-License-Identifier: Apache-2.0

import { useState } from "react";
import { api, cache, say, session } from "../../core/app";
import { acknowledgeIncident, closeIncident, type Incident } from "../../gen/orchestrator";
import { useKeys } from "../../ui/hooks";
import { Reason } from "../../ui/Reason";

/** Acknowledging and closing, each with a word about it. */
export function IncidentActions({ incident }: { readonly incident: Incident }) {
    const [asks, setAsks] = useState<"acknowledge" | "close" | null>(null);
    const path = { incident_id: incident.incident_id };
    const settle = (done: string): void => {
        say(done, "good");
        cache.invalidate(["incident:" + incident.incident_id]);
    };
    const acknowledge = async (note: string): Promise<void> => {
        await api.call(acknowledgeIncident, { path, body: note === "" ? {} : { note } });
        settle("The incident is acknowledged.");
    };
    const close = async (note: string): Promise<void> => {
        await api.call(closeIncident, { path, body: { note } });
        settle("The incident is closed.");
    };
    const mayWrite = session.can("incidents.write");
    const canAcknowledge = mayWrite && incident.status === "open";
    const canClose = mayWrite && incident.status !== "closed";
    useKeys([
        ...(canAcknowledge
            ? [{ keys: "a", label: "Acknowledge", group: "Incident", run: () => setAsks("acknowledge") }]
            : []),
        ...(canClose ? [{ keys: "x", label: "Close", group: "Incident", run: () => setAsks("close") }] : []),
    ]);
    return (
        <span className="actions">
            {canAcknowledge && (
                <button type="button" className="main" onClick={() => setAsks("acknowledge")}>
                    Acknowledge… <kbd>A</kbd>
                </button>
            )}
            {canClose && (
                <button type="button" onClick={() => setAsks("close")}>
                    Close… <kbd>X</kbd>
                </button>
            )}
            {asks === "acknowledge" && (
                <Reason
                    title="Acknowledge this incident?"
                    action="Acknowledge"
                    label="What is there to say?"
                    isNeeded={false}
                    longest={5000}
                    confirm={acknowledge}
                    close={() => setAsks(null)}
                >
                    <p>Others see that you have seen it.</p>
                </Reason>
            )}
            {asks === "close" && (
                <Reason
                    title="Close this incident?"
                    action="Close it for good"
                    label="What was it, and what was done about it?"
                    isNeeded
                    longest={5000}
                    isDangerous
                    confirm={close}
                    close={() => setAsks(null)}
                >
                    <p>A closed incident stays closed; the same thing opens another one.</p>
                </Reason>
            )}
        </span>
    );
}
