import { decodeText } from "./decode-text.ts";
import { DocumentProblem, type DocumentText } from "./document-problem.ts";

/** Text and Markdown as they stand; Markdown's first heading is its title. */
export function readPlain(bytes: Uint8Array, format: "text" | "markdown"): DocumentText {
  const content = decodeText(bytes);
  if (content.includes("\u0000")) {
    throw new DocumentProblem(
      "text-binary",
      "the file holds zero bytes, so it is no text",
      "Send a text file.",
    );
  }
  const heading = format === "markdown" ? /^ {0,3}#{1,6}[ \t]+(.+?)[ \t]*#*$/m.exec(content) : null;
  return { title: heading?.[1] ?? null, content, pageCount: null };
}
