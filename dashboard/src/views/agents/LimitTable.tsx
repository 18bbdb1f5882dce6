// SPDX-License-Identifier: Apache-2.0

import { useState } from "react";
import { api, cache, say, session } from "../../core/app";
import { ApiError, inWords } from "../../core/problem";
import { type Limit, removeLimit, setLimit } from "../../gen/orchestrator";
import { Confirm, Dialog } from "../../ui/Dialog";
import { Field } from "../../ui/Field";
import { Time } from "../../ui/parts";
import { allowance, limitDefinition, type LimitDraft, limitDraft, limitFaults } from "./fleet";

/** What may happen at the same time or in a time, over all runs that name the limit. */
export function LimitTable({ limits }: { readonly limits: readonly Limit[] }) {
    const [edited, setEdited] = useState<Limit | "new" | null>(null);
    const [lifted, setLifted] = useState<Limit | null>(null);
    const mayManage = session.can("queues.manage");
    const lift = async (limit: Limit): Promise<void> => {
        setLifted(null);
        try {
            await api.call(removeLimit, { path: { name: limit.name } });
            say(`${limit.name} limits nothing any more.`, "good");
        } catch (error) {
            say(inWords(error), "bad");
        }
        cache.invalidate(["limits"]);
    };
    return (
        <>
            {limits.length === 0
                ? <p className="faint">None. Runs name the limits that they count against when they are asked for.</p>
                : (
                    <div className="scroll-x" tabIndex={0} role="region" aria-label="Limits">
                        <table>
                            <thead>
                                <tr>
                                    <th scope="col">Limit</th>
                                    <th scope="col">Allows for each key</th>
                                    <th scope="col">Set</th>
                                    <th scope="col">
                                        <span className="unseen">Deeds</span>
                                    </th>
                                </tr>
                            </thead>
                            <tbody>
                                {limits.map((limit) => (
                                    <tr key={limit.name}>
                                        <th scope="row">{limit.name}</th>
                                        <td>{allowance(limit)}</td>
                                        <td>
                                            <Time at={limit.updated_at} />
                                        </td>
                                        <td>
                                            {mayManage && (
                                                <span className="actions">
                                                    <button type="button" onClick={() => setEdited(limit)}>
                                                        Change…
                                                    </button>
                                                    <button type="button" onClick={() => setLifted(limit)}>
                                                        Lift…
                                                    </button>
                                                </span>
                                            )}
                                        </td>
                                    </tr>
                                ))}
                            </tbody>
                        </table>
                    </div>
                )}
            {mayManage && (
                <p>
                    <button type="button" onClick={() => setEdited("new")}>
                        Set a limit…
                    </button>
                </p>
            )}
            {edited !== null && <LimitDialog limit={edited === "new" ? null : edited} close={() => setEdited(null)} />}
            {lifted !== null && (
                <Confirm
                    title={`Lift ${lifted.name}?`}
                    action="Lift it"
                    confirm={() => void lift(lifted)}
                    close={() => setLifted(null)}
                >
                    <p>What it holds up goes on at once.</p>
                </Confirm>
            )}
        </>
    );
}

function LimitDialog({ limit, close }: { readonly limit: Limit | null; readonly close: () => void }) {
    const [draft, setDraft] = useState(() => limitDraft(limit));
    const [isTried, setTried] = useState(false);
    const [isBusy, setBusy] = useState(false);
    const [error, setError] = useState<unknown>(null);
    const wrong = limitFaults(draft);
    const refused = error instanceof ApiError ? error.problem?.errors ?? [] : [];
    const said = new Map([
        ...(isTried ? wrong : []),
        ...refused.map((one) => [one.field, one.message] as const),
    ]);
    const change = (part: Partial<LimitDraft>): void => {
        setDraft((old) => ({ ...old, ...part }));
        setError(null);
    };
    const save = async (): Promise<void> => {
        setTried(true);
        if (wrong.size > 0) return;
        setBusy(true);
        try {
            await api.call(setLimit, { path: { name: draft.name }, body: limitDefinition(draft) });
            say(`${draft.name} is set.`, "good");
            cache.invalidate(["limits"]);
            close();
        } catch (problem) {
            setError(problem);
            setBusy(false);
        }
    };
    const text = (name: keyof LimitDraft, label: string, about: string, pointer: string, isFirst = false) => (
        <Field label={label} about={about} fault={said.get(pointer)}>
            {(marks) => (
                <input
                    {...marks}
                    type="text"
                    spellCheck={false}
                    autoFocus={isFirst}
                    value={draft[name]}
                    onChange={(event) => change({ [name]: event.target.value.trim() })}
                />
            )}
        </Field>
    );
    return (
        <Dialog title={limit === null ? "Set a limit" : `Change ${limit.name}`} close={close}>
            <form
                className="fields"
                noValidate
                onSubmit={(event) => {
                    event.preventDefault();
                    void save();
                }}
            >
                {limit === null && text("name", "Name", "Runs name it in their limits.", "/name", true)}
                {text(
                    "maxConcurrent",
                    "Runs at the same time",
                    "Of one key; empty for any number.",
                    "/max_concurrent",
                    limit !== null,
                )}
                {text("count", "Starts", "Of one key in the time below; empty for any number.", "/rate/count")}
                {text("perSeconds", "In how many seconds", "", "/rate/per_seconds")}
                {error !== null && refused.length === 0 && <p className="bad" role="alert">{inWords(error)}</p>}
                <div className="actions">
                    <button type="submit" className="main" disabled={isBusy} aria-busy={isBusy}>
                        Set it
                    </button>
                    <button type="button" onClick={close}>
                        Leave it
                    </button>
                </div>
            </form>
        </Dialog>
    );
}
