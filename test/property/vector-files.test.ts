import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DomainError } from "@lakefleet/lib/errors/domain-error.ts";
import { buildVectorIndex } from "@lakefleet/lib/vector/build/build-vector-index.ts";
import { createTopHits } from "@lakefleet/lib/vector/format/top-hits.ts";
import { IndexParameters } from "@lakefleet/lib/vector/index-parameters.ts";
import { openVectorIndex } from "@lakefleet/lib/vector/read/open-vector-index.ts";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { generateVectors } from "../../examples/generate-vectors.ts";

const dimension = 24;
const vectorCount = 400;
const parameters = IndexParameters.parse({ backend: "hnsw" });

describe("the files of an hnsw index", () => {
  let folder: string;
  const location = () => ({ folder, parameters, dimension, vectorCount });
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "lakefleet-property-"));
    async function* blocks() {
      for (const vectors of generateVectors({ seed: 3, count: vectorCount, dimension })) yield { vectors };
    }
    await buildVectorIndex({ ...location(), blocks: blocks(), threads: 1 });
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  for (const name of ["graph.usearch", "vectors.parquet"]) {
    test(`${name}, cut anywhere or with another length, is refused and never kills the process`, async () => {
      const path = join(folder, name);
      const whole = readFileSync(path);
      await fc.assert(
        fc.asyncProperty(fc.nat(whole.length - 1), async (length) => {
          writeFileSync(path, whole.subarray(0, length));
          await expect(openVectorIndex(location())).rejects.toEqual(
            expect.objectContaining({ type: "vector-index-damaged" }),
          );
        }),
        { numRuns: 60 },
      );
      writeFileSync(path, Buffer.concat([whole, Buffer.alloc(1)]));
      await expect(openVectorIndex(location())).rejects.toBeInstanceOf(DomainError);
      writeFileSync(path, whole);
      await (await openVectorIndex(location())).close();
    });
  }
});

test("the heap ranks like sorting everything", () => {
  const rows = fc.array(fc.tuple(fc.nat(50), fc.integer({ min: -3, max: 3 })), { maxLength: 60 });
  fc.assert(
    fc.property(rows, fc.nat(20), (offered, k) => {
      const hits = createTopHits(k);
      for (const [ordinal, score] of offered) hits.offer(ordinal, score);
      const sorted = offered.toSorted((left, right) => right[1] - left[1] || left[0] - right[0]).slice(0, k);
      const { ordinals, scores } = hits.drain();
      expect([...ordinals].map((ordinal, place) => [ordinal, scores[place]])).toEqual(sorted);
    }),
  );
});
