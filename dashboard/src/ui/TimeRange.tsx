// SPDX-License-Identifier: Apache-2.0

import { useId, useState } from "react";
import { rangeWord, type RangeWords, timesOf } from "../core/range";

const ABSOLUTE = "absolute";

/** Chooses a range of times: back from now, or from one moment to another. */
export function TimeRange(props: {
    readonly words: RangeWords;
    /** What holds when nothing is chosen. */
    readonly usual: string;
    readonly ranges: readonly string[];
    readonly change: (words: RangeWords) => void;
}) {
    const { words, usual, ranges } = props;
    const [isOpen, setOpen] = useState(false);
    const id = useId();
    const isAbsolute = words.since !== undefined || words.until !== undefined || isOpen;
    const chosen = words.range ?? usual;
    const known = ranges.includes(chosen) ? ranges : [chosen, ...ranges];
    const pick = (word: string): void => {
        setOpen(word === ABSOLUTE);
        if (word !== ABSOLUTE) {
            return props.change({ range: word === usual ? undefined : word, since: undefined, until: undefined });
        }
        // Begins with the times that are shown.
        const { since } = timesOf(words, usual, Date.now());
        const from = since === null ? undefined : new Date(since).toISOString();
        props.change({ range: undefined, since: from, until: undefined });
    };
    return (
        <span className="time-range" role="group" aria-label="Time range">
            <label className="inline" htmlFor={id}>
                Time
            </label>
            <select id={id} value={isAbsolute ? ABSOLUTE : chosen} onChange={(event) => pick(event.target.value)}>
                {known.map((one) => <option key={one} value={one}>{rangeWord(one)}</option>)}
                <option value={ABSOLUTE}>From … to …</option>
            </select>
            {isAbsolute && (
                <>
                    <MomentField
                        label="From"
                        value={words.since}
                        change={(since) => props.change({ ...words, range: undefined, since })}
                    />
                    <MomentField
                        label="To"
                        value={words.until}
                        change={(until) => props.change({ ...words, range: undefined, until })}
                    />
                </>
            )}
        </span>
    );
}

/** A moment by the clock of this computer; undefined when it is left empty. */
export function MomentField(props: {
    readonly label: string;
    readonly value: string | undefined;
    readonly change: (value: string | undefined) => void;
    /** Of its label; beside its field unless said otherwise. */
    readonly className?: string;
}) {
    const time = props.value === undefined ? null : new Date(props.value);
    return (
        <label className={props.className ?? "inline"}>
            {props.label}
            <input
                type="datetime-local"
                step={1}
                value={time === null ? "" : localInput(time)}
                onChange={(event) => {
                    const next = new Date(event.target.value);
                    props.change(Number.isNaN(next.getTime()) ? undefined : next.toISOString());
                }}
            />
        </label>
    );
}

/** A time as a field for local times wants it. */
function localInput(time: Date): string {
    return new Date(time.getTime() - time.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
}
