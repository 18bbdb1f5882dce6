// SPDX-License-Identifier: Apache-2.0

import { useMemo, useState } from "react";
import { preferences, say } from "../../core/app";
import { inWords } from "../../core/problem";
import { savedInBrowser } from "../../core/saved";
import { Dialog } from "../../ui/Dialog";
import { useStore } from "../../ui/hooks";
import { Icon } from "../../ui/Icon";
import { Link } from "../../ui/Link";

/** The views that were saved for a list, and the way to save what is shown. */
export function SavedBar(props: { readonly list: string; readonly address: string; readonly hasFilter: boolean }) {
    const { workspace } = useStore(preferences);
    const saved = useMemo(() => savedInBrowser(window.localStorage, workspace, props.list), [workspace, props.list]);
    const views = useStore(saved.state);
    const [asks, setAsks] = useState(false);
    const isSaved = views.some((one) => one.address === props.address);
    if (views.length === 0 && !props.hasFilter) return null;
    const remove = (id: string): void => {
        saved.remove(id).catch((error: unknown) => say(inWords(error), "bad"));
    };
    return (
        <nav className="chips saved" aria-label="Saved views">
            {views.map((one) => (
                <span key={one.id} className={one.address === props.address ? "chip held" : "chip view"}>
                    <Link to={one.address} current={one.address === props.address}>
                        {one.name}
                    </Link>
                    <button
                        type="button"
                        className="quiet icon-button"
                        aria-label={`Remove the view ${one.name}`}
                        onClick={() =>
                            remove(one.id)}
                    >
                        <Icon name="cross" />
                    </button>
                </span>
            ))}
            {props.hasFilter && !isSaved && (
                <button type="button" className="quiet" onClick={() => setAsks(true)}>
                    <Icon name="plus" /> Save this view…
                </button>
            )}
            {asks && (
                <SaveDialog
                    close={() => setAsks(false)}
                    save={(name) => saved.add(name, props.address)}
                    names={views.map((one) => one.name)}
                />
            )}
        </nav>
    );
}

function SaveDialog(
    props: {
        readonly names: readonly string[];
        readonly save: (name: string) => Promise<void>;
        readonly close: () => void;
    },
) {
    const [name, setName] = useState("");
    const [error, setError] = useState("");
    const plain = name.trim();
    const save = async (): Promise<void> => {
        if (plain === "") return setError("A view needs a name.");
        try {
            await props.save(plain);
            props.close();
        } catch (problem) {
            setError(inWords(problem));
        }
    };
    return (
        <Dialog title="Save this view" close={props.close}>
            <form
                className="fields"
                noValidate
                onSubmit={(event) => {
                    event.preventDefault();
                    void save();
                }}
            >
                <label className="field">
                    Name
                    <input
                        type="text"
                        autoFocus
                        maxLength={60}
                        value={name}
                        aria-invalid={error !== ""}
                        onChange={(event) => {
                            setName(event.target.value);
                            setError("");
                        }}
                    />
                    {error !== "" && <span className="bad" role="alert">{error}</span>}
                    {props.names.includes(plain) && <span className="about">It takes the place of the one there.</span>}
                </label>
                <div className="actions">
                    <button type="submit" className="main">
                        Save
                    </button>
                    <button type="button" onClick={props.close}>
                        Leave it
                    </button>
                </div>
            </form>
        </Dialog>
    );
}
