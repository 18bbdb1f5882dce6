// SPDX-License-Identifier: Apache-2.0

/** A shortcut: `ctrl+k`, `?`, `g t` (one after the other), `shift+j`. `ctrl` is also the command key of a Mac. */
export interface Shortcut {
    readonly keys: string;
    readonly label: string;
    /** The heading under which the cheat sheet has it. */
    readonly group: string;
    readonly run: () => void;
    /** Also while somebody types into a field. */
    readonly inFields?: boolean;
}

/** What a key press must tell. */
export interface Press {
    readonly key: string;
    readonly ctrlKey: boolean;
    readonly metaKey: boolean;
    readonly altKey: boolean;
    readonly shiftKey: boolean;
}

export interface KeyRegistry {
    /** Answers what takes the shortcuts away. The one that was added last wins. */
    add(shortcuts: readonly Shortcut[]): () => void;
    /** Runs what the press stands for. True when it stood for something or begins something. */
    press(press: Press, place: { readonly inField: boolean }): boolean;
    list(): readonly Shortcut[];
    /** Switches shortcuts of single letters on or off (WCAG 2.1.4). */
    setLetters(on: boolean): void;
}

const PATIENCE = 1200;

/** The name of a press in the words of a shortcut. */
export function nameOf(press: Press): string {
    const parts: string[] = [];
    if (press.ctrlKey || press.metaKey) parts.push("ctrl");
    if (press.altKey) parts.push("alt");
    // For a sign such as ? the shift is how it is typed; for letters and named keys it is meant.
    const isNamed = press.key.length > 1 || /^\p{L}$/u.test(press.key);
    if (press.shiftKey && isNamed) parts.push("shift");
    parts.push(press.key.length === 1 ? press.key.toLowerCase() : press.key);
    return parts.join("+");
}

function isLetters(keys: string): boolean {
    return !/ctrl|alt/.test(keys) && keys.split(" ").some((one) => one.replace("shift+", "").length === 1);
}

export function createKeyRegistry(now: () => number = () => Date.now()): KeyRegistry {
    const sets: (readonly Shortcut[])[] = [];
    let begun: { readonly keys: string; readonly at: number } | null = null;
    let hasLetters = true;

    const list = (): Shortcut[] => {
        const seen = new Map<string, Shortcut>();
        for (const set of sets) for (const one of set) seen.set(one.keys, one);
        return [...seen.values()];
    };
    return {
        add(shortcuts) {
            sets.push(shortcuts);
            return () => {
                const index = sets.indexOf(shortcuts);
                if (index >= 0) sets.splice(index, 1);
            };
        },
        press(press, place) {
            if (["Shift", "Control", "Alt", "Meta"].includes(press.key)) return false;
            const name = nameOf(press);
            const isContinued = begun !== null && now() - begun.at < PATIENCE;
            const tries = isContinued && begun !== null ? [begun.keys + " " + name, name] : [name];
            begun = null;
            const usable = list().filter(
                (one) => (!place.inField || one.inFields === true) && (hasLetters || !isLetters(one.keys)),
            );
            for (const keys of tries) {
                const found = usable.find((one) => one.keys === keys);
                if (found !== undefined) {
                    found.run();
                    return true;
                }
                if (usable.some((one) => one.keys.startsWith(keys + " "))) {
                    begun = { keys, at: now() };
                    return true;
                }
            }
            return false;
        },
        list,
        setLetters(on) {
            hasLetters = on;
        },
    };
}
