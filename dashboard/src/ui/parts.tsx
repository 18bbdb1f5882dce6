// SPDX-License-Identifier: Apache-2.0
// The small parts that every view is made of.

import { type ReactNode, useState } from "react";
import { preferences, say } from "../core/app";
import { grouped } from "../core/number";
import { ApiError, inWords } from "../core/problem";
import type { Connection } from "../core/stream";
import { absolute, relative } from "../core/time";
import { Icon, type IconName } from "./Icon";
import { Link } from "./Link";
import { useNow, useStore } from "./hooks";

export type Status =
    | "queued"
    | "scheduled"
    | "running"
    | "waiting"
    | "completed"
    | "failed"
    | "cancelled"
    | "abandoned"
    | "succeeded";

const STATUS: Readonly<Record<Status, readonly [IconName, string]>> = {
    queued: ["queue", "Queued"],
    scheduled: ["clock", "Scheduled"],
    running: ["play", "Running"],
    waiting: ["hand", "Waiting"],
    completed: ["check", "Completed"],
    failed: ["cross", "Failed"],
    cancelled: ["stop", "Cancelled"],
    abandoned: ["stop", "Abandoned"],
    succeeded: ["check", "Succeeded"],
};

/** The picture of a status, for where its word stands beside it. */
export function statusIcon(status: Status): IconName {
    return STATUS[status][0];
}

export function statusWord(status: Status): string {
    return STATUS[status][1];
}

/** Where something stands: colour, picture and word. */
export function StatusBadge({ status }: { readonly status: Status }) {
    const [icon, word] = STATUS[status];
    return (
        <span className={"status status-" + status}>
            <Icon name={icon} />
            {word}
        </span>
    );
}

/** How long ago something was, with the exact time on hover and for screen readers. */
export function Time({ at }: { readonly at: string | null }) {
    const { zone } = useStore(preferences);
    const time = at === null ? Number.NaN : Date.parse(at);
    const now = useNow(Number.isNaN(time) ? 0 : time);
    if (at === null || Number.isNaN(time)) return <span className="faint">–</span>;
    return (
        <time dateTime={at} title={absolute(time, zone)}>
            {relative(time, now)}
        </time>
    );
}

/** The exact time, with how long ago it was on hover. */
export function ExactTime({ at }: { readonly at: string | null }) {
    const { zone } = useStore(preferences);
    const time = at === null ? Number.NaN : Date.parse(at);
    const now = useNow(Number.isNaN(time) ? 0 : time);
    if (at === null || Number.isNaN(time)) return <span className="faint">–</span>;
    return (
        <time dateTime={at} title={relative(time, now)} className="exact">
            {absolute(time, zone)}
        </time>
    );
}

export async function copy(text: string, what: string): Promise<void> {
    try {
        await navigator.clipboard.writeText(text);
        say(what + " copied.", "good");
    } catch {
        say("The browser does not allow copying here.", "bad");
    }
}

/** An identifier: linked to what it names, and copied whole by the button, also where it is shown shortened. */
export function Id(
    props: { readonly id: string; readonly to?: string; readonly short?: boolean; readonly tabIndex?: number },
) {
    const shown = props.short === true && props.id.length > 14 ? shortened(props.id) : props.id;
    return (
        <span className="id" title={props.id}>
            {props.to === undefined
                ? <code>{shown}</code>
                : (
                    <Link to={props.to} tabIndex={props.tabIndex ?? 0} label={props.id}>
                        <code>{shown}</code>
                    </Link>
                )}
            <button
                type="button"
                className="quiet icon-button"
                tabIndex={props.tabIndex}
                aria-label={"Copy " + props.id}
                onClick={(event) => {
                    event.stopPropagation();
                    void copy(props.id, "Identifier");
                }}
            >
                <Icon name="copy" />
            </button>
        </span>
    );
}

/** Identifiers ascend with time: those made together differ at their end. */
export function shortened(id: string): string {
    const at = id.indexOf("_");
    return at < 0 ? id.slice(0, 6) + "…" + id.slice(-4) : id.slice(0, at + 1) + "…" + id.slice(-8);
}

export function Loading({ what }: { readonly what: string }) {
    return (
        <p className="state" role="status">
            <span className="spinner" aria-hidden="true" />
            Loading {what}…
        </p>
    );
}

export function Empty(props: { readonly title: string; readonly children?: ReactNode }) {
    return (
        <div className="state empty">
            <p className="state-title">{props.title}</p>
            {props.children}
        </div>
    );
}

/** What went wrong, in the daemon's words, with what an operator needs to find it in the logs. */
export function Failed(props: { readonly error: unknown; readonly what: string; readonly retry?: () => void }) {
    const { error } = props;
    const problem = error instanceof ApiError ? error.problem : null;
    const isGone = error instanceof ApiError && error.status === 404;
    return (
        <div className="state failed" role="alert">
            <p className="state-title">{isGone ? "There is no such thing here" : `Cannot load ${props.what}`}</p>
            <p>{inWords(error)}</p>
            {problem?.errors?.map((one) => (
                <p key={one.field}>
                    <code>{one.field}</code> {one.message}
                </p>
            ))}
            {problem?.request_id !== undefined && (
                <p className="faint">
                    Request <Id id={problem.request_id} />
                </p>
            )}
            {props.retry !== undefined && !isGone && (
                <button type="button" onClick={props.retry}>
                    Try again
                </button>
            )}
        </div>
    );
}

/** How live updates stand, always in words. */
export function ConnectionBadge(
    props: {
        readonly connection: Connection;
        readonly paused?: number | null;
        /** Where the stream stands. */
        readonly at?: number | null;
        readonly retry?: () => void;
    },
) {
    const { connection } = props;
    const until = connection.is === "waiting" ? connection.at : 0;
    const now = useNow(until === 0 ? Date.now() : until);
    let word = "Not live";
    if (props.paused != null) word = props.paused === 0 ? "Paused" : `Paused, ${grouped(props.paused)} new`;
    else if (connection.is === "live") word = props.at == null ? "Live" : "Live, at " + grouped(props.at);
    else if (connection.is === "connecting") word = "Connecting…";
    else if (connection.is === "waiting") word = `Reconnecting in ${Math.max(1, Math.ceil((until - now) / 1000))} s`;
    else if (connection.is === "refused") word = "Not live: " + connection.why;
    return (
        <span className={"connection connection-" + (props.paused != null ? "paused" : connection.is)}>
            <span className="dot" aria-hidden="true" />
            {word}
            {(connection.is === "waiting" || connection.is === "refused") && props.retry !== undefined && (
                <button type="button" className="quiet" onClick={props.retry}>
                    Reconnect now
                </button>
            )}
        </span>
    );
}

/** Something that somebody may do, with the wait for it and what went wrong told. */
export function Action(props: {
    readonly label: string;
    readonly className?: string;
    readonly run: () => Promise<void>;
    readonly disabled?: boolean;
}) {
    const [isBusy, setBusy] = useState(false);
    const act = async (): Promise<void> => {
        setBusy(true);
        try {
            await props.run();
        } catch (error) {
            say(inWords(error), "bad");
        } finally {
            setBusy(false);
        }
    };
    return (
        <button
            type="button"
            className={props.className}
            disabled={isBusy || props.disabled === true}
            aria-busy={isBusy}
            onClick={() => void act()}
        >
            {props.label}
        </button>
    );
}

/** Names and what they stand for. */
export function Facts({ facts }: { readonly facts: readonly (readonly [string, ReactNode])[] }) {
    return (
        <dl className="facts">
            {facts.map(([name, value]) => (
                <div key={name}>
                    <dt>{name}</dt>
                    <dd>{value}</dd>
                </div>
            ))}
        </dl>
    );
}
