/** Reads TREC topics (`<DOC><DOCNO> n </DOCNO> text </DOC>`) into query texts by topic. */
export function parseTopics(text: string): Map<string, string> {
  const topics = new Map<string, string>();
  for (const [, body] of text.matchAll(/<DOC>([\s\S]*?)<\/DOC>/g)) {
    const number = /<DOCNO>\s*(\S+)\s*<\/DOCNO>/.exec(body ?? "");
    if (number?.[1]) topics.set(number[1], (body ?? "").replace(number[0], "").replace(/\s+/g, " ").trim());
  }
  return topics;
}

/** Reads TREC judgements (`topic Q0 document relevance`) into the relevant documents by topic. */
export function parseJudgements(text: string): Map<string, Set<string>> {
  const relevant = new Map<string, Set<string>>();
  for (const line of text.split("\n")) {
    const [topic, , document, relevance] = line.trim().split(/\s+/);
    if (!topic || !document || !(Number(relevance) > 0)) continue;
    relevant.set(topic, (relevant.get(topic) ?? new Set()).add(document));
  }
  return relevant;
}

/** Precision at each relevant document's rank, averaged over all relevant documents; one that is not found counts 0. */
export function averagePrecision(ranking: readonly string[], relevant: ReadonlySet<string>): number {
  let found = 0;
  let sum = 0;
  ranking.forEach((document, position) => {
    if (!relevant.has(document)) return;
    found += 1;
    sum += found / (position + 1);
  });
  return relevant.size === 0 ? 0 : sum / relevant.size;
}

/** The share of relevant documents among the first `depth`; a shorter ranking is judged as if filled with misses. */
export function precisionAt(
  ranking: readonly string[],
  relevant: ReadonlySet<string>,
  depth: number,
): number {
  return ranking.slice(0, depth).filter((document) => relevant.has(document)).length / depth;
}
