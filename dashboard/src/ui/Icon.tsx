// SPDX-License-Identifier: Apache-2.0

const SHAPES = {
    check: "M3 8.5 6.5 12 13 4.5",
    cross: "M4 4l8 8M12 4l-8 8",
    clock: "M8 4.5V8l2.5 1.5M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2Z",
    play: "M5 3.5v9l7-4.5Z",
    pause: "M5.5 3.5v9M10.5 3.5v9",
    hand: "M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2ZM8 5v3.5M8 11h.01",
    queue: "M3 4.5h10M3 8h10M3 11.5h6",
    stop: "M4 4h8v8H4Z",
    copy: "M5.5 5.5V3h7.5v7.5h-2.5M3 5.5h7.5V13H3Z",
    plus: "M8 3v10M3 8h10",
    search: "M7 3a4 4 0 1 0 0 8 4 4 0 0 0 0-8ZM10 10l3.5 3.5",
    gear: "M3 5h6m3 0h1M3 11h1m3 0h6M10.5 3.5v3M5.5 9.5v3",
    minus: "M3 8h10",
    list: "M3 4h.01M6 4h7M3 8h.01M6 8h7M3 12h.01M6 12h7",
} as const;

export type IconName = keyof typeof SHAPES;

/** A small picture that says nothing by itself: the words are beside it. */
export function Icon({ name }: { readonly name: IconName }) {
    return (
        <svg className="icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
            <path d={SHAPES[name]} />
        </svg>
    );
}
