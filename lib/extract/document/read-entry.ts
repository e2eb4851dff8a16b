import path from "node:path";
import { DomainError } from "../../errors/domain-error.ts";
import { hasCode } from "../../storage/error-code.ts";
import { detectFormat, formatHeadBytes } from "../detect-format.ts";
import type { FoundEntry } from "../input/list-files.ts";
import { readHead } from "../input/read-head.ts";
import { type DocumentAnswer, type DocumentFailure, DocumentFormat } from "./document-answer.ts";
import type { DocumentReader } from "./document-reader.ts";

export type EntryResult =
  | { ok: true; format: DocumentFormat; document: Extract<DocumentAnswer, { ok: true }> }
  | DocumentFailure;

/** Reads one entry of a folder as a document; whatever stands against it is told, not thrown. */
export async function readEntry(
  folder: string,
  { relative, kind }: FoundEntry,
  reader: DocumentReader,
  signal?: AbortSignal,
): Promise<EntryResult> {
  if (kind === "link")
    return failure("extract-link", "links are not followed", "Put the file itself in the folder.");
  if (kind === "other")
    return failure("extract-not-a-file", "it is not a file", "Remove it from the folder.");
  const file = path.join(folder, relative);
  try {
    const format = detectFormat({ name: relative, head: await readHead(file, formatHeadBytes) });
    const document = DocumentFormat.safeParse(format);
    if (!document.success)
      return failure("extract-table", `${format} holds rows, not a document`, tableRemedy);
    const answer = await reader.read(file, document.data, signal);
    return answer.ok ? { ok: true, format: document.data, document: answer } : answer;
  } catch (error) {
    if (hasCode(error, "ENOENT")) return failure("extract-missing", "it is not there any more", "Try again.");
    if (hasCode(error, "EACCES", "EPERM"))
      return failure("extract-denied", "it may not be read", deniedRemedy);
    if (error instanceof DomainError && error.kind === "invalid") {
      return failure(error.type, error.message.replace(/\.$/, ""), error.remedy ?? tableRemedy);
    }
    throw error;
  }
}

const tableRemedy = "Ingest it on its own, as a file, or remove it from the folder.";
const deniedRemedy = "Give the user that runs the worker the right to read it.";

function failure(type: string, reason: string, remedy: string): DocumentFailure {
  return { ok: false, type, reason, remedy };
}
