import { expect, test } from "vitest";
import { crashBackoff } from "./crash-backoff.ts";

test("the wait doubles with every crash in a row, up to half a minute", () => {
  const waits: number[] = [];
  let crashes = 0;
  for (let round = 0; round < 9; round++) {
    const backoff = crashBackoff({ crashesBefore: crashes, livedMs: 100 });
    crashes = backoff.crashes;
    waits.push(backoff.delayMs);
  }
  expect(waits).toEqual([250, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
});

test("a process that lived a minute begins the count anew", () => {
  expect(crashBackoff({ crashesBefore: 7, livedMs: 60_000 })).toEqual({ crashes: 1, delayMs: 250 });
});
