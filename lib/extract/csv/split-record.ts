import type { CsvMarks } from "./scan-record.ts";

/** The fields of one well-formed record; null where nothing stands, not even quotes. */
export function splitRecord(bytes: Uint8Array, marks: CsvMarks): (string | null)[] {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
  const quote = String.fromCharCode(marks.quote);
  const delimiter = String.fromCharCode(marks.delimiter);
  const fields: (string | null)[] = [];
  let at = 0;
  for (;;) {
    let end: number;
    if (text.startsWith(quote, at)) {
      end = closingQuote(text, at, quote) + 1;
      fields.push(text.slice(at + 1, end - 1).replaceAll(quote + quote, quote));
    } else {
      const found = text.indexOf(delimiter, at);
      end = found === -1 ? text.length : found;
      fields.push(end === at ? null : text.slice(at, end));
    }
    if (end >= text.length) return fields;
    at = end + 1;
  }
}

function closingQuote(text: string, open: number, quote: string): number {
  let at = text.indexOf(quote, open + 1);
  while (at !== -1 && text[at + 1] === quote) at = text.indexOf(quote, at + 2);
  return at === -1 ? text.length : at;
}
