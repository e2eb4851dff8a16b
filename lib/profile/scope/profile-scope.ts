import type { Context } from "hono";
import { DomainError } from "../../errors/domain-error.ts";
import type { Profile } from "../profile.ts";
import { type BoundKind, boundKinds } from "./declare-scope.ts";

/** The names that a request under a profile may say, and may be told. */
export type ProfileScope = { profile: string } & Record<BoundKind, ReadonlySet<string>>;

export function scopeOfProfile({ id, indexes, datasets, generator, embedder }: Profile): ProfileScope {
  return {
    profile: id,
    indexes: new Set(indexes),
    datasets: new Set(datasets),
    generators: new Set(generator === null ? [] : [generator]),
    embedders: new Set(embedder === null ? [] : [embedder]),
  };
}

/** The kind of which a request names something that the profile is not bound to, if it does. */
export function outsideScope(
  scope: ProfileScope,
  asked: Record<BoundKind, readonly string[]>,
): BoundKind | undefined {
  return boundKinds.find((kind) => asked[kind].some((name) => !scope[kind].has(name)));
}

/** Says nothing of what was asked for, so that nobody learns from it what there is. */
export function refused(profile: string): DomainError {
  return new DomainError({
    kind: "forbidden",
    type: "profile-scope",
    field: "profile",
    message: `The profile ${profile} is not bound to what this request asks for.`,
    remedy: `GET /models/${profile} says what it is bound to.`,
  });
}

const contextKey = "profileScope";

export function setScope(context: Context, scope: ProfileScope): void {
  context.set(contextKey, scope);
}

/** What the request is held to; undefined where it is under no profile. For handlers of routes that filter. */
export function scopeOf(context: Context): ProfileScope | undefined {
  return context.get(contextKey);
}

/** Whether the request may be told of this. */
export function isInScope(context: Context, kind: BoundKind, name: string): boolean {
  return scopeOf(context)?.[kind].has(name) ?? true;
}
