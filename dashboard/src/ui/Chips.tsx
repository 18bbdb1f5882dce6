// SPDX-License-Identifier: Apache-2.0

import { Icon } from "./Icon";

/** Words of which any number may be chosen. */
export function ChoiceChips<T extends string>(props: {
    readonly label: string;
    readonly words: readonly T[];
    readonly chosen: readonly T[];
    readonly show: (word: T) => string;
    readonly choose: (chosen: readonly T[]) => void;
}) {
    return (
        <div className="chips" role="group" aria-label={props.label}>
            {props.words.map((word) => {
                const isOn = props.chosen.includes(word);
                const others = props.chosen.filter((one) => one !== word);
                return (
                    <button
                        key={word}
                        type="button"
                        className="chip"
                        aria-pressed={isOn}
                        onClick={() => props.choose(isOn ? others : [...others, word])}
                    >
                        {props.show(word)}
                    </button>
                );
            })}
        </div>
    );
}

export interface ActiveFilter {
    readonly name: string;
    readonly value: string;
    readonly clear: () => void;
}

/** The filters that hold at the moment, each with what takes it away. */
export function FilterChips(props: { readonly filters: readonly ActiveFilter[]; readonly clear: () => void }) {
    if (props.filters.length === 0) return null;
    return (
        <div className="chips" role="group" aria-label="Filters that hold">
            {props.filters.map((one) => (
                <span key={one.name + one.value} className="chip held">
                    {one.name}: <b>{one.value}</b>
                    <button
                        type="button"
                        className="quiet icon-button"
                        aria-label={`Remove the filter ${one.name} ${one.value}`}
                        onClick={one.clear}
                    >
                        <Icon name="cross" />
                    </button>
                </span>
            ))}
            <button type="button" className="quiet" onClick={props.clear}>
                Clear all <kbd>⇧F</kbd>
            </button>
        </div>
    );
}
