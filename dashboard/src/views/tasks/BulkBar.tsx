// SPDX-License-Identifier: Apache-2.0

import { type ReactNode, useEffect, useState } from "react";
import { api, say } from "../../core/app";
import { forEach } from "../../core/pool";
import { inWords } from "../../core/problem";
import { randomKey } from "../../core/random";
import type { RouteQuery } from "../../core/router";
import {
    type BulkOutcome,
    cancelRuns,
    changeTask,
    replayRun,
    replayRuns,
    retryDeadLetters,
    type RunFilter,
    type TaskRow,
} from "../../gen/orchestrator";
import { Dialog } from "../../ui/Dialog";
import { type Deed, fits, howMany, outcomeWords, reach, WORDS } from "./bulk";
import type { tasksPlace } from "./route";

const DEEDS: readonly Deed[] = ["cancel", "retry", "replay"];

interface Props {
    readonly query: RouteQuery<typeof tasksPlace>;
    readonly hasFilter: boolean;
    readonly chosen: readonly TaskRow[];
    readonly clear: () => void;
    readonly done: () => void;
}

/** What can be done to the tasks that were chosen, or to all that fit the filter. */
export function BulkBar({ query, hasFilter, chosen, clear, done }: Props) {
    const [deed, setDeed] = useState<Deed | null>(null);
    const isChosen = chosen.length > 0;
    return (
        <div className="bulk" role="group" aria-label={isChosen ? "The chosen tasks" : "All tasks that fit"}>
            <span>{isChosen ? <b>{chosen.length} chosen</b> : hasFilter ? "All that fit:" : "All tasks:"}</span>
            {DEEDS.map((one) => {
                const reason = isChosen
                    ? (chosen.some((row) => fits(one, row)) ? null : `None of them can be ${WORDS[one].done}.`)
                    : reasonOf(one, query);
                return (
                    <button
                        key={one}
                        type="button"
                        className={one === "cancel" ? "danger" : ""}
                        disabled={reason !== null}
                        title={reason ?? undefined}
                        onClick={() => setDeed(one)}
                    >
                        {WORDS[one].verb}…
                    </button>
                );
            })}
            {isChosen && (
                <button type="button" className="quiet" onClick={clear}>
                    Choose none <kbd>Esc</kbd>
                </button>
            )}
            {deed !== null && isChosen && (
                <ChosenDialog
                    deed={deed}
                    rows={chosen}
                    close={() => setDeed(null)}
                    done={done}
                />
            )}
            {deed !== null && !isChosen && (
                <FilterDialog
                    deed={deed}
                    query={query}
                    close={() => setDeed(null)}
                    done={done}
                />
            )}
        </div>
    );
}

function reasonOf(deed: Deed, query: Props["query"]): string | null {
    const found = reach(deed, query);
    return "reason" in found ? found.reason : null;
}

interface DialogProps {
    readonly deed: Deed;
    readonly close: () => void;
    readonly done: () => void;
}

/** By filter: first counts, then asks with the count, then does it. */
function FilterDialog({ deed, query, close, done }: DialogProps & Pick<Props, "query">) {
    const found = reach(deed, query);
    const filter = "filter" in found ? found.filter : null;
    const [count, setCount] = useState<BulkOutcome | null>(null);
    const [error, setError] = useState<unknown>(null);
    const [round, setRound] = useState(0);
    const name = JSON.stringify(filter);
    useEffect(() => {
        const stop = new AbortController();
        setError(null);
        if (filter !== null) {
            carryOut(deed, filter, true, stop.signal).then(setCount, (problem: unknown) => {
                if (!stop.signal.aborted) setError(problem);
            });
        }
        return () => stop.abort();
        // The filter is made anew at each render; its words say whether it is another one.
    }, [deed, name, round]);
    const act = async (): Promise<void> => {
        if (filter === null) return;
        const outcome = await carryOut(deed, filter, false);
        say(outcomeWords(deed, outcome), outcome.changed === outcome.matched ? "good" : "plain");
    };
    return (
        <Question deed={deed} count={count} act={act} close={close} done={done}>
            {error !== null && (
                <p className="trouble" role="alert">
                    They could not be counted: {inWords(error)}{" "}
                    <button type="button" onClick={() => setRound(round + 1)}>
                        Try again
                    </button>
                </p>
            )}
            {error === null && count === null && <p role="status">Counting…</p>}
            {count?.matched === 0 && <p role="status">No task fits.</p>}
        </Question>
    );
}

function ChosenDialog({ deed, rows, close, done }: DialogProps & { readonly rows: readonly TaskRow[] }) {
    const fitting = rows.filter((row) => fits(deed, row));
    const left = rows.length - fitting.length;
    const act = async (): Promise<void> => {
        const tally = await forEach(fitting, (row) => carryOutOne(deed, row), inWords);
        const failures = [...tally.failed].map(([words, times]) => `${times} not: ${words}`);
        const words = `${howMany({ matched: tally.done, has_more: false })} ${WORDS[deed].done}.`;
        say([words, ...failures].join(" "), failures.length === 0 ? "good" : "bad");
    };
    return (
        <Question
            deed={deed}
            count={{ matched: fitting.length, changed: 0, has_more: false }}
            act={act}
            close={close}
            done={done}
        >
            {left > 0 && (
                <p>
                    {left === 1 ? "One of those you chose" : `${left} of those you chose`} cannot be {WORDS[deed].done}
                    {" "}
                    as it stands, and stays as it is.
                </p>
            )}
        </Question>
    );
}

function Question(
    { deed, count, act, close, done, children }: DialogProps & {
        readonly count: BulkOutcome | null;
        readonly act: () => Promise<void>;
        readonly children?: ReactNode;
    },
) {
    const [isBusy, setBusy] = useState(false);
    const { verb, about } = WORDS[deed];
    const number = count === null || count.matched === 0 ? null : howMany(count);
    const run = async (): Promise<void> => {
        setBusy(true);
        try {
            await act();
        } catch (error) {
            say(inWords(error), "bad");
        }
        close();
        done();
    };
    return (
        <Dialog title={number === null ? `${verb} tasks` : `${verb} ${number}?`} close={close}>
            {children}
            {number !== null && <p>{about}</p>}
            <div className="actions">
                {number !== null && (
                    <button
                        type="button"
                        className={deed === "cancel" ? "danger" : "main"}
                        disabled={isBusy}
                        aria-busy={isBusy}
                        onClick={() => void run()}
                    >
                        {verb} {number}
                    </button>
                )}
                <button type="button" onClick={close} autoFocus>
                    {number === null ? "Close" : "Leave them"}
                </button>
            </div>
        </Dialog>
    );
}

function carryOut(deed: Deed, filter: RunFilter, dryRun: boolean, signal?: AbortSignal): Promise<BulkOutcome> {
    const body = { filter, dry_run: dryRun };
    switch (deed) {
        case "cancel":
            return api.call(cancelRuns, { body }, { signal });
        case "retry":
            return api.call(retryDeadLetters, { body }, { signal });
        case "replay":
            return api.call(replayRuns, { body: { ...body, idempotency_key: dryRun ? null : randomKey() } }, {
                signal,
            });
    }
}

async function carryOutOne(deed: Deed, row: TaskRow): Promise<void> {
    if (deed === "replay") {
        if (row.run_id === null) throw new Error("No run was made yet.");
        await api.call(replayRun, { path: { run_id: row.run_id }, body: {} });
        return;
    }
    const status = deed === "cancel" ? "cancelled" : "queued";
    await api.call(changeTask, { path: { id: row.id }, body: { status, ifVersion: row.version } });
}
