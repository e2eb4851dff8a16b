import { z } from "zod";

/** Formats of which a whole file becomes one row. */
export const DocumentFormat = z.enum(["pdf", "text", "markdown", "html"]);
export type DocumentFormat = z.infer<typeof DocumentFormat>;

export const DocumentRequest = z.strictObject({ path: z.string(), format: DocumentFormat });
export type DocumentRequest = z.infer<typeof DocumentRequest>;

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

/** What a reader of one format makes of the bytes; a failure is thrown as `DocumentProblem`. */
export interface DocumentText {
  title: string | null;
  content: string;
  pageCount: number | null;
}

/** One row must fit in memory several times over, here and in the engine. */
export const documentTextMax = 32 << 20;

/** A document that cannot be read, known inside the child that reads it. */
export class DocumentProblem extends Error {
  readonly failure: DocumentFailure;

  constructor(type: string, reason: string, remedy: string, cause?: unknown) {
    super(reason, { cause });
    this.failure = { ok: false, type, reason, remedy };
  }
}
