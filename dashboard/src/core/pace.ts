// SPDX-License-Identifier: Apache-2.0

/** What pacing needs of a browser. */
export interface Pictures {
    now(): number;
    /** Runs something with the next picture, or a little later when none is drawn. */
    next(work: () => void): void;
    after(pause: number, work: () => void): void;
}

/** How long a picture takes that nothing holds up. */
const USUAL = 17;
/** What is drawn takes at most about one part in so many of the time. */
const SHARE = 8;
const LONGEST = 500;

/**
 * Runs what draws much, each time with a picture: with the next one while that is quick, and more rarely the longer it
 * takes. In a flood the page stays usable, and nobody could read faster.
 */
export function createPace(pictures: Pictures): (work: () => void) => void {
    let free = 0;
    return (work) => {
        const draw = (): void =>
            pictures.next(() => {
                const began = pictures.now();
                work();
                // The first picture behind it draws what has changed, and the second begins once that is done.
                pictures.next(() =>
                    pictures.next(() => {
                        const cost = Math.max(0, pictures.now() - began - 2 * USUAL);
                        free = pictures.now() + Math.min(LONGEST, cost * SHARE);
                    })
                );
            });
        const pause = free - pictures.now();
        if (pause > 0) pictures.after(pause, draw);
        else draw();
    };
}
