import { type FileHandle, open } from "node:fs/promises";

const readBytes = 1 << 20;

/** Reads a file forwards through a window that grows with what the caller has not yet given up. */
export class ByteWindow {
  /** The bytes from `start` to `end` are in the window and not yet passed. */
  bytes = Buffer.allocUnsafe(readBytes);
  start = 0;
  end = 0;
  /** No byte follows those in the window. */
  last = false;
  /** Lines begun before `start`, the first included. */
  line = 1;
  #at = 0;
  readonly #file: FileHandle;

  private constructor(file: FileHandle) {
    this.#file = file;
  }

  static async open(path: string): Promise<ByteWindow> {
    return new ByteWindow(await open(path, "r"));
  }

  /** Offset in the file of the byte at `index`. */
  offset(index: number): number {
    return this.#at + index;
  }

  /** Passes everything before `index`. */
  passTo(index: number): void {
    for (let at = this.start; at < index; at++) if (this.bytes[at] === 10) this.line += 1;
    this.start = index;
  }

  /** Reads on; what is not passed moves to the front, so that offsets into `bytes` change by the old `start`. */
  async more(): Promise<void> {
    const rest = this.bytes.subarray(this.start, this.end);
    const bytes =
      rest.length > this.bytes.length / 2 ? Buffer.allocUnsafe(this.bytes.length * 2) : this.bytes;
    rest.copy(bytes, 0);
    this.#at += this.start;
    this.bytes = bytes;
    this.start = 0;
    this.end = rest.length;
    const { bytesRead } = await this.#file.read(
      bytes,
      this.end,
      bytes.length - this.end,
      this.#at + this.end,
    );
    this.end += bytesRead;
    this.last = bytesRead === 0;
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}
