import path from "node:path";
import type { Command } from "commander";
import { contextOf, print } from "../context.ts";

interface WatchView {
  name: string;
  folder: string;
  recursive: boolean;
  dataset: string | null;
}

interface AddOptions {
  dataset: string;
  name?: string;
  index?: string;
  embedder?: string;
  backend?: string;
  chunkSize?: string;
  overlap?: string;
  recursive: boolean;
}

/** Watches that the fleet keeps by itself, unlike `watch`, which ends with its process. */
export function addWatchesCommand(program: Command): void {
  const watches = program
    .command("watches")
    .description("the folders that the fleet follows by itself")
    .action(async (_options: unknown, command: Command) => {
      const context = contextOf(command);
      const answer = await context.client.get<{ watches: WatchView[] }>("/ingest/watches");
      print(context, answer, () => answer.watches.map(describe));
    });
  watches
    .command("add <folder>")
    .description("let the documents of a folder be the rows of a dataset, also when files change, move or go")
    .requiredOption("--dataset <name>", "the dataset")
    .option("--name <name>", "the watch's own name (default: the dataset's)")
    .option("--index <name>", "the index (default: the dataset's name), or none")
    .option("--backend <backend>", "hnsw or lance")
    .option("--embedder <id>", "the embedding model")
    .option("--chunk-size <characters>", "how long a passage may be")
    .option("--overlap <characters>", "how much two passages share")
    .option("--no-recursive", "only the files that lie in the folder itself")
    .action(async (folder: string, options: AddOptions, command: Command) => {
      const context = contextOf(command);
      const { dataset, name, index, backend, embedder, recursive } = options;
      const watch = await context.client.post<WatchView>("/ingest/watches", {
        folder: path.resolve(folder),
        ...{ dataset, name, index, backend, embedder, recursive },
        ...(options.chunkSize === undefined ? {} : { chunk_size: Number(options.chunkSize) }),
        ...(options.overlap === undefined ? {} : { overlap: Number(options.overlap) }),
      });
      print(context, watch, () => [describe(watch)]);
    });
  watches
    .command("remove <name>")
    .description("follow the folder no longer; its rows stay")
    .action(async (name: string, _options: unknown, command: Command) => {
      const context = contextOf(command);
      const answer = await context.client.delete(`/ingest/watches/${encodeURIComponent(name)}`);
      print(context, answer, () => [`${name}: no longer watched`]);
    });
}

function describe({ name, folder, recursive, dataset }: WatchView): string {
  return `${name}: ${folder}${recursive ? "" : " (not below it)"} -> ${dataset ?? "datasets by file and folder"}`;
}
