import { createReadStream, createWriteStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { hasCode } from "../../storage/error-code.ts";
import { extractError } from "../extract-error.ts";
import type { DetectedEncoding } from "./text-encoding.ts";

/** Writes the text again as UTF-8 without a byte order mark; bytes that the encoding forbids are `text-encoding`. */
export async function transcodeFile(options: {
  from: string;
  to: string;
  name: string;
  encoding: DetectedEncoding;
  signal?: AbortSignal | undefined;
}): Promise<void> {
  const { encoding, markBytes } = options.encoding;
  try {
    await pipeline(
      createReadStream(options.from, { start: markBytes, highWaterMark: 1 << 20 }),
      async function* (chunks: AsyncIterable<Uint8Array>) {
        const decoder = new TextDecoder(encoding, { ignoreBOM: true, fatal: true });
        for await (const chunk of chunks) yield Buffer.from(decoder.decode(chunk, { stream: true }));
        yield Buffer.from(decoder.decode());
      },
      createWriteStream(options.to),
      { signal: options.signal },
    );
  } catch (error) {
    throw hasCode(error, "ERR_ENCODING_INVALID_ENCODED_DATA")
      ? damaged(options.name, encoding, error)
      : error;
  }
}

function damaged(name: string, encoding: string, cause: unknown) {
  return extractError({
    type: "text-encoding",
    message: `${name} looks like ${encoding.toUpperCase()}, but holds bytes that ${encoding.toUpperCase()} does not allow.`,
    place: { file: name },
    remedy: "Save the file as UTF-8 and send it again.",
    cause,
  });
}
