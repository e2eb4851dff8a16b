import type { OpenAPIHono } from "@hono/zod-openapi";
import { createHttpApp } from "@lakefleet/lib/http/create-http-app.ts";
import { limitJsonBody } from "@lakefleet/lib/http/limit-json-body.ts";
import { holdToProfile } from "@lakefleet/lib/profile/scope/hold-to-profile.ts";
import { mountAgentRoutes } from "./agent-routes.ts";
import { mountAnswerRoute } from "./answer-route.ts";
import { mountCompareRoute } from "./compare-route.ts";
import { mountDatasetRoutes } from "./dataset-routes.ts";
import { mountDatasetStateRoutes } from "./dataset-state-routes.ts";
import type { ServeDependencies } from "./dependencies.ts";
import { mountDocumentRoutes } from "./document-routes.ts";
import { mountEmbedRoutes } from "./embed-routes.ts";
import { mountEvalRoutes } from "./eval-routes.ts";
import { mountGateRoutes } from "./gate-routes.ts";
import { mountGenerateRoutes } from "./generate-routes.ts";
import { mountIndexRoutes } from "./index-routes.ts";
import { mountMigrationRoutes } from "./migration-routes.ts";
import { mountPolicyRoutes } from "./policy-routes.ts";
import { mountProfileRoutes } from "./profile-routes.ts";
import { mountProfileSearchRoutes } from "./profile-search-routes.ts";
import { mountSearchRoute } from "./search-route.ts";
import { mountStaleRoute } from "./stale-route.ts";
import { mountStatisticsRoutes } from "./statistics-routes.ts";
import { mountTrialRoutes } from "./trial-routes.ts";
import { mountWarmRoute } from "./warm-route.ts";

/**
 * The read plane: it answers from what has been published, and needs neither Redis nor a worker. Its routes go onto
 * `app` where one is given.
 */
export function createServe(
  dependencies: ServeDependencies,
  app: OpenAPIHono = createHttpApp(dependencies),
): OpenAPIHono {
  for (const path of [
    "/vectors/search",
    "/vectors/search/batch",
    "/vectors/ab",
    "/vectors/rag",
    "/vectors/indexes/*",
    "/vectors/lance/search/*",
    "/vectors/profile/*",
    "/ai/*",
    "/v1/*",
  ])
    app.use(path, limitJsonBody());
  app.use(holdToProfile(app, dependencies));
  app.get("/health", (context) => context.json({ status: "ok", indexes: dependencies.search.status() }, 200));
  mountSearchRoute(app, dependencies);
  mountCompareRoute(app, dependencies);
  mountAnswerRoute(app, dependencies);
  mountEmbedRoutes(app, dependencies);
  mountGenerateRoutes(app, dependencies);
  mountStatisticsRoutes(app, dependencies);
  mountDocumentRoutes(app, dependencies);
  mountIndexRoutes(app, dependencies);
  mountStaleRoute(app, dependencies);
  mountGateRoutes(app, dependencies);
  mountWarmRoute(app, dependencies);
  mountMigrationRoutes(app, dependencies);
  mountPolicyRoutes(app, dependencies);
  mountAgentRoutes(app, dependencies);
  mountEvalRoutes(app, dependencies);
  mountDatasetRoutes(app, dependencies);
  mountDatasetStateRoutes(app, dependencies);
  mountTrialRoutes(app, dependencies);
  mountProfileRoutes(app, dependencies);
  mountProfileSearchRoutes(app, dependencies);
  return app;
}
