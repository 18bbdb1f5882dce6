// SPDX-License-Identifier: Apache-2.0

import type { Incident } from "../../gen/orchestrator";
import { Icon } from "../../ui/Icon";

export const SEVERITY_WORDS: Readonly<Record<Incident["severity"], string>> = {
    low: "Low",
    medium: "Medium",
    high: "High",
    critical: "Critical",
};

/** How bad an incident is: colour, bars and word. */
export function Severity({ severity }: { readonly severity: Incident["severity"] }) {
    return (
        <span className={"severity severity-" + severity}>
            <Icon name={severity === "critical" || severity === "high" ? "hand" : "list"} />
            {SEVERITY_WORDS[severity]}
        </span>
    );
}
