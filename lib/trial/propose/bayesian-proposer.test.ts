import { expect, test } from "vitest";
import { IndexParameters } from "../../vector/index-parameters.ts";
import { bayesianProposer } from "./bayesian-proposer.ts";
import { defineSpace } from "./default-space.ts";
import type { Proposal, TrialPoint } from "./proposer.ts";

const space = defineSpace("hnsw", { dimension: 768, vectorCount: 20_000, bounds: { quantization: ["i8"] } });

/** A machine on which more links and more effort find more and take longer, and nothing else matters. */
function measure({ parameters, sampleShare }: Pick<Proposal, "parameters" | "sampleShare">): TrialPoint {
  const { connectivity, expansionSearch } = parameters;
  const recall = 1 - Math.exp(-(connectivity ** 0.5 * expansionSearch) / 40);
  const p50Ms = 0.01 * expansionSearch ** 0.8 * (1 + connectivity / 20);
  return { parameters, sampleShare, measured: { recall, p50Ms, buildMs: 1_000 } };
}

function search(history: readonly TrialPoint[], gainMin: number | undefined): TrialPoint[] {
  const points = [...history];
  const objective = { recallTarget: 0.99, ...(gainMin === undefined ? {} : { gainMin }) };
  while (points.length < 60) {
    const proposal = bayesianProposer.propose({ space, history: points, seed: 1, objective });
    if (proposal === undefined) break;
    points.push(measure(proposal));
  }
  return points;
}

function fastest(points: readonly TrialPoint[]): number {
  const reaching = points.flatMap(({ measured }) => (measured && measured.recall >= 0.99 ? [measured] : []));
  return Math.min(...reaching.map(({ p50Ms }) => p50Ms));
}

test("the Bayesian proposer ends early, with what a longer search would have found", () => {
  const brief = search([], 0.05);
  const long = search([], undefined);
  expect(brief.length).toBeLessThan(0.75 * long.length);
  expect(fastest(brief)).toBeLessThanOrEqual(1.05 * fastest(long));
});

test("where one foreign graph is known, the default graph comes first", () => {
  const foreign = IndexParameters.parse({ backend: "hnsw", connectivity: 20, expansionBuild: 200 });
  const history = [measure({ parameters: foreign, sampleShare: 1 })];
  const objective = { recallTarget: 0.99 };
  expect(bayesianProposer.propose({ space, history, seed: 1, objective })).toMatchObject({
    parameters: { connectivity: 16, expansionBuild: 128 },
    why: "Little is known yet: the default graph comes first.",
  });
});

test("a graph of few links, chosen with care, is tried before the search may end", () => {
  const graphs = search([], 0.9).map(({ parameters }) => parameters);
  expect(graphs).toContainEqual(expect.objectContaining({ connectivity: 8, expansionBuild: 256 }));
});
