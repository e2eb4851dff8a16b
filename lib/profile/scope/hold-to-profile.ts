import type { OpenAPIHono } from "@hono/zod-openapi";
import { ProfileId } from "@lakefleet/queues/names.ts";
import type { MiddlewareHandler } from "hono";
import { matchedRoutes } from "hono/route";
import { DomainError } from "../../errors/domain-error.ts";
import type { LocalStore } from "../../storage/local-store.ts";
import type { Telemetry } from "../../telemetry/telemetry.ts";
import type { ProfileAudit } from "../profile-audit.ts";
import { existingProfile, profileLog } from "../profile-log.ts";
import { type ScopeDeclaration, scopeKey } from "./declare-scope.ts";
import {
  outsideScope,
  type ProfileScope,
  refused,
  scopeOf,
  scopeOfProfile,
  setScope,
} from "./profile-scope.ts";
import { readAsked, readParameters, readPlaces } from "./read-asked.ts";

/** Puts a request under the profile of this id. */
export const profileHeader = "x-lakefleet-profile";

export interface ScopeSurroundings {
  store: LocalStore;
  audit: ProfileAudit;
  telemetry: Telemetry;
}

/**
 * Holds every request under a profile to what the profile is bound to, by what the matched route declares (`scopedBy`).
 * Throws `forbidden`: `profile-scope`, or `profile-route` for a route that declares nothing; `not-found`,
 * `profile-missing`. To be mounted behind what bounds bodies and before the routes.
 */
export function holdToProfile(app: OpenAPIHono, surroundings: ScopeSurroundings): MiddlewareHandler {
  const readScope = createScopeReader(surroundings.store);
  let declarations: Map<string, ScopeDeclaration | undefined> | undefined;
  return async (context, next) => {
    const routes = matchedRoutes(context);
    const place = routes.findIndex(({ method }) => method !== "ALL");
    // Absent for what answers every method, such as the board of queues, and for what no route answers.
    const route = routes[place];
    if (scopeOf(context) !== undefined) return next();
    declarations ??= readDeclarations(app);
    const declaration = route && declarations.get(keyOf(route.method, route.path));
    const named = context.req.header(profileHeader);
    if (named === undefined && declaration?.under !== true) return next();
    const request = { context, parameters: route === undefined ? {} : readParameters(context, place) };
    const within = declaration?.profile && (await readPlaces(request, [declaration.profile]))[0];
    const id = named ?? within ?? "";
    const scope = await readScope(id);
    const refuse = async (kind: string, error: DomainError) => {
      await record(surroundings, id, { route: route ? `${route.method} ${route.path}` : "none", kind });
      throw error;
    };
    if (declaration === undefined) return refuse("route", routeRefused(id));
    if (within !== undefined && within !== id) return refuse("profiles", refused(id));
    const outside = outsideScope(scope, await readAsked(request, declaration));
    if (outside !== undefined) return refuse(outside, refused(id));
    setScope(context, scope);
    return next();
  };
}

/** Looks at each request whether the profile has changed; only those that exist are remembered. */
function createScopeReader(store: LocalStore): (id: string) => Promise<ProfileScope> {
  const logs = new Map<string, ReturnType<typeof profileLog>>();
  return async (id) => {
    if (!ProfileId.safeParse(id).success) return scopeOfProfile(existingProfile(id.slice(0, 100), undefined));
    const log = logs.get(id) ?? profileLog(store, id);
    const profile = existingProfile(id, await log.head());
    logs.set(id, log);
    return scopeOfProfile(profile);
  };
}

/** All routes are mounted by the time of the first request. */
function readDeclarations(app: OpenAPIHono): Map<string, ScopeDeclaration | undefined> {
  const declared = new Map<string, ScopeDeclaration | undefined>();
  for (const definition of app.openAPIRegistry.definitions) {
    if (definition.type !== "route") continue;
    const { method, path, ...rest } = definition.route;
    declared.set(keyOf(method, path.replaceAll(/\{(\w+)\}/g, ":$1")), rest[scopeKey]);
  }
  return declared;
}

function keyOf(method: string, path: string): string {
  return `${method.toUpperCase()} ${path}`;
}

/** A refusal stands whether or not it could be written down. */
async function record(
  { audit, telemetry }: ScopeSurroundings,
  id: string,
  refusal: { route: string; kind: string },
): Promise<void> {
  telemetry.emit("profile.refused", refusal);
  try {
    await audit.append(id, { event: "refused", ...refusal });
  } catch (error) {
    telemetry.emit("profile.audit-failed", { reason: String(error) });
  }
}

function routeRefused(id: string): DomainError {
  return new DomainError({
    kind: "forbidden",
    type: "profile-route",
    field: "profile",
    message: `Requests under a profile, such as ${id}, do not reach this route.`,
    remedy: `Leave the header ${profileHeader} out, or use a route whose description has ${scopeKey}.`,
  });
}
