/** The modules of `lib`, lowest first: each may import those before it. */
const libraryOrder = [
  "errors",
  "telemetry",
  "storage",
  "sensitivity",
  "dataset",
  "catalog",
  "extract",
  "connectors",
  "chunking",
  "guard",
  "embedding",
  "vector",
  "lexical",
  "generation",
  "search",
  "answer",
  "evaluation",
  "gate",
  "migration",
  "trial",
  "refresh",
  "http",
  "profile",
  "jobs",
  "ingest",
  "agent",
  "housekeeping",
  "verification",
];

const anyOf = (names) => `^lib/(${names.join("|")})/`;

/** Tests may look wherever they like at what they test. */
const test = "\\.test\\.ts$";
const packageOf = (name) => `(^|node_modules/)${name}($|/)`;

const libraryRules = libraryOrder.slice(0, -1).map((name, position) => ({
  name: `lib-${name}-imports-lower-only`,
  severity: "error",
  from: { path: `^lib/${name}/`, pathNot: test },
  to: { path: anyOf(libraryOrder.slice(position + 1)) },
}));

module.exports = {
  forbidden: [
    ...libraryRules,
    {
      name: "lib-module-has-a-place",
      comment: "A new module of lib goes into the order above first.",
      severity: "error",
      from: { path: "^lib/", pathNot: anyOf(libraryOrder) },
      to: {},
    },
    {
      name: "lib-imports-lib-queues-config",
      severity: "error",
      from: { path: "^lib/" },
      to: { path: "^(apps|workers|bench|examples)/" },
    },
    {
      name: "lib-below-jobs-knows-no-queues",
      comment: "What a dataset or an index may be called is one rule for keys and payloads alike.",
      severity: "error",
      from: { path: anyOf(libraryOrder.slice(0, libraryOrder.indexOf("jobs"))), pathNot: test },
      to: { path: "^queues/", pathNot: "^queues/names\\.ts$" },
    },
    {
      name: "contracts-import-zod-only",
      severity: "error",
      from: { path: "^queues/", pathNot: test },
      to: { pathNot: ["^queues/", packageOf("zod")] },
    },
    {
      name: "config-imports-zod-only",
      severity: "error",
      from: { path: "^config/", pathNot: test },
      to: { pathNot: ["^config/", packageOf("zod")], dependencyTypesNot: ["core"] },
    },
    {
      name: "queue-engine-in-jobs-only",
      severity: "error",
      from: {
        path: "^(apps|workers|queues|lib|config)/",
        pathNot: ["^lib/jobs/", "^apps/api/open-board\\.ts$", test],
      },
      to: { path: packageOf("bullmq") },
    },
    {
      name: "workers-import-lib-queues-config",
      severity: "error",
      from: { path: "^workers/([^/]+)/" },
      to: { path: "^(apps|workers)/", pathNot: "^workers/$1/" },
    },
    {
      name: "apps-stand-alone",
      comment: "Only the launcher mounts other apps.",
      severity: "error",
      from: { path: "^apps/([^/]+)/", pathNot: "^apps/fleet/" },
      to: { path: "^(apps|workers)/", pathNot: "^apps/$1/" },
    },
    {
      name: "serve-never-builds",
      severity: "error",
      from: { path: "^apps/serve/", pathNot: test },
      to: { path: "/build/", pathNot: "node_modules", reachable: true },
    },
    {
      name: "serve-needs-no-queue",
      severity: "error",
      from: { path: "^apps/serve/", pathNot: test },
      to: { path: "^lib/jobs/", reachable: true },
    },
    {
      name: "no-cycles",
      comment: "A part may name a type of the whole that imports it; that is gone when the code runs.",
      severity: "error",
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
    },
    {
      name: "everything-resolves",
      severity: "error",
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    // Types are dependencies too: a contract that names a type of a lower layer is bound to it.
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "types", "node", "default"],
      extensions: [".ts", ".mjs", ".js", ".cjs", ".json"],
    },
  },
};
