// SPDX-License-Identifier: Apache-2.0

import { type ChangeEvent, type KeyboardEvent, useEffect, useState } from "react";

/**
 * What an `<input>` needs that filters a list: its text is taken over with Enter or when the field is left, and only when
 * the API would take it. `fits` says whether it would.
 */
export function useFilterText(
    value: string | undefined,
    allowed: RegExp,
    change: (value: string | undefined) => void,
) {
    const [text, setText] = useState(value ?? "");
    useEffect(() => setText(value ?? ""), [value]);
    const fits = text === "" || allowed.test(text);
    const take = (): void => {
        if (fits && text !== (value ?? "")) change(text === "" ? undefined : text);
    };
    const input = {
        type: "text",
        value: text,
        "aria-invalid": !fits,
        spellCheck: false,
        onChange: (event: ChangeEvent<HTMLInputElement>) => setText(event.target.value.trim()),
        onBlur: take,
        onKeyDown: (event: KeyboardEvent) => event.key === "Enter" && take(),
    } as const;
    return { fits, input };
}
