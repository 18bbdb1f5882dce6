// SPDX-License-Identifier: Apache-2.0

import type { MouseEvent, ReactNode } from "react";
import { router } from "../core/app";

/** A link to an address of the application; with a modifier key it is the browser's own. */
export function Link(props: {
    readonly to: string;
    readonly className?: string;
    readonly current?: boolean;
    readonly tabIndex?: number;
    readonly label?: string;
    readonly children: ReactNode;
}) {
    const follow = (event: MouseEvent): void => {
        if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
        event.preventDefault();
        event.stopPropagation();
        router.go(props.to);
    };
    return (
        <a
            href={APP_BASE + props.to}
            onClick={follow}
            className={props.className}
            tabIndex={props.tabIndex}
            aria-label={props.label}
            aria-current={props.current === true ? "page" : undefined}
        >
            {props.children}
        </a>
    );
}
