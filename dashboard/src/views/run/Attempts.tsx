// SPDX-License-Identifier: Apache-2.0

import { href } from "../../core/router";
import type { RunDetail, RunRow } from "../../gen/orchestrator";
import { Icon } from "../../ui/Icon";
import { Link } from "../../ui/Link";
import { statusIcon, statusWord } from "../../ui/parts";
import { comparePlace, runPlace } from "./route";

/** The runs of the same task side by side, and the way to compare one with this one. */
export function Attempts({ run, all }: { readonly run: RunDetail; readonly all: readonly RunRow[] }) {
    if (all.length < 2) return null;
    return (
        <nav className="attempts" aria-label="Runs of the task">
            {all.map((one) => {
                const isThis = one.run_id === run.run_id;
                return (
                    <span key={one.run_id} className={"attempt status-" + one.status} data-current={isThis}>
                        <Link to={href(runPlace, { run: one.run_id })} current={isThis}>
                            <Icon name={statusIcon(one.status)} />
                            Run {one.number} <span className="hidden-words">{statusWord(one.status)}</span>
                        </Link>
                        {!isThis && (
                            <Link
                                to={href(comparePlace, { run: run.run_id, other: one.run_id })}
                                label={`Compare with run ${one.number}`}
                                className="attempt-compare"
                            >
                                Compare
                            </Link>
                        )}
                    </span>
                );
            })}
        </nav>
    );
}
