import type { GenerationManifest } from "@lakefleet/lib/generation/generation-manifest.ts";
import { openConnection, renderRequest } from "./keep-alive-client.ts";

/** What an answer over HTTP must be, by generation, for each query in turn: the hits' `doc_id`s. */
export type ExpectedHits = Map<string, string[][]>;

export interface SwapOutcome {
  answers: number;
  failed: number;
  /** Answers whose hits are not those of the generation that they name. */
  mixed: number;
  /** Answers by each generation, which shows that both of them served. */
  byGeneration: Record<string, number>;
  /** In milliseconds, of every answer. */
  latencies: number[];
  /** In milliseconds, from the request to promote to its answer. */
  swaps: number[];
  /** In milliseconds, from the request to promote to the first answer of the generation that it named. */
  effects: number[];
}

/** Searches without pause over some connections while one generation after the other is made active. */
export async function searchDuringSwaps(options: {
  url: string;
  index: string;
  requests: Buffer[];
  expected: ExpectedHits;
  generations: [GenerationManifest, GenerationManifest];
  connections: number;
  swapCount: number;
  /** Answers between two swaps. */
  answersBetween: number;
}): Promise<SwapOutcome> {
  const { url, requests, expected, swapCount, answersBetween } = options;
  const outcome: SwapOutcome = {
    answers: 0,
    failed: 0,
    mixed: 0,
    byGeneration: {},
    latencies: [],
    swaps: [],
    effects: [],
  };
  let awaited: { generation: string; begin: number } | undefined;
  let done = false;
  let reached = Promise.withResolvers<void>();
  let wanted = answersBetween;
  const search = async (place: number) => {
    const connection = await openConnection(url);
    for (let turn = place; !done; turn += options.connections) {
      const query = turn % requests.length;
      const begin = performance.now();
      const { status, body } = await connection.send(requests[query]!);
      outcome.latencies.push(performance.now() - begin);
      outcome.answers += 1;
      const answer: Answer | undefined = status === 200 ? JSON.parse(body) : undefined;
      judge(outcome, expected, query, answer);
      if (awaited !== undefined && answer?.generation === awaited.generation) {
        outcome.effects.push(performance.now() - awaited.begin);
        awaited = undefined;
      }
      if (outcome.answers >= wanted) reached.resolve();
    }
    connection.close();
  };
  const searches = Array.from({ length: options.connections }, (_, place) => search(place));
  const operator = await openConnection(url);
  try {
    for (let swap = 0; swap < swapCount; swap++) {
      await Promise.race([reached.promise, ...searches]);
      reached = Promise.withResolvers();
      wanted = Number.POSITIVE_INFINITY;
      const begin = performance.now();
      // Two generations take turns, and the second one is active at first.
      awaited = { generation: options.generations[swap % 2]!.generation, begin };
      const { status, body } = await operator.send(swapRequest(options, swap));
      if (status !== 200) throw new Error(`the swap failed: ${status} ${body}`);
      outcome.swaps.push(performance.now() - begin);
      wanted = outcome.answers + answersBetween;
    }
    await Promise.race([reached.promise, ...searches]);
  } finally {
    done = true;
    operator.close();
  }
  await Promise.all(searches);
  return outcome;
}

/** The second generation is active at first. Every other swap promotes the first one, the rest roll back from it. */
function swapRequest(
  { index, generations }: { index: string; generations: GenerationManifest[] },
  swap: number,
) {
  if (swap % 2 === 1) return renderRequest(`/vectors/hnsw/rollback/${index}`, { reason: "bench" });
  const { generation } = generations[0]!;
  return renderRequest(`/vectors/indexes/${index}/promote`, { generation, reason: "bench" });
}

interface Answer {
  generation: string;
  hits: { doc_id: string; text: string }[];
}

function judge(
  outcome: SwapOutcome,
  expected: ExpectedHits,
  query: number,
  answer: Answer | undefined,
): void {
  if (answer === undefined) {
    outcome.failed += 1;
    return;
  }
  const { generation, hits } = answer;
  outcome.byGeneration[generation] = (outcome.byGeneration[generation] ?? 0) + 1;
  const wanted = expected.get(generation)?.[query];
  const isRight =
    wanted?.length === hits.length &&
    hits.every(
      ({ doc_id, text }, place) =>
        doc_id === wanted[place] && text.startsWith(`${doc_id[0]} ${doc_id.slice(1)} `),
    );
  if (!isRight) outcome.mixed += 1;
}
