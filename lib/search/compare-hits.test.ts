import { expect, test } from "vitest";
import { compareHits } from "./compare-hits.ts";

const hits = (...ids: string[]) =>
  ids.map((id) => ({ id, doc_id: `d${id}`, chunk_index: 0, score: 0, text: "", metadata: {} }));

test("hits that only one side has are named with their rank, and those of both by how far they moved", () => {
  expect(compareHits(hits("1", "2", "3", "4"), hits("2", "1", "5", "3"))).toEqual({
    overlap: 0.75,
    identical: false,
    same_first: false,
    moved: [
      { id: "1", doc_id: "d1", rank_a: 1, rank_b: 2 },
      { id: "2", doc_id: "d2", rank_a: 2, rank_b: 1 },
      { id: "3", doc_id: "d3", rank_a: 3, rank_b: 4 },
    ],
    only_in_a: [{ id: "4", doc_id: "d4", rank: 4 }],
    only_in_b: [{ id: "5", doc_id: "d5", rank: 3 }],
  });
});

test("an answer is identical to itself, and to an empty one where it is empty", () => {
  expect(compareHits(hits("1", "2"), hits("1", "2"))).toMatchObject({ overlap: 1, identical: true });
  expect(compareHits([], [])).toMatchObject({ overlap: 1, identical: true, same_first: true });
  expect(compareHits(hits("1"), [])).toMatchObject({ overlap: 0, identical: false, same_first: false });
});
