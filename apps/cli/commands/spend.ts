import { type Command, Option } from "commander";
import { contextOf, print } from "../context.ts";

interface ProviderSpend {
  provider: string;
  day: string;
  spent_usd: number;
  reserved_usd: number;
  cap_usd: number | null;
  remaining_usd: number | null;
  by_model: { model: string; spent_usd: number }[];
}

interface Quote {
  dataset: string;
  embedder: string;
  rows: number;
  exact: boolean;
  chunks: number;
  duplicates: number;
  cached: number;
  to_embed: number;
  tokens: { estimated: number; method: string };
  calls: number;
  cost_usd: number;
  seconds_min: number | null;
}

interface QuoteOptions {
  index?: string;
  dataset?: string;
  embedder?: string;
}

export function addSpendCommands(program: Command): void {
  program
    .command("spend")
    .description("what each provider of models was paid today, and what is left of its cap")
    .action(async (_options, command: Command) => {
      const context = contextOf(command);
      const spend = await context.client.get<{ providers: ProviderSpend[] }>("/ai/spend");
      print(context, spend, () => spendLines(spend.providers));
    });
  program
    .command("quote")
    .description("what embedding would cost, after duplicates and what is cached; nothing is sent")
    .addOption(new Option("--index <name>", "as this index is cut and embedded").conflicts("dataset"))
    .option("--dataset <name>", "a dataset that has no index")
    .option("--embedder <id>", "another embedder than the index's")
    .action(async (options: QuoteOptions, command: Command) => {
      const context = contextOf(command);
      const quote = await context.client.post<Quote>("/ai/quote", options);
      print(context, quote, () => quoteLines(quote));
    });
}

function spendLines(providers: readonly ProviderSpend[]): string[] {
  if (providers.length === 0) return ["No provider with a price is configured."];
  return providers.flatMap(({ provider, day, spent_usd, reserved_usd, cap_usd, remaining_usd, by_model }) => [
    `${provider}  ${day}  spent ${usd(spent_usd)}, reserved ${usd(reserved_usd)}, ${
      cap_usd === null ? "no cap" : `${usd(remaining_usd ?? 0)} left of ${usd(cap_usd)}`
    }`,
    ...by_model.map((model) => `  ${model.model || "(no name)"}  ${usd(model.spent_usd)}`),
  ]);
}

function quoteLines(quote: Quote): string[] {
  const { chunks, duplicates, cached, to_embed, tokens, calls, cost_usd, seconds_min } = quote;
  return [
    `${quote.dataset} by ${quote.embedder}: ${quote.rows} rows, ${chunks} chunks${quote.exact ? "" : " (by the first rows)"}`,
    `  ${duplicates} duplicates, ${cached} cached, ${to_embed} to embed in ${calls} calls`,
    `  about ${tokens.estimated} tokens (${tokens.method}), ${usd(cost_usd)}`,
    ...(seconds_min === null ? [] : [`  ${seconds_min} seconds at least, by the limits of the provider`]),
  ];
}

function usd(amount: number): string {
  return `$${amount.toFixed(amount < 0.01 ? 6 : 2)}`;
}
