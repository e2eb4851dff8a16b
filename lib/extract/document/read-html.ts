import { convert } from "html-to-text";
import { decodeText } from "./decode-text.ts";
import { DocumentProblem, type DocumentText } from "./document-problem.ts";

/** The readable text of a page: no links' targets, no images, headings in their own case. */
export function readHtml(bytes: Uint8Array): DocumentText {
  const html = decodeText(bytes, declaredEncoding(bytes));
  if (openElements(html) > depthMax) throw tooDeep();
  let content: string;
  try {
    content = toText(html);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw tooDeep(cause);
  }
  return { title: titleOf(html), content, pageCount: null };
}

// Pages that browsers made by hand or by tool stay below a tenth of it; the parser's time grows with its square.
const depthMax = 2000;
// Their ends may be left out, so that a long list of them is no nesting.
const unpaired = new Set(
  "area base body br col colgroup dd dt embed head hr html img input li link meta optgroup option p param source tbody td tfoot th thead tr track wbr".split(
    " ",
  ),
);

/** The most elements that are open at once, at a guess that needs no tree. */
function openElements(html: string): number {
  let open = 0;
  let most = 0;
  for (const [, slash, name] of html.matchAll(/<(\/?)([a-z][a-z0-9]*)/gi)) {
    if (unpaired.has(name!.toLowerCase())) continue;
    open = slash === "/" ? Math.max(0, open - 1) : open + 1;
    if (open > most) most = open;
  }
  return most;
}

function tooDeep(cause?: unknown): DocumentProblem {
  const remedy = "Remove the nesting, or send the page as plain text.";
  return new DocumentProblem("html-depth", "elements are nested too deeply to be read", remedy, cause);
}

const headings = ["h1", "h2", "h3", "h4", "h5", "h6"];

function toText(html: string): string {
  return convert(html, {
    wordwrap: false,
    // The file's size is bounded before; this limit would cut the text without a word.
    limits: { maxInputLength: Number.MAX_SAFE_INTEGER },
    selectors: [
      ...headings.map((selector) => ({ selector, options: { uppercase: false } })),
      { selector: "a", options: { ignoreHref: true } },
      { selector: "img", format: "skip" },
    ],
  });
}

function titleOf(html: string): string | null {
  const found = /<title\b[^>]{0,1000}>([^<]{0,10000})<\/title>/i.exec(html)?.[1];
  const title = found === undefined ? "" : toText(found).replace(/\s+/g, " ").trim();
  return title === "" ? null : title;
}

/** The encoding that the page names for itself, if it is a known one. */
function declaredEncoding(bytes: Uint8Array): string | undefined {
  const head = Buffer.from(bytes.subarray(0, 4096)).toString("latin1");
  const label = /charset\s*=\s*["']?([\w-]{1,40})/i.exec(head)?.[1];
  if (label === undefined) return undefined;
  try {
    return new TextDecoder(label).encoding;
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
