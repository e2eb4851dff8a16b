import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { DomainError } from "@lakefleet/lib/errors/domain-error.ts";
import { activeLog } from "@lakefleet/lib/generation/active-log.ts";
import { Certificate, GateCheck, readCertificate } from "@lakefleet/lib/generation/certificate.ts";
import { readDefinition } from "@lakefleet/lib/generation/definition-log.ts";
import { readGateFailure } from "@lakefleet/lib/generation/gate-failure.ts";
import { generationName } from "@lakefleet/lib/generation/generation-id.ts";
import { readManifest } from "@lakefleet/lib/generation/read-manifest.ts";
import { answers } from "@lakefleet/lib/http/answers.ts";
import { scopedBy } from "@lakefleet/lib/profile/scope/declare-scope.ts";
import type { ObjectStore } from "@lakefleet/lib/storage/object-store.ts";
import { IndexName } from "@lakefleet/queues/names.ts";
import type { ServeDependencies } from "./dependencies.ts";

const GenerationParameters = z.object({
  name: IndexName,
  generation: z
    .string()
    .regex(generationName, "the name of a generation, such as g00000001-0123456789abcdef"),
});

const GateReport = z
  .object({
    index: z.string(),
    generation: z.string(),
    passed: z.boolean(),
    /** The id of the certificate where it passed. */
    certificate: z.string().nullable(),
    eval_set: z.string().nullable(),
    checks: z.array(GateCheck),
    at: z.string(),
  })
  .openapi("GateReport");

const gate = createRoute({
  ...scopedBy({ indexes: ["param.name"] }),
  method: "get",
  path: "/vectors/indexes/{name}/generations/{generation}/gate",
  tags: ["indexes"],
  summary: "What the last gate of a generation measured, beside what was asked for",
  request: { params: GenerationParameters },
  responses: answers(200, GateReport, "The report, of a gate that passed or of one that failed"),
});

const certificate = createRoute({
  ...scopedBy({ indexes: ["param.name"] }),
  method: "get",
  path: "/vectors/indexes/{name}/generations/{generation}/certificate",
  tags: ["indexes"],
  summary: "The proof that a generation may serve",
  request: { params: GenerationParameters },
  // A copy: whoever loads the domain first makes its schemas before they can be described.
  responses: answers(200, z.strictObject(Certificate.shape).openapi("Certificate"), "The certificate"),
});

const Activation = z
  .object({
    activation: z.int(),
    generation: z.string(),
    at: z.string(),
    actor: z.string(),
    reason: z.string(),
    forced: z.boolean(),
    dataset_version: z.int().nullable(),
  })
  .openapi("ActivationRecord");

const activations = createRoute({
  ...scopedBy({ indexes: ["param.name"] }),
  method: "get",
  path: "/vectors/indexes/{name}/activations",
  tags: ["indexes"],
  summary: "Which generation served since when, who said so and why, newest first",
  request: {
    params: z.object({ name: IndexName }),
    query: z.object({ limit: z.coerce.number().int().min(1).max(10_000).default(100) }),
  },
  responses: answers(200, z.object({ activations: z.array(Activation) }), "The activations"),
});

export function mountGateRoutes(app: OpenAPIHono, { store }: ServeDependencies): void {
  app.openapi(gate, async (context) => {
    const { name, generation } = context.req.valid("param");
    return context.json(await readReport(store, name, generation), 200);
  });
  app.openapi(certificate, async (context) => {
    const { name, generation } = context.req.valid("param");
    await readDefinition(store, name);
    const found = await readCertificate(store, name, generation);
    if (found !== undefined) return context.json(found, 200);
    await readManifest(store, name, generation);
    throw notFound("certificate-missing", `The generation ${generation} of ${name} has no certificate.`);
  });
  app.openapi(activations, async (context) => {
    const { name } = context.req.valid("param");
    await readDefinition(store, name);
    const found = [];
    for await (const { number, at, document } of activeLog(store, name).history(context.req.valid("query"))) {
      const { generation, actor, reason, forced = false, datasetVersion = null } = document;
      found.push({
        activation: number,
        generation,
        at,
        actor,
        reason,
        forced,
        dataset_version: datasetVersion,
      });
    }
    return context.json({ activations: found }, 200);
  });
}

/** A failed report stands until a gate passes, so where there is one it is the last word. */
async function readReport(
  store: ObjectStore,
  index: string,
  generation: string,
): Promise<z.infer<typeof GateReport>> {
  await readDefinition(store, index);
  const failure = await readGateFailure(store, index, generation);
  const passed = failure === undefined ? await readCertificate(store, index, generation) : undefined;
  const found = failure ?? passed;
  if (found === undefined) {
    await readManifest(store, index, generation);
    throw notFound("gate-missing", `The generation ${generation} of ${index} has not been gated.`);
  }
  const { checks, at, evalSet } = found;
  return {
    index,
    generation,
    passed: passed !== undefined,
    certificate: passed?.id ?? null,
    eval_set: evalSet?.name ?? null,
    checks,
    at,
  };
}

function notFound(type: string, message: string): DomainError {
  const remedy = "Gate it, which indexing its dataset again does.";
  return new DomainError({ kind: "not-found", type, field: "generation", message, remedy });
}
