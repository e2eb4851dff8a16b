import type { DocumentFailure } from "./document-answer.ts";

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
