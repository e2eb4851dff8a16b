import { z } from "zod";
import { Column } from "../../dataset/dataset-version.ts";
import type { VectorColumns } from "./vector-columns.ts";

export interface VectorsRequest {
  source: string;
  /** One id to a line, for a file that has none itself. */
  ids?: string | undefined;
  target: string;
  spill: string;
  memoryMib: number;
  format: "npy" | "arrow" | "parquet";
  columns: VectorColumns;
}

const Refusal = z.strictObject({
  type: z.enum(["vectors-file", "vectors-value", "vectors-dimension", "vectors-id", "vectors-column"]),
  message: z.string(),
  row: z.int().optional(),
  column: z.string().optional(),
  remedy: z.string().optional(),
});

export const VectorsAnswer = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("rows"), columns: z.array(Column), rowCount: z.int() }),
  z.strictObject({ kind: z.literal("refused"), problem: Refusal }),
  /** Disk or memory ran out, which is no fault of the file. */
  z.strictObject({ kind: z.literal("exhausted"), type: z.string(), message: z.string(), remedy: z.string() }),
]);
export type VectorsAnswer = z.infer<typeof VectorsAnswer>;
