import { DomainError } from "../errors/domain-error.ts";
import type { IndexParameters } from "../vector/index-parameters.ts";
import { buildKey, trialKey } from "./configuration-key.ts";
import { completeParameters, type ParameterFields } from "./trial-parameters.ts";

/** The values that each field is to take. */
export type Grid = Record<string, (string | number)[]>;

/** At a minute each, an hour of trials. */
export const gridSizeMax = 64;

/** What is worth trying of a backend without knowing anything: few builds, and several searches over each. */
export function defaultGrid({ backend }: Pick<IndexParameters, "backend">): Grid {
  return backend === "hnsw"
    ? { quantization: ["i8", "bf16"], connectivity: [12, 16, 24], expansionSearch: [32, 64, 128] }
    : { kind: ["ivf_hnsw_sq", "ivf_rq"], expansionSearch: [64, 128], probes: [20, 80], refineFactor: [1, 5] };
}

/**
 * Every configuration of the grid, each once though some fields do not count for some kinds, those of one build
 * together. Throws `index-parameters` for a value that a field cannot take, `grid-size` for too many configurations.
 */
export function expandGrid(grid: Grid, current: IndexParameters): IndexParameters[] {
  const size = Object.values(grid).reduce((product, values) => product * values.length, 1);
  // Doubles could be many and few configurations in the end; four times the bound is still quick to expand.
  if (size > 4 * gridSizeMax) throw tooLarge(size);
  let rows: ParameterFields[] = [{}];
  for (const [field, values] of Object.entries(grid)) {
    rows = rows.flatMap((row) => values.map((value) => ({ ...row, [field]: value })));
  }
  const distinct = new Map<string, IndexParameters>();
  for (const row of rows) {
    const parameters = completeParameters(row, current);
    const key = trialKey(parameters, "", 1);
    if (!distinct.has(key)) distinct.set(key, parameters);
  }
  if (distinct.size > gridSizeMax) throw tooLarge(distinct.size);
  const byBuild = Map.groupBy(distinct.values(), buildKey);
  return [...byBuild.values()].flat();
}

function tooLarge(size: number): DomainError {
  return new DomainError({
    kind: "invalid",
    type: "grid-size",
    field: "grid",
    message: `The grid has ${size} configurations; ${gridSizeMax} are allowed.`,
    remedy: "Give fewer values, or split the grid.",
  });
}
