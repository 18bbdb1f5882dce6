// SPDX-License-Identifier: Apache-2.0

/** What is shown of something large; the rest is downloaded. */
export const HEAD = 64 * 1024;

/** How something is shown. */
export type Look = "json" | "image" | "markdown" | "text" | "nothing";

/** Pictures that a browser shows. SVG runs no scripts in an `<img>`. */
const IMAGES = /^image\/(png|jpeg|gif|webp|avif|svg\+xml|bmp)$/;
const TEXTS = /^(text\/|application\/(xml|yaml|x-yaml|toml|javascript|x-ndjson|x-sh|sql)$)/;

/** By its media type, parameters left out; by its name where the type says nothing. */
export function lookOf(mediaType: string | null, name: string): Look {
    const type = (mediaType ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";
    if (type === "application/json" || type.endsWith("+json")) return "json";
    if (IMAGES.test(type)) return "image";
    if (type === "text/markdown" || (type === "text/plain" && /\.(md|markdown)$/i.test(name))) return "markdown";
    return TEXTS.test(type) ? "text" : "nothing";
}

/** A number of bytes for people. */
export function bytes(count: number): string {
    if (count < 1024) return count + " B";
    const size = count / 1024;
    return size < 1024 ? round(size) + " KB" : round(size / 1024) + " MB";
}

function round(size: number): string {
    return size < 10 ? size.toFixed(1) : String(Math.round(size));
}
