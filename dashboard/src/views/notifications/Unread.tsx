// SPDX-License-Identifier: Apache-2.0

import { api, cache } from "../../core/app";
import { useQuery } from "../../ui/hooks";
import { unreadWord } from "./news";
import { listNotifications, type NotificationPage } from "../../gen/orchestrator";
import { useChanges } from "./useChanges";

export const TAG = "notifications";

/** How much somebody has not read yet, kept true while the page is open. */
export default function Unread() {
    const { data } = useQuery<NotificationPage>({
        key: TAG,
        tags: [TAG],
        fetch: (signal) => api.call(listNotifications, { query: { limit: 1 } }, { signal }),
    });
    useChanges(() => cache.invalidate([TAG]));
    const word = data === undefined ? "" : unreadWord(data.unread, data.unread_is_more);
    if (word === "") return null;
    return (
        <span className="unread">
            {word}
            <span className="unseen">unread</span>
        </span>
    );
}
