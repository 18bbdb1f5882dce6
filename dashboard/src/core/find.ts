// SPDX-License-Identifier: Apache-2.0

/** How well words fit a text: 0 when they do not, more for the beginning of the text or of a word in it. */
export function fit(text: string, words: string): number {
    const there = text.toLowerCase();
    const wanted = words.trim().toLowerCase();
    if (wanted === "") return 1;
    const at = there.indexOf(wanted);
    if (at === 0) return 4;
    if (at > 0) return there[at - 1] === " " ? 3 : 2;
    let from = 0;
    for (const letter of wanted.replace(/\s/g, "")) {
        from = there.indexOf(letter, from) + 1;
        if (from === 0) return 0;
    }
    return 1;
}

/** Those that fit, the best first, otherwise in their order. */
export function ranked<T>(all: readonly T[], words: string, text: (one: T) => string): readonly T[] {
    return all
        .map((one) => ({ one, worth: fit(text(one), words) }))
        .filter(({ worth }) => worth > 0)
        .sort((a, b) => b.worth - a.worth)
        .map(({ one }) => one);
}
