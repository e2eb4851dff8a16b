import { z } from "zod";
import { Column } from "../../dataset/dataset-version.ts";

export interface ParquetRequest {
  source: string;
  target: string;
  spill: string;
  memoryMib: number;
}

export const ParquetAnswer = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("rows"), columns: z.array(Column), rowCount: z.int() }),
  /** The file cannot be read; the engine's reason in one line. */
  z.strictObject({ kind: z.literal("broken"), reason: z.string() }),
  /** Disk or memory ran out, which is no fault of the file. */
  z.strictObject({ kind: z.literal("exhausted"), type: z.string(), message: z.string(), remedy: z.string() }),
]);
export type ParquetAnswer = z.infer<typeof ParquetAnswer>;
