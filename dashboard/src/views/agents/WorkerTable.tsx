// SPDX-License-Identifier: Apache-2.0

import { Fragment } from "react";
import { api } from "../../core/app";
import { href } from "../../core/router";
import { listRuns, type RunRow, type WorkerSession } from "../../gen/orchestrator";
import { useQuery } from "../../ui/hooks";
import { Empty, Failed, Id, Loading, StatusBadge, Time } from "../../ui/parts";
import { runPlace } from "../run/route";

const MOST = 200;

interface Props {
    readonly workers: readonly WorkerSession[];
    readonly open: string | undefined;
    readonly show: (worker: string | undefined) => void;
}

/** Who carries out runs, when each was last heard, and what it holds. */
export function WorkerTable({ workers, open, show }: Props) {
    if (workers.length === 0) {
        return (
            <Empty title="No worker is connected">
                <p>Runs wait until a worker, or the orchestrator's own engine, comes for them.</p>
            </Empty>
        );
    }
    return (
        <div className="scroll-x" tabIndex={0} role="region" aria-label="Workers">
            <table>
                <thead>
                    <tr>
                        <th scope="col">Worker</th>
                        <th scope="col">Session</th>
                        <th scope="col">Takes runs of</th>
                        <th scope="col" className="number">Holds</th>
                        <th scope="col">Heard</th>
                        <th scope="col">Dies</th>
                        <th scope="col">Began</th>
                        <th scope="col">Opened by</th>
                    </tr>
                </thead>
                <tbody>
                    {workers.map((one) => {
                        const isOpen = one.worker_session_id === open;
                        const of = [...one.agents, ...one.labels.map((label) => "label " + label)];
                        return (
                            <Fragment key={one.worker_session_id}>
                                <tr>
                                    <th scope="row">
                                        <button
                                            type="button"
                                            className="quiet"
                                            aria-expanded={isOpen}
                                            onClick={() => show(isOpen ? undefined : one.worker_session_id)}
                                        >
                                            {isOpen ? "▾" : "▸"} {one.name}
                                        </button>
                                    </th>
                                    <td>
                                        <Id id={one.worker_session_id} short />
                                    </td>
                                    <td>{of.length === 0 ? "any agent" : of.join(", ")}</td>
                                    <td className="number">
                                        {one.held}
                                        {one.capacity === null ? "" : ` of ${one.capacity}`}
                                    </td>
                                    <td>
                                        <Time at={one.last_beat_at} />
                                    </td>
                                    <td>
                                        <Time at={one.expires_at} />
                                    </td>
                                    <td>
                                        <Time at={one.started_at} />
                                    </td>
                                    <td>{one.principal ?? "an orchestrator"}</td>
                                </tr>
                                {isOpen && (
                                    <tr>
                                        <td colSpan={8} className="more">
                                            <Held worker={one} />
                                        </td>
                                    </tr>
                                )}
                            </Fragment>
                        );
                    })}
                </tbody>
            </table>
        </div>
    );
}

/** The runs that a session holds. The API lists runs by status, so those of others are sorted out here. */
function Held({ worker }: { readonly worker: WorkerSession }) {
    const id = worker.worker_session_id;
    const found = useQuery<{ readonly runs: readonly RunRow[]; readonly isAll: boolean }>({
        key: "held " + id,
        tags: ["fleet"],
        async fetch(signal) {
            const page = await api.call(listRuns, { query: { status: ["running"], limit: MOST } }, { signal });
            return {
                runs: page.items.filter((run) => run.worker_session_id === id),
                isAll: page.next_cursor === null,
            };
        },
    });
    if (found.data === undefined) {
        return found.status === "failed"
            ? <Failed error={found.error} what="what it holds" retry={found.refresh} />
            : <Loading what="what it holds" />;
    }
    const { runs, isAll } = found.data;
    return (
        <>
            {runs.length === 0 && isAll && <p className="faint">It holds no run just now.</p>}
            {!isAll && (
                <p>
                    Of the {MOST} runs that began last, these are in its hands; it holds {worker.held} in all.
                </p>
            )}
            {runs.length > 0 && (
                <ul className="held-runs">
                    {runs.map((run) => (
                        <li key={run.run_id}>
                            <StatusBadge status={run.status} />
                            <Id id={run.run_id} to={href(runPlace, { run: run.run_id })} short />
                            <span>{run.agent}</span>
                            <span className="faint">
                                claimed <Time at={run.claimed_at} />, epoch {run.epoch}
                            </span>
                        </li>
                    ))}
                </ul>
            )}
        </>
    );
}
