import { describe, expect, test } from "vitest";
import { type ChunkState, closeLedger } from "./close-ledger.ts";

const chunk = (rowId: number, status: ChunkState["status"], totalChunks = 1, error?: string): ChunkState => ({
  rowId,
  docId: `d${rowId}`,
  totalChunks,
  status,
  error,
});

async function close(batches: ChunkState[][], live: number[]) {
  const blocks = closeLedger(
    (async function* () {
      yield* batches;
    })(),
    Float64Array.from(live),
  );
  const indexed: number[] = [];
  const missing: string[] = [];
  for (;;) {
    const next = await blocks.next();
    if (next.done) return { indexed, missing, vectorCount: next.value };
    indexed.push(...next.value.indexedRows);
    missing.push(...next.value.rowStates.map((row) => `${row.rowId} ${row.state} ${row.reason}`));
  }
}

describe("closing the ledger of a build", () => {
  test("puts each live row into one state by all of its chunks, across batches", async () => {
    const closed = await close(
      [
        [chunk(1, "ready"), chunk(2, "ready", 3), chunk(2, "ready", 3)],
        [chunk(2, "ready", 3), chunk(3, "ready", 2), chunk(3, "error", 2, "too_long"), chunk(4, "ready", 0)],
        [chunk(5, "in_progress"), chunk(6, "ready", 2), chunk(7, "error", 1, "no_features")],
        [chunk(8, "ready", 2), chunk(8, "error", 2, "no_features")],
      ],
      [1, 2, 3, 4, 5, 6, 7, 8],
    );
    expect(closed).toEqual({
      indexed: [1, 2, 8],
      missing: [
        "3 failed too_long",
        "4 excluded empty_text",
        "5 pending not_embedded",
        "6 pending not_embedded",
        "7 failed no_features",
      ],
      vectorCount: 7,
    });
  });

  test("leaves out dead rows, and rows of which the pipeline has nothing", async () => {
    const closed = await close([[chunk(1, "ready"), chunk(2, "ready"), chunk(9, "ready")]], [2, 3, 4]);
    expect(closed).toEqual({ indexed: [2], missing: [], vectorCount: 1 });
  });

  test("an empty pipeline closes empty", async () => {
    expect(await close([], [1])).toEqual({ indexed: [], missing: [], vectorCount: 0 });
  });
});
