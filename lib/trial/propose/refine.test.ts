import { expect, test } from "vitest";
import { IndexParameters } from "../../vector/index-parameters.ts";
import { defineSpace } from "./default-space.ts";
import type { TrialPoint } from "./proposer.ts";
import { findProposer, proposerNames } from "./proposers.ts";
import { refine } from "./refine.ts";
import { surveyHistory } from "./survey.ts";

const corpus = { dimension: 768, vectorCount: 20_000 };
const objective = { recallTarget: 0.99 };

function measured(fields: object, recall: number, p50Ms = 1): TrialPoint {
  const parameters = IndexParameters.parse({ backend: "hnsw", ...fields });
  return { parameters, sampleShare: 1, measured: { recall, p50Ms, buildMs: 1_000 } };
}

test("an effort above the last one of the space is not taken for that one", () => {
  const space = defineSpace("hnsw", corpus);
  const history = [
    measured({ expansionSearch: 1024 }, 0.995, 2),
    measured({ expansionSearch: 431 }, 0.985, 0.9),
  ];
  const survey = surveyHistory({ space, history, seed: 1, objective });
  const proposal = refine(survey);
  expect(proposal?.parameters).toMatchObject({ expansionSearch: 512 });
  // What it says was reached, and what was missed, is what was measured.
  expect(proposal?.why).toContain("missed the recall of 0.99 with 0.9850");
});

test("an effort above the last one that misses the target leaves nothing to look for", () => {
  const space = defineSpace("hnsw", corpus);
  const history = [measured({ expansionSearch: 1024 }, 0.95)];
  expect(refine(surveyHistory({ space, history, seed: 1, objective }))).toBeUndefined();
});

test.each(proposerNames)("%s calls no graph built that only one beyond the bounds was", (name) => {
  const space = defineSpace("hnsw", { ...corpus, bounds: { connectivity: [16, 32] } });
  const history = [measured({ connectivity: 64 }, 0.995), measured({ connectivity: 4 }, 0.95)];
  for (let seed = 0; seed < 20; seed += 1) {
    const proposal = findProposer(name).propose({ space, history, seed, objective });
    expect(proposal).toBeDefined();
    expect(proposal?.why).not.toContain("built");
  }
});

test("lists whose number was left out are none of those of the space", () => {
  const space = defineSpace("lance", { ...corpus, bounds: { kind: ["ivf_rq"] } });
  const parameters = IndexParameters.parse({ backend: "lance", kind: "ivf_rq" });
  const history = [{ parameters, sampleShare: 1, measured: { recall: 0.995, p50Ms: 1, buildMs: 1_000 } }];
  const survey = surveyHistory({ space, history, seed: 1, objective });
  expect(refine(survey)).toBeUndefined();
  expect(survey.untried().every((positions) => !survey.isBuilt(positions))).toBe(true);
});
