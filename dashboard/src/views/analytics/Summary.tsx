// SPDX-License-Identifier: Apache-2.0

import type { ReactNode } from "react";
import { Sparkline } from "../../ui/charts/Sparkline";
import { Icon } from "../../ui/Icon";
import { budgetUsed, errorRate, perCent, seconds } from "./figures";
import type { Analytics } from "./operations";

const whole = new Intl.NumberFormat("en");

/** The figures of the whole time at a glance, each with its course. */
export function Summary({ analytics, target }: { readonly analytics: Analytics; readonly target: number }) {
    const { total, buckets } = analytics;
    const rate = errorRate(total);
    const { share } = total.sla;
    const used = budgetUsed(total, target);
    const isMet = share !== null && share >= target;
    return (
        <dl className="figures">
            <Figure name="Tasks" value={whole.format(total.created)} course={buckets.map((one) => one.created)} />
            <Figure
                name="Error rate"
                value={rate === null ? "–" : perCent(rate)}
                course={buckets.map(errorRate)}
            />
            <Figure
                name="Creation to start, p95"
                value={total.wait === null ? "–" : seconds(total.wait.p95)}
                course={buckets.map((one) => one.wait?.p95 ?? null)}
            />
            <Figure
                name="Creation to end, p95"
                value={total.duration === null ? "–" : seconds(total.duration.p95)}
                course={buckets.map((one) => one.duration?.p95 ?? null)}
            />
            <Figure
                name={`Completed within ${seconds(analytics.sla_seconds)}`}
                value={share === null ? "–" : perCent(share)}
                course={buckets.map((one) => one.sla.share)}
                more={share !== null && (
                    <span className={isMet ? "status status-completed" : "status status-failed"}>
                        <Icon name={isMet ? "check" : "cross"} />
                        {isMet ? "Target met" : "Target missed"}
                        {used !== null && `, ${perCent(used)} used up`}
                    </span>
                )}
            />
        </dl>
    );
}

function Figure(props: {
    readonly name: string;
    readonly value: string;
    readonly course: readonly (number | null)[];
    readonly more?: ReactNode;
}) {
    return (
        <div className="figure">
            <dt>{props.name}</dt>
            <dd>
                <span className="figure-value">{props.value}</span>
                <Sparkline values={props.course} label={props.name + ", its course"} />
                {props.more}
            </dd>
        </div>
    );
}
