// SPDX-License-Identifier: Apache-2.0
// Where values of a chart lie, and which of them are written beside its axes.

import type { Zone } from "./time";

/** Leads values to places, and back. */
export interface Scale {
    at(value: number): number;
    value(at: number): number;
}

/** Leads `from…to` evenly to `low…high`. A range without a length lies at its beginning. */
export function linear(from: number, to: number, low: number, high: number): Scale {
    const span = to - from;
    const length = high - low;
    return {
        at: (value) => (span === 0 ? low : low + ((value - from) / span) * length),
        value: (at) => (length === 0 ? from : from + ((at - low) / length) * span),
    };
}

/** A step of 1, 2 or 5 and zeros, so that a span takes about as many steps as wanted and never more. */
export function niceStep(span: number, count: number): number {
    if (!(span > 0) || !Number.isFinite(span)) return 1;
    const rough = span / Math.max(1, count);
    const power = 10 ** Math.floor(Math.log10(rough));
    const lead = rough / power;
    // A little more than 5 by rounding alone is still 5.
    const digit = lead <= 1 + 1e-9 ? 1 : lead <= 2 + 1e-9 ? 2 : lead <= 5 + 1e-9 ? 5 : 10;
    return digit * power;
}

/** Round values from 0 to the first one that nothing exceeds; whole ones where values are counted. */
export function ticksUpTo(most: number, count: number, isWhole = false): readonly number[] {
    const step = isWhole ? Math.max(1, niceStep(most, count)) : niceStep(most, count);
    const steps = Math.max(1, Math.ceil(most / step - 1e-9));
    return Array.from({ length: steps + 1 }, (_, index) => Number((index * step).toPrecision(12)));
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const STEPS = [
    ...[1, 2, 5, 10, 20, 50, 100, 200, 500],
    ...[1, 2, 5, 10, 15, 30].map((one) => one * SECOND),
    ...[1, 2, 5, 10, 15, 30].map((one) => one * MINUTE),
    ...[1, 2, 3, 6, 12].map((one) => one * HOUR),
    ...[1, 2, 7, 14].map((one) => one * DAY),
];
const MONTHS = [1, 2, 3, 6, 12, 24, 60, 120];
const MONTH = 30.4 * DAY;

/** Moments that a clock or a calendar calls round, and the step between them in milliseconds. */
export interface TimeTicks {
    readonly step: number;
    readonly times: readonly number[];
}

/** Round moments between two others, at most `count` of them, by the clock of a zone. */
export function timeTicks(from: number, to: number, count: number, zone: Zone): TimeTicks {
    if (!(to > from) || count < 1) return { step: SECOND, times: [] };
    const rough = (to - from) / count;
    const step = STEPS.find((one) => one >= rough);
    if (step === undefined) return monthTicks(from, to, rough, zone);
    const times: number[] = [];
    // By the zone's own clock round moments are multiples of the step; two days are counted from 1970.
    let clock = Math.ceil((from + offset(from, zone)) / step) * step;
    for (; times.length <= count; clock += step) {
        const time = fromClock(clock, zone);
        if (time > to) break;
        if (time >= from) times.push(time);
    }
    return { step, times };
}

function monthTicks(from: number, to: number, rough: number, zone: Zone): TimeTicks {
    const months = MONTHS.find((one) => one * MONTH >= rough) ?? 1200;
    const first = new Date(from + offset(from, zone));
    let month = Math.floor((first.getUTCFullYear() * 12 + first.getUTCMonth()) / months) * months;
    const times: number[] = [];
    for (;; month += months) {
        const time = fromClock(Date.UTC(Math.floor(month / 12), month % 12), zone);
        if (time > to) break;
        if (time >= from) times.push(time);
    }
    return { step: months * MONTH, times };
}

/** How far the clock of a zone is ahead of UTC at a time. */
function offset(time: number, zone: Zone): number {
    return zone === "utc" ? 0 : -new Date(time).getTimezoneOffset() * MINUTE;
}

/** The time at which a zone's clock shows this; where it shows it never or twice, one of the nearest. */
function fromClock(clock: number, zone: Zone): number {
    const guess = clock - offset(clock, zone);
    return clock - offset(guess, zone);
}

const NAMES = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const two = (value: number): string => String(value).padStart(2, "0");

/** A round moment in few letters: no finer than its step, and a day where a day begins. */
export function timeLabel(time: number, step: number, zone: Zone): string {
    const date = new Date(time + offset(time, zone));
    const name = NAMES[date.getUTCMonth()] ?? "";
    if (step >= 28 * DAY) return name + " " + date.getUTCFullYear();
    const isMidnight = (time + offset(time, zone)) % DAY === 0;
    if (step >= DAY || isMidnight) return date.getUTCDate() + " " + name;
    const clock = two(date.getUTCHours()) + ":" + two(date.getUTCMinutes());
    if (step >= MINUTE) return clock;
    const seconds = clock + ":" + two(date.getUTCSeconds());
    return step >= SECOND ? seconds : seconds + "." + String(date.getUTCMilliseconds()).padStart(3, "0");
}

/** A span of time in words that leave out what both ends share. */
export function spanLabel(from: number, to: number, zone: Zone): string {
    const day = (time: number): string => timeLabel(time, DAY, zone);
    const fine = to - from < MINUTE ? SECOND : MINUTE;
    const clock = (time: number): string => {
        const step = to - from < SECOND ? 1 : time % MINUTE === 0 ? fine : SECOND;
        const words = timeLabel(time, step, zone);
        return words.includes(":") ? words : "00:00";
    };
    const first = day(from) + " " + clock(from);
    // What ends at midnight ends on the day before.
    if (day(from) === day(to) || day(from) === day(to - 1)) {
        return first + " – " + (day(from) === day(to) ? clock(to) : "24:00");
    }
    return first + " – " + day(to) + " " + clock(to);
}
