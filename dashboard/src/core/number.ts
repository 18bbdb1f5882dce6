// SPDX-License-Identifier: Apache-2.0

/** A whole number with its digits in groups of three: 48 211. The spaces do not break a line. */
export function grouped(value: number): string {
    return String(Math.trunc(value)).replace(/\B(?=(?:\d{3})+$)/g, "\u202f");
}
