// SPDX-License-Identifier: Apache-2.0

import { ChoiceChips } from "../../ui/Chips";
import { useFilterText } from "../../ui/filterText";
import type { ViewProps } from "../view";
import { incidentsPlace, SEVERITIES, STATUSES } from "./route";
import { SEVERITY_WORDS, STATUS_WORDS } from "./badges";

/** Every filter of the list. Whatever is chosen goes into the address at once. */
export function Filters({ query, set }: Pick<ViewProps<typeof incidentsPlace>, "query" | "set">) {
    return (
        <div className="filters">
            <ChoiceChips
                label="Status"
                words={STATUSES}
                chosen={query.status}
                show={(word) => STATUS_WORDS[word]}
                choose={(status) => set({ status })}
            />
            <ChoiceChips
                label="Severity"
                words={SEVERITIES}
                chosen={query.severity}
                show={(word) => SEVERITY_WORDS[word]}
                choose={(severity) => set({ severity })}
            />
            <Words
                id="filter-kind"
                label="Kind"
                value={query.kind}
                allowed={/^[a-z][a-z0-9_]{0,62}$/}
                change={(kind) => set({ kind })}
            />
            <Words
                id="filter-room"
                label="Room"
                value={query.room_id}
                allowed={/^room_[0-7][0-9A-HJKMNP-TV-Z]{25}$/}
                change={(room_id) => set({ room_id })}
            />
        </div>
    );
}

/** A text that is taken over with Enter or when the field is left, and only when the API would take it. */
function Words(
    props: {
        readonly id: string;
        readonly label: string;
        readonly value: string | undefined;
        readonly allowed: RegExp;
        readonly change: (value: string | undefined) => void;
    },
) {
    const { input } = useFilterText(props.value, props.allowed, props.change);
    return (
        <label className="inline">
            {props.label}
            <input {...input} id={props.id} className="filter-words" />
        </label>
    );
}
