import { spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import path from "node:path";
import { pipeline } from "node:stream/promises";

/** Runs a generator of `examples/` and keeps what it writes. */
export async function generateFile(generator: string, options: string[], file: string): Promise<void> {
  const program = path.join(import.meta.dirname, "..", "..", "examples", generator);
  const child = spawn(process.execPath, [program, ...options], { stdio: ["ignore", "pipe", "inherit"] });
  const ended = once(child, "exit");
  await pipeline(child.stdout, createWriteStream(file));
  const [code] = await ended;
  if (code !== 0) throw new Error(`${generator} ended with code ${code}`);
}
