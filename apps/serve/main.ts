import { configurationOrExit } from "@lakefleet/config/configuration-or-exit.ts";
import { runHttpProcess } from "@lakefleet/lib/http/run-http-process.ts";
import { createTelemetry } from "@lakefleet/lib/telemetry/telemetry.ts";
import { createServe } from "./create-serve.ts";
import { openServeResources } from "./open-serve-resources.ts";

const configuration = configurationOrExit();
const telemetry = createTelemetry({ service: "serve", level: configuration.logLevel });
const resources = await openServeResources({ configuration, telemetry });
await runHttpProcess({ app: createServe(resources), configuration, telemetry, close: resources.close });
