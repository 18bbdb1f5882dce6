// SPDX-License-Identifier: Apache-2.0

import { useEffect, useRef, useState } from "react";
import type { Item } from "./feed";

const PAUSE = 5000;

/** What screen readers are told every few seconds, in place of every line. */
export function useSummary(items: readonly Item[], waiting: number): string {
    const [says, setSays] = useState("");
    const latest = useRef({ items, waiting });
    latest.current = { items, waiting };
    const last = useRef<{ key: string | undefined; waiting: number }>({ key: undefined, waiting: 0 });
    useEffect(() => {
        const timer = window.setInterval(() => {
            const { items: all, waiting: waits } = latest.current;
            const before = last.current;
            const key = all[all.length - 1]?.key;
            const from = all.findIndex((one) => one.key === before.key);
            last.current = { key, waiting: waits };
            if (waits > 0) setSays(waits === before.waiting ? "" : `Paused, ${waits} new lines`);
            else setSays(before.key === undefined || key === before.key ? "" : summary(all.slice(from + 1)));
        }, PAUSE);
        return () => window.clearInterval(timer);
    }, []);
    return says;
}

export function summary(items: readonly Item[]): string {
    const errors =
        items.filter((one) =>
            one.is === "log"
                ? one.line.level === "error" || one.line.level === "critical"
                : one.is === "task" && one.update.status === "failed"
        ).length;
    const lines = items.length === 1 ? "1 new line" : `${items.length} new lines`;
    return errors === 0 ? lines : `${lines}, ${errors} ${errors === 1 ? "error" : "errors"}`;
}
