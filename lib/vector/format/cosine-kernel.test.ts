import { readFile } from "node:fs/promises";
import fc from "fast-check";
import { expect, test } from "vitest";
import wabt from "wabt";
import { cosineKernel } from "./cosine-kernel.ts";
import { cosineSimilarity, euclideanNorm } from "./cosine-similarity.ts";

const value = fc.float({ noNaN: true, noDefaultInfinity: true });

test("the kernel gives the same bits as the plain function, for every length and number of vectors", () => {
  const rows = fc.integer({ min: 1, max: 33 }).chain((dimension) =>
    fc.record({
      query: fc.float32Array({ minLength: dimension, maxLength: dimension, noNaN: true }),
      vectors: fc.array(fc.array(value, { minLength: dimension, maxLength: dimension }), {
        minLength: 1,
        maxLength: 64,
      }),
    }),
  );
  fc.assert(
    fc.property(rows, ({ query, vectors }) => {
      const kernel = cosineKernel(query.length);
      kernel.setQuery(query);
      kernel.vectors.set(vectors.flat());
      const scores = [...kernel.score(vectors.length).subarray(0, vectors.length)];
      const norm = euclideanNorm(query);
      expect(scores).toEqual(
        vectors.map((vector) => cosineSimilarity(query, norm, Float32Array.from(vector), 0)),
      );
    }),
  );
});

test("the compiled program is that of the text beside it", async () => {
  const text = await readFile(new URL("cosine.wat", import.meta.url), "utf8");
  const program = (await wabt()).parseWat("cosine.wat", text, { simd: true });
  const { buffer } = program.toBinary({});
  expect(Buffer.from(buffer)).toEqual(await readFile(new URL("cosine.wasm", import.meta.url)));
});
