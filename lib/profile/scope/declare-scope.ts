/** A place in a request: `param.name`, `query.dataset`, `json.index`, `json.searches[].index`. */
export type RequestPlace = `${"param" | "query" | "json"}.${string}`;

/** What a profile can be bound to, and so what a request can ask too much of. */
export const boundKinds = ["indexes", "datasets", "generators", "embedders"] as const;
export type BoundKind = (typeof boundKinds)[number];

/** Where a route's requests name what they ask for, so that a request under a profile can be held to its bindings. */
export type ScopeDeclaration = Partial<Record<BoundKind, readonly RequestPlace[]>> & {
  /** Names of snapshots, `notes@previous`: the index's name stands before the `@`. */
  snapshots?: readonly RequestPlace[];
  /** The handler leaves out of its answer whatever `scopeOf` does not allow. */
  filters?: true;
  /** A profile that the request names; under another one it is refused. */
  profile?: RequestPlace;
  /** The request is under the profile that it names, with or without the header. */
  under?: true;
};

/** Under which name the declaration stands in a route, and so in the OpenAPI document. */
export const scopeKey = "x-lakefleet-scope";

/**
 * To be spread into a route that requests under a profile may reach. A route without a declaration is refused to them,
 * so one that is forgotten shows too little and never too much.
 */
export function scopedBy(declaration: ScopeDeclaration): { [scopeKey]: ScopeDeclaration } {
  return { [scopeKey]: declaration };
}
