import { configurationOrExit } from "@lakefleet/config/configuration-or-exit.ts";
import { runHttpProcess } from "@lakefleet/lib/http/run-http-process.ts";
import { createMeteredTelemetry } from "@lakefleet/lib/telemetry/metered-telemetry.ts";
import { createApi } from "./create-api.ts";
import { mountDocs } from "./docs-routes.ts";
import { openApiResources } from "./open-api-resources.ts";

const configuration = configurationOrExit();
const telemetry = createMeteredTelemetry({ service: "api", level: configuration.logLevel });
const resources = await openApiResources({ configuration, telemetry });
const app = createApi(resources);
mountDocs(app);
await runHttpProcess({ app, configuration, telemetry, close: resources.close });
