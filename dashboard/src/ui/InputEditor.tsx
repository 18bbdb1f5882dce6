// SPDX-License-Identifier: Apache-2.0

import type { KeyboardEvent } from "react";
import type { Json } from "../core/operation";
import type { FieldShape } from "../core/schema";
import { RawInput, SchemaForm } from "./SchemaForm";

type Tab = "form" | "json";

/** The input of an agent: a form where its schema names members, and JSON, which are always the same value. */
export function InputEditor(props: {
    /** Null when the schema names no members: then there is JSON alone. */
    readonly shape: FieldShape | null;
    readonly value: Json;
    /** What is wrong, by JSON Pointer into the value. */
    readonly faults: ReadonlyMap<string, string>;
    readonly tab: Tab;
    readonly choose: (tab: Tab) => void;
    readonly change: (value: Json) => void;
    /** Whether what is written is no JSON at the moment. */
    readonly broken: (isBroken: boolean) => void;
}) {
    const { shape } = props;
    const isForm = props.tab === "form" && shape !== null;
    return (
        <section>
            <h2 id="input-title">Input</h2>
            <Tabs
                chosen={isForm ? "form" : "json"}
                hasForm={shape !== null}
                choose={(tab) => {
                    // Text that is no JSON goes with its field.
                    props.broken(false);
                    props.choose(tab);
                }}
            />
            <div role="tabpanel" id="input-panel" aria-labelledby={isForm ? "tab-form" : "tab-json"}>
                {isForm && shape !== null
                    ? (
                        <SchemaForm
                            shape={shape}
                            value={props.value}
                            faults={props.faults}
                            change={(input) => props.change(input ?? {})}
                        />
                    )
                    : (
                        <div className="field">
                            <label htmlFor="raw-input">Input as JSON</label>
                            <RawInput
                                marks={{ id: "raw-input" }}
                                rows={14}
                                value={props.value}
                                change={(input) => props.change(input ?? null)}
                                broken={props.broken}
                            />
                            {[...props.faults].map(([pointer, words]) => (
                                <span key={pointer} className="bad">
                                    <code>{pointer === "" ? "/" : pointer}</code> {words}
                                </span>
                            ))}
                        </div>
                    )}
            </div>
        </section>
    );
}

function Tabs(
    props: {
        readonly chosen: "form" | "json";
        readonly hasForm: boolean;
        readonly choose: (tab: "form" | "json") => void;
    },
) {
    const tabs = [["form", "Form"], ["json", "JSON"]] as const;
    const press = (event: KeyboardEvent): void => {
        if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
        const other = props.chosen === "form" || !props.hasForm ? "json" : "form";
        props.choose(other);
        document.getElementById("tab-" + other)?.focus();
    };
    return (
        <div className="tabs" role="tablist" aria-labelledby="input-title" onKeyDown={press}>
            {tabs.map(([tab, label]) => (
                <button
                    key={tab}
                    id={"tab-" + tab}
                    type="button"
                    role="tab"
                    aria-selected={props.chosen === tab}
                    aria-controls="input-panel"
                    tabIndex={props.chosen === tab ? 0 : -1}
                    disabled={tab === "form" && !props.hasForm}
                    title={tab === "form" && !props.hasForm ? "The agent's schema names no members" : undefined}
                    onClick={() => props.choose(tab)}
                >
                    {label}
                </button>
            ))}
        </div>
    );
}
