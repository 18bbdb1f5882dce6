// SPDX-License-Identifier: Apache-2.0

import type { ReactNode } from "react";
import { Icon, type IconName } from "./Icon";

/** Where something stands that is neither a task nor a run: colour, picture and word, as those have them. */
export function Badge(props: {
    readonly tone: "good" | "bad" | "warn" | "busy" | "plain";
    readonly icon: IconName;
    readonly children: ReactNode;
}) {
    return (
        <span className={"status badge-" + props.tone}>
            <Icon name={props.icon} />
            {props.children}
        </span>
    );
}
