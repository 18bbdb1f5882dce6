// SPDX-License-Identifier: Apache-2.0

import { type KeyboardEvent, useId, useState } from "react";
import { ranked } from "../core/find";
import { Dialog } from "./Dialog";
import { Keys } from "./Shell";

export interface Command {
    readonly label: string;
    readonly hint: string;
    readonly run: () => void;
}

/** Finds and runs a command: type, choose with the arrows, Enter. */
export function Palette(
    props: {
        readonly commands: readonly Command[];
        readonly jump: (words: string) => Command | null;
        readonly close: () => void;
    },
) {
    const [words, setWords] = useState("");
    const [chosen, setChosen] = useState(0);
    const list = useId();
    const place = props.jump(words.trim());
    const found = place === null ? ranked(props.commands, words, (one) => one.label) : [place];
    const active = Math.min(chosen, found.length - 1);
    const run = (command: Command | undefined): void => {
        if (command === undefined) return;
        props.close();
        command.run();
    };
    const press = (event: KeyboardEvent): void => {
        const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
        if (step !== 0 && found.length > 0) {
            event.preventDefault();
            setChosen((active + step + found.length) % found.length);
        } else if (event.key === "Enter") {
            event.preventDefault();
            run(found[active]);
        }
    };
    return (
        <Dialog title="Find a command" className="palette" close={props.close}>
            <input
                type="text"
                role="combobox"
                aria-label="Command"
                aria-expanded="true"
                aria-controls={list}
                aria-activedescendant={active >= 0 ? list + "-" + active : undefined}
                autoComplete="off"
                autoFocus
                value={words}
                onChange={(event) => {
                    setWords(event.target.value);
                    setChosen(0);
                }}
                onKeyDown={press}
            />
            <ul id={list} role="listbox" aria-label="Commands">
                {found.map((one, index) => (
                    <li
                        key={one.label}
                        id={list + "-" + index}
                        role="option"
                        aria-selected={index === active}
                        onClick={() => run(one)}
                    >
                        <span>{one.label}</span>
                        {one.hint !== "" && (
                            <span className="hint">
                                <Keys keys={one.hint} />
                            </span>
                        )}
                    </li>
                ))}
            </ul>
            {found.length === 0 && <p className="faint">Nothing fits.</p>}
        </Dialog>
    );
}
