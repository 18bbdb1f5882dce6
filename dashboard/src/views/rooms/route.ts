// SPDX-License-Identifier: Apache-2.0

import { choice, route } from "../../core/router";

export const roomsPlace = route("/rooms", { show: choice<"open" | "archived">(["open", "archived"]) });

export const rooms = { place: roomsPlace, nav: { label: "Rooms", address: "/rooms", keys: "g r" } };
