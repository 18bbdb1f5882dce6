// SPDX-License-Identifier: Apache-2.0

import type { Json } from "./operation";

type Schema = { readonly [name: string]: Json };

/** What of a form a schema becomes. `raw` is what a form cannot show well: it is edited as JSON. */
export interface FieldShape {
    readonly kind: "text" | "lines" | "number" | "integer" | "switch" | "choice" | "object" | "list" | "raw";
    readonly title: string;
    readonly description: string;
    readonly isRequired: boolean;
    readonly isNullable: boolean;
    readonly fallback: Json | undefined;
    readonly choices: readonly Json[];
    readonly fields: readonly (readonly [string, FieldShape])[];
    readonly item: FieldShape | null;
    readonly limits: Limits;
}

export interface Limits {
    readonly minimum?: number;
    readonly maximum?: number;
    readonly minLength?: number;
    readonly maxLength?: number;
    readonly minItems?: number;
    readonly maxItems?: number;
    readonly pattern?: string;
    readonly format?: string;
}

const DEEPEST = 8;

export function isObject(value: Json | undefined): value is Schema {
    return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Makes out what a schema describes; null when it does not describe an object with named members. */
export function readSchema(schema: Json): FieldShape | null {
    const shape = fieldOf("", schema, schema, true, 0);
    return shape.kind === "object" && shape.fields.length > 0 ? shape : null;
}

function resolve(schema: Json, root: Json, depth: number): Schema {
    if (!isObject(schema)) return {};
    const ref = schema["$ref"];
    if (typeof ref !== "string" || !ref.startsWith("#") || depth > DEEPEST) return schema;
    let place: Json | undefined = root;
    for (const part of ref.slice(1).split("/").filter((one) => one !== "")) {
        place = isObject(place) ? place[part.replace(/~1/g, "/").replace(/~0/g, "~")] : undefined;
    }
    const { $ref: _, ...beside } = schema;
    return { ...resolve(place ?? {}, root, depth + 1), ...beside };
}

/** Takes the null out of `["string", "null"]` and of `anyOf` with null. */
function withoutNull(
    schema: Schema,
    root: Json,
    depth: number,
): { readonly schema: Schema; readonly isNullable: boolean } {
    const type = schema["type"];
    if (Array.isArray(type)) {
        const rest = type.filter((one) => one !== "null");
        const only = rest.length === 1 ? rest[0] : undefined;
        return {
            schema: only === undefined ? { ...schema, type: rest } : { ...schema, type: only },
            isNullable: rest.length < type.length,
        };
    }
    const many = schema["anyOf"] ?? schema["oneOf"];
    if (Array.isArray(many)) {
        const rest = many.filter((one) => !(isObject(one) && one["type"] === "null"));
        const only = rest[0];
        if (rest.length === 1 && only !== undefined) {
            const { anyOf: _a, oneOf: _o, ...beside } = schema;
            return { schema: { ...resolve(only, root, depth), ...beside }, isNullable: rest.length < many.length };
        }
    }
    return { schema, isNullable: false };
}

function fieldOf(name: string, raw: Json, root: Json, isRequired: boolean, depth: number): FieldShape {
    const { schema, isNullable } = withoutNull(resolve(raw, root, 0), root, 0);
    const text = (word: string): string => (typeof schema[word] === "string" ? (schema[word] as string) : "");
    const base = {
        title: text("title") || name,
        description: text("description"),
        isRequired,
        isNullable,
        fallback: schema["default"],
        choices: [] as readonly Json[],
        fields: [] as readonly (readonly [string, FieldShape])[],
        item: null,
        limits: limitsOf(schema),
    };
    if (depth > DEEPEST) return { ...base, kind: "raw" };
    if (Array.isArray(schema["enum"])) {
        return {
            ...base,
            kind: "choice",
            choices: schema["enum"].filter((one) => one !== null),
        };
    }
    if ("const" in schema) return { ...base, kind: "choice", choices: [schema["const"] as Json] };
    switch (schema["type"]) {
        case "string":
            return { ...base, kind: (base.limits.maxLength ?? 0) > 500 ? "lines" : "text" };
        case "number":
            return { ...base, kind: "number" };
        case "integer":
            return { ...base, kind: "integer" };
        case "boolean":
            return { ...base, kind: "switch" };
        case "array": {
            const items = schema["items"];
            return items === undefined
                ? { ...base, kind: "raw" }
                : { ...base, kind: "list", item: fieldOf("", items, root, true, depth + 1) };
        }
        case "object": {
            const properties = schema["properties"];
            if (!isObject(properties)) return { ...base, kind: "raw" };
            const required = Array.isArray(schema["required"]) ? schema["required"] : [];
            const fields = Object.entries(properties).map(
                ([one, inner]) => [one, fieldOf(one, inner, root, required.includes(one), depth + 1)] as const,
            );
            // What must be given comes first; otherwise the schema's own order.
            const sorted = [
                ...fields.filter(([, one]) => one.isRequired),
                ...fields.filter(([, one]) => !one.isRequired),
            ];
            return { ...base, kind: "object", fields: sorted };
        }
        default:
            return { ...base, kind: "raw" };
    }
}

function limitsOf(schema: Schema): Limits {
    const found: Record<string, number | string> = {};
    for (const word of ["minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems"]) {
        const value = schema[word];
        if (typeof value === "number") found[word] = value;
    }
    for (const word of ["pattern", "format"]) {
        const value = schema[word];
        if (typeof value === "string") found[word] = value;
    }
    return found;
}

/** What a form begins with: what must be given, as empty as it can be. */
export function firstValue(shape: FieldShape): Json {
    if (shape.fallback !== undefined) return shape.fallback;
    switch (shape.kind) {
        case "object": {
            const value: Record<string, Json> = {};
            for (const [name, field] of shape.fields) {
                // A text that nobody has written is missing, not empty.
                const isBlank = (field.kind === "text" || field.kind === "lines") && field.fallback === undefined;
                if (field.isRequired && !isBlank) value[name] = firstValue(field);
            }
            return value;
        }
        case "list":
            return [];
        case "switch":
            return false;
        case "number":
        case "integer":
            return shape.limits.minimum ?? 0;
        case "choice":
            return shape.choices[0] ?? null;
        case "raw":
            return null;
        default:
            return "";
    }
}

/** What is wrong with a value, by JSON Pointer. The daemon decides; this only spares a way there and back. */
export function faults(shape: FieldShape, value: Json | undefined, pointer = ""): ReadonlyMap<string, string> {
    const found = new Map<string, string>();
    check(shape, value, pointer, found);
    return found;
}

function check(shape: FieldShape, value: Json | undefined, pointer: string, found: Map<string, string>): void {
    const say = (words: string): void => void found.set(pointer, words);
    if (value === undefined) return shape.isRequired ? say("This is needed.") : undefined;
    if (value === null && shape.isNullable) return;
    const { limits } = shape;
    switch (shape.kind) {
        case "text":
        case "lines": {
            if (typeof value !== "string") return say("This must be a text.");
            const length = [...value].length;
            if (length < (limits.minLength ?? 0)) {
                return say(length === 0 ? "This is needed." : `At least ${limits.minLength} characters.`);
            }
            if (length > (limits.maxLength ?? Infinity)) return say(`At most ${limits.maxLength} characters.`);
            if (limits.pattern !== undefined && !fits(limits.pattern, value)) {
                return say(`This must fit ${limits.pattern}`);
            }
            return;
        }
        case "number":
        case "integer":
            if (typeof value !== "number") return say("This must be a number.");
            if (shape.kind === "integer" && !Number.isInteger(value)) return say("This must be a whole number.");
            if (value < (limits.minimum ?? -Infinity)) return say(`At least ${limits.minimum}.`);
            if (value > (limits.maximum ?? Infinity)) return say(`At most ${limits.maximum}.`);
            return;
        case "switch":
            return typeof value === "boolean" ? undefined : say("This must be true or false.");
        case "choice":
            return shape.choices.some((one) => JSON.stringify(one) === JSON.stringify(value))
                ? undefined
                : say("This is none of the choices.");
        case "list": {
            if (!Array.isArray(value)) return say("This must be a list.");
            if (value.length < (limits.minItems ?? 0)) say(`At least ${limits.minItems} entries.`);
            if (value.length > (limits.maxItems ?? Infinity)) say(`At most ${limits.maxItems} entries.`);
            const item = shape.item;
            if (item !== null) {
                value.forEach((one: Json, index: number) => check(item, one, `${pointer}/${index}`, found));
            }
            return;
        }
        case "object":
            if (!isObject(value)) return say("This must be an object.");
            for (const [name, field] of shape.fields) check(field, value[name], `${pointer}/${escaped(name)}`, found);
            return;
        case "raw":
            return;
    }
}

function fits(pattern: string, value: string): boolean {
    try {
        return new RegExp(pattern, "u").test(value);
    } catch {
        // A pattern that only the daemon can read is the daemon's to judge.
        return true;
    }
}

export function escaped(name: string): string {
    return name.replace(/~/g, "~0").replace(/\//g, "~1");
}
