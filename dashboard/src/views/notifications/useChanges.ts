// SPDX-License-Identifier: Apache-2.0

import { useEffect, useRef } from "react";
import { live } from "../../core/app";

/** Changes come together; asking more often than that would tell nobody more. */
const PAUSE = 1500;

/** Tells, not too often, that something has happened in the workspace: the place of its log has moved. */
export function useChanges(tell: () => void): void {
    const latest = useRef(tell);
    latest.current = tell;
    useEffect(() => {
        let timer: number | null = null;
        let last: number | null = null;
        const soon = (): void => {
            if (timer !== null) return;
            timer = window.setTimeout(() => {
                timer = null;
                latest.current();
            }, PAUSE);
        };
        const end = live.subscribe({
            channels: ["tasks"],
            reset: soon,
            moved({ events }) {
                const hasMoved = last !== events;
                last = events;
                if (hasMoved) soon();
            },
        });
        return () => {
            end();
            if (timer !== null) window.clearTimeout(timer);
        };
    }, []);
}
