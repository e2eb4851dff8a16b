import { stat } from "node:fs/promises";
import { createGuardedProcess } from "../guard/guarded-process.ts";
import { DocumentAnswer, type DocumentFormat, type DocumentRequest } from "./document-answer.ts";

/** Reads documents in a child process, one after another. A document that breaks the child is a failure of its own. */
export interface DocumentReader {
  read(path: string, format: DocumentFormat, signal?: AbortSignal): Promise<DocumentAnswer>;
  close(): void;
}

// Ten times what the largest everyday document takes; past it a file is made to hurt.
const limits = { heapMib: 768, addressSpaceMib: 6144 };
const timeoutMs = 60_000;
const byteCountMax = { pdf: 256 << 20, html: 32 << 20, text: 64 << 20, markdown: 64 << 20 };

export function createDocumentReader(): DocumentReader {
  const child = createGuardedProcess(new URL("./document-process.ts", import.meta.url), limits);
  return {
    async read(path, format, signal) {
      const prefix = format === "markdown" ? "text" : format;
      const { size } = await stat(path);
      if (size > byteCountMax[format]) {
        const reason = `the file has ${size} bytes; at most ${byteCountMax[format]} are read as one document`;
        return { ok: false, type: `${prefix}-size`, reason, remedy: "Split it into several files." };
      }
      const request: DocumentRequest = { path, format };
      const outcome = await child.ask(request, { timeoutMs, signal });
      if (outcome.kind === "answer") return DocumentAnswer.parse(outcome.answer);
      const remedy = "Save the document again in another program, or send its text.";
      return outcome.kind === "timed-out"
        ? {
            ok: false,
            type: `${prefix}-timeout`,
            reason: `reading it took longer than ${timeoutMs / 1000} s`,
            remedy,
          }
        : {
            ok: false,
            type: `${prefix}-crash`,
            reason: "reading it broke the reader or its memory limit",
            remedy,
          };
    },
    close: () => child.stop(),
  };
}
