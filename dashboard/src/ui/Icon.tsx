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
    right: "M6 3.5 10.5 8 6 12.5",
    down: "M3.5 6 8 10.5 12.5 6",
    eye: "M1.5 8S4 3.5 8 3.5 14.5 8 14.5 8 12 12.5 8 12.5 1.5 8 1.5 8ZM8 6.5a1.5 1.5 0 1 0 0 3 1.5 1.5 0 0 0 0-3",
    tool:
        "M10 2.5a3.5 3.5 0 0 0-3.3 4.7L2.5 11.4l2.1 2.1 4.2-4.2A3.5 3.5 0 0 0 13.3 5L11 7.3 8.7 5 11 2.7A3.5 3.5 0 0 0 10 2.5Z",
    fork: "M4.5 3v10M4.5 8h4a3 3 0 0 0 3-3V3.5",
    download: "M8 2.5v8M4.5 7.5 8 11l3.5-3.5M3 13.5h10",
    link: "M6.5 9.5 9.5 6.5M7 4.5l1.5-1.5a3 3 0 0 1 4.5 4.5L11.5 9M9 11.5 7.5 13A3 3 0 0 1 3 8.5L4.5 7",
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
