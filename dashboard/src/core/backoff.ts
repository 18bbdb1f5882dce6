// SPDX-License-Identifier: Apache-2.0

/** The pause before the next try: doubles from `first` to `most`, spread over its upper half so that clients part. */
export function pauseBefore(attempt: number, random: number, first = 500, most = 30_000): number {
    const full = Math.min(most, first * 2 ** Math.min(attempt, 16));
    return Math.round(full / 2 + (full / 2) * random);
}

/** Time and chance, so that tests can hold both. */
export interface Clock {
    now(): number;
    random(): number;
    /** Ends after so many milliseconds, or at once when the signal fires. */
    sleep(milliseconds: number, signal: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
    now: () => Date.now(),
    random: () => Math.random(),
    sleep: (milliseconds, signal) =>
        new Promise((done) => {
            if (signal.aborted) return done();
            const finish = (): void => {
                clearTimeout(timer);
                signal.removeEventListener("abort", finish);
                done();
            };
            const timer = setTimeout(finish, milliseconds);
            signal.addEventListener("abort", finish);
        }),
};
