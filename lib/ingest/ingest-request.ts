import { DatasetName, IndexName } from "@lakefleet/queues/names.ts";
import { z } from "zod";
import { RowContract } from "../dataset/contract/row-contract.ts";
import { DomainError } from "../errors/domain-error.ts";

/** A list of column names: an array in JSON, comma-separated in a form field. */
export const columnNames = (countMax: number) =>
  z
    .union([z.array(z.string()), z.string().max(65_536).transform(splitNames)])
    .pipe(z.array(z.string().min(1).max(1_000)).max(countMax));

function splitNames(text: string): string[] {
  return text
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
}

/** An object in JSON, its text in a form field. */
const ContractField = z
  .union([z.record(z.string(), z.unknown()), z.string().max(65_536).transform(parseJson)])
  .pipe(RowContract);

function parseJson(text: string, context: z.RefinementCtx): unknown {
  try {
    return JSON.parse(text);
  } catch {
    context.addIssue({ code: "custom", message: "is no JSON" });
    return z.NEVER;
  }
}

const Whole = z.coerce.number().int();

/** What a client may say about an ingest; the same names as form fields and as JSON. */
export const IngestRequest = z
  .strictObject({
    dataset: DatasetName,
    mode: z.enum(["replace", "append", "upsert", "sync", "delete"]).default("append"),
    key: z.string().min(1).max(1_000).optional(),
    on_error: z.enum(["refuse", "skip"]).default("refuse"),
    id_column: z.string().min(1).max(1_000).optional(),
    text_columns: columnNames(64).optional(),
    metadata_columns: columnNames(256).optional(),
    contract: ContractField.optional(),
    index: z.union([z.literal("none"), IndexName]).optional(),
    backend: z.enum(["hnsw", "lance"]).optional(),
    embedder: z.string().min(1).max(200).optional(),
    chunk_size: Whole.min(32).max(32_768).optional(),
    overlap: Whole.min(0).max(16_384).optional(),
  })
  .refine(({ mode, key }) => !["upsert", "sync", "delete"].includes(mode) || key !== undefined, {
    path: ["key"],
    message: "upsert, sync and delete need key, the column whose value identifies a row",
  });
export type IngestRequest = z.infer<typeof IngestRequest>;

/** Parses form fields; every problem is reported at once, the first one's field is named. */
export function parseIngestRequest(fields: Record<string, unknown>): IngestRequest {
  return parseRequest(IngestRequest, fields);
}

/** The same for any request that comes as form fields or as JSON. */
export function parseRequest<Schema extends z.ZodType>(
  schema: Schema,
  fields: Record<string, unknown>,
): z.infer<Schema> {
  const parsed = schema.safeParse(fields);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => {
    const unknown = issue.code === "unrecognized_keys" ? issue.keys.join(", ") : issue.path.join(".");
    return `${unknown}: ${issue.message}`;
  });
  throw new DomainError({
    kind: "invalid",
    type: "request-invalid",
    field: parsed.error.issues[0]?.path.join(".") || undefined,
    message: problems.join("; "),
    remedy: "GET /openapi.json describes what this route takes.",
  });
}
