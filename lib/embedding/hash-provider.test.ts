import { describe, expect, test } from "vitest";
import { embeddingProviderConformance, plainProviderConformance } from "./embedding-provider.conformance.ts";
import { createHashPool } from "./hash-pool.ts";
import { createHashProvider, createInlineHashProvider } from "./hash-provider.ts";
import { openProvider } from "./open-provider.ts";

embeddingProviderConformance("createHashProvider with two threads", () => createHashProvider({ threads: 2 }));
embeddingProviderConformance("createInlineHashProvider", createInlineHashProvider);
plainProviderConformance("createHashProvider", () => createHashProvider({ threads: 2 }));
plainProviderConformance("createInlineHashProvider", createInlineHashProvider);

describe("hash provider", () => {
  test("threads and the calling thread give the same vectors", async () => {
    const threaded = createHashProvider({ threads: 2 });
    const texts = Array.from({ length: 1_200 }, (_, index) => `text ${index} of many `.repeat(8));
    expect(await threaded.embedBatch(texts)).toEqual(await createInlineHashProvider().embedBatch(texts));
    await threaded.close();
  });

  test("a thread that dies fails its batch with a name, and the next batch finds a new one", async () => {
    const script = `data:text/javascript,${encodeURIComponent(`
      import { parentPort } from "node:worker_threads";
      parentPort.on("message", ([text]) => {
        if (text === "die") process.exit(3);
        if (text === "throw") throw new Error("inside");
        parentPort.postMessage(new Float32Array([text.length]));
      });`)}`;
    const pool = createHashPool(1, { script: new URL(script) });
    await expect(pool.embed(["die"])).rejects.toMatchObject({
      kind: "unavailable",
      type: "embedder-crashed",
    });
    await expect(pool.embed(["throw"])).rejects.toMatchObject({ type: "embedder-crashed" });
    const [failed, waited] = await Promise.allSettled([pool.embed(["die"]), pool.embed(["four"])]);
    expect(failed).toMatchObject({ status: "rejected" });
    expect(waited).toMatchObject({ status: "fulfilled", value: new Float32Array([4]) });
    await pool.close();
  });

  test("vectors that were handed out are not held on to", async () => {
    const provider = createHashProvider({ threads: 2 });
    const texts = Array.from({ length: 2_048 }, (_, index) => `text ${index} `.repeat(5));
    const before = process.memoryUsage().external;
    // 600 MB of vectors in all; what is waiting for the garbage collector stays far below half of it.
    for (let batch = 0; batch < 100; batch += 1) await provider.embedBatch(texts);
    expect(process.memoryUsage().external - before).toBeLessThan(300e6);
    await provider.close();
  }, 60_000);

  test("an unknown embedder is refused with the ones there are", () => {
    expect(() => openProvider("hash-768@9", { threads: 1 })).toThrow(
      expect.objectContaining({ kind: "invalid", type: "embedder-unknown", field: "embedder" }),
    );
    expect(openProvider("hash-768@1", { threads: 0 }).dimension).toBe(768);
  });
});
