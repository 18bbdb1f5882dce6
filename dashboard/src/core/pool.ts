// SPDX-License-Identifier: Apache-2.0

/** What became of many attempts of the same. */
export interface Tally {
    readonly done: number;
    /** What went wrong, each message with how often it did. */
    readonly failed: ReadonlyMap<string, number>;
}

/** Does something for each of many, a few at a time; one that fails does not keep the others from it. */
export async function forEach<T>(
    all: readonly T[],
    work: (one: T) => Promise<void>,
    words: (error: unknown) => string,
    width = 4,
): Promise<Tally> {
    const waiting = [...all];
    const failed = new Map<string, number>();
    let done = 0;
    const worker = async (): Promise<void> => {
        for (let one = waiting.shift(); one !== undefined; one = waiting.shift()) {
            try {
                await work(one);
                done += 1;
            } catch (error) {
                const message = words(error);
                failed.set(message, (failed.get(message) ?? 0) + 1);
            }
        }
    };
    await Promise.all(Array.from({ length: width }, worker));
    return { done, failed };
}
