// SPDX-License-Identifier: Apache-2.0

import { useState } from "react";
import { api, cache, router, say, session } from "../../core/app";
import { inWords } from "../../core/problem";
import { href } from "../../core/router";
import { cancelRun, replayRun, type RunDetail } from "../../gen/orchestrator";
import { Confirm } from "../../ui/Dialog";
import { useKeys } from "../../ui/hooks";
import { Link } from "../../ui/Link";
import { Reason } from "../../ui/Reason";
import { incidentsPlace } from "../incidents/route";
import { runPlace } from "./route";
import type { Span } from "./spans";

const ENDED = ["completed", "failed", "cancelled"];

/** What may be done with a run. */
export function RunActions({ run, refresh }: { readonly run: RunDetail; readonly refresh: () => void }) {
    const [asks, setAsks] = useState<"cancel" | "replay" | null>(null);
    const mayWrite = session.can("runs.write");
    const canCancel = mayWrite && !ENDED.includes(run.task_status);
    const canReplay = mayWrite && ENDED.includes(run.task_status);
    useKeys([
        ...(canCancel
            ? [{ keys: "shift+c", label: "Cancel the run", group: "Run", run: () => setAsks("cancel") }]
            : []),
        ...(canReplay
            ? [{ keys: "shift+r", label: "Replay the run", group: "Run", run: () => setAsks("replay") }]
            : []),
    ]);
    const cancel = async (reason: string): Promise<void> => {
        await api.call(cancelRun, { path: { run_id: run.run_id }, body: reason === "" ? {} : { reason } });
        say("The run is cancelled.", "good");
        refresh();
    };
    const about = { open: "yes", about: run.run_id, title: run.error?.message?.slice(0, 150) } as const;
    return (
        <span className="actions">
            {session.can("incidents.write") && (
                <Link to={href(incidentsPlace, {}, about)} className="button">
                    Open an incident…
                </Link>
            )}
            {canReplay && (
                <button type="button" onClick={() => setAsks("replay")}>
                    Replay…
                </button>
            )}
            {canCancel && (
                <button type="button" className="danger" onClick={() => setAsks("cancel")}>
                    Cancel…
                </button>
            )}
            {asks === "cancel" && (
                <Reason
                    title="Cancel this run?"
                    action="Cancel the run"
                    label="Why?"
                    isNeeded={false}
                    longest={1000}
                    isDangerous
                    confirm={cancel}
                    close={() => setAsks(null)}
                >
                    <p>Its task ends with it, and what it has asked for is cancelled, too.</p>
                </Reason>
            )}
            {asks === "replay" && <Replay run={run} from={null} close={() => setAsks(null)} />}
        </span>
    );
}

/** Replaying from a step on: the completed steps before it are taken over. */
export function ReplayFrom({ run, step }: { readonly run: RunDetail; readonly step: Span }) {
    const [asks, setAsks] = useState(false);
    if (!ENDED.includes(run.task_status) || !session.can("runs.write")) return null;
    return (
        <>
            <button type="button" onClick={() => setAsks(true)}>
                Replay from here…
            </button>
            {asks && <Replay run={run} from={step} close={() => setAsks(false)} />}
        </>
    );
}

function Replay(props: { readonly run: RunDetail; readonly from: Span | null; readonly close: () => void }) {
    const { run, from } = props;
    const replay = async (): Promise<void> => {
        const body = from === null ? {} : { from_step: from.id };
        const made = await api.call(replayRun, { path: { run_id: run.run_id }, body });
        // The runs beside this one are others now.
        cache.invalidate(["run:" + run.run_id]);
        say(`Run ${made.number} of the task is made.`, "good");
        router.go(href(runPlace, { run: made.run_id }));
    };
    return (
        <Confirm
            title={from === null ? "Replay this run?" : `Replay from “${from.label}”?`}
            action="Replay"
            confirm={() => {
                props.close();
                replay().catch((error: unknown) => say(inWords(error), "bad"));
            }}
            close={props.close}
        >
            <p>
                {from === null
                    ? "A new run of the task does everything once more."
                    : "A new run of the task takes over what the completed steps before it have put out, and goes on here."}
            </p>
            <p className="faint">Effects outside carry the same idempotency keys as before.</p>
        </Confirm>
    );
}
