import { defineSpace } from "@lakefleet/lib/trial/propose/default-space.ts";
import type { Proposal, Proposer, TrialPoint } from "@lakefleet/lib/trial/propose/proposer.ts";
import { findProposer, proposerNames } from "@lakefleet/lib/trial/propose/proposers.ts";
import { configurationsOf, locate, type SearchSpace } from "@lakefleet/lib/trial/propose/search-space.ts";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

const corpus = { dimension: 768, vectorCount: 10_000 };
const objective = { recallTarget: 0.99 };

const hnswSpaces = fc
  .record({
    quantization: fc.subarray(["i8", "bf16", "f32"], { minLength: 1 }),
    connectivity: fc.subarray([8, 16, 32], { minLength: 1 }),
    expansionBuild: fc.subarray([64, 128], { minLength: 1 }),
    expansionSearch: fc.subarray([16, 24, 32, 48, 64, 96, 128, 256], { minLength: 1 }),
  })
  .map((bounds) => defineSpace("hnsw", { ...corpus, bounds }));
const lanceSpaces = fc
  .record({
    kind: fc.subarray(["ivf_hnsw_sq", "ivf_rq", "ivf_pq", "flat"], { minLength: 1 }),
    partitions: fc.constant([50, 100]),
    subVectors: fc.constant([16]),
    connectivity: fc.constant([16]),
    expansionBuild: fc.constant([64, 128]),
    refineFactor: fc.subarray([1, 5], { minLength: 1 }),
    probes: fc.subarray([5, 20, 50], { minLength: 1 }),
    expansionSearch: fc.subarray([32, 64, 128], { minLength: 1 }),
  })
  .map((bounds) => defineSpace("lance", { ...corpus, bounds }));
const spaces = fc.oneof(hnswSpaces, lanceSpaces);
const proposers = fc.constantFrom(...proposerNames).map(findProposer);

/** A made-up machine: more of everything finds more and takes longer; one configuration in `failureEvery` fails. */
function measure(proposal: Proposal, world: { seed: number; failureEvery: number }): TrialPoint {
  const { parameters, sampleShare } = proposal;
  const numbers = Object.values(parameters).filter((value) => typeof value === "number");
  const sum = numbers.reduce(
    (total, value, place) => total + Math.log(value) * (1 + ((world.seed + place) % 3)),
    0,
  );
  const text = JSON.stringify(parameters);
  const fails = [...text].reduce((hash, letter) => (hash * 31 + letter.charCodeAt(0)) % 9973, world.seed);
  if (fails % world.failureEvery === 0) return { parameters, sampleShare };
  const recall = Math.min(1, 1 - Math.exp(-sum / 5));
  return { parameters, sampleShare, measured: { recall, p50Ms: Math.exp(sum / 20), buildMs: 1_000 } };
}

function run(options: {
  proposer: Proposer;
  space: SearchSpace;
  seed: number;
  failureEvery: number;
  limit: number;
}): Proposal[] {
  const { proposer, space, seed } = options;
  const history: TrialPoint[] = [];
  const proposals: Proposal[] = [];
  while (proposals.length < options.limit) {
    const proposal = proposer.propose({ space, history: [...history], seed, objective });
    if (proposal === undefined) break;
    proposals.push(proposal);
    history.push(measure(proposal, { seed, failureEvery: options.failureEvery }));
  }
  return proposals;
}

const runs = fc.record({
  proposer: proposers,
  space: spaces,
  seed: fc.nat(),
  failureEvery: fc.constantFrom(3, 7, 1_000_003),
  limit: fc.constant(40),
});

describe("every proposer", () => {
  test("stays in the space and never proposes a configuration twice", () => {
    fc.assert(
      fc.property(runs, (given) => {
        const proposals = run(given);
        const keys = proposals.map(({ parameters, sampleShare }) =>
          JSON.stringify([parameters, sampleShare]),
        );
        expect(new Set(keys).size).toBe(keys.length);
        for (const { parameters, sampleShare, why } of proposals) {
          const positions = locate(given.space, parameters);
          expect(positions?.every((place) => Number.isInteger(place))).toBe(true);
          expect(sampleShare > 0 && sampleShare <= 1).toBe(true);
          expect(why).toMatch(/^[A-Z0-9].*\.$/s);
        }
      }),
      { numRuns: 60 },
    );
  });

  test("proposes the same after the same history", () => {
    fc.assert(
      fc.property(runs, (given) => {
        expect(run({ ...given, limit: 15 })).toEqual(run({ ...given, limit: 15 }));
      }),
      { numRuns: 30 },
    );
  });

  test("ends when nothing is left", () => {
    const small = fc.record({
      proposer: proposers,
      space: spaces.filter((space) => [...configurationsOf(space)].length <= 60),
      seed: fc.nat(),
      failureEvery: fc.constantFrom(3, 1_000_003),
      limit: fc.constant(500),
    });
    fc.assert(
      fc.property(small, (given) => {
        expect(run(given).length).toBeLessThan(given.limit);
      }),
      { numRuns: 60 },
    );
  });

  test.each(proposerNames)(
    "%s starts where nothing, and goes on where a foreign configuration is known",
    (name) => {
      const space = defineSpace("hnsw", corpus);
      const foreign = measure(
        {
          parameters: {
            backend: "hnsw",
            engine: "usearch",
            quantization: "i8",
            connectivity: 64,
            expansionBuild: 100,
            expansionSearch: 700,
          },
          sampleShare: 1,
          why: "",
        },
        { seed: 1, failureEvery: 1_000_003 },
      );
      for (const history of [[], [foreign]]) {
        expect(findProposer(name).propose({ space, history, seed: 1, objective })).toBeDefined();
      }
    },
  );
});
