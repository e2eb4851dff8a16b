import type { EvalQuery } from "./eval-set.ts";
import { malformedJudgement, parseJudgements, parseTopics } from "./format/trec.ts";

/**
 * The queries of a TREC collection, one a topic, in the order of the topics. A topic that nobody judged is a query all
 * the same: recall against exact search needs no judgement. One that is judged must be there.
 */
export function trecQueries(source: { topics: string; judgements?: string | undefined }): EvalQuery[] {
  const topics = parseTopics(source.topics);
  const judged = source.judgements === undefined ? new Map() : parseJudgements(source.judgements);
  for (const [topic, { line }] of judged) {
    if (!topics.has(topic)) throw malformedJudgement(line, `there is no topic ${topic}`);
  }
  return [...topics].map(([id, text]) => {
    const judgements = judged.get(id)?.grades;
    return { id, text, ...(judgements === undefined ? {} : { judgements: { ...judgements } }) };
  });
}
