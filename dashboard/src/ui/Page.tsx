// SPDX-License-Identifier: Apache-2.0

import type { ReactNode } from "react";
import { useTitle } from "./hooks";

/**
 * The frame of a view: its heading, what stands beside it, and the rest. The heading stays the same element while the view
 * loads, because the focus is on it after a change of place.
 */
export function Page(props: {
    readonly title: string;
    /** What the window is called, when that says more than the heading. */
    readonly windowTitle?: string;
    readonly beside?: ReactNode;
    /** The view is a list that fills the window and scrolls by itself. */
    readonly isList?: boolean;
    /** Names the frame for the view's own style sheet. */
    readonly className?: string;
    readonly children: ReactNode;
}) {
    useTitle(props.windowTitle ?? props.title);
    return (
        <div className={["page", props.isList === true ? "page-list" : "", props.className ?? ""].join(" ").trim()}>
            <div className="page-head">
                <h1 tabIndex={-1}>{props.title}</h1>
                {props.beside}
            </div>
            {props.children}
        </div>
    );
}
