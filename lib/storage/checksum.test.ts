import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { checksumBytes, checksumFile } from "./checksum.ts";

async function fileOf(content: Uint8Array): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), "lakefleet-checksum-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await writeFile(path.join(folder, "file"), content);
  return path.join(folder, "file");
}

test("the checksum of nothing is the published BLAKE3 value", () => {
  expect(checksumBytes(new Uint8Array())).toBe(
    "blake3:af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262",
  );
});

test.each([0, 1, 1024 * 1024, 3 * 1024 * 1024 + 7])(
  "a file of %d bytes has the checksum of its bytes",
  async (size) => {
    const content = Uint8Array.from({ length: size }, (_, index) => index * 31);
    expect(await checksumFile(await fileOf(content))).toBe(checksumBytes(content));
  },
);

test("hashing a file stops at an abort", async () => {
  const file = await fileOf(new Uint8Array(10));
  await expect(checksumFile(file, { signal: AbortSignal.abort() })).rejects.toThrow();
});
