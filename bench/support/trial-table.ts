import { readdir, readFile } from "node:fs/promises";
import { hasCode } from "@lakefleet/lib/storage/error-code.ts";
import { z } from "zod";

export const Quantization = z.enum(["i8", "bf16", "f32"]);

/** A grid of configurations, each measured once with the library; `bench/record-trials.ts` writes it. */
export const TrialTable = z.strictObject({
  name: z.string(),
  command: z.string(),
  machine: z.string(),
  count: z.int(),
  dimension: z.int(),
  /** What the vectors are. */
  source: z.string(),
  recallQueries: z.int(),
  /** Values of `expansionSearch`, in the order of every graph's lists. */
  efforts: z.array(z.int()),
  graphs: z.array(
    z.strictObject({
      share: z.number(),
      quantization: Quantization,
      connectivity: z.int(),
      expansionBuild: z.int(),
      buildCpuMs: z.number(),
      recall: z.array(z.number()),
      p50Us: z.array(z.number()),
    }),
  ),
});
export type TrialTable = z.infer<typeof TrialTable>;

export function tablePath(name: string): URL {
  return new URL(`../tables/${name}.json`, import.meta.url);
}

/** Names of the recorded tables. */
export async function listTables(): Promise<string[]> {
  const files = await readdir(new URL("../tables/", import.meta.url)).catch((error: unknown) => {
    if (hasCode(error, "ENOENT")) return [];
    throw error;
  });
  return files
    .filter((file) => file.endsWith(".json"))
    .map((file) => file.slice(0, -".json".length))
    .sort();
}

export async function readTable(name: string): Promise<TrialTable> {
  return TrialTable.parse(JSON.parse(await readFile(tablePath(name), "utf8")));
}
