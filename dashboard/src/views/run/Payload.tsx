// SPDX-License-Identifier: Apache-2.0

import { useMemo } from "react";
import { say } from "../../core/app";
import { displayed } from "../../core/display";
import type { Json } from "../../core/operation";
import { Icon } from "../../ui/Icon";
import { JsonView } from "../../ui/JsonView";
import { bytes, HEAD } from "./looks";

/** A JSON value; of a large one its head, and the whole as a download. */
export function Payload(props: { readonly value: Json; readonly label: string; readonly file: string }) {
    const { value } = props;
    const text = useMemo(() => JSON.stringify(value, null, 2), [value]);
    if (value === null) return <p className="faint">There is none.</p>;
    if (text.length <= HEAD) return <JsonView value={value} label={props.label} />;
    return (
        <Head
            text={text}
            size={new Blob([text]).size}
            label={props.label}
            download={() => saveAs(new Blob([text], { type: "application/json" }), props.file + ".json")}
        />
    );
}

/** The beginning of a long text. */
export function Head(props: {
    readonly text: string;
    readonly size: number;
    readonly label: string;
    readonly download?: () => void;
}) {
    const isCut = props.text.length > HEAD;
    return (
        <div className="payload-head">
            <pre tabIndex={0} role="region" aria-label={props.label}>
                {displayed(isCut ? props.text.slice(0, HEAD) : props.text)}
                {isCut && "…"}
            </pre>
            {isCut && (
                <p className="faint">
                    The first {bytes(HEAD)} of {bytes(props.size)}.{" "}
                    {props.download !== undefined && (
                        <button type="button" className="quiet" onClick={props.download}>
                            <Icon name="download" /> Download all
                        </button>
                    )}
                </p>
            )}
        </div>
    );
}

/** Hands bytes to the browser's own downloads. */
export function saveAs(content: Blob, name: string): void {
    const address = URL.createObjectURL(content);
    const link = document.createElement("a");
    link.href = address;
    link.download = name.replace(/[/\\]/g, "_");
    link.click();
    window.setTimeout(() => URL.revokeObjectURL(address), 60_000);
    say(`${link.download} is handed to the downloads.`);
}
