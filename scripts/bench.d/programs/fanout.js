// SPDX-License-Identifier: Apache-2.0
// The plainest fan-out of server-sent events there is: what is posted to /publish is written to whoever reads /stream.
"use strict";
const http = require("node:http");

const subscribers = new Set();

const server = http.createServer((request, response) => {
    if (request.method === "GET") {
        response.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-store" });
        response.flushHeaders();
        subscribers.add(response);
        request.on("close", () => subscribers.delete(response));
        return;
    }
    const parts = [];
    request.on("data", (part) => parts.push(part));
    request.on("end", () => {
        const event = Buffer.concat(parts);
        for (const subscriber of subscribers) subscriber.write(event);
        response.writeHead(200, { "Content-Length": 0 });
        response.end();
    });
});
server.keepAliveTimeout = 0;
server.requestTimeout = 0;
server.timeout = 0;
server.listen({ host: "127.0.0.1", port: Number(process.argv[2]), backlog: 4096 }, () => console.log("ready"));
