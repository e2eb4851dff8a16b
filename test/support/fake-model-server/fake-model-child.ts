import { type FakeModelServerOptions, startFakeModelServer } from "../fake-model-server.ts";

const options: FakeModelServerOptions = JSON.parse(process.argv[2] ?? "{}");
const server = await startFakeModelServer(options);

process.once("disconnect", () => process.exit(0));
process.on("message", () => process.send?.({ calls: server.calls }));
process.send?.({ url: server.url });
