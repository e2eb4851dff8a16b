import type { IndexConfig } from "usearch";
import type { HnswParameters } from "../index-parameters.ts";

/** What usearch 2.26 writes into its files for each scalar, and how many bytes one value takes there. */
export const usearchScalars = {
  f32: { code: 11, valueBytes: 4 },
  bf16: { code: 4, valueBytes: 2 },
  i8: { code: 23, valueBytes: 1 },
} as const;

export type UsearchModule = typeof import("usearch");

/**
 * `expansion_search` is 1 on purpose: the engine explores max(expansion_search, wanted) candidates, so one open graph
 * serves every effort through the number of results it is asked for.
 */
export function usearchConfig(
  usearch: Pick<UsearchModule, "MetricKind" | "ScalarKind">,
  parameters: HnswParameters,
  dimension: number,
): IndexConfig {
  const { F32, BF16, I8 } = usearch.ScalarKind;
  return {
    dimensions: dimension,
    metric: usearch.MetricKind.Cos,
    quantization: { f32: F32, bf16: BF16, i8: I8 }[parameters.quantization],
    connectivity: parameters.connectivity,
    expansion_add: parameters.expansionBuild,
    expansion_search: 1,
    multi: false,
  };
}
