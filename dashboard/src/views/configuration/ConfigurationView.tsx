// SPDX-License-Identifier: Apache-2.0

import { api } from "../../core/app";
import { duration } from "../../core/time";
import { type ConfigReportRow, type Daemon, listDaemons } from "../../gen/orchestrator";
import { Badge } from "../../ui/Badge";
import { useKeys, useQuery } from "../../ui/hooks";
import { Icon } from "../../ui/Icon";
import { Page } from "../../ui/Page";
import { Empty, Failed, Loading, Time } from "../../ui/parts";
import type { ViewProps } from "../view";
import { failingFirst, faultCount, type Health, health, rowsOf } from "./report";
import type { configurationPlace } from "./route";

type Props = ViewProps<typeof configurationPlace>;

export default function ConfigurationView({ query, set }: Props) {
    const found = useQuery({
        key: "daemons",
        tags: ["daemons"],
        fetch: async (signal) => (await api.call(listDaemons, {}, { signal })).daemons,
    });
    useKeys([
        { keys: "r", label: "Ask all daemons again", group: "Configuration", run: found.refresh },
        {
            keys: "/",
            label: "Find a key",
            group: "Configuration",
            run: () => document.getElementById("find-key")?.focus(),
        },
    ]);
    const daemons = failingFirst(found.data ?? []);
    const open = daemons.find((one) => one.name === query.daemon) ?? daemons[0];
    const ailing = daemons.filter((one) => health(one) !== "well").length;
    return (
        <Page
            title="Configuration"
            beside={
                <span className="live">
                    {found.data !== undefined && (
                        <span className="faint" role="status">
                            {ailing === 0
                                ? `${daemons.length === 1 ? "The daemon is" : `All ${daemons.length} daemons are`} well`
                                : `${ailing} of ${daemons.length} ${ailing === 1 ? "needs" : "need"} a look`}
                        </span>
                    )}
                    <button
                        type="button"
                        onClick={found.refresh}
                        disabled={found.isFetching}
                        aria-busy={found.isFetching}
                    >
                        Ask again <kbd>R</kbd>
                    </button>
                </span>
            }
        >
            {found.status === "failed" && (
                <Failed error={found.error} what="what the daemons say" retry={found.refresh} />
            )}
            {found.data === undefined && found.status !== "failed" && <Loading what="what the daemons say" />}
            {daemons.length > 0 && (
                <>
                    <ul className="daemons">
                        {daemons.map((one) => (
                            <li key={one.name}>
                                <button
                                    type="button"
                                    aria-current={one === open}
                                    onClick={() => set({ daemon: one.name })}
                                >
                                    <b>{one.name}</b>
                                    <HealthBadge daemon={one} />
                                    <span className="faint">
                                        {one.version === null ? one.url : "version " + one.version}
                                        {one.uptime_seconds !== null && `, up ${duration(one.uptime_seconds * 1000)}`}
                                    </span>
                                </button>
                            </li>
                        ))}
                    </ul>
                    {open !== undefined && <Sheet daemon={open} query={query} set={set} />}
                </>
            )}
        </Page>
    );
}

const WORDS: Readonly<Record<Health, readonly ["good" | "bad" | "warn", "check" | "cross" | "clock", string]>> = {
    unreachable: ["bad", "cross", "Does not answer"],
    wrong: ["bad", "cross", "Wrong configuration"],
    unready: ["bad", "cross", "Not ready"],
    unknown: ["warn", "clock", "Does not tell"],
    weak: ["warn", "clock", "Does less well"],
    well: ["good", "check", "Well"],
};

function HealthBadge({ daemon }: { readonly daemon: Daemon }) {
    const [tone, icon, word] = WORDS[health(daemon)];
    return <Badge tone={tone} icon={icon}>{word}</Badge>;
}

function Sheet({ daemon, query, set }: Pick<Props, "query" | "set"> & { readonly daemon: Daemon }) {
    const report = daemon.configuration;
    return (
        <section className="sheet-of" aria-labelledby="daemon-title">
            <div className="page-head">
                <h2 id="daemon-title">{daemon.name}</h2>
                <HealthBadge daemon={daemon} />
                <span className="faint">
                    asked <Time at={daemon.checked_at} />, at <code>{daemon.url}</code>
                </span>
            </div>
            {daemon.detail !== null && <p className="trouble">{daemon.detail}</p>}
            <Checks daemon={daemon} />
            {report !== null && (
                <>
                    {report.problems.map((words) => (
                        <p key={words} className="trouble">
                            {words}
                        </p>
                    ))}
                    {report.warnings.length > 0 && (
                        <p className="warning">
                            These look like keys with a slip: {report.warnings.join("; ")}
                        </p>
                    )}
                    <div className="filters">
                        <div className="chips" role="group" aria-label="Keys">
                            {([
                                ["all", `All (${report.rows.length})`],
                                ["set", "Set by somebody"],
                                ["wrong", `Wrong (${faultCount(report)})`],
                            ] as const).map(([show, label]) => (
                                <button
                                    key={show}
                                    type="button"
                                    className="chip"
                                    aria-pressed={query.show === show}
                                    onClick={() => set({ show })}
                                >
                                    {label}
                                </button>
                            ))}
                        </div>
                        <label className="inline">
                            Find
                            <input
                                id="find-key"
                                type="text"
                                spellCheck={false}
                                value={query.key ?? ""}
                                onChange={(event) => set({ key: event.target.value || undefined })}
                            />
                        </label>
                    </div>
                    <Keys rows={rowsOf(report, query)} name={daemon.name} />
                </>
            )}
        </section>
    );
}

function Checks({ daemon }: { readonly daemon: Daemon }) {
    if (daemon.checks.length === 0) return null;
    const sorted = [...daemon.checks].sort((a, b) => Number(a.ready) - Number(b.ready));
    return (
        <ul className="checks" aria-label={"What " + daemon.name + " depends on"}>
            {sorted.map((one) => (
                <li key={one.name} className={one.ready ? "ready" : one.required ? "bad" : "weak"}>
                    <Icon name={one.ready ? "check" : "cross"} />
                    <span>
                        {one.name}: {one.ready ? "ready" : "not ready"}
                        {!one.required && " (it can do without)"}
                        {one.detail !== null && ". " + one.detail}
                    </span>
                </li>
            ))}
        </ul>
    );
}

function Keys({ rows, name }: { readonly rows: readonly ConfigReportRow[]; readonly name: string }) {
    if (rows.length === 0) return <Empty title="No key fits" />;
    return (
        <div className="scroll-x keys" tabIndex={0} role="region" aria-label={"Keys of " + name}>
            <table>
                <thead>
                    <tr>
                        <th scope="col">Key</th>
                        <th scope="col">Standing</th>
                        <th scope="col">Value</th>
                        <th scope="col">Comes from</th>
                        <th scope="col">What it is for</th>
                    </tr>
                </thead>
                <tbody>
                    {rows.map((row) => (
                        <tr key={row.key}>
                            <th scope="row">
                                <code>{row.key}</code>
                                {row.required && <span className="needed">needed</span>}
                            </th>
                            <td>
                                <Standing row={row} />
                            </td>
                            <td>
                                {row.value === null ? <span className="faint">–</span> : <code>{row.value}</code>}
                                {row.secret && <span className="needed">secret</span>}
                            </td>
                            <td className="source">{row.source ?? <span className="faint">nowhere</span>}</td>
                            <td className="about">{row.description}</td>
                        </tr>
                    ))}
                </tbody>
            </table>
        </div>
    );
}

function Standing({ row }: { readonly row: ConfigReportRow }) {
    if (!row.valid) {
        return (
            <>
                <Badge tone="bad" icon="cross">{row.present ? "Wrong" : "Missing"}</Badge>
                {row.problem !== null && <span className="bad">{row.problem}</span>}
            </>
        );
    }
    return row.present ? <Badge tone="good" icon="check">Set</Badge> : <Badge tone="plain" icon="stop">Not set</Badge>;
}
