import { readFile } from "node:fs/promises";
import { checksumBytes } from "../../storage/checksum.ts";
import { serveParent } from "../guard/serve-parent.ts";
import type { DocumentAnswer, DocumentFormat, DocumentRequest } from "./document-answer.ts";
import { DocumentProblem, type DocumentText, documentTextMax } from "./document-problem.ts";
import { readPlain } from "./read-plain.ts";

serveParent(readDocument);

async function readDocument({ path, format }: DocumentRequest): Promise<DocumentAnswer> {
  const bytes = new Uint8Array(await readFile(path));
  // Before parsing: a PDF reader takes the bytes over.
  const facts = { byteCount: bytes.length, contentHash: checksumBytes(bytes) };
  try {
    const text = await readAs(bytes, format);
    if (text.content.length <= documentTextMax) return { ok: true, ...text, ...facts };
    const reason = `the document holds more than ${documentTextMax} characters of text`;
    throw new DocumentProblem(
      format === "html" ? "html-size" : "text-size",
      reason,
      "Split it into several files.",
    );
  } catch (error) {
    if (error instanceof DocumentProblem) return error.failure;
    throw error;
  }
}

/** Each reader is loaded when the first document of its format comes. */
async function readAs(bytes: Uint8Array, format: DocumentFormat): Promise<DocumentText> {
  if (format === "pdf") return (await import("./read-pdf.ts")).readPdf(bytes);
  if (format === "html") return (await import("./read-html.ts")).readHtml(bytes);
  return readPlain(bytes, format);
}
