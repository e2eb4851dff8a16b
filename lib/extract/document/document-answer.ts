import { z } from "zod";

/** Formats of which a whole file becomes one row. */
export const DocumentFormat = z.enum(["pdf", "text", "markdown", "html"]);
export type DocumentFormat = z.infer<typeof DocumentFormat>;

export interface DocumentRequest {
  path: string;
  format: DocumentFormat;
}

/** The text of one document, or why there is none. */
export const DocumentAnswer = z.discriminatedUnion("ok", [
  z.strictObject({
    ok: z.literal(true),
    title: z.string().nullable(),
    content: z.string(),
    pageCount: z.int().nullable(),
    byteCount: z.int(),
    contentHash: z.string(),
  }),
  z.strictObject({ ok: z.literal(false), type: z.string(), reason: z.string(), remedy: z.string() }),
]);
export type DocumentAnswer = z.infer<typeof DocumentAnswer>;
export type DocumentFailure = Extract<DocumentAnswer, { ok: false }>;
