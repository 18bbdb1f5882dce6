// SPDX-License-Identifier: Apache-2.0

import { useRef, useState } from "react";
import { api, preferences, router, say } from "../../core/app";
import { displayedLine } from "../../core/display";
import { inWords } from "../../core/problem";
import { randomKey } from "../../core/random";
import { href } from "../../core/router";
import { createRoom, listRooms, type Room } from "../../gen/orchestrator";
import { ChoiceChips } from "../../ui/Chips";
import { type Column, DataTable } from "../../ui/DataTable";
import { useKeys, useStore } from "../../ui/hooks";
import { NameDialog } from "../../ui/NameDialog";
import { Page } from "../../ui/Page";
import { usePages } from "../../ui/pages";
import { Empty, Id, Time } from "../../ui/parts";
import { roomPlace } from "../room/route";
import type { ViewProps } from "../view";
import type { roomsPlace } from "./route";

const id = (room: Room): string => room.room_id;

const columns: readonly Column<Room>[] = [
    { name: "name", title: "Name", cell: (room) => displayedLine(room.name) || "(without a name)" },
    {
        name: "room",
        title: "Room",
        cell: (room) => <Id id={room.room_id} to={href(roomPlace, { room: room.room_id })} short tabIndex={-1} />,
    },
    { name: "created", title: "Made", cell: (room) => <Time at={room.created_at} /> },
    { name: "changed", title: "Changed", cell: (room) => <Time at={room.updated_at} /> },
];
const archivedColumns: readonly Column<Room>[] = [
    ...columns,
    { name: "archived", title: "Archived", cell: (room) => <Time at={room.archived_at} /> },
];

export default function RoomsView({ query, set }: ViewProps<typeof roomsPlace>) {
    const { workspace } = useStore(preferences);
    const isArchived = query.show === "archived";
    const list = usePages<Room>(
        workspace + " rooms " + query.show,
        id,
        (cursor, signal) => api.call(listRooms, { query: { archived: isArchived, limit: 100, cursor } }, { signal }),
    );
    const [asks, setAsks] = useState(false);
    // The same wish has the same key, however often it is sent.
    const key = useRef(randomKey());
    const make = async (name: string): Promise<void> => {
        try {
            const made = await api.call(createRoom, { body: { name, idempotency_key: key.current } });
            router.go(href(roomPlace, { room: made.room_id }));
        } catch (error) {
            say(inWords(error), "bad");
        }
    };
    const begin = (): void => {
        key.current = randomKey();
        setAsks(true);
    };
    useKeys([{ keys: "n", label: "New room", group: "Rooms", run: begin }]);
    const button = (
        <button type="button" className="main" onClick={begin}>
            New room <kbd>N</kbd>
        </button>
    );
    return (
        <Page title="Rooms" isList beside={button}>
            <ChoiceChips
                label="Which rooms"
                words={["archived"] as const}
                chosen={isArchived ? ["archived"] : []}
                show={() => "Archived ones"}
                choose={(chosen) => set({ show: chosen.length > 0 ? "archived" : "open" })}
            />
            <DataTable
                label={isArchived ? "Archived rooms" : "Rooms"}
                name="rooms"
                columns={isArchived ? archivedColumns : columns}
                list={list}
                id={id}
                open={(room) => router.go(href(roomPlace, { room: room.room_id }))}
                empty={isArchived ? <Empty title="No room is archived" /> : <Empty title="No room yet">{button}</Empty>}
            />
            {asks && (
                <NameDialog
                    title="New room"
                    label="Name"
                    action="Make the room"
                    value=""
                    close={() => setAsks(false)}
                    take={(name) => void make(name)}
                />
            )}
        </Page>
    );
}
