import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { DomainError } from "@lakefleet/lib/errors/domain-error.ts";
import { answers, jsonBody } from "@lakefleet/lib/http/answers.ts";
import { PreloadedModel, readActivation } from "@lakefleet/lib/profile/activation-log.ts";
import type { Profile } from "@lakefleet/lib/profile/profile.ts";
import { readProfile } from "@lakefleet/lib/profile/profile-log.ts";
import { scopedBy } from "@lakefleet/lib/profile/scope/declare-scope.ts";
import { SearchAnswer, SearchRequest } from "@lakefleet/lib/search/search-contract.ts";
import { ProfileId } from "@lakefleet/queues/names.ts";
import type { ServeDependencies } from "./dependencies.ts";

const search = createRoute({
  ...scopedBy({ profile: "param.id", under: true, indexes: ["json.index"] }),
  method: "post",
  path: "/vectors/profile/{id}/search",
  tags: ["profiles"],
  summary: "Search under a profile: one of its indexes, or the first one of its backend where none is named",
  request: {
    params: z.object({ id: ProfileId }),
    body: jsonBody(SearchRequest.partial({ index: true }).openapi("ProfileSearchRequest")),
  },
  responses: answers(200, SearchAnswer, "The hits, best first"),
});

const active = createRoute({
  method: "get",
  path: "/vectors/profile/active",
  tags: ["profiles"],
  summary: "The active profile, what it wants in memory, and which of its indexes are open",
  responses: answers(
    200,
    z
      .object({
        profile: z.string().nullable(),
        activation: z.int().openapi({ description: "0 where no profile ever was active" }),
        since: z.string().nullable(),
        actor: z.string().nullable(),
        models: z.array(PreloadedModel),
        indexes: z.array(z.object({ index: z.string(), open: z.boolean() })),
      })
      .openapi("ActiveProfile"),
    "The active profile, null where none is",
  ),
});

export function mountProfileSearchRoutes(app: OpenAPIHono, dependencies: ServeDependencies): void {
  const { store, search: service } = dependencies;
  app.openapi(search, async (context) => {
    const { index, ...request } = context.req.valid("json");
    if (index !== undefined) return context.json(await service.search({ index, ...request }), 200);
    const profile = await readProfile(store, context.req.valid("param").id);
    const chosen = await chooseIndex(profile, service);
    const options = profile.backend === null ? {} : { backend: profile.backend };
    return context.json(await service.search({ index: chosen, ...request }, options), 200);
  });
  app.openapi(active, async (context) => {
    const head = await readActivation(store);
    const { profile = null, models = [], actor = null } = head?.document ?? {};
    const { indexes } = profile === null ? { indexes: [] } : await readProfile(store, profile);
    const open = new Set(service.status().flatMap(({ index, opened }) => (opened.length > 0 ? index : [])));
    return context.json(
      {
        profile,
        activation: head?.number ?? 0,
        since: head?.at ?? null,
        actor,
        models,
        indexes: indexes.map((index) => ({ index, open: open.has(index) })),
      },
      200,
    );
  });
}

/** The first index that answers by the profile's backend; by its manifest, since a definition runs ahead of it. */
async function chooseIndex(
  { id, indexes, backend }: Profile,
  service: ServeDependencies["search"],
): Promise<string> {
  for (const index of indexes) {
    if (backend === null || (await backendOf(index, service)) === backend) return index;
  }
  throw new DomainError({
    kind: "conflict",
    type: "profile-index",
    field: "index",
    message: `The profile ${id} has no index${backend === null ? "" : ` that answers by the backend ${backend}`}.`,
    remedy: "Bind one to it, or name one of its indexes in index.",
  });
}

/** Undefined for an index that has nothing to answer from yet. */
async function backendOf(index: string, service: ServeDependencies["search"]): Promise<string | undefined> {
  try {
    return await service.use(index, async ({ manifest }) => manifest.backend);
  } catch (error) {
    if (error instanceof DomainError && error.type === "index-not-ready") return undefined;
    throw error;
  }
}
