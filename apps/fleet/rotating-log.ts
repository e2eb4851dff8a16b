import { createWriteStream, mkdirSync, renameSync, type WriteStream } from "node:fs";
import path from "node:path";

export interface RotatingLog {
  write(chunk: Uint8Array): void;
  close(): Promise<void>;
}

// A day of a busy fleet at level info; with the one older file a service keeps twice this.
const bytesMaxDefault = 8 * 1024 * 1024;

/** Appends to `file`; when it is full it becomes `<file>.1`, and what stood there before is gone. */
export function openRotatingLog({ file, bytesMax = bytesMaxDefault }: LogOptions): RotatingLog {
  mkdirSync(path.dirname(file), { recursive: true });
  let stream = openStream(file);
  let bytes = 0;
  return {
    write(chunk) {
      if (bytes > 0 && bytes + chunk.byteLength > bytesMax) {
        stream.end();
        renameSync(file, `${file}.1`);
        stream = openStream(file);
        bytes = 0;
      }
      bytes += chunk.byteLength;
      stream.write(chunk);
    },
    close: () => new Promise((resolve) => stream.end(() => resolve())),
  };
}

interface LogOptions {
  file: string;
  bytesMax?: number;
}

/** A log that cannot be written (disk full) must not stop the fleet, so the failure goes to stderr instead. */
function openStream(file: string): WriteStream {
  const stream = createWriteStream(file, { flags: "a" });
  stream.on("error", (error) => process.stderr.write(`cannot write ${file}: ${error.message}\n`));
  return stream;
}
