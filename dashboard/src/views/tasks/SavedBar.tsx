// SPDX-License-Identifier: Apache-2.0

import { useState } from "react";
import { api, cache, say } from "../../core/app";
import { inWords } from "../../core/problem";
import { deleteSavedView, listSavedViews, saveView } from "../../gen/orchestrator";
import { Dialog } from "../../ui/Dialog";
import { useQuery } from "../../ui/hooks";
import { Icon } from "../../ui/Icon";
import { Link } from "../../ui/Link";

const TAGS = ["saved-views"];

/** The views that whoever is signed in has saved for a list, and the way to save what is shown. */
export function SavedBar(props: { readonly list: string; readonly address: string; readonly hasFilter: boolean }) {
    const { list, address } = props;
    const found = useQuery({
        key: "saved " + list,
        tags: TAGS,
        freshFor: 60_000,
        fetch: (signal) => api.call(listSavedViews, { query: { place: list } }, { signal }),
    });
    const [asks, setAsks] = useState(false);
    const query = address.split("?")[1] ?? "";
    const views = (found.data?.items ?? []).map((one) => ({
        name: one.name,
        address: one.query === "" ? "/" + list : `/${list}?${one.query}`,
    }));
    const isSaved = views.some((one) => one.address === address);
    if (views.length === 0 && !props.hasFilter && found.status !== "failed") return null;
    const save = async (name: string): Promise<void> => {
        await api.call(saveView, { path: { name }, body: { place: list, query } });
        cache.invalidate(TAGS);
    };
    const remove = (name: string): void => {
        api.call(deleteSavedView, { path: { name } })
            .catch((error: unknown) => say(inWords(error), "bad"))
            .finally(() => cache.invalidate(TAGS));
    };
    return (
        <nav className="chips saved" aria-label="Saved views">
            {views.map((one) => (
                <span key={one.name} className={one.address === props.address ? "chip held" : "chip view"}>
                    <Link to={one.address} current={one.address === props.address}>
                        {one.name}
                    </Link>
                    <button
                        type="button"
                        className="quiet icon-button"
                        aria-label={`Remove the view ${one.name}`}
                        onClick={() =>
                            remove(one.name)}
                    >
                        <Icon name="cross" />
                    </button>
                </span>
            ))}
            {found.status === "failed" && (
                <span className="bad" role="alert">
                    The saved views cannot be read.{" "}
                    <button type="button" className="quiet" onClick={found.refresh}>
                        Try again
                    </button>
                </span>
            )}
            {props.hasFilter && !isSaved && (
                <button type="button" className="quiet" onClick={() => setAsks(true)}>
                    <Icon name="plus" /> Save this view…
                </button>
            )}
            {asks && (
                <SaveDialog
                    close={() => setAsks(false)}
                    save={save}
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
