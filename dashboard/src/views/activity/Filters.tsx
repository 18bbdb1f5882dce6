// SPDX-License-Identifier: Apache-2.0

import { ChoiceChips } from "../../ui/Chips";
import { useFilterText } from "../../ui/filterText";
import { statusWord } from "../../ui/parts";
import type { ViewProps } from "../view";
import { type activityPlace, LEVELS, STATUSES } from "./route";

type Props = Pick<ViewProps<typeof activityPlace>, "query" | "set">;

const SHOWN = { all: "Everything", tasks: "Tasks and runs", logs: "Logs" } as const;

/** Every filter of the list. What restricts only one of the two kinds says so by standing with it. */
export function Filters({ query, set }: Props) {
    return (
        <div className="filters">
            <select
                aria-label="What is shown"
                value={query.show}
                onChange={(event) => set({ show: event.target.value as keyof typeof SHOWN })}
            >
                {Object.entries(SHOWN).map(([name, words]) => <option key={name} value={name}>{words}</option>)}
            </select>
            {query.show !== "tasks" && (
                <>
                    <select
                        aria-label="Least level of log lines"
                        value={query.level ?? ""}
                        onChange={(event) => set({ level: LEVELS.find((one) => one === event.target.value) })}
                    >
                        <option value="">Every level</option>
                        {LEVELS.map((one) => <option key={one} value={one}>{one} and above</option>)}
                    </select>
                    <Field
                        id="filter-service"
                        label="Service"
                        value={query.service}
                        allowed={/^[^\u0000-\u001f\u007f]{1,128}$/}
                        change={(service) => set({ service })}
                    />
                </>
            )}
            <Field
                label="Agent"
                value={query.agent}
                allowed={/^[a-z][a-z0-9-]{0,62}$/}
                change={(agent) => set({ agent })}
            />
            <Field label="Trace" value={query.trace} allowed={/^[0-9a-f]{32}$/} change={(trace) => set({ trace })} />
            <Field
                label="Correlation"
                value={query.correlation}
                allowed={/^[!-~]{1,128}$/}
                change={(correlation) => set({ correlation })}
            />
            {query.show !== "logs" && (
                <ChoiceChips
                    label="Status of tasks"
                    words={STATUSES}
                    chosen={query.status}
                    show={statusWord}
                    choose={(status) => set({ status })}
                />
            )}
        </div>
    );
}

/** A text that is taken over with Enter or when the field is left, when it can be one. */
function Field(
    props: {
        readonly id?: string;
        readonly label: string;
        readonly value: string | undefined;
        readonly allowed: RegExp;
        readonly change: (value: string | undefined) => void;
    },
) {
    const { input } = useFilterText(props.value, props.allowed, props.change);
    return (
        <input
            {...input}
            className="activity-field"
            id={props.id}
            aria-label={props.label}
            placeholder={props.label}
        />
    );
}
