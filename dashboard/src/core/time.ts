// SPDX-License-Identifier: Apache-2.0

/** Which clock times are shown by. */
export type Zone = "local" | "utc";

const STEPS: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
    ["year", 31_536_000],
    ["month", 2_592_000],
    ["day", 86_400],
    ["hour", 3600],
    ["minute", 60],
    ["second", 1],
];

const words = new Intl.RelativeTimeFormat("en", { numeric: "auto", style: "narrow" });

/** How long ago something was, or how far ahead it is. */
export function relative(time: number, now: number): string {
    const seconds = Math.round((time - now) / 1000);
    if (Math.abs(seconds) < 2) return "now";
    for (const [unit, size] of STEPS) {
        if (Math.abs(seconds) >= size) return words.format(Math.trunc(seconds / size), unit);
    }
    return "now";
}

/** When the words of `relative` change next, in milliseconds. */
export function nextChange(time: number, now: number): number {
    const age = Math.abs(time - now) / 1000;
    if (age < 60) return 1000;
    return age < 3600 ? 15_000 : 60_000;
}

const two = (value: number): string => String(value).padStart(2, "0");

/** Date and time to the millisecond, with the zone that it is told in. */
export function absolute(time: number, zone: Zone): string {
    const date = new Date(time);
    if (Number.isNaN(date.getTime())) return "unknown time";
    if (zone === "utc") return date.toISOString().replace("T", " ").replace("Z", " UTC");
    const offset = -date.getTimezoneOffset();
    const sign = offset < 0 ? "-" : "+";
    const shift = sign + two(Math.floor(Math.abs(offset) / 60)) + ":" + two(Math.abs(offset) % 60);
    const day = date.getFullYear() + "-" + two(date.getMonth() + 1) + "-" + two(date.getDate());
    const clock = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(":");
    return day + " " + clock + "." + String(date.getMilliseconds()).padStart(3, "0") + " " + shift;
}

/** A length of time in at most two parts: 850 ms, 3.2 s, 4 min 10 s, 2 h 5 min. */
export function duration(milliseconds: number): string {
    if (milliseconds < 0) return "0 ms";
    if (milliseconds < 1000) return Math.round(milliseconds) + " ms";
    const seconds = milliseconds / 1000;
    if (seconds < 59.95) return seconds.toFixed(1) + " s";
    const whole = Math.round(seconds);
    if (whole < 3600) return parts(whole, 60, "min", 1, "s");
    return whole < 86_400 ? parts(whole, 3600, "h", 60, "min") : parts(whole, 86_400, "d", 3600, "h");
}

/** Whole large units and what remains in small ones, which is left out when nothing remains. */
function parts(seconds: number, large: number, largeName: string, small: number, smallName: string): string {
    const rest = Math.floor((seconds % large) / small);
    return Math.floor(seconds / large) + " " + largeName + (rest === 0 ? "" : " " + rest + " " + smallName);
}
