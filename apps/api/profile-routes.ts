import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { answers, jsonBody } from "@lakefleet/lib/http/answers.ts";
import { changeProfile, createProfile, deleteProfile } from "@lakefleet/lib/profile/edit-profile.ts";
import { PresentedProfile, presentProfile } from "@lakefleet/lib/profile/present-profile.ts";
import { type Profile, ProfileBindings } from "@lakefleet/lib/profile/profile.ts";
import { ProfileId } from "@lakefleet/queues/names.ts";
import type { ApiDependencies } from "./dependencies.ts";

export const ProfileParameter = z.object({ id: ProfileId });
/** Who asks, in their own words. */
export const ProfileActor = z.string().min(1).max(200).default("http");

const Answer = z.strictObject(PresentedProfile.shape).openapi("Profile");
const bindings = ProfileBindings.shape;

const create = createRoute({
  method: "post",
  path: "/models",
  tags: ["profiles"],
  summary: "Make a profile: models, bound to the datasets and indexes that are seen under it",
  request: {
    body: jsonBody(
      z
        .strictObject({
          id: ProfileId,
          description: bindings.description.default(""),
          generator: bindings.generator.default(null),
          embedder: bindings.embedder.default(null),
          datasets: bindings.datasets.default([]),
          indexes: bindings.indexes.default([]),
          backend: bindings.backend.default(null),
          parameters: bindings.parameters.default(null),
          bucket: bindings.bucket.optional(),
          actor: ProfileActor,
        })
        .openapi("ProfileRequest"),
    ),
  },
  responses: answers(200, Answer, "The profile"),
});

const change = createRoute({
  method: "patch",
  path: "/models/{id}",
  tags: ["profiles"],
  summary: "Change what a profile is bound to; 409 where somebody else has since the version that was seen",
  request: {
    params: ProfileParameter,
    body: jsonBody(
      ProfileBindings.partial()
        .extend({ version: z.int().positive(), actor: ProfileActor })
        .openapi("ProfileChange"),
    ),
  },
  responses: answers(200, Answer, "The profile"),
});

const remove = createRoute({
  method: "delete",
  path: "/models/{id}",
  tags: ["profiles"],
  summary: "Delete a profile that is not active; what it is bound to stays",
  request: {
    params: ProfileParameter,
    query: z.object({ version: z.coerce.number().int().positive(), actor: ProfileActor }),
  },
  responses: answers(200, z.object({ deleted: z.string() }), "Deleted"),
});

export function mountProfileRoutes(app: OpenAPIHono, dependencies: ApiDependencies): void {
  const { store, configuration, profileAudit: audit } = dependencies;
  const { models } = configuration;
  const written = async (event: "created" | "changed", actor: string, profile: Profile) => {
    await audit.append(profile.id, { event, actor, version: profile.version });
    return presentProfile(profile);
  };
  app.openapi(create, async (context) => {
    const { id, actor, bucket = store.name, ...rest } = context.req.valid("json");
    const profile = await createProfile({ store, models, id, actor }, { ...rest, bucket });
    return context.json(await written("created", actor, profile), 200);
  });
  app.openapi(change, async (context) => {
    const { id } = context.req.valid("param");
    const { actor, ...asked } = context.req.valid("json");
    const profile = await changeProfile({ store, models, id, actor }, asked);
    return context.json(await written("changed", actor, profile), 200);
  });
  app.openapi(remove, async (context) => {
    const { id } = context.req.valid("param");
    const { version, actor } = context.req.valid("query");
    await deleteProfile({ store, id, actor }, version);
    await audit.append(id, { event: "deleted", actor });
    return context.json({ deleted: id }, 200);
  });
}
