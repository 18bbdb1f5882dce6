// SPDX-License-Identifier: Apache-2.0

import { type ReactNode, useMemo, useState } from "react";
import { displayed } from "../core/display";
import type { Json } from "../core/operation";
import { Icon } from "./Icon";
import { copy } from "./parts";

/** More than this is cut off until somebody asks for it. */
const HEAD = 64 * 1024;
const OPEN_DEPTH = 2;
const FIRST_ENTRIES = 100;

/** What stands behind a value that is no list and no object, whose names from the outermost on are `path`. */
export type Beside = (path: readonly string[], value: Json) => ReactNode;

/** A JSON value to look into: folded from the third level on, copied whole. */
export function JsonView(
    { value, label, beside }: { readonly value: Json; readonly label: string; readonly beside?: Beside },
) {
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
                        <pre tabIndex={0}>{displayed(text.slice(0, HEAD))}…</pre>
                        <button type="button" className="quiet" onClick={() => setWhole(true)}>
                            Show all {Math.round(text.length / 1024)} KB
                        </button>
                    </>
                )
                : (
                    <div className="json-tree" tabIndex={0} role="region" aria-label={label + ", contents"}>
                        <Value value={value} path={[]} {...(beside === undefined ? {} : { beside })} />
                    </div>
                )}
        </div>
    );
}

function Value(props: { readonly value: Json; readonly path: readonly string[]; readonly beside?: Beside }) {
    const { value, path, beside } = props;
    const [shown, setShown] = useState(FIRST_ENTRIES);
    const last = path[path.length - 1];
    const name = last === undefined ? null : <span className="json-name">{displayed(last)}:</span>;
    if (typeof value !== "object" || value === null) {
        return (
            <div className="json-line">
                {name}
                <span className={"json-" + (value === null ? "null" : typeof value)}>
                    {typeof value === "string" ? displayed(JSON.stringify(value)) : String(value)}
                </span>
                {beside?.(path, value)}
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
        <details open={path.length < OPEN_DEPTH} className="json-node">
            <summary>
                {name}
                <span className="faint">{size}</span>
            </summary>
            <div className="json-inner">
                {entries.slice(0, shown).map(([key, one]) => (
                    <Value key={key} value={one} path={[...path, key]} {...(beside === undefined ? {} : { beside })} />
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
