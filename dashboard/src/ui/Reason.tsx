// SPDX-License-Identifier: Apache-2.0

import { type ReactNode, useState } from "react";
import { Dialog } from "./Dialog";
import { inWords } from "../core/problem";

/** Asks before something that cannot be taken back, and why it is done. Stays open when it fails, and says why. */
export function Reason(props: {
    readonly title: string;
    readonly action: string;
    /** What the reason is called. */
    readonly label: string;
    /** Whether it may be left empty. */
    readonly isNeeded: boolean;
    readonly longest: number;
    readonly isDangerous?: boolean;
    readonly children?: ReactNode;
    readonly confirm: (reason: string) => Promise<void>;
    readonly close: () => void;
}) {
    const [reason, setReason] = useState("");
    const [error, setError] = useState("");
    const [isBusy, setBusy] = useState(false);
    const words = reason.trim();
    const send = async (): Promise<void> => {
        setBusy(true);
        setError("");
        try {
            await props.confirm(words);
            props.close();
        } catch (problem) {
            setError(inWords(problem));
            setBusy(false);
        }
    };
    return (
        <Dialog title={props.title} close={props.close}>
            {props.children}
            <form
                className="fields"
                onSubmit={(event) => {
                    event.preventDefault();
                    void send();
                }}
            >
                <label className="field">
                    {props.label}
                    {!props.isNeeded && <span className="needed">May be left empty.</span>}
                    <textarea
                        rows={3}
                        value={reason}
                        required={props.isNeeded}
                        maxLength={props.longest}
                        autoFocus
                        onChange={(event) => setReason(event.target.value)}
                    />
                </label>
                <p className="bad" role="alert">
                    {error}
                </p>
                <div className="actions">
                    <button
                        type="submit"
                        className={props.isDangerous === true ? "danger" : "main"}
                        disabled={isBusy || (props.isNeeded && words === "")}
                        aria-busy={isBusy}
                    >
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
