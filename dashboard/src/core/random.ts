// SPDX-License-Identifier: Apache-2.0

/** A key that nobody else has. `crypto.randomUUID` is missing on pages that come over plain HTTP; this is not. */
export function randomKey(): string {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
