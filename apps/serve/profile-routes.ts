import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { answers } from "@lakefleet/lib/http/answers.ts";
import { readAuditPage } from "@lakefleet/lib/profile/audit-page.ts";
import { PresentedProfile, presentProfile } from "@lakefleet/lib/profile/present-profile.ts";
import { AuditRecord } from "@lakefleet/lib/profile/profile-audit.ts";
import { listProfiles, readProfile } from "@lakefleet/lib/profile/profile-log.ts";
import { scopedBy } from "@lakefleet/lib/profile/scope/declare-scope.ts";
import { scopeOf } from "@lakefleet/lib/profile/scope/profile-scope.ts";
import { readJournal } from "@lakefleet/lib/trial/trial-journal.ts";
import { JournalRecord } from "@lakefleet/lib/trial/trial-record.ts";
import { ProfileId } from "@lakefleet/queues/names.ts";
import type { ServeDependencies } from "./dependencies.ts";

const ProfileParameter = z.object({ id: ProfileId });
const Limit = z.coerce.number().int().min(1).max(1_000).default(100);
const Before = z.string().max(500).optional().openapi({ description: "The next of an earlier page" });
const Answer = z.strictObject(PresentedProfile.shape);

const list = createRoute({
  ...scopedBy({ filters: true }),
  method: "get",
  path: "/models",
  tags: ["profiles"],
  summary: "Every profile; under a profile, that one",
  responses: answers(200, z.object({ profiles: z.array(Answer) }), "The profiles"),
});

const read = createRoute({
  ...scopedBy({ profile: "param.id" }),
  method: "get",
  path: "/models/{id}",
  tags: ["profiles"],
  summary: "A profile and what it is bound to",
  request: { params: ProfileParameter },
  responses: answers(200, Answer, "The profile"),
});

const audit = createRoute({
  ...scopedBy({ profile: "param.id" }),
  method: "get",
  path: "/models/{id}/audit",
  tags: ["profiles"],
  summary: "What was done to a profile and refused under it, newest first; never what was searched for",
  request: { params: ProfileParameter, query: z.object({ limit: Limit, before: Before }) },
  responses: answers(
    200,
    z
      .object({ profile: z.string(), records: z.array(AuditRecord), next: z.string().nullable() })
      .openapi("ProfileAudit"),
    "A page of the audit; next is null after the oldest record",
  ),
});

const trials = createRoute({
  ...scopedBy({ profile: "param.id" }),
  method: "get",
  path: "/models/{id}/trials",
  tags: ["profiles"],
  summary: "The trial journals of all of a profile's indexes as one, newest first",
  request: { params: ProfileParameter, query: z.object({ limit: Limit }) },
  responses: answers(
    200,
    z
      .object({ profile: z.string(), records: z.array(JournalRecord), total: z.int() })
      .openapi("ProfileTrials"),
    "The trials",
  ),
});

export function mountProfileRoutes(app: OpenAPIHono, { store, telemetry }: ServeDependencies): void {
  app.openapi(list, async (context) => {
    const own = scopeOf(context)?.profile;
    const profiles = await listProfiles(store);
    const shown = profiles.filter(({ id }) => own === undefined || id === own).map(presentProfile);
    return context.json({ profiles: shown }, 200);
  });
  app.openapi(read, async (context) =>
    context.json(presentProfile(await readProfile(store, context.req.valid("param").id)), 200),
  );
  app.openapi(audit, async (context) => {
    const { id } = context.req.valid("param");
    const page = await readAuditPage({ store, id, ...context.req.valid("query"), telemetry });
    return context.json({ profile: id, ...page }, 200);
  });
  app.openapi(trials, async (context) => {
    const { id } = context.req.valid("param");
    const { limit } = context.req.valid("query");
    const { indexes } = await readProfile(store, id);
    const journals = await Promise.all(indexes.map((index) => readJournal({ store, index, telemetry })));
    const records = journals.flat().sort((left, right) => (left.at < right.at ? 1 : -1));
    return context.json({ profile: id, records: records.slice(0, limit), total: records.length }, 200);
  });
}
