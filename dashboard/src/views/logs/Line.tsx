// SPDX-License-Identifier: Apache-2.0

import { memo } from "react";
import { displayed, displayedLine } from "../../core/display";
import { absolute, type Zone } from "../../core/time";
import type { LogFrame } from "../../gen/orchestrator";
import { Icon } from "../../ui/Icon";
import { pieces } from "./filter";

/** One line of the log, as one row: when, how bad, who, what. */
export const Line = memo(function Line(props: {
    readonly name: string;
    readonly frame: LogFrame;
    readonly index: number;
    readonly isAround: boolean;
    readonly isMarked: boolean;
    readonly isOpen: boolean;
    readonly isActive: boolean;
    readonly wraps: boolean;
    readonly wanted: string | undefined;
    readonly zone: Zone;
    readonly focused: (name: string) => void;
    readonly toggle: (frame: LogFrame) => void;
    readonly arrive: (element: HTMLElement | null) => void;
}) {
    const { frame, wraps, zone } = props;
    const time = absolute(Date.parse(frame.time), zone);
    const classes = [
        "row log-line",
        "level-" + frame.level,
        props.isAround ? "around" : "",
        props.isMarked ? "marked" : "",
        wraps ? "wraps" : "",
    ];
    return (
        <div
            ref={props.isActive ? props.arrive : undefined}
            role="row"
            className={classes.join(" ")}
            aria-rowindex={props.index + 1}
            aria-level={1}
            aria-expanded={props.isOpen}
            aria-current={props.isMarked ? "true" : undefined}
            tabIndex={props.isActive ? 0 : -1}
            onFocus={() => props.focused(props.name)}
            onClick={() => {
                // Somebody who marks text does not want it to move.
                if (window.getSelection()?.isCollapsed !== false) props.toggle(frame);
            }}
        >
            <div role="gridcell" className="cell log-open">
                <Icon name={props.isOpen ? "minus" : "plus"} />
            </div>
            <div role="gridcell" className="cell log-time" title={time}>
                <span className="log-day">{time.slice(5, 10)}</span> {time.slice(11, 23)}
            </div>
            <div role="gridcell" className="cell log-level">{frame.level}</div>
            <div role="gridcell" className="cell log-service">{displayedLine(frame.service)}</div>
            <div role="gridcell" className="cell log-message">
                {props.isAround && <span className="unseen">Not among the results:</span>}
                {pieces(wraps ? displayed(frame.message) : displayedLine(frame.message), props.wanted).map((one, at) =>
                    one.isHit ? <mark key={at}>{one.text}</mark> : one.text
                )}
            </div>
        </div>
    );
});
