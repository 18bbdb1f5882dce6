// SPDX-License-Identifier: Apache-2.0

import { type KeyboardEvent, type PointerEvent, useRef } from "react";
import { type Bucket, bucketAt, chosen, largest, moved, type Spot } from "../../core/chart";
import { linear, ticksUpTo, timeLabel, timeTicks } from "../../core/scale";
import type { Zone } from "../../core/time";
import { Bars, Lines, Patterns, type Series } from "./marks";

const LEFT = 52;
const RIGHT = 8;
const TOP = 6;
const BOTTOM = 20;
/** Less than this is a click and no range. */
const SLACK = 4;

/** A value that a chart is measured by. */
export interface Target {
    readonly value: number;
    readonly label: string;
}

/**
 * The picture of a chart, and the one place of it that takes pointer and keys: a slider over the buckets, whose value is
 * read out.
 */
export function Plot(props: {
    readonly id: string;
    readonly label: string;
    readonly hint: string;
    readonly kind: "bars" | "lines";
    readonly width: number;
    readonly height: number;
    readonly zone: Zone;
    readonly buckets: readonly Bucket[];
    readonly series: readonly Series[];
    readonly format: (value: number) => string;
    /** Values of it lie between whole numbers never. */
    readonly isCount: boolean;
    readonly target: Target | null;
    readonly spot: Spot | null;
    readonly setSpot: (spot: Spot | null) => void;
    /** Whether a range may be chosen. */
    readonly hasBrush: boolean;
    /** Takes what is chosen; `isRange` when more than a single bucket was meant. */
    readonly take: (spot: Spot, isRange: boolean) => void;
    readonly words: (index: number) => string;
}) {
    const { buckets, width, height, kind, spot, setSpot } = props;
    const down = useRef<{ readonly x: number; readonly at: number; isRange: boolean } | null>(null);
    const from = buckets[0]?.start ?? 0;
    const to = buckets[buckets.length - 1]?.end ?? 1;
    const ticks = ticksUpTo(Math.max(largest(buckets, kind === "bars"), props.target?.value ?? 0), 4, props.isCount);
    const inner = { right: Math.max(LEFT + 20, width - RIGHT), bottom: height - BOTTOM };
    const x = linear(from, to, LEFT, inner.right);
    const y = linear(0, ticks[ticks.length - 1] ?? 1, inner.bottom, TOP);
    const times = timeTicks(from, to, Math.max(2, Math.floor(width / 90)), props.zone);
    const active = spot === null ? undefined : buckets[spot.at];

    const place = (event: PointerEvent): number | null => {
        const box = event.currentTarget.getBoundingClientRect();
        return bucketAt(buckets, x.value(event.clientX - box.left + LEFT));
    };
    const begin = (event: PointerEvent): void => {
        const at = place(event);
        if (event.button !== 0 || at === null) return;
        event.currentTarget.setPointerCapture(event.pointerId);
        down.current = { x: event.clientX, at, isRange: false };
        setSpot({ at, from: null });
    };
    const drag = (event: PointerEvent): void => {
        const at = place(event);
        if (at === null) return;
        const start = down.current;
        if (start !== null && props.hasBrush && Math.abs(event.clientX - start.x) >= SLACK) start.isRange = true;
        setSpot({ at, from: start !== null && start.isRange ? start.at : null });
    };
    const end = (event: PointerEvent): void => {
        const at = place(event);
        const start = down.current;
        down.current = null;
        if (start === null || at === null) return;
        props.take({ at, from: start.isRange ? start.at : null }, start.isRange);
    };
    const press = (event: KeyboardEvent): void => {
        if (event.ctrlKey || event.metaKey || event.altKey) return;
        const move = moved(event.key, event.shiftKey && props.hasBrush, spot, buckets.length);
        if (move === null) return;
        event.preventDefault();
        event.stopPropagation();
        if (move.is === "spot") setSpot(move.spot);
        else if (move.is === "leave") setSpot(null);
        else if (spot !== null) props.take(spot, spot.from !== null);
    };
    const range = spot === null || spot.from === null ? null : chosen(spot);
    const marks = { buckets, series: props.series, x, y, id: props.id };
    return (
        <svg className="plot" width={width} height={height} role="group" aria-label={props.label}>
            <Patterns id={props.id} series={props.series} />
            <g className="chart-axis" aria-hidden="true">
                {ticks.map((tick) => (
                    <g key={tick}>
                        <path d={`M${LEFT} ${Math.round(y.at(tick)) + 0.5}H${inner.right}`} className="chart-grid" />
                        <text x={LEFT - 6} y={y.at(tick) + 4} textAnchor="end">{props.format(tick)}</text>
                    </g>
                ))}
                {times.times.map((time) => (
                    <text
                        key={time}
                        x={Math.min(Math.max(x.at(time), LEFT), inner.right - 14)}
                        y={height - 5}
                        textAnchor="middle"
                    >
                        {timeLabel(time, times.step, props.zone)}
                    </text>
                ))}
            </g>
            <g aria-hidden="true">
                {kind === "bars" ? <Bars {...marks} /> : <Lines {...marks} />}
                {props.target !== null && (
                    <g className="chart-target">
                        <path d={`M${LEFT} ${Math.round(y.at(props.target.value)) + 0.5}H${inner.right}`} />
                        <text
                            x={inner.right - 2}
                            y={y.at(props.target.value) + (y.at(props.target.value) < TOP + 14 ? 12 : -4)}
                            textAnchor="end"
                        >
                            {props.target.label}
                        </text>
                    </g>
                )}
                {range !== null && (
                    <rect
                        className="chart-range"
                        x={x.at(buckets[range[0]]?.start ?? from)}
                        width={Math.max(1, x.at(buckets[range[1]]?.end ?? to) - x.at(buckets[range[0]]?.start ?? from))}
                        y={TOP}
                        height={inner.bottom - TOP}
                    />
                )}
                {active !== undefined && (
                    <path
                        className="chart-cross"
                        d={`M${Math.round(x.at((active.start + active.end) / 2)) + 0.5} ${TOP}V${inner.bottom}`}
                    />
                )}
            </g>
            <rect
                className="chart-surface"
                x={LEFT}
                y={TOP}
                width={Math.max(1, inner.right - LEFT)}
                height={Math.max(1, inner.bottom - TOP)}
                tabIndex={0}
                role="slider"
                aria-label={props.label}
                aria-describedby={props.hint}
                aria-valuemin={0}
                aria-valuemax={Math.max(0, buckets.length - 1)}
                aria-valuenow={spot?.at ?? Math.max(0, buckets.length - 1)}
                aria-valuetext={props.words(spot?.at ?? Math.max(0, buckets.length - 1))}
                onPointerDown={begin}
                onPointerMove={drag}
                onPointerUp={end}
                onPointerCancel={() => (down.current = null)}
                onPointerLeave={() => down.current === null && setSpot(null)}
                onKeyDown={press}
                onBlur={() => setSpot(null)}
            />
        </svg>
    );
}
