// SPDX-License-Identifier: Apache-2.0

import { type KeyboardEvent, useCallback, useMemo, useRef, useState } from "react";
import { api, cache, preferences, router, say } from "../../core/app";
import { grouped } from "../../core/number";
import { inWords } from "../../core/problem";
import { ChoiceChips } from "../../ui/Chips";
import { useKeys, useMedia, useStore } from "../../ui/hooks";
import { Link } from "../../ui/Link";
import { type MeasuredHandle, MeasuredList } from "../../ui/MeasuredList";
import { Page } from "../../ui/Page";
import { usePages } from "../../ui/pages";
import { Action, Empty, Failed, Loading, Time } from "../../ui/parts";
import { addressOf } from "..";
import type { ViewProps } from "../view";
import { divided, kindWord, leadsTo, type Row, told, toneOf } from "./news";
import {
    listNotifications,
    type Notification,
    type NotificationsState,
    readNotifications,
} from "../../gen/orchestrator";
import { KINDS, type notificationsPlace } from "./route";
import { TAG } from "./Unread";
import { useChanges } from "./useChanges";

const idOf = (one: Notification): string => String(one.position);
const keyOf = (row: Row): string => ("news" in row ? idOf(row.news) : row.divides);
const always = (): boolean => true;

export default function NotificationsView({ query, set }: ViewProps<typeof notificationsPlace>) {
    const { workspace } = useStore(preferences);
    const [state, setState] = useState<NotificationsState | null>(null);
    const list = usePages<Notification>(
        [workspace, TAG, ...query.kind].join(" "),
        idOf,
        async (cursor, signal) => {
            const place = cursor === undefined ? {} : { cursor: Number(cursor) };
            const page = await api.call(listNotifications, { query: { kind: query.kind, limit: 50, ...place } }, {
                signal,
            });
            setState(page);
            return page;
        },
    );
    useChanges(list.renew);
    const { renew } = list;

    const readTo = useCallback(async (position: number, goesBack = false): Promise<void> => {
        setState(await api.call(readNotifications, { body: { position, allow_back: goesBack } }));
        cache.invalidate([TAG]);
        renew();
    }, [renew]);
    const everything = (): Promise<void> => readTo(state?.newest_position ?? 0);
    const unread = state?.unread ?? 0;
    useKeys([{
        keys: "shift+r",
        label: "Mark all as read",
        group: "Notifications",
        run: () => void everything().catch((error: unknown) => say(inWords(error), "bad")),
    }]);

    const position = state?.read_position ?? 0;
    const rows = useMemo(() => divided(list.rows, position), [list.rows, position]);
    const [active, setActive] = useState<string | null>(null);
    const handle = useRef<MeasuredHandle>(null);
    const isNarrow = useMedia("(max-width: 720px)");
    const items = rows.filter((row): row is { readonly news: Notification } => "news" in row);
    const place = items.findIndex((row) => keyOf(row) === active);
    const current = Math.max(0, place);
    const currentKey = items[current] === undefined ? null : keyOf(items[current] ?? { divides: "all" });

    const press = (event: KeyboardEvent): void => {
        if (event.ctrlKey || event.metaKey || event.altKey || !(event.target instanceof HTMLElement)) return;
        if (event.target.getAttribute("role") !== "listitem") return;
        const step = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 }[event.key];
        const here = items[current];
        if (event.key === "Enter" && here !== undefined) {
            const to = leadsTo(here.news, addressOf);
            if (to !== null) router.go(to);
            return;
        }
        const next = step === undefined ? undefined : items[current + step];
        if (next === undefined) return;
        event.preventDefault();
        event.stopPropagation();
        setActive(keyOf(next));
        handle.current?.reveal(rows.indexOf(next));
        window.requestAnimationFrame(() =>
            document.getElementById("news-" + keyOf(next))?.focus({ preventScroll: true })
        );
    };
    const render = useCallback((row: Row) => {
        if (!("news" in row)) return <Divider all={row.divides === "all"} />;
        return (
            <Item
                news={row.news}
                isNew={row.news.position > position}
                isActive={keyOf(row) === currentKey}
                focused={setActive}
                readTo={readTo}
            />
        );
    }, [position, currentKey, readTo]);

    return (
        <Page
            title="Notifications"
            isList
            beside={
                <>
                    <span className="faint" role="status">
                        {state === null
                            ? ""
                            : unread === 0
                            ? "Nothing new"
                            : `${grouped(unread)}${state.unread_is_more ? "+" : ""} unread`}
                    </span>
                    <span className="actions">
                        <Action label="Mark all as read" disabled={unread === 0} run={everything} />
                    </span>
                </>
            }
        >
            <div className="news">
                <ChoiceChips
                    label="What about"
                    words={KINDS}
                    chosen={query.kind}
                    show={kindWord}
                    choose={(kind) => set({ kind })}
                />
                {list.status === "loading" && <Loading what="the notifications" />}
                {list.status === "failed" && <Failed error={list.error} what="the notifications" retry={list.retry} />}
                {list.status === "ready" && list.rows.length === 0 && (
                    <Empty title={query.kind.length > 0 ? "Nothing of this kind" : "Nothing that you should know of"}>
                        {list.hasMore
                            ? <button type="button" onClick={list.more}>Look further back</button>
                            : <p>Failures, approvals, incidents and messages of others appear here.</p>}
                    </Empty>
                )}
                {list.rows.length > 0 && (
                    <div role="list" aria-label="Notifications" className="news-list" onKeyDown={press}>
                        <MeasuredList
                            rows={rows}
                            keyOf={keyOf}
                            rowHeight={isNarrow ? 84 : 44}
                            isFixed={always}
                            render={render}
                            live="start"
                            onEnd={list.more}
                            handle={handle}
                        />
                    </div>
                )}
                {list.error !== null && list.status === "ready" && (
                    <p className="bad">
                        The last update failed: {inWords(list.error)}{" "}
                        <button type="button" className="quiet" onClick={list.retry}>Try again</button>
                    </p>
                )}
            </div>
        </Page>
    );
}

function Divider({ all }: { readonly all: boolean }) {
    return (
        <div role="listitem" className="news-row news-divider">
            <span>{all ? "You have seen everything below" : "Since you last looked ↑ · seen before ↓"}</span>
        </div>
    );
}

function Item(props: {
    readonly news: Notification;
    readonly isNew: boolean;
    readonly isActive: boolean;
    readonly focused: (key: string) => void;
    readonly readTo: (position: number, goesBack?: boolean) => Promise<void>;
}) {
    const { news, isNew } = props;
    const words = told(news);
    const to = leadsTo(news, addressOf);
    return (
        <div
            role="listitem"
            id={"news-" + news.position}
            className={"news-row" + (isNew ? " is-new" : "")}
            aria-label={(isNew ? "New: " : "") + words}
            tabIndex={props.isActive ? 0 : -1}
            onFocus={() => props.focused(idOf(news))}
        >
            <span className={"tone tone-" + toneOf(news.kind)} aria-hidden="true" />
            <span className="news-words" title={words}>
                {to === null ? words : <Link to={to}>{words}</Link>}
            </span>
            <span className="faint news-who">{news.actor}</span>
            <span className="faint">
                <Time at={news.occurred_at} />
            </span>
            <Action
                className="quiet"
                label={isNew ? "Read to here" : "Unread from here"}
                run={() => (isNew ? props.readTo(news.position) : props.readTo(news.position - 1, true))}
            />
        </div>
    );
}
