import { createApi } from "@lakefleet/api/create-api.ts";
import { mountDocs } from "@lakefleet/api/docs-routes.ts";
import { openApiResources } from "@lakefleet/api/open-api-resources.ts";
import { configurationOrExit } from "@lakefleet/config/configuration-or-exit.ts";
import { rememberVerifiedFiles } from "@lakefleet/lib/generation/verified-files.ts";
import { createHttpApp } from "@lakefleet/lib/http/create-http-app.ts";
import { runHttpProcess } from "@lakefleet/lib/http/run-http-process.ts";
import { readIndexWork } from "@lakefleet/lib/jobs/index-work.ts";
import { createMeteredTelemetry } from "@lakefleet/lib/telemetry/metered-telemetry.ts";
import { createServe } from "@lakefleet/serve/create-serve.ts";
import { openServeResources } from "@lakefleet/serve/open-serve-resources.ts";

// Control plane and read plane on one port. They share the process and the memory of which files were verified in it:
// each has its own resources, and the read plane answers when Redis and every worker are gone.
const configuration = configurationOrExit();
const telemetry = createMeteredTelemetry({ service: "gateway", level: configuration.logLevel });
const verified = rememberVerifiedFiles();
const api = await openApiResources({ configuration, telemetry, verified });
const serve = await openServeResources({ configuration, telemetry, verified });
const app = createHttpApp({ telemetry });
createServe({ ...serve, work: () => readIndexWork(api.jobs.intents) }, app);
createApi(api, app);
mountDocs(app);
await runHttpProcess({
  app,
  configuration,
  telemetry,
  close: async () => {
    await api.close();
    await serve.close();
  },
});
