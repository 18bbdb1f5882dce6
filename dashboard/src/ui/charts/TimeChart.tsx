// SPDX-License-Identifier: Apache-2.0

import { type ReactNode, useId, useLayoutEffect, useRef, useState } from "react";
import { preferences } from "../../core/app";
import { type Bucket, chosen, type Spot } from "../../core/chart";
import { spanLabel } from "../../core/scale";
import { useStore } from "../hooks";
import { Link } from "../Link";
import { type Series, Swatch } from "./marks";
import { Plot, type Target } from "./Plot";

/** What a chart over time is made of. */
export interface TimeChartProps {
    readonly title: string;
    /** What it shows in one or two sentences, with figures. */
    readonly summary: ReactNode;
    readonly kind: "bars" | "lines";
    readonly buckets: readonly Bucket[];
    readonly series: readonly Series[];
    readonly format?: (value: number) => string;
    readonly height?: number;
    readonly target?: Target | null;
    /** Where a bucket leads: the chart goes there with a click or Enter, its table has a link. */
    readonly open?: {
        readonly label: string;
        readonly go: (bucket: Bucket) => void;
        readonly to: (bucket: Bucket) => string;
    };
    /** Takes a range of times that somebody chose; without `open`, a single bucket, too. */
    readonly choose?: (since: number, until: number) => void;
    /** Stands beside the button for the table. */
    readonly beside?: ReactNode;
}

const number = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });
const whole = new Intl.NumberFormat("en");

/**
 * A chart over time with what belongs to it: a heading, a caption that sums up, names of the series, the value under the
 * pointer or the keyboard in words, and the same figures as a table.
 */
export function TimeChart(props: TimeChartProps) {
    const { buckets, series, kind } = props;
    const id = useId().replace(/:/g, "");
    const frame = useRef<HTMLElement>(null);
    const width = useWidth(frame);
    const { zone } = useStore(preferences);
    const [spot, setSpot] = useState<Spot | null>(null);
    const [isTable, setTable] = useState(false);
    // Another question may have fewer buckets.
    const held = spot !== null && spot.at < buckets.length && (spot.from ?? 0) < buckets.length ? spot : null;
    const exact = props.format ?? ((value: number) => whole.format(value));

    const span = (first: number, last: number): string => {
        const [from, to] = [buckets[first], buckets[last]];
        return from === undefined || to === undefined ? "" : spanLabel(from.start, to.end, zone);
    };
    const values = (index: number): string => {
        const bucket = buckets[index];
        if (bucket === undefined) return "";
        const told = series.flatMap((one, place) => {
            const value = bucket.values[place] ?? null;
            // Of many bars most are not there; of lines each is asked for.
            if (value === null || (value === 0 && kind === "bars" && series.length > 2)) return [];
            return [`${one.name} ${exact(value)}`];
        });
        return told.length === 0 ? "nothing" : told.join(", ");
    };
    const words = (index: number): string => span(index, index) + ": " + values(index);
    const take = (at: Spot, isRange: boolean): void => {
        const [first, last] = chosen(at);
        const [from, to] = [buckets[first], buckets[last]];
        if (from === undefined || to === undefined) return;
        setSpot(null);
        if (!isRange && props.open !== undefined) props.open.go(from);
        else props.choose?.(from.start, to.end);
    };

    let readout = props.open === undefined && props.choose === undefined
        ? ""
        : "Point at a bar, or use the arrow keys.";
    if (kind === "lines") readout = "Point at the chart, or use the arrow keys.";
    if (held !== null) {
        const [first, last] = chosen(held);
        readout = first === last ? words(first) : span(first, last) + " chosen";
    }
    const keys = [
        "Arrow keys move.",
        props.choose === undefined ? "" : "With Shift they choose a range.",
        props.open === undefined
            ? props.choose === undefined ? "" : "Enter takes the range."
            : `Enter: ${props.open.label}.`,
    ].filter((one) => one !== "").join(" ");
    return (
        <figure className="chart" ref={frame} aria-labelledby={id + "-title"}>
            <div className="chart-head">
                <h2 id={id + "-title"}>{props.title}</h2>
                {!isTable && (
                    <ul className="legend" aria-label="Series">
                        {series.map((one) => (
                            <li key={one.name}>
                                <Swatch id={id} series={one} isLine={kind === "lines"} />
                                {one.name}
                            </li>
                        ))}
                    </ul>
                )}
                <span className="chart-tools">
                    {props.beside}
                    <button type="button" className="quiet" onClick={() => setTable(!isTable)}>
                        {isTable ? "As a chart" : "As a table"}
                    </button>
                </span>
            </div>
            {isTable ? <Table chart={props} span={span} exact={exact} /> : (
                <>
                    <p className={held === null ? "chart-readout faint" : "chart-readout"} aria-hidden="true">
                        {readout}
                    </p>
                    <Plot
                        id={id}
                        label={props.title}
                        hint={id + "-keys"}
                        kind={kind}
                        width={width}
                        height={props.height ?? 160}
                        zone={zone}
                        buckets={buckets}
                        series={series}
                        format={props.format ?? ((value) => number.format(value))}
                        isCount={props.format === undefined}
                        target={props.target ?? null}
                        spot={held}
                        setSpot={setSpot}
                        hasBrush={props.choose !== undefined}
                        take={take}
                        words={words}
                    />
                    <p id={id + "-keys"} hidden>{keys}</p>
                </>
            )}
            <figcaption>{props.summary}</figcaption>
        </figure>
    );
}

function Table(props: {
    readonly chart: TimeChartProps;
    readonly span: (first: number, last: number) => string;
    readonly exact: (value: number) => string;
}) {
    const { buckets, series, title, open } = props.chart;
    return (
        <div className="scroll-x chart-table" tabIndex={0} role="region" aria-label={title + ", as a table"}>
            <table>
                <thead>
                    <tr>
                        <th scope="col">Time</th>
                        {series.map((one) => <th key={one.name} scope="col">{one.name}</th>)}
                    </tr>
                </thead>
                <tbody>
                    {buckets.map((bucket, index) => (
                        <tr key={bucket.start}>
                            <th scope="row">
                                {open === undefined
                                    ? props.span(index, index)
                                    : <Link to={open.to(bucket)}>{props.span(index, index)}</Link>}
                            </th>
                            {series.map((one, place) => {
                                const value = bucket.values[place] ?? null;
                                return <td key={one.name}>{value === null ? "–" : props.exact(value)}</td>;
                            })}
                        </tr>
                    ))}
                </tbody>
            </table>
        </div>
    );
}

/** How wide an element is, told again when that changes. */
function useWidth(element: { readonly current: HTMLElement | null }): number {
    const [width, setWidth] = useState(640);
    useLayoutEffect(() => {
        const { current } = element;
        if (current === null) return undefined;
        const measure = (): void => {
            const style = getComputedStyle(current);
            setWidth(Math.floor(current.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight)));
        };
        measure();
        const observer = new ResizeObserver(measure);
        observer.observe(current);
        return () => observer.disconnect();
    }, [element]);
    return width;
}
