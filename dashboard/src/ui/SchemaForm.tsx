// SPDX-License-Identifier: Apache-2.0

import { type ReactNode, useEffect, useId, useState } from "react";
import type { Json } from "../core/operation";
import { escaped, type FieldShape, firstValue, isObject } from "../core/schema";

interface FieldProps {
    readonly shape: FieldShape;
    readonly value: Json | undefined;
    readonly pointer: string;
    readonly faults: ReadonlyMap<string, string>;
    readonly change: (value: Json | undefined) => void;
}

/** The fields of an object, one for each member that its schema names. Members that it does not name are kept as they are. */
export function SchemaForm(props: Omit<FieldProps, "pointer"> & { readonly pointer?: string }) {
    const { shape, value, faults } = props;
    const pointer = props.pointer ?? "";
    const object = isObject(value) ? value : {};
    return (
        <div className="fields">
            {shape.fields.map(([name, field]) => (
                <Field
                    key={name}
                    shape={field}
                    value={object[name]}
                    pointer={pointer + "/" + escaped(name)}
                    faults={faults}
                    change={(next) => {
                        const { [name]: _, ...rest } = object;
                        props.change(next === undefined ? rest : { ...object, [name]: next });
                    }}
                />
            ))}
        </div>
    );
}

function Field(props: FieldProps) {
    const { shape, value, pointer, faults, change } = props;
    const id = useId();
    const fault = faults.get(pointer);
    const about = fault === undefined ? (shape.description === "" ? undefined : id + "-about") : id + "-fault";
    const marks = {
        id,
        "aria-describedby": about,
        "aria-invalid": fault !== undefined,
        "aria-required": shape.isRequired,
    };
    /** An optional member that is emptied is left out. */
    const orNothing = (next: Json, isEmpty: boolean): void => change(isEmpty && !shape.isRequired ? undefined : next);
    const after = (
        <>
            {shape.description !== "" && (
                <span className="about" id={id + "-about"}>
                    {shape.description}
                </span>
            )}
            {fault !== undefined && (
                <span className="bad" id={id + "-fault"}>
                    {fault}
                </span>
            )}
        </>
    );
    const label = (
        <label htmlFor={id}>
            {shape.title}
            {shape.isRequired && <span className="needed">(needed)</span>}
        </label>
    );
    switch (shape.kind) {
        case "switch":
            return (
                <div className="field">
                    <span className="inline">
                        <input
                            {...marks}
                            type="checkbox"
                            checked={value === true}
                            onChange={(event) => change(event.target.checked)}
                        />
                        {label}
                    </span>
                    {after}
                </div>
            );
        case "choice": {
            const index = shape.choices.findIndex((one) => JSON.stringify(one) === JSON.stringify(value));
            return (
                <div className="field">
                    {label}
                    <select
                        {...marks}
                        value={index}
                        onChange={(event) => change(shape.choices[Number(event.target.value)])}
                    >
                        {(index < 0 || !shape.isRequired) && <option value={-1}>–</option>}
                        {shape.choices.map((one, at) => (
                            <option key={at} value={at}>
                                {typeof one === "string" ? one : JSON.stringify(one)}
                            </option>
                        ))}
                    </select>
                    {after}
                </div>
            );
        }
        case "number":
        case "integer":
            return (
                <div className="field">
                    {label}
                    <NumberInput marks={marks} shape={shape} value={value} change={change} />
                    {after}
                </div>
            );
        case "text":
        case "lines": {
            const words = typeof value === "string" ? value : "";
            return (
                <div className="field">
                    {label}
                    {shape.kind === "lines"
                        ? (
                            <textarea
                                {...marks}
                                rows={4}
                                value={words}
                                onChange={(event) => orNothing(event.target.value, event.target.value === "")}
                            />
                        )
                        : (
                            <input
                                {...marks}
                                type="text"
                                value={words}
                                onChange={(event) => orNothing(event.target.value, event.target.value === "")}
                            />
                        )}
                    {after}
                </div>
            );
        }
        case "object":
            return (
                <Optional {...props} id={id} after={after}>
                    <SchemaForm shape={shape} value={value} pointer={pointer} faults={faults} change={change} />
                </Optional>
            );
        case "list":
            return (
                <Optional {...props} id={id} after={after}>
                    <ListField {...props} />
                </Optional>
            );
        case "raw":
            return (
                <div className="field">
                    {label}
                    <RawInput
                        marks={marks}
                        value={value}
                        change={(next) => orNothing(next ?? null, next === undefined)}
                    />
                    {after}
                </div>
            );
    }
}

type Marks = { readonly id: string };

/** Keeps what is typed, so that "1." and "-" can be on their way to a number. */
function NumberInput(
    props: {
        readonly marks: Marks;
        readonly shape: FieldShape;
        readonly value: Json | undefined;
        readonly change: (value: Json | undefined) => void;
    },
) {
    const { shape, value } = props;
    const [text, setText] = useState(value === undefined || value === null ? "" : String(value));
    useEffect(() => {
        setText((
            old,
        ) => (value === undefined || value === null ? "" : Number(old) === value && old !== "" ? old : String(value)));
    }, [value]);
    return (
        <input
            {...props.marks}
            type="text"
            inputMode={shape.kind === "integer" ? "numeric" : "decimal"}
            placeholder={shape.fallback === undefined ? "" : String(shape.fallback)}
            value={text}
            onChange={(event) => {
                const typed = event.target.value;
                setText(typed);
                if (typed.trim() === "") return props.change(shape.isRequired ? "" : undefined);
                const number = Number(typed);
                props.change(Number.isFinite(number) ? number : typed);
            }}
        />
    );
}

/** A JSON value as text. Text that is no JSON stays where it is and changes nothing. */
export function RawInput(
    props: {
        readonly marks: Marks;
        readonly value: Json | undefined;
        readonly change: (value: Json | undefined) => void;
        readonly rows?: number;
        readonly broken?: (isBroken: boolean) => void;
    },
) {
    const { value } = props;
    const [text, setText] = useState(value === undefined ? "" : JSON.stringify(value, null, 2));
    const [error, setError] = useState("");
    useEffect(() => {
        setText((old) => (same(old, value) ? old : value === undefined ? "" : JSON.stringify(value, null, 2)));
    }, [value]);
    return (
        <>
            <textarea
                {...props.marks}
                className="raw"
                rows={props.rows ?? 4}
                spellCheck={false}
                value={text}
                aria-invalid={error !== ""}
                onChange={(event) => {
                    const typed = event.target.value;
                    setText(typed);
                    let isBroken = false;
                    if (typed.trim() === "") {
                        setError("");
                        props.change(undefined);
                    } else {
                        try {
                            props.change(JSON.parse(typed) as Json);
                            setError("");
                        } catch (problem) {
                            isBroken = true;
                            setError(problem instanceof Error ? problem.message : "This is no JSON.");
                        }
                    }
                    props.broken?.(isBroken);
                }}
            />
            {error !== "" && (
                <span className="bad" role="alert">
                    {error}
                </span>
            )}
        </>
    );
}

function same(text: string, value: Json | undefined): boolean {
    if (text.trim() === "") return value === undefined;
    try {
        return JSON.stringify(JSON.parse(text)) === JSON.stringify(value);
    } catch {
        return false;
    }
}

/** A member with members of its own, which can be left out when it is not needed. */
function Optional(
    props: FieldProps & { readonly id: string; readonly after: ReactNode; readonly children: ReactNode },
) {
    const { shape, value } = props;
    const isThere = value !== undefined && value !== null;
    return (
        <fieldset className="field">
            <legend>
                {shape.isRequired
                    ? (
                        shape.title
                    )
                    : (
                        <label className="inline" htmlFor={props.id}>
                            <input
                                id={props.id}
                                type="checkbox"
                                checked={isThere}
                                onChange={(event) =>
                                    props.change(
                                        event.target.checked
                                            ? firstValue({ ...shape, fallback: undefined })
                                            : undefined,
                                    )}
                            />
                            {shape.title}
                        </label>
                    )}
            </legend>
            {props.after}
            {(isThere || shape.isRequired) && props.children}
        </fieldset>
    );
}

function ListField(props: FieldProps) {
    const { shape, pointer, faults } = props;
    const items: readonly Json[] = Array.isArray(props.value) ? props.value : [];
    const item = shape.item;
    if (item === null) return null;
    return (
        <div className="list-field">
            {items.map((one, index) => (
                <div key={index} className="list-item">
                    <Field
                        shape={{ ...item, title: item.title || `${shape.title} ${index + 1}` }}
                        value={one}
                        pointer={`${pointer}/${index}`}
                        faults={faults}
                        change={(next) => props.change(items.map((old, at) => (at === index ? next ?? null : old)))}
                    />
                    <button
                        type="button"
                        className="quiet"
                        aria-label={`Remove ${shape.title} ${index + 1}`}
                        onClick={() => props.change(items.filter((_, at) => at !== index))}
                    >
                        Remove
                    </button>
                </div>
            ))}
            <button type="button" onClick={() => props.change([...items, firstValue(item)])}>
                Add
            </button>
        </div>
    );
}
