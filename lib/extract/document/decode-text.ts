import { detectEncoding } from "../input/text-encoding.ts";
import { DocumentProblem } from "./document-problem.ts";

/** Decodes a whole text. `label` is the encoding that the document itself names, used where its bytes are not Unicode. */
export function decodeText(bytes: Uint8Array, label?: string): string {
  const { encoding, markBytes } = detectEncoding(bytes, "whole");
  const name = encoding === "windows-1252" && label !== undefined ? label : encoding;
  try {
    return new TextDecoder(name, { fatal: true, ignoreBOM: true }).decode(bytes.subarray(markBytes));
  } catch (cause) {
    const reason = `the text is not ${name.toUpperCase()} throughout`;
    throw new DocumentProblem("text-encoding", reason, "Save the file as UTF-8 and send it again.", cause);
  }
}
