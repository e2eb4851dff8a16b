import type { SearchCurves } from "../search-curves.ts";

/** Where a built index lies, and what the manifest says of it. */
export interface VectorIndexLocation {
  folder: string;
  dimension: number;
  vectorCount: number;
  /** True where it was built without a graph or lists, so that every search compares all of it. */
  flat?: boolean | undefined;
  /** What a build measured; those of a plain machine where they are not given. */
  curves?: SearchCurves | undefined;
}
