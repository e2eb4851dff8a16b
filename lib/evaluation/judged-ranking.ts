import type { EvalQuery } from "./eval-set.ts";

/** The names of the documents that a query's judgements call relevant. */
export function relevantDocuments({ judgements = {} }: Pick<EvalQuery, "judgements">): Set<string> {
  return new Set(Object.keys(judgements).filter((name) => (judgements[name] ?? 0) > 0));
}

/**
 * A ranking of chunks as one of documents, under the names that the judgements use: each document once, at its best
 * chunk, without what the query excludes. Collections name documents without folder and extension, so `a/CACM-0001.html`
 * stands for `CACM-0001` where it is not judged by its whole name.
 */
export function rankDocuments(
  docIds: readonly string[],
  { judgements = {}, exclude }: Pick<EvalQuery, "judgements" | "exclude">,
): string[] {
  const names = docIds
    .filter((docId) => docId !== exclude)
    .map((docId) => {
      if (Object.hasOwn(judgements, docId)) return docId;
      const stem = docId.replace(/^.*\//, "").replace(/\.[^.]*$/, "");
      return Object.hasOwn(judgements, stem) ? stem : docId;
    });
  return [...new Set(names)];
}
