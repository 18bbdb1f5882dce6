// SPDX-License-Identifier: Apache-2.0

import { useMemo, useState } from "react";
import type { Json } from "../core/operation";
import { Icon } from "./Icon";
import { copy } from "./parts";

/** More than this is cut off until somebody asks for it. */
const HEAD = 64 * 1024;
const OPEN_DEPTH = 2;
const FIRST_ENTRIES = 100;

/** A JSON value to look into: folded from the third level on, copied whole. */
export function JsonView({ value, label }: { readonly value: Json; readonly label: string }) {
    const text = useMemo(() => JSON.stringify(value, null, 2), [value]);
    const [isWhole, setWhole] = useState(false);
    const isLarge = text.length > HEAD && !isWhole;
    return (
        <div className="json" role="group" aria-label={label}>
            <button
                type="button"
                className="quiet icon-button json-copy"
                aria-label={"Copy " + label}
                onClick={() => void copy(text, label)}
            >
                <Icon name="copy" />
            </button>
            {isLarge
                ? (
                    <>
                        <pre tabIndex={0}>{text.slice(0, HEAD)}…</pre>
                        <button type="button" className="quiet" onClick={() => setWhole(true)}>
                            Show all {Math.round(text.length / 1024)} KB
                        </button>
                    </>
                )
                : (
                    <div className="json-tree" tabIndex={0} role="region" aria-label={label + ", contents"}>
                        <Value value={value} depth={0} />
                    </div>
                )}
        </div>
    );
}

function Value(props: { readonly name?: string; readonly value: Json; readonly depth: number }) {
    const { value, depth } = props;
    const [shown, setShown] = useState(FIRST_ENTRIES);
    const name = props.name === undefined ? null : <span className="json-name">{props.name}:</span>;
    if (typeof value !== "object" || value === null) {
        return (
            <div className="json-line">
                {name}
                <span className={"json-" + (value === null ? "null" : typeof value)}>
                    {typeof value === "string" ? JSON.stringify(value) : String(value)}
                </span>
            </div>
        );
    }
    const isList = Array.isArray(value);
    const entries = Object.entries(value) as [string, Json][];
    const size = isList ? `[${entries.length}]` : `{${entries.length}}`;
    if (entries.length === 0) {
        return (
            <div className="json-line">
                {name}
                {isList ? "[]" : "{}"}
            </div>
        );
    }
    return (
        <details open={depth < OPEN_DEPTH} className="json-node">
            <summary>
                {name}
                <span className="faint">{size}</span>
            </summary>
            <div className="json-inner">
                {entries.slice(0, shown).map(([key, one]) => (
                    <Value key={key} name={key} value={one} depth={depth + 1} />
                ))}
                {entries.length > shown && (
                    <button
                        type="button"
                        className="quiet"
                        onClick={() => setShown(shown + 1000)}
                    >
                        {entries.length - shown} more
                    </button>
                )}
            </div>
        </details>
    );
}
