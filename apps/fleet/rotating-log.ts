import { closeSync, fstatSync, mkdirSync, openSync, renameSync, writeSync } from "node:fs";
import path from "node:path";

export interface RotatingLog {
  write(chunk: Uint8Array): void;
  close(): void;
}

// A day of a busy fleet at level info; with the one older file a service keeps twice this.
const bytesMaxDefault = 8 * 1024 * 1024;

/**
 * Appends to `file`; when it is full it becomes `<file>.1`, and what stood there before is gone. Writes are synchronous:
 * they are small, the launcher holds no job, and a crash of it then loses no line.
 */
export function openRotatingLog(options: { file: string; bytesMax?: number }): RotatingLog {
  const { file, bytesMax = bytesMaxDefault } = options;
  mkdirSync(path.dirname(file), { recursive: true });
  let descriptor = openSync(file, "a");
  let bytes = fstatSync(descriptor).size;

  function rotate(): void {
    closeSync(descriptor);
    renameSync(file, `${file}.1`);
    descriptor = openSync(file, "a");
    bytes = 0;
  }

  return {
    write(chunk) {
      try {
        if (bytes > 0 && bytes + chunk.byteLength > bytesMax) rotate();
        bytes += writeSync(descriptor, chunk);
      } catch (error) {
        // A full disk must not stop the fleet, which may be what frees it.
        process.stderr.write(`cannot write ${file}: ${error instanceof Error ? error.message : error}\n`);
      }
    },
    close: () => closeSync(descriptor),
  };
}
