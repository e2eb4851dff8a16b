import path from "node:path";
import { serveStatic } from "@hono/node-server/serve-static";
import type { OpenAPIHono } from "@hono/zod-openapi";
// Not the package itself: that loads the whole page's program into this process, which costs 40 MB and a second.
import assetsFolder from "swagger-ui-dist/absolute-path.js";

const page = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Lakefleet HTTP interface</title><link rel="stylesheet" href="/docs/swagger-ui.css"></head>
<body><div id="docs"></div><script src="/docs/swagger-ui-bundle.js"></script>
<script>SwaggerUIBundle({ url: "/openapi.json", dom_id: "#docs", deepLinking: true, validatorUrl: null })</script></body>
</html>`;

const description =
  "Turns files and tables into versioned vector indexes and SQL-ready datasets, and accounts for every row.";

/** The OpenAPI document of every route mounted on `app` so far, and a page to browse it that needs no network. */
export function mountDocs(app: OpenAPIHono): void {
  app.doc31("/openapi.json", {
    openapi: "3.1.0",
    info: { title: "Lakefleet", version: "0.1.0", description },
  });
  app.get("/docs", (context) => context.html(page));
  const assets = new Set(["swagger-ui.css", "swagger-ui-bundle.js"]);
  app.use("/docs/:asset", async (context, next) => {
    if (!assets.has(context.req.param("asset"))) return next();
    const root = path.relative(process.cwd(), assetsFolder());
    return serveStatic({ root, rewriteRequestPath: (url) => url.replace(/^\/docs/, "") })(context, next);
  });
}
