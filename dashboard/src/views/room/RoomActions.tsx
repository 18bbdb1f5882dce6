// SPDX-License-Identifier: Apache-2.0

import { useState } from "react";
import { api, say } from "../../core/app";
import { ApiError, inWords } from "../../core/problem";
import { changeRoom, type Room, type RoomChange } from "../../gen/orchestrator";
import { Confirm } from "../../ui/Dialog";
import { NameDialog } from "../../ui/NameDialog";

/** Renames, archives and restores a room. */
export function RoomActions({ room, refresh }: { readonly room: Room; readonly refresh: () => void }) {
    const [asks, setAsks] = useState<"name" | "archive" | null>(null);
    const change = async (part: RoomChange, done: string): Promise<void> => {
        try {
            const body = { ...part, if_version: room.version };
            await api.call(changeRoom, { path: { room_id: room.room_id }, body });
            say(done, "good");
        } catch (error) {
            const isStale = error instanceof ApiError && error.status === 412;
            say(isStale ? "Somebody else has changed the room meanwhile; look again." : inWords(error), "bad");
        } finally {
            refresh();
        }
    };
    const close = (): void => setAsks(null);
    return (
        <>
            <button type="button" onClick={() => setAsks("name")}>
                Rename…
            </button>
            {room.archived_at === null
                ? (
                    <button type="button" onClick={() => setAsks("archive")}>
                        Archive…
                    </button>
                )
                : (
                    <button
                        type="button"
                        onClick={() => void change({ archived: false }, "The room is open again.")}
                    >
                        Restore
                    </button>
                )}
            {asks === "name" && (
                <NameDialog
                    title="Rename the room"
                    label="Name"
                    action="Rename"
                    value={room.name}
                    close={close}
                    take={(name) => {
                        close();
                        void change({ name }, "The room is renamed.");
                    }}
                />
            )}
            {asks === "archive" && (
                <Confirm
                    title="Archive this room?"
                    action="Archive the room"
                    close={close}
                    confirm={() => {
                        close();
                        void change({ archived: true }, "The room is archived.");
                    }}
                >
                    <p>
                        Nothing begins in an archived room: queued tasks wait until it is restored, and nobody can post.
                        What is there stays readable.
                    </p>
                </Confirm>
            )}
        </>
    );
}
