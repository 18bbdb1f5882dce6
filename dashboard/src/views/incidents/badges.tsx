// SPDX-License-Identifier: Apache-2.0

import type { Incident } from "../../gen/orchestrator";
import { Badge } from "../../ui/Badge";
import { Icon } from "../../ui/Icon";

export const STATUS_WORDS: Readonly<Record<Incident["status"], string>> = {
    open: "Open",
    acknowledged: "Acknowledged",
    closed: "Closed",
};

const LOOKS = { open: ["bad", "hand"], acknowledged: ["busy", "eye"], closed: ["good", "check"] } as const;

/** Where an incident stands. */
export function IncidentStatus({ status }: { readonly status: Incident["status"] }) {
    const [tone, icon] = LOOKS[status];
    return <Badge tone={tone} icon={icon}>{STATUS_WORDS[status]}</Badge>;
}

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
