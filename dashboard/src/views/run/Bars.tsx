// SPDX-License-Identifier: Apache-2.0
// Lengths of time as pictures. Places are attributes in percent: a strict policy allows those, and a style sheet cannot know
// them.

import type { Status } from "../../ui/parts";
import { isSeen, percent, type Scale, type Stretch, ticks } from "./scale";

const WAIT = "run-wait";

/** The pattern of what was waited; there once for all bars. */
export function WaitPattern() {
    return (
        <svg className="bar-patterns" aria-hidden="true" width="0" height="0">
            <defs>
                <pattern id={WAIT} width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
                    <rect width="6" height="6" className="bar-wait-ground" />
                    <rect width="2" height="6" className="bar-wait-line" />
                </pattern>
            </defs>
        </svg>
    );
}

/** One span on the scale, its waits apart from its work. */
export function Bar(props: { readonly scale: Scale; readonly status: Status; readonly parts: readonly Stretch[] }) {
    const { scale, parts } = props;
    return (
        <svg className={"bar bar-" + props.status} aria-hidden="true" focusable="false">
            {parts.filter((part) => isSeen(scale, part.from, part.to)).map((part) => {
                const from = percent(scale, part.from);
                const width = Math.max(0, percent(scale, part.to) - from);
                return (
                    <rect
                        key={part.from}
                        className={part.isWait ? "bar-wait" : "bar-work"}
                        x={Math.min(from, 99.7) + "%"}
                        y="25%"
                        width={width + "%"}
                        height="50%"
                        rx="2"
                        {...(part.isWait ? { fill: `url(#${WAIT})` } : {})}
                    />
                );
            })}
        </svg>
    );
}

/** Lines at round times, with their words when there is room for them. */
export function Ruler(
    props: { readonly scale: Scale; readonly zero: number; readonly most: number; readonly hasWords: boolean },
) {
    return (
        <svg className="ruler" aria-hidden="true" focusable="false">
            {ticks(props.scale, props.zero, props.most).map((tick) =>
                props.hasWords
                    ? (
                        <text
                            key={tick.words}
                            x={tick.at + "%"}
                            y="65%"
                            textAnchor={tick.at > 92 ? "end" : tick.at < 4 ? "start" : "middle"}
                        >
                            {tick.words}
                        </text>
                    )
                    : <line key={tick.words} x1={tick.at + "%"} x2={tick.at + "%"} y1="0" y2="100%" />
            )}
        </svg>
    );
}
