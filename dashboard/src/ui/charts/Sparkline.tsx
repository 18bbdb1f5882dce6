// SPDX-License-Identifier: Apache-2.0

import { linePath } from "../../core/chart";
import { linear } from "../../core/scale";

const WIDTH = 72;
const HEIGHT = 24;

/** The course of a figure, as small as a word. It says nothing by itself: `label` sums it up. */
export function Sparkline(props: { readonly values: readonly (number | null)[]; readonly label: string }) {
    const { values } = props;
    const most = Math.max(0, ...values.map((value) => value ?? 0));
    const x = linear(0, Math.max(1, values.length - 1), 2, WIDTH - 2);
    const y = linear(0, most === 0 ? 1 : most, HEIGHT - 2, 2);
    return (
        <svg className="sparkline" width={WIDTH} height={HEIGHT} role="img" aria-label={props.label}>
            <path d={`M0 ${HEIGHT - 1.5}H${WIDTH}`} className="chart-grid" />
            <path
                className="chart-line stroke-accent"
                d={linePath(values.map((value, index) => (value === null ? null : [x.at(index), y.at(value)])))}
            />
        </svg>
    );
}
