import type { Context } from "hono";
import { type BoundKind, boundKinds, type RequestPlace, type ScopeDeclaration } from "./declare-scope.ts";

/** A request that has found its route and is not validated yet. */
export interface RoutedRequest {
  context: Context;
  /** Of the route's path. */
  parameters: Readonly<Record<string, string>>;
}

/** What the path of the route at this place among those that match the request holds. */
export function readParameters({ req }: Context, place: number): Record<string, string> {
  // A request tells of the parameters of the route that handles it, and now that is a middleware.
  const current = req.routeIndex;
  req.routeIndex = place;
  try {
    return req.param();
  } finally {
    req.routeIndex = current;
  }
}

/**
 * The names at the declared places of a request. One of its path is always there: the empty name, to which nobody is
 * bound, stands for one that is not. Any other that is absent or no text has none: the route's own validation refuses
 * it, or the route needs none there.
 */
export async function readAsked(
  request: RoutedRequest,
  declaration: ScopeDeclaration,
): Promise<Record<BoundKind, string[]>> {
  const read = (places: readonly RequestPlace[] = []) => readPlaces(request, places);
  const [asked, snapshots] = await Promise.all([
    Promise.all(boundKinds.map(async (kind) => [kind, await read(declaration[kind])] as const)),
    read(declaration.snapshots),
  ]);
  const names = Object.fromEntries(asked) as Record<BoundKind, string[]>;
  names.indexes.push(...snapshots.map((reference) => reference.split("@")[0] ?? ""));
  return names;
}

export async function readPlaces(
  { context, parameters }: RoutedRequest,
  places: readonly RequestPlace[],
): Promise<string[]> {
  const found = await Promise.all(
    places.map(async (place) => {
      const [part = "", ...steps] = place.split(".");
      if (part === "param") return parameters[steps.join(".")] ?? "";
      if (part === "query") return context.req.queries(steps.join("."));
      return steps.reduce(step, [await bodyOf(context)]);
    }),
  );
  return found.flat().filter((name) => typeof name === "string");
}

/** A body that is no JSON has no names, and no handler gets to see it. */
async function bodyOf(context: Context): Promise<unknown> {
  try {
    return await context.req.json();
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function step(values: unknown[], key: string): unknown[] {
  const name = key.replace(/\[\]$/, "");
  return values
    .map((value) => (value !== null && typeof value === "object" ? Reflect.get(value, name) : undefined))
    .flatMap((value) => (key.endsWith("[]") && !Array.isArray(value) ? [] : value));
}
