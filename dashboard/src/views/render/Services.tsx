// SPDX-License-Identifier: Apache-2.0

import { useState } from "react";
import { api, cache, say, session } from "../../core/app";
import { deployRenderService, listRenderServices, type RenderDeploy, type RenderService } from "../../gen/orchestrator";
import { Badge } from "../../ui/Badge";
import { Confirm } from "../../ui/Dialog";
import { useEvery, useQuery } from "../../ui/hooks";
import { Action, Empty, Id, Loading, Time } from "../../ui/parts";
import { inWords } from "../../core/problem";
import type { PaneProps } from "./pane";
import { Unanswered } from "./Unanswered";

const TAGS = ["render services"];
/** A deploy takes minutes; Render allows 400 reads in one. */
const PULSE = 10_000;

const TYPES = [
    ["web_service", "Web service"],
    ["static_site", "Static site"],
    ["private_service", "Private service"],
    ["background_worker", "Background worker"],
    ["cron_job", "Cron job"],
] as const;

function typeWord(type: string): string {
    return TYPES.find(([name]) => name === type)?.[1] ?? type;
}

/** Services with their last deploys and how they are now. */
export function Services({ query, set }: PaneProps) {
    const { name, type } = query;
    const found = useQuery({
        key: `render services ${name ?? ""} ${type ?? ""}`,
        tags: TAGS,
        fetch: (signal) =>
            api.call(
                listRenderServices,
                { query: { limit: 200, name, ...(type === undefined ? {} : { type: [type as "web_service"] }) } },
                { signal },
            ),
    });
    const again = (): void => cache.invalidate(TAGS);
    useEvery(PULSE, again);
    const [asked, setAsked] = useState<RenderService | null>(null);
    const deploy = async (service: RenderService): Promise<void> => {
        setAsked(null);
        try {
            const answer = await api.call(deployRenderService, { path: { id: service.id }, body: {} });
            say(
                answer.deploy === null
                    ? `A deploy of ${service.name} waits behind another.`
                    : `${service.name} is being deployed.`,
                "good",
            );
        } catch (error) {
            say(inWords(error), "bad");
        }
        again();
    };
    const mayDeploy = session.can("deployments.write");
    return (
        <>
            <div className="filters">
                <label className="inline">
                    Name
                    <input
                        type="text"
                        spellCheck={false}
                        value={name ?? ""}
                        onChange={(event) => set({ name: event.target.value || undefined })}
                    />
                </label>
                <label className="inline">
                    Type
                    <select value={type ?? ""} onChange={(event) => set({ type: event.target.value || undefined })}>
                        <option value="">all</option>
                        {TYPES.map(([value, word]) => <option key={value} value={value}>{word}</option>)}
                    </select>
                </label>
                {found.data !== undefined && (
                    <span className="faint" role="status">
                        {found.data.total === 1 ? "1 service" : `${found.data.total} services`}
                        {found.data.total > found.data.services.length &&
                            `, of which the first ${found.data.services.length} are shown`}, as Render said{" "}
                        <Time at={found.data.observed_at} />
                        {found.data.stale && "; it cannot be asked just now"}
                    </span>
                )}
                <Action label="Ask again" run={() => Promise.resolve(again())} />
            </div>
            {found.status === "failed" && <Unanswered error={found.error} what="the services" retry={found.refresh} />}
            {found.data === undefined && found.status !== "failed" && <Loading what="the services" />}
            {found.data?.services.length === 0 && (
                <Empty
                    title={name === undefined && type === undefined ? "No service on Render yet" : "No service fits"}
                >
                    {name === undefined && type === undefined
                        ? (
                            <>
                                <p>
                                    A blueprint describes all of them at once, and says what it would do before it does
                                    it.
                                </p>
                                <button type="button" className="main" onClick={() => set({ show: "blueprint" })}>
                                    Plan a blueprint
                                </button>
                            </>
                        )
                        : (
                            <button type="button" onClick={() => set({ name: undefined, type: undefined })}>
                                Show all
                            </button>
                        )}
                </Empty>
            )}
            {found.data !== undefined && found.data.services.length > 0 && (
                <div className="scroll-x" tabIndex={0} role="region" aria-label="Services">
                    <table>
                        <thead>
                            <tr>
                                <th scope="col">Service</th>
                                <th scope="col">Is</th>
                                <th scope="col">Last deploy</th>
                                <th scope="col">Type</th>
                                <th scope="col">Plan</th>
                                <th scope="col">Where</th>
                                <th scope="col">
                                    <span className="unseen">Deeds</span>
                                </th>
                            </tr>
                        </thead>
                        <tbody>
                            {found.data.services.map((service) => (
                                <tr key={service.id}>
                                    <th scope="row">
                                        <span className="service-name">{service.name}</span>
                                        <span className="service-id">
                                            <Id id={service.id} short />
                                            {service.monitored && (
                                                <button
                                                    type="button"
                                                    className="mark"
                                                    aria-label={`What the monitor sees of ${service.name}`}
                                                    onClick={() => set({ show: "monitor" })}
                                                >
                                                    {service.health === "failed" ? "why?" : "watched"}
                                                </button>
                                            )}
                                        </span>
                                    </th>
                                    <td>
                                        <Health service={service} />
                                    </td>
                                    <td>
                                        <LastDeploy deploy={service.last_deploy} />
                                    </td>
                                    <td>{typeWord(service.type)}</td>
                                    <td>{service.plan ?? <span className="faint">–</span>}</td>
                                    <td>
                                        <Address service={service} />
                                    </td>
                                    <td>
                                        {mayDeploy && (
                                            <button
                                                type="button"
                                                aria-label={`Deploy… ${service.name}`}
                                                disabled={service.suspended}
                                                onClick={() => setAsked(service)}
                                            >
                                                Deploy…
                                            </button>
                                        )}
                                    </td>
                                </tr>
                            ))}
                        </tbody>
                    </table>
                </div>
            )}
            {asked !== null && (
                <Confirm
                    title={`Deploy ${asked.name}?`}
                    action="Deploy it"
                    confirm={() => void deploy(asked)}
                    close={() => setAsked(null)}
                >
                    <p>
                        Render builds {asked.branch === null ? "it" : <code>{asked.branch}</code>}{" "}
                        and puts it in the place of what is live.
                        {asked.last_deploy?.in_progress === true &&
                            " Another deploy is under way; this one waits behind it."}
                    </p>
                </Confirm>
            )}
        </>
    );
}

function Health({ service }: { readonly service: RenderService }) {
    switch (service.health) {
        case "live":
            return <Badge tone="good" icon="check">Live</Badge>;
        case "deploying":
            return <Badge tone="busy" icon="play">Deploying</Badge>;
        case "failed":
            return <Badge tone="bad" icon="cross">Deploy failed</Badge>;
        case "suspended":
            return <Badge tone="warn" icon="pause">Suspended</Badge>;
        case "idle":
            return <Badge tone="plain" icon="stop">Not deployed</Badge>;
        case "unknown":
            return <Badge tone="warn" icon="clock">Not known</Badge>;
    }
}

/** The status of a deploy in Render's words, what was deployed, and when. */
export function LastDeploy({ deploy }: { readonly deploy: RenderDeploy | null }) {
    if (deploy === null) return <span className="faint">none</span>;
    return (
        <>
            {deploy.status.replaceAll("_", " ")} <Time at={deploy.finished_at ?? deploy.created_at} />
            <span className="commit faint" title={deploy.commit_message ?? undefined}>
                {deploy.commit_id !== null && <code>{deploy.commit_id.slice(0, 7)}</code>} {deploy.commit_message}
            </span>
        </>
    );
}

function Address({ service }: { readonly service: RenderService }) {
    const links = [["site", service.url], ["at Render", service.dashboard_url]] as const;
    return (
        <span className="actions">
            {service.region !== null && <span>{service.region}</span>}
            {links.map(([word, url]) =>
                url !== null && /^https?:\/\//.test(url) && (
                    <a key={word} href={url} target="_blank" rel="noreferrer noopener">
                        {word}
                    </a>
                )
            )}
        </span>
    );
}
