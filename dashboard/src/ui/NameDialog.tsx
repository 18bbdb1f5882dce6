// SPDX-License-Identifier: Apache-2.0

import { type FormEvent, useState } from "react";
import { Dialog } from "./Dialog";

/** Asks for a name. */
export function NameDialog(props: {
    readonly title: string;
    readonly label: string;
    readonly action: string;
    readonly value: string;
    readonly take: (name: string) => void;
    readonly close: () => void;
}) {
    const [name, setName] = useState(props.value);
    const words = name.trim();
    const submit = (event: FormEvent): void => {
        event.preventDefault();
        if (words !== "" && words !== props.value) props.take(words);
    };
    return (
        <Dialog title={props.title} close={props.close}>
            <form className="fields" onSubmit={submit}>
                <label className="field">
                    {props.label}
                    <input
                        type="text"
                        autoFocus
                        maxLength={200}
                        value={name}
                        onChange={(event) => setName(event.target.value)}
                    />
                </label>
                <div className="actions">
                    <button type="submit" className="main" disabled={words === "" || words === props.value}>
                        {props.action}
                    </button>
                    <button type="button" onClick={props.close}>
                        Leave it
                    </button>
                </div>
            </form>
        </Dialog>
    );
}
