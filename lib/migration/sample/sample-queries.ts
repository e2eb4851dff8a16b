import type { EvalSet } from "../../evaluation/eval-set.ts";
import { rankDocuments, relevantDocuments } from "../../evaluation/judged-ranking.ts";
import { createRandom, shuffled } from "../../generation/format/seeded-random.ts";

/** A question, and which documents answer it. */
export interface SampleQuery {
  text: string;
  isRelevant(docId: string): boolean;
}

/** An interval of their mean is then a few hundredths wide, and two models are asked in some seconds. */
const queriesMax = 200;
/** Shorter passages stand in many texts; longer ones are the chunk itself. */
const passageWords = 12;

/** Queries of an eval set that people have judged. */
export function judgedQueries({ queries }: EvalSet, seed: number): SampleQuery[] {
  const judged = queries.filter((query) => query.text !== undefined && relevantDocuments(query).size > 0);
  return shuffled(judged, createRandom(seed))
    .slice(0, queriesMax)
    .map((query) => {
      const relevant = relevantDocuments(query);
      const isRelevant = (docId: string) => rankDocuments([docId], query).some((name) => relevant.has(name));
      return { text: query.text ?? "", isRelevant };
    });
}

/** Passages of the chunks; each is to find the document that it was taken from. */
export function heldOutPassages(
  chunks: readonly { docId: string; content: string }[],
  seed: number,
): SampleQuery[] {
  const random = createRandom(seed);
  return shuffled(chunks, random)
    .slice(0, queriesMax)
    .map(({ docId, content }) => {
      const words = content.split(/\s+/).filter((word) => word !== "");
      const first = Math.floor(random() * Math.max(1, words.length - passageWords + 1));
      const text = words.slice(first, first + passageWords).join(" ");
      return { text, isRelevant: (other: string) => other === docId };
    });
}
