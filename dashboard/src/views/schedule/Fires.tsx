// SPDX-License-Identifier: Apache-2.0

import { absolute } from "../../core/time";
import { Time } from "../../ui/parts";

/** A time to the second. Fires fall on whole ones. */
export function second(time: string, zone: "local" | "utc"): string {
    return absolute(Date.parse(time), zone).replace(/\.\d{3}/, "");
}

/** When something fires next: here, in UTC, and how far ahead that is. */
export function Fires(props: {
    readonly fires: readonly { readonly at: string; readonly task?: string }[];
    readonly label: string;
    readonly hasJitter?: boolean;
}) {
    if (props.fires.length === 0) return <p className="faint">It does not fire again.</p>;
    return (
        <div className="scroll-x" tabIndex={0} role="region" aria-label={props.label}>
            <table>
                <thead>
                    <tr>
                        <th scope="col">Here</th>
                        <th scope="col">UTC</th>
                        <th scope="col">From now</th>
                        {props.hasJitter === true && <th scope="col">Its task, here</th>}
                    </tr>
                </thead>
                <tbody>
                    {props.fires.map((one) => (
                        <tr key={one.at}>
                            <td className="exact">{second(one.at, "local")}</td>
                            <td className="exact">{second(one.at, "utc")}</td>
                            <td>
                                <Time at={one.at} />
                            </td>
                            {props.hasJitter === true && (
                                <td className="exact">{one.task === undefined ? "–" : second(one.task, "local")}</td>
                            )}
                        </tr>
                    ))}
                </tbody>
            </table>
        </div>
    );
}
