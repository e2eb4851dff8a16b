import type { Connection, Submittable } from "pg";
import { rowBytesMax, rowTooLarge } from "../database-error.ts";

/** One row, as the bytes `start … end - 1`. */
export type OnTuple = (bytes: Buffer, start: number, end: number) => void;

const code = { copyData: 0x64, copyDone: 0x63, error: 0x45 };

/**
 * `COPY … TO STDOUT (FORMAT binary)` whose rows are handed on as they come off the socket: the driver's own path makes
 * objects of every message, which costs more than everything else of a read together.
 */
export class CopyOut implements Submittable {
  readonly done: Promise<void>;
  readonly #sql: string;
  readonly #onTuple: OnTuple;
  readonly #settle = Promise.withResolvers<void>();
  #failure: unknown;
  #detach: (() => void) | undefined;
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #neededBytes = 5;
  #sawHeader = false;

  constructor(sql: string, onTuple: OnTuple) {
    this.#sql = sql;
    this.#onTuple = onTuple;
    this.done = this.#settle.promise;
  }

  submit(connection: Connection): void {
    const { stream } = connection;
    const [driver] = stream.listeners("data") as ((chunk: Buffer) => void)[];
    if (driver === undefined) throw new Error("The driver does not listen to its socket.");
    stream.removeListener("data", driver);
    const listener = (chunk: Buffer) => {
      try {
        const rest = this.#take(chunk);
        if (rest === undefined) return;
        this.#detach?.();
        driver(rest);
      } catch (error) {
        this.#failure = error;
        this.#detach?.();
        stream.destroy();
        this.#settle.reject(error);
      }
    };
    this.#detach = () => {
      stream.removeListener("data", listener);
      stream.on("data", driver);
    };
    stream.on("data", listener);
    connection.query(this.#sql);
  }

  handleError(error: unknown): void {
    this.#settle.reject(this.#failure ?? error);
  }

  handleReadyForQuery(): void {
    this.#settle.resolve();
  }

  handleCommandComplete(): void {}
  handleCopyInResponse(): void {}
  handleCopyData(): void {}
  handleRowDescription(): void {}
  handleDataRow(): void {}
  handlePortalSuspended(): void {}
  handleEmptyQuery(): void {}

  /** What is left for the driver once the rows have ended or an error has come; undefined before. */
  #take(chunk: Buffer): Buffer | undefined {
    this.#waiting.push(chunk);
    this.#waitingBytes += chunk.length;
    if (this.#waitingBytes < this.#neededBytes) return undefined;
    const bytes = this.#waiting.length === 1 ? chunk : Buffer.concat(this.#waiting);
    let at = 0;
    for (;;) {
      const left = bytes.length - at;
      const needed = left < 5 ? 5 : 1 + bytes.readUInt32BE(at + 1);
      if (needed > rowBytesMax) throw rowTooLarge(needed);
      if (left < needed) {
        this.#waiting = left === 0 ? [] : [bytes.subarray(at)];
        this.#waitingBytes = left;
        this.#neededBytes = needed;
        return undefined;
      }
      const kind = bytes[at];
      if (kind === code.error || kind === code.copyDone) return bytes.subarray(at);
      if (kind === code.copyData) this.#takeTuples(bytes, at + 5, at + needed);
      at += needed;
    }
  }

  /** The server puts whole rows into a message, the file's header before the first one, and -1 for a count at the end. */
  #takeTuples(bytes: Buffer, start: number, end: number): void {
    let at = start;
    if (!this.#sawHeader) {
      at += 19 + bytes.readUInt32BE(at + 15);
      this.#sawHeader = true;
    }
    if (end - at > 2) this.#onTuple(bytes, at, end);
  }
}
