// SPDX-License-Identifier: Apache-2.0

import { ApiError, inWords } from "../../core/problem";
import { Empty, Failed } from "../../ui/parts";

/** What renderctl-svc did not answer: an error, or nothing that trying again would change, where no key was given to it. */
export function Unanswered(props: { readonly error: unknown; readonly what: string; readonly retry: () => void }) {
    const { error } = props;
    if (error instanceof ApiError && error.problem?.code === "render_not_configured") {
        return (
            <Empty title="Render is not connected">
                <p>{inWords(error)}</p>
            </Empty>
        );
    }
    return <Failed {...props} />;
}
