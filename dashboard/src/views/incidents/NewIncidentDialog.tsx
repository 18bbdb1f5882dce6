// SPDX-License-Identifier: Apache-2.0

import { type FormEvent, useState } from "react";
import { api, router, say } from "../../core/app";
import { ApiError, inWords } from "../../core/problem";
import { href } from "../../core/router";
import { type Incident, openIncident } from "../../gen/orchestrator";
import { Dialog } from "../../ui/Dialog";
import { incidentPlace, SEVERITIES } from "./route";
import { SEVERITY_WORDS } from "./badges";

/** Opens an incident by hand, beginning with what is known where it was asked for. */
export function NewIncidentDialog(
    props: {
        readonly run: string | undefined;
        readonly room: string | undefined;
        readonly title: string;
        readonly close: () => void;
    },
) {
    const [title, setTitle] = useState(props.title);
    const [severity, setSeverity] = useState<Incident["severity"]>("medium");
    const [kind, setKind] = useState("manual");
    const [description, setDescription] = useState("");
    const [run, setRun] = useState(props.run ?? "");
    const [key, setKey] = useState("");
    const [error, setError] = useState<unknown>(null);
    const [isBusy, setBusy] = useState(false);
    const send = async (event: FormEvent): Promise<void> => {
        event.preventDefault();
        setBusy(true);
        setError(null);
        try {
            const made = await api.call(openIncident, {
                body: {
                    title: title.trim(),
                    severity,
                    kind,
                    ...(description.trim() === "" ? {} : { description }),
                    ...(run === "" ? {} : { run_id: run }),
                    ...(props.room === undefined || run !== "" ? {} : { room_id: props.room }),
                    ...(key === "" ? {} : { idempotency_key: key }),
                },
            });
            say("The incident is open.", "good");
            router.go(href(incidentPlace, { incident: made.incident_id }));
        } catch (problem) {
            setError(problem);
            setBusy(false);
        }
    };
    return (
        <Dialog title="Open an incident" close={props.close}>
            <form className="fields" onSubmit={(event) => void send(event)}>
                <label className="field">
                    What is wrong, in one line
                    <input
                        type="text"
                        value={title}
                        required
                        maxLength={500}
                        autoFocus
                        onChange={(event) => setTitle(event.target.value)}
                    />
                </label>
                <fieldset>
                    <legend>How bad is it?</legend>
                    {SEVERITIES.map((word) => (
                        <label key={word} className="inline">
                            <input
                                type="radio"
                                name="severity"
                                checked={severity === word}
                                onChange={() => setSeverity(word)}
                            />
                            {SEVERITY_WORDS[word]}
                        </label>
                    ))}
                </fieldset>
                <label className="field">
                    More about it, as Markdown
                    <textarea
                        rows={4}
                        maxLength={20000}
                        value={description}
                        onChange={(event) => setDescription(event.target.value)}
                    />
                </label>
                <label className="field">
                    Run that it is about
                    <input
                        type="text"
                        value={run}
                        pattern="run_[0-7][0-9A-HJKMNP-TV-Z]{25}"
                        title="run_ and 26 signs, or nothing"
                        spellCheck={false}
                        onChange={(event) => setRun(event.target.value.trim())}
                    />
                </label>
                <details>
                    <summary>More</summary>
                    <div className="fields">
                        <label className="field">
                            Kind
                            <input
                                type="text"
                                value={kind}
                                required
                                pattern="[a-z][a-z0-9_]{0,62}"
                                title="small letters, digits and underscores"
                                spellCheck={false}
                                onChange={(event) => setKind(event.target.value.trim())}
                            />
                        </label>
                        <label className="field">
                            Key against opening the same twice
                            <input
                                type="text"
                                value={key}
                                pattern="[!-~]{1,128}"
                                title="up to 128 signs without spaces"
                                spellCheck={false}
                                onChange={(event) => setKey(event.target.value.trim())}
                            />
                        </label>
                    </div>
                </details>
                {error !== null && (
                    <div className="trouble" role="alert">
                        {inWords(error)}
                        {error instanceof ApiError && error.problem?.errors?.map((one) => (
                            <p key={one.field}>
                                <code>{one.field}</code> {one.message}
                            </p>
                        ))}
                    </div>
                )}
                <div className="actions">
                    <button type="submit" className="main" disabled={isBusy || title.trim() === ""} aria-busy={isBusy}>
                        Open the incident
                    </button>
                    <button type="button" onClick={props.close}>
                        Leave it
                    </button>
                </div>
            </form>
        </Dialog>
    );
}
