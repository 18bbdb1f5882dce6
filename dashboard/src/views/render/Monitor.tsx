// SPDX-License-Identifier: Apache-2.0

import { api } from "../../core/app";
import { displayed } from "../../core/display";
import { duration } from "../../core/time";
import {
    getRenderMonitor,
    type MonitoredRenderService,
    type RenderDiagnosis,
    type RenderMonitor,
} from "../../gen/orchestrator";
import { Badge } from "../../ui/Badge";
import { useEvery, useQuery } from "../../ui/hooks";
import { Empty, Id, Loading, Time } from "../../ui/parts";
import type { PaneProps } from "./pane";
import { orNothing } from "./plan";
import { Unanswered } from "./Unanswered";

const PULSE = 15_000;

/** What the monitor watches, what it found, and what it did about it. */
export function Monitor({ query, set }: PaneProps) {
    const found = useQuery({
        key: "render monitor",
        tags: ["render monitor"],
        fetch: (signal) => api.call(getRenderMonitor, {}, { signal }),
    });
    useEvery(PULSE, found.refresh);
    if (found.data === undefined) {
        return found.status === "failed"
            ? <Unanswered error={found.error} what="the monitor" retry={found.refresh} />
            : <Loading what="the monitor" />;
    }
    const monitor = found.data;
    return (
        <>
            {found.status === "failed" && <Unanswered error={found.error} what="the monitor" retry={found.refresh} />}
            <Pulse monitor={monitor} />
            {monitor.missing.length > 0 && (
                <p className="warning">No service on Render goes by {monitor.missing.join(", ")}.</p>
            )}
            {monitor.services.length > 0 && <Watched services={monitor.services} />}
            <section>
                <h2>Diagnoses</h2>
                {monitor.diagnoses.length === 0
                    ? <p className="faint">Nothing is wrong with what is watched, as far as the monitor has seen.</p>
                    : (
                        <ul className="diagnoses">
                            {monitor.diagnoses.map((one) => (
                                <Diagnosis
                                    key={one.id}
                                    diagnosis={one}
                                    service={monitor.services.find((service) => service.id === one.service_id)}
                                    isOpen={one.id === query.diagnosis}
                                    toggle={() => set({ diagnosis: one.id === query.diagnosis ? undefined : one.id })}
                                />
                            ))}
                        </ul>
                    )}
            </section>
        </>
    );
}

function Pulse({ monitor }: { readonly monitor: RenderMonitor }) {
    const tick = monitor.last_tick;
    if (!monitor.running) {
        return (
            <Empty title="Nothing is watched">
                <p>{monitor.reason ?? "Name services in RENDER_MONITOR_SERVICES."}</p>
            </Empty>
        );
    }
    return (
        <>
            <p className="faint" role="status">
                Looks every {duration(monitor.period_seconds * 1000)}
                {tick === null ? ", and has not looked yet" : (
                    <>
                        ; looked <Time at={tick.at} />, with {tick.reads} {tick.reads === 1 ? "call" : "calls"}
                        {tick.log_reads > 0 && ` and ${tick.log_reads} for logs`}
                        {tick.deferred > 0 && `; ${tick.deferred} wait for the next look`}
                    </>
                )}.
            </p>
            {tick?.problem != null && <p className="trouble">{tick.problem}</p>}
        </>
    );
}

function Watched({ services }: { readonly services: readonly MonitoredRenderService[] }) {
    return (
        <div className="scroll-x" tabIndex={0} role="region" aria-label="What is watched">
            <table>
                <thead>
                    <tr>
                        <th scope="col">Service</th>
                        <th scope="col">Last deploy</th>
                        <th scope="col">What is done</th>
                        <th scope="col">What the monitor may do</th>
                        <th scope="col">Looked at</th>
                    </tr>
                </thead>
                <tbody>
                    {services.map((one) => (
                        <tr key={one.id}>
                            <th scope="row">{one.name}</th>
                            <td>
                                {one.deploy_status === null
                                    ? <span className="faint">not seen yet</span>
                                    : one.deploy_status.replaceAll("_", " ")}
                                {one.probe !== null && <span className="note faint">{displayed(one.probe)}</span>}
                            </td>
                            <td>
                                {actionWord(one.action)}
                                {one.note !== null && <span className="note faint">{displayed(one.note)}</span>}
                                {one.roll_back_to !== null && (
                                    <span className="note faint">
                                        still served: <Id id={one.roll_back_to} short />
                                    </span>
                                )}
                            </td>
                            <td>
                                {one.fixable
                                    ? <Badge tone="warn" icon="tool">Mend it, {one.attempts_left} left today</Badge>
                                    : <Badge tone="plain" icon="eye">Only look</Badge>}
                            </td>
                            <td>
                                <Time at={one.checked_at} />
                            </td>
                        </tr>
                    ))}
                </tbody>
            </table>
        </div>
    );
}

const ACTIONS: Readonly<Record<string, string>> = {
    none: "nothing",
    told: "told, for a person",
    proposed: "a fix is proposed",
    patch_proposed: "a change of the blueprint is proposed",
    fixing: "being mended",
    fixed: "mended",
    partly_fixed: "mended in part",
    reverting: "a fix is taken back",
    reverted: "a fix was taken back",
    abandoned: "a fix was given up",
};

/** What is done about a service, in words; what is newer than the page as it comes. */
export function actionWord(action: string): string {
    return ACTIONS[action] ?? action.replaceAll("_", " ");
}

const DECISIONS: Readonly<Record<string, readonly ["good" | "warn" | "busy" | "plain", string]>> = {
    fix: ["busy", "Tried by the monitor"],
    would_fix: ["warn", "Would be mended"],
    propose_patch: ["warn", "Blueprint to be changed"],
    human: ["plain", "For a person"],
};

/** What became of a fix that was tried, with its colour. */
const OUTCOMES: Readonly<Record<string, readonly ["good" | "warn" | "bad" | "busy", string]>> = {
    succeeded: ["good", "Mended"],
    kept: ["warn", "Mended in part"],
    reverted: ["bad", "Fix taken back"],
    abandoned: ["warn", "Fix given up"],
};

function Diagnosis(
    props: {
        readonly diagnosis: RenderDiagnosis;
        readonly service: MonitoredRenderService | undefined;
        readonly isOpen: boolean;
        readonly toggle: () => void;
    },
) {
    const { diagnosis, isOpen, service } = props;
    const attempt = service?.attempts.find((one) => one.diagnosis_id === diagnosis.id);
    const [tone, word] = OUTCOMES[diagnosis.outcome ?? ""] ?? DECISIONS[diagnosis.decision] ??
        ["plain", diagnosis.decision];
    const isPast = service !== undefined && service.deploy_id !== null && service.deploy_id !== diagnosis.deploy_id;
    return (
        <li>
            <button type="button" className="diagnosis-head" aria-expanded={isOpen} onClick={props.toggle}>
                <b>{diagnosis.service_name}</b>
                <span>{displayed(diagnosis.summary)}</span>
                <Badge tone={tone} icon="tool">{word}</Badge>
                <span className="faint">
                    <Time at={diagnosis.at} />
                    {isPast && ", of an earlier deploy"}
                </span>
            </button>
            {isOpen && (
                <div className="diagnosis">
                    {diagnosis.reason !== null && <p>{displayed(diagnosis.reason)}</p>}
                    {diagnosis.advice !== "" && <p>{displayed(diagnosis.advice)}</p>}
                    <p className="faint">
                        <code>{diagnosis.signature}</code>, in the phase <code>{diagnosis.phase}</code>, with{" "}
                        {diagnosis.confidence} confidence; deploy <Id id={diagnosis.deploy_id} />
                    </p>
                    {attempt !== undefined && (
                        <p>
                            The fix was begun <Time at={attempt.started_at} />
                            {attempt.clears_cache && ", with a cleared cache"}
                            {attempt.deploy_id !== null && (
                                <>
                                    , as deploy <Id id={attempt.deploy_id} />
                                </>
                            )}
                            <span className="note">
                                {attempt.outcome === null
                                    ? attempt.state.replaceAll("_", " ")
                                    : displayed(attempt.outcome)}
                            </span>
                        </p>
                    )}
                    {diagnosis.changes.length > 0 && (
                        <ul className="changes" aria-label="What mending it changes">
                            {diagnosis.changes.map((change) => (
                                <li key={change.field}>
                                    <code>{change.field}</code> <del>{displayed(orNothing(change.old))}</del> →{" "}
                                    <ins>{displayed(orNothing(change.new))}</ins>
                                </li>
                            ))}
                        </ul>
                    )}
                    {diagnosis.patch !== null && (
                        <>
                            <h3>Change the blueprint so</h3>
                            <pre className="raw">{displayed(diagnosis.patch)}</pre>
                        </>
                    )}
                    {diagnosis.symptoms.length > 0 && (
                        <p className="faint">Follows from it: {diagnosis.symptoms.join(", ")}</p>
                    )}
                    <h3>Evidence</h3>
                    <ol className="evidence">
                        {diagnosis.evidence.map((one, index) => (
                            <li key={index}>
                                <span className="faint">{one.source}</span>
                                <code>{displayed(one.text)}</code>
                            </li>
                        ))}
                    </ol>
                </div>
            )}
        </li>
    );
}
