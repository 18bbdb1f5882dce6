// SPDX-License-Identifier: Apache-2.0

import { Fragment, useState } from "react";
import { api, say, session } from "../../core/app";
import type { Json } from "../../core/operation";
import { inWords } from "../../core/problem";
import { href } from "../../core/router";
import { pauseQueue, resumeQueue } from "../../gen/orchestrator";
import { Badge } from "../../ui/Badge";
import { Dialog } from "../../ui/Dialog";
import { JsonView } from "../../ui/JsonView";
import { Link } from "../../ui/Link";
import { Empty, ExactTime, Facts, Time } from "../../ui/parts";
import { newTaskPlace } from "../new-task/route";
import { tasksPlace } from "../tasks/route";
import { depth, standing, type Unit } from "./fleet";

interface Props {
    readonly units: readonly Unit[];
    readonly open: string | undefined;
    readonly show: (agent: string | undefined) => void;
    readonly again: () => void;
}

/** Agents, their heartbeats, and what waits for them. */
export function AgentTable({ units, open, show, again }: Props) {
    const [asked, setAsked] = useState<Unit | null>(null);
    if (units.length === 0) {
        return (
            <Empty title="No agent yet">
                <p>An agent registers itself when it starts. The smallest one is echo-agent-svc; see its README.</p>
                <button type="button" onClick={again}>
                    Look again
                </button>
            </Empty>
        );
    }
    return (
        <div className="scroll-x" tabIndex={0} role="region" aria-label="Agents">
            <table>
                <thead>
                    <tr>
                        <th scope="col">Agent</th>
                        <th scope="col">Standing</th>
                        <th scope="col">Heard</th>
                        <th scope="col" className="number">Ready</th>
                        <th scope="col" className="number">Later</th>
                        <th scope="col" className="number">Held up</th>
                        <th scope="col" className="number">In hand</th>
                        <th scope="col">Oldest waits</th>
                        <th scope="col">
                            <span className="unseen">Deeds</span>
                        </th>
                    </tr>
                </thead>
                <tbody>
                    {units.map((unit) => (
                        <Fragment key={unit.name}>
                            <tr>
                                <th scope="row">
                                    <button
                                        type="button"
                                        className="quiet"
                                        aria-expanded={unit.name === open}
                                        onClick={() => show(unit.name === open ? undefined : unit.name)}
                                    >
                                        {unit.name === open ? "▾" : "▸"} {unit.name}
                                    </button>
                                </th>
                                <td>
                                    <UnitBadge unit={unit} />
                                </td>
                                <td>
                                    {unit.agent === null || unit.agent.heartbeat_seconds === null
                                        ? <span className="faint">does not report</span>
                                        : <Time at={unit.agent.last_seen_at} />}
                                </td>
                                <Depths unit={unit} />
                                <td>
                                    <span className="actions">
                                        <Link to={href(tasksPlace, {}, { agent: unit.name })}>Tasks</Link>
                                        {unit.queue !== null && session.can("queues.manage") && (
                                            <button
                                                type="button"
                                                onClick={() => setAsked(unit)}
                                            >
                                                {unit.queue.paused_at === null ? "Pause…" : "Resume…"}
                                            </button>
                                        )}
                                    </span>
                                </td>
                            </tr>
                            {unit.name === open && (
                                <tr>
                                    <td colSpan={9} className="more">
                                        <More unit={unit} />
                                    </td>
                                </tr>
                            )}
                        </Fragment>
                    ))}
                </tbody>
            </table>
            {asked !== null && <Question unit={asked} close={() => setAsked(null)} done={again} />}
        </div>
    );
}

function UnitBadge({ unit }: { readonly unit: Unit }) {
    switch (standing(unit)) {
        case "paused":
            return <Badge tone="warn" icon="pause">Paused</Badge>;
        case "silent":
            return <Badge tone="bad" icon="cross">Silent</Badge>;
        case "missing":
            return <Badge tone="bad" icon="cross">Not registered</Badge>;
        case "well":
            return <Badge tone="good" icon="check">Well</Badge>;
    }
}

function Depths({ unit: { queue } }: { readonly unit: Unit }) {
    if (queue === null) {
        return <td colSpan={5} className="faint">Nothing was asked of it yet.</td>;
    }
    return (
        <>
            {[queue.ready, queue.delayed, queue.parked, queue.held].map((count, index) => (
                <td key={index} className="number">{depth(count)}</td>
            ))}
            <td>
                <Time at={queue.oldest_ready_at} />
            </td>
        </>
    );
}

function More({ unit: { name, agent, queue } }: { readonly unit: Unit }) {
    return (
        <>
            {agent === null
                ? <p>Tasks ask for it, but no agent of this name has ever registered itself.</p>
                : agent.description !== "" && <p>{agent.description}</p>}
            {queue !== null && queue.paused_at !== null && (
                <p className="trouble">
                    Paused <Time at={queue.paused_at} /> by {queue.paused_by ?? "somebody"}
                    {queue.reason === null ? "." : ": " + queue.reason}
                </p>
            )}
            {agent !== null && (
                <>
                    <Facts
                        facts={[
                            ["Kind", agent.kind],
                            ["Endpoint", agent.endpoint ?? "–"],
                            ["Runs at the same time", String(agent.concurrency)],
                            [
                                "Heartbeat",
                                agent.heartbeat_seconds === null ? "none" : `every ${agent.heartbeat_seconds} s`,
                            ],
                            ["Last heard", <ExactTime key="h" at={agent.last_seen_at} />],
                            ["Registered", <ExactTime key="r" at={agent.created_at} />],
                            ["Changed", <ExactTime key="c" at={agent.updated_at} />],
                        ]}
                    />
                    {session.can("tasks.write") && (
                        <p>
                            <Link to={href(newTaskPlace, {}, { agent: name })} className="button">
                                New task for it
                            </Link>
                        </p>
                    )}
                    <h3>Schema of its input</h3>
                    <JsonView value={agent.input_schema as Json} label={"Schema of the input of " + name} />
                </>
            )}
        </>
    );
}

function Question(props: { readonly unit: Unit; readonly close: () => void; readonly done: () => void }) {
    const { unit, close, done } = props;
    const [reason, setReason] = useState("");
    const [isBusy, setBusy] = useState(false);
    const isPaused = unit.queue?.paused_at != null;
    const waiting = unit.queue === null ? 0 : unit.queue.ready + unit.queue.delayed + unit.queue.parked;
    const act = async (): Promise<void> => {
        setBusy(true);
        const path = { agent: unit.name };
        try {
            if (isPaused) await api.call(resumeQueue, { path });
            else {
                const words = reason.trim();
                await api.call(pauseQueue, { path, body: words === "" ? {} : { reason: words } });
            }
            say(isPaused ? `${unit.name} gets work again.` : `${unit.name} gets no more work.`, "good");
        } catch (error) {
            say(inWords(error), "bad");
        }
        close();
        done();
    };
    return (
        <Dialog title={(isPaused ? "Resume " : "Pause ") + unit.name + "?"} close={close}>
            <form
                className="fields"
                onSubmit={(event) => {
                    event.preventDefault();
                    void act();
                }}
            >
                <p>
                    {isPaused
                        ? `What has waited is handed out again: ${depth(waiting)} ${waiting === 1 ? "run" : "runs"}.`
                        : "Its runs wait until it is resumed. What is in hand goes on."}
                </p>
                {!isPaused && (
                    <label className="field">
                        Why (others read it)
                        <input
                            type="text"
                            maxLength={1000}
                            autoFocus
                            value={reason}
                            onChange={(event) => setReason(event.target.value)}
                        />
                    </label>
                )}
                <div className="actions">
                    <button type="submit" className={isPaused ? "main" : "danger"} disabled={isBusy} aria-busy={isBusy}>
                        {isPaused ? "Resume it" : "Pause it"}
                    </button>
                    <button type="button" onClick={close} autoFocus={isPaused}>
                        Leave it
                    </button>
                </div>
            </form>
        </Dialog>
    );
}
