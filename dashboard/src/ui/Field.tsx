// SPDX-License-Identifier: Apache-2.0

import { type ReactNode, useId } from "react";

/** What ties a control to its label and to what is said about it. */
export interface Marks {
    readonly id: string;
    readonly "aria-invalid": boolean;
    readonly "aria-describedby": string | undefined;
}

/** A control with its label, what it is for, and what is wrong with it. */
export function Field(props: {
    readonly label: string;
    readonly about?: string;
    readonly fault: string | undefined;
    readonly children: (marks: Marks) => ReactNode;
}) {
    const id = useId();
    const { about, fault } = props;
    const described = fault !== undefined ? id + "-fault" : about !== undefined ? id + "-about" : undefined;
    return (
        <div className="field">
            <label htmlFor={id}>{props.label}</label>
            {props.children({ id, "aria-invalid": fault !== undefined, "aria-describedby": described })}
            {about !== undefined && <span className="about" id={id + "-about"}>{about}</span>}
            {fault !== undefined && <span className="bad" id={id + "-fault"}>{fault}</span>}
        </div>
    );
}
