// SPDX-License-Identifier: Apache-2.0

/** Terminal sequences: commands to a screen (CSI), messages to it (OSC and its kin), and single escapes. */
const TERMINAL = /\u001b\[[0-?]*[ -/]*[@-~]?|\u001b[\]PX^_][^\u0007\u001b]*(?:\u0007|\u001b\\)?|\u001b[ -/]*[0-~]?/g;

/** Other control characters, but tabs and line feeds. */
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;

/** What turns the direction of text round, so that it reads otherwise than it is; and marks without a picture. */
const DIRECTIONS = /[\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g;

/** The text of others as it may be shown: what is not meant to be read is left out. */
export function displayed(text: string): string {
    return text.replace(/\r\n?/g, "\n").replace(TERMINAL, "").replace(CONTROLS, "").replace(DIRECTIONS, "");
}

/** The same as one line. */
export function displayedLine(text: string): string {
    return displayed(text).replace(/\s+/g, " ").trim();
}
