import { type Command, Option } from "commander";
import { contextOf, print } from "../context.ts";
import { parseOption } from "../parse-option.ts";
import { snippet } from "../snippet.ts";

interface Answer {
  generation: string;
  mode: string;
  plan: { path: string; reason: string };
  complete: boolean;
  took_ms: number;
  hits: { doc_id: string; chunk_index: number; score: number; text: string }[];
}

export function addSearchCommand(program: Command): void {
  program
    .command("search <index> <query...>")
    .description("search an index")
    .option("-k, --limit <n>", "how many hits", "10")
    .addOption(
      new Option("--mode <mode>", "how to rank").choices(["hybrid", "vector", "lexical"]).default("hybrid"),
    )
    .option("--filter <json>", 'rows to consider, such as {"year":{"gte":2020}}')
    .option("--generation <id>", "a pinned generation instead of the active one")
    .action(async (index: string, query: string[], options, command: Command) => {
      const context = contextOf(command);
      const answer = await context.client.post<Answer>("/vectors/search", {
        index,
        query: query.join(" "),
        k: Number(options.limit),
        mode: options.mode,
        ...(options.filter ? { filter: parseOption("--filter", options.filter) } : {}),
        ...(options.generation ? { generation: options.generation } : {}),
      });
      print(context, answer, () => [
        ...answer.hits.map(
          (hit, position) =>
            `${String(position + 1).padStart(3)}  ${hit.score.toFixed(4)}  ${hit.doc_id}\n     ${snippet(hit.text)}`,
        ),
        `${answer.hits.length} hits in ${answer.took_ms} ms from ${answer.generation} (${answer.mode}; ${answer.plan.path}: ${answer.plan.reason})${answer.complete ? "" : "; more or better ones may match"}`,
      ]);
    });
}
