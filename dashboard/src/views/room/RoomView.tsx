// SPDX-License-Identifier: Apache-2.0

import { useCallback } from "react";
import { api, cache } from "../../core/app";
import { displayedLine } from "../../core/display";
import { href } from "../../core/router";
import { type Event, getRoom, type Room } from "../../gen/orchestrator";
import { useKeys, useMedia, useQuery } from "../../ui/hooks";
import { Link } from "../../ui/Link";
import { Page } from "../../ui/Page";
import { Failed, Id, Loading, shortened } from "../../ui/parts";
import { roomsPlace } from "../rooms/route";
import { tasksPlace } from "../tasks/route";
import type { ViewProps } from "../view";
import { RoomActions } from "./RoomActions";
import type { roomPlace } from "./route";
import { Threads, useThreads } from "./Threads";
import { TimelineList } from "./TimelineList";
import { useTimeline } from "./useTimeline";

/** What happened in a room, and its threads. */
export default function RoomView({ parameters, query, set }: ViewProps<typeof roomPlace>) {
    const id = parameters.room;
    const tag = "room:" + id;
    const found = useQuery<Room>({
        key: tag,
        tags: [tag],
        fetch: (signal) => api.call(getRoom, { path: { room_id: id } }, { signal }),
    });
    const threads = useThreads(id, query.threads);
    const { renew } = threads;
    const told = useCallback((news: readonly Event[]) => {
        if (news.some((event) => /^(thread|message)\./.test(event.event_type))) renew();
        if (news.some((event) => event.event_type.startsWith("room."))) cache.invalidate([tag]);
    }, [renew, tag]);
    const following = useTimeline(id, query.at, told);
    const isNarrow = useMedia("(max-width: 900px)");
    const open = useCallback((at: number | undefined) => set({ at }), [set]);
    useKeys([{
        keys: "n",
        label: "New thread",
        group: "Room",
        run: () => document.getElementById("new-thread")?.focus(),
    }]);

    const room = found.data;
    if (room === undefined) {
        return (
            <Page title="Room" windowTitle={"Room " + shortened(id)}>
                {found.status === "failed"
                    ? <Failed error={found.error} what="the room" retry={found.refresh} />
                    : <Loading what="the room" />}
            </Page>
        );
    }
    const name = displayedLine(room.name) || "(without a name)";
    const aside = (
        <Threads
            room={id}
            list={threads}
            shown={query.threads}
            show={(shown) => set({ threads: shown })}
            isOpen={room.archived_at === null}
        />
    );
    return (
        <Page
            title={name}
            windowTitle={name + ", room"}
            isList
            beside={
                <>
                    {room.archived_at !== null && <span className="status status-cancelled">Archived</span>}
                    <Id id={room.room_id} />
                    <span className="actions">
                        <Link to={href(roomsPlace, {})} className="button">
                            All rooms
                        </Link>
                        <Link to={href(tasksPlace, {}, { roomId: id })} className="button">
                            Its tasks
                        </Link>
                        <RoomActions room={room} refresh={found.refresh} />
                    </span>
                </>
            }
        >
            <div className="room">
                {isNarrow
                    ? (
                        <details className="room-threads">
                            <summary>Threads</summary>
                            {aside}
                        </details>
                    )
                    : null}
                <TimelineList room={id} following={following} at={query.at} open={open} />
                {isNarrow ? null : aside}
            </div>
        </Page>
    );
}
