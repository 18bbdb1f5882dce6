// SPDX-License-Identifier: Apache-2.0

import { type ReactNode, useEffect, useId, useRef } from "react";

/** A dialog over the page. Escape closes it, and the focus goes back to where it was. */
export function Dialog(
    props: {
        readonly title: string;
        readonly className?: string;
        readonly close: () => void;
        readonly children: ReactNode;
    },
) {
    const element = useRef<HTMLDialogElement>(null);
    const title = useId();
    const { close } = props;
    useEffect(() => {
        const opener = document.activeElement;
        element.current?.showModal();
        return () => {
            if (opener instanceof HTMLElement && opener.isConnected) opener.focus();
        };
    }, []);
    return (
        <dialog
            ref={element}
            className={"dialog " + (props.className ?? "")}
            aria-labelledby={title}
            onCancel={(event) => {
                event.preventDefault();
                close();
            }}
            onClick={(event) => {
                if (event.target === element.current) close();
            }}
        >
            <div className="dialog-body">
                <h2 id={title}>{props.title}</h2>
                {props.children}
            </div>
        </dialog>
    );
}

/** Asks before something that cannot be taken back. */
export function Confirm(props: {
    readonly title: string;
    readonly action: string;
    readonly children: ReactNode;
    readonly confirm: () => void;
    readonly close: () => void;
}) {
    return (
        <Dialog title={props.title} close={props.close}>
            {props.children}
            <div className="actions">
                <button type="button" className="danger" onClick={props.confirm}>
                    {props.action}
                </button>
                <button type="button" onClick={props.close} autoFocus>
                    Leave it
                </button>
            </div>
        </Dialog>
    );
}
