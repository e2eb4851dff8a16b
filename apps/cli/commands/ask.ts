import { type Command, Option } from "commander";
import { contextOf, print } from "../context.ts";
import { parseOption } from "../parse-option.ts";
import { snippet } from "../snippet.ts";

interface Answer {
  generation: string;
  answer: string | null;
  reason: "no-hits" | "not-in-context" | "no-citation" | null;
  citations: { number: number; doc_id: string; chunk_index: number; text: string }[];
  unknown_citations: number[];
  complete: boolean;
  search_complete: boolean;
  plan: { reason: string };
}

const reasons: Record<NonNullable<Answer["reason"]>, string> = {
  "no-hits": "nothing was found in the index",
  "not-in-context": "what was found does not hold the answer",
  "no-citation": "the model wrote an answer that cites nothing of what was found",
};

export function addAskCommand(program: Command): void {
  program
    .command("ask <index> <question...>")
    .description("answer a question from an index, with its sources")
    .requiredOption("--generator <id>", "the model that writes, by its name in the file of models")
    .option("--reranker <id>", "a model that puts what is found in order first")
    .option("-k, --limit <n>", "how many chunks to look for", "8")
    .addOption(
      new Option("--mode <mode>", "how to search").choices(["hybrid", "vector", "lexical"]).default("hybrid"),
    )
    .option("--filter <json>", 'rows to consider, such as {"year":{"gte":2020}}')
    .option("--min-score <n>", "leave out what is found with a lower score")
    .action(async (index: string, question: string[], options, command: Command) => {
      const context = contextOf(command);
      const answer = await context.client.post<Answer>("/vectors/rag", {
        index,
        question: question.join(" "),
        generator: options.generator,
        k: Number(options.limit),
        mode: options.mode,
        ...(options.reranker ? { reranker: options.reranker } : {}),
        ...(options.filter ? { filter: parseOption("--filter", options.filter) } : {}),
        ...(options.minScore === undefined ? {} : { min_score: Number(options.minScore) }),
      });
      print(context, answer, () => linesOf(answer));
    });
}

function linesOf(answer: Answer): string[] {
  const { reason, generation, citations, unknown_citations: unknown } = answer;
  const lacking = answer.search_complete ? [] : [`the search may have missed more: ${answer.plan.reason}`];
  if (reason !== null) return [`No answer: ${reasons[reason]} (${generation}).`, ...lacking];
  return [
    `${answer.answer}${answer.complete ? "" : "… (cut off at the generator's limit)"}`,
    "",
    ...citations.map(
      ({ number, doc_id: document, chunk_index: chunk, text }) =>
        `[${number}] ${document}, chunk ${chunk}\n    ${snippet(text)}`,
    ),
    ...(unknown.length === 0 ? [] : [`removed: citations of ${unknown.join(", ")}, which are no sources`]),
    `from ${generation}`,
    ...lacking,
  ];
}
