import type { OpenAPIHono } from "@hono/zod-openapi";
import { createHttpApp } from "@lakefleet/lib/http/create-http-app.ts";
import { limitJsonBody } from "@lakefleet/lib/http/limit-json-body.ts";
import { holdToProfile } from "@lakefleet/lib/profile/scope/hold-to-profile.ts";
import { mountActivationRoutes } from "./activation-routes.ts";
import { mountAgentRoutes } from "./agent-routes.ts";
import { mountAppendRoutes } from "./append-routes.ts";
import { mountBoard } from "./board.ts";
import { mountCatalogRoutes } from "./catalog-routes.ts";
import { mountDatabaseRoutes } from "./database-routes.ts";
import type { ApiDependencies } from "./dependencies.ts";
import { mountEvalRoutes } from "./eval-routes.ts";
import { mountEvolveRoute } from "./evolve-route.ts";
import { mountFleetRoutes } from "./fleet-routes.ts";
import { mountGraphicsRoutes } from "./graphics-routes.ts";
import { mountHealthRoutes } from "./health-routes.ts";
import { mountImportRoute } from "./import-routes.ts";
import { mountIndexRoutes } from "./index-routes.ts";
import { mountIngestRoutes } from "./ingest-routes.ts";
import { mountJobRoutes } from "./job-routes.ts";
import { mountLanceRoutes } from "./lance-routes.ts";
import { mountMigrationRoutes } from "./migration-routes.ts";
import { mountPolicyRoutes } from "./policy-routes.ts";
import { mountProfileActivationRoutes } from "./profile-activation-routes.ts";
import { mountProfileRoutes } from "./profile-routes.ts";
import { mountRefreshRoutes } from "./refresh-routes.ts";
import { mountRowRoutes } from "./row-routes.ts";
import { mountScheduleRoutes } from "./schedule-routes.ts";
import { mountSpendRoutes } from "./spend-routes.ts";
import { mountTrialRoutes } from "./trial-routes.ts";
import { mountWatchRoutes } from "./watch-routes.ts";

/**
 * The control plane: it checks, records the intent, enqueues and answers. It never builds or embeds. Its routes go onto
 * `app` where one is given: an app inside an app costs each request a chain of handlers for each of their layers.
 */
export function createApi(
  dependencies: ApiDependencies,
  app: OpenAPIHono = createHttpApp(dependencies),
): OpenAPIHono {
  for (const path of [
    "/ingest/path",
    "/ingest/db",
    "/ingest/mysql",
    "/ingest/watches",
    "/datasets/*",
    "/ingest/schedules",
    "/vectors/*",
    "/catalog/*",
    "/fleet/*",
    "/jobs/*",
    "/ai/*",
    "/admin/preload",
    "/admin/unload",
    "/models/*",
  ])
    app.use(path, limitJsonBody({ upload: "/vectors/import" }));
  app.use(holdToProfile(app, { ...dependencies, audit: dependencies.profileAudit }));
  mountHealthRoutes(app, dependencies);
  mountJobRoutes(app, dependencies);
  mountFleetRoutes(app, dependencies);
  mountIngestRoutes(app, dependencies);
  mountWatchRoutes(app, dependencies);
  mountDatabaseRoutes(app, dependencies);
  mountScheduleRoutes(app, dependencies);
  mountIndexRoutes(app, dependencies);
  mountActivationRoutes(app, dependencies);
  mountImportRoute(app, dependencies);
  mountLanceRoutes(app, dependencies);
  mountMigrationRoutes(app, dependencies);
  mountAppendRoutes(app, dependencies);
  mountRefreshRoutes(app, dependencies);
  mountRowRoutes(app, dependencies);
  mountPolicyRoutes(app, dependencies);
  mountTrialRoutes(app, dependencies);
  mountAgentRoutes(app, dependencies);
  mountEvalRoutes(app, dependencies);
  mountCatalogRoutes(app, dependencies);
  mountSpendRoutes(app, dependencies);
  mountGraphicsRoutes(app, dependencies);
  mountProfileRoutes(app, dependencies);
  mountProfileActivationRoutes(app, dependencies);
  mountEvolveRoute(app, dependencies);
  mountBoard(app, dependencies);
  return app;
}
