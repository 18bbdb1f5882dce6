// SPDX-License-Identifier: Apache-2.0

import { type Bucket, linePath, stacked } from "../../core/chart";
import type { Scale } from "../../core/scale";

/** A series: its words, and two ways to tell it from others, so that neither colour nor pattern is alone. */
export interface Series {
    readonly name: string;
    readonly tone: "edge" | "faint" | "busy" | "accent" | "good" | "warn" | "bad";
    /** How areas are filled and lines are broken. */
    readonly pattern: "plain" | "stripes" | "dots" | "cross" | "bars";
}

const STROKES: Readonly<Record<Series["pattern"], string>> = {
    plain: "",
    stripes: "M-1 7 7 -1M-1 1 1 -1M5 7 7 5",
    dots: "M1.5 1.5h.01M4.5 4.5h.01",
    cross: "M0 0 6 6M6 0 0 6",
    bars: "M0 1.5h6M0 4.5h6",
};

const DASHES: Readonly<Record<Series["pattern"], string | undefined>> = {
    plain: undefined,
    stripes: "6 3",
    dots: "1 4",
    cross: "8 3 2 3",
    bars: "12 4",
};

export function fillOf(id: string, series: Series): string {
    return `url(#${id}-${series.tone}-${series.pattern})`;
}

/** The fills of some series; `id` keeps them apart from those of other charts on the page. */
export function Patterns({ id, series }: { readonly id: string; readonly series: readonly Series[] }) {
    return (
        <defs>
            {series.map((one) => (
                <pattern
                    key={one.tone + one.pattern}
                    id={`${id}-${one.tone}-${one.pattern}`}
                    width="6"
                    height="6"
                    patternUnits="userSpaceOnUse"
                >
                    <rect width="6" height="6" className={"fill-" + one.tone} />
                    <path d={STROKES[one.pattern]} className="chart-hatch" />
                </pattern>
            ))}
        </defs>
    );
}

interface MarksProps {
    readonly buckets: readonly Bucket[];
    readonly series: readonly Series[];
    readonly x: Scale;
    readonly y: Scale;
    readonly id: string;
}

/** One bar for each bucket, the series on each other. What is there at all is never too low to be seen. */
export function Bars({ buckets, series, x, y, id }: MarksProps) {
    return (
        <g>
            {buckets.map((bucket) => {
                const left = x.at(bucket.start);
                const width = Math.max(1, x.at(bucket.end) - left - 1);
                let bottom = y.at(0);
                return stacked(bucket.values).map(([from, to], index) => {
                    const one = series[index];
                    if (one === undefined || to <= from) return null;
                    const height = Math.max(2, y.at(from) - y.at(to));
                    bottom -= height;
                    return (
                        <rect
                            key={bucket.start + one.name}
                            x={left + 0.5}
                            y={Math.max(0, bottom)}
                            width={width}
                            height={height}
                            fill={fillOf(id, one)}
                        />
                    );
                });
            })}
        </g>
    );
}

/** One line for each series, through the middles of the buckets. */
export function Lines({ buckets, series, x, y }: MarksProps) {
    return (
        <g>
            {series.map((one, index) => (
                <path
                    key={one.name}
                    className={"chart-line stroke-" + one.tone}
                    strokeDasharray={DASHES[one.pattern]}
                    d={linePath(buckets.map(({ start, end, values }) => {
                        const value = values[index] ?? null;
                        return value === null ? null : [x.at((start + end) / 2), y.at(value)];
                    }))}
                />
            ))}
        </g>
    );
}

/** What stands for a series beside its name. */
export function Swatch({ id, series, isLine }: {
    readonly id: string;
    readonly series: Series;
    readonly isLine: boolean;
}) {
    return (
        <svg className="swatch" width={isLine ? 28 : 14} height="14" aria-hidden="true" focusable="false">
            {isLine
                ? (
                    <path
                        d="M0 7H28"
                        className={"chart-line stroke-" + series.tone}
                        strokeDasharray={DASHES[series.pattern]}
                    />
                )
                : <rect width="14" height="14" rx="2" fill={fillOf(id, series)} />}
        </svg>
    );
}
