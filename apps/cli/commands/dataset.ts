import type { PresentedDataset } from "@lakefleet/lib/catalog/present-dataset.ts";
import type { Command } from "commander";
import { contextOf, print } from "../context.ts";
import { type DatasetLineage, type DatasetVersions, datasetLines } from "../dataset-lines.ts";

export function addDatasetCommand(program: Command): void {
  program
    .command("dataset <name>")
    .description(
      "a dataset's columns, what is sensitive in it, its contract, freshness, versions and lineage",
    )
    .action(async (name: string, _options, command: Command) => {
      const context = contextOf(command);
      const path = `/catalog/datasets/by-name/${encodeURIComponent(name)}`;
      const dataset = await context.client.get<PresentedDataset>(path);
      const { versions } = await context.client.get<DatasetVersions>(`${path}/versions`);
      const lineage = await context.client.get<DatasetLineage>(`${path}/lineage`);
      print(context, { ...dataset, versions, lineage }, () => datasetLines({ dataset, versions, lineage }));
    });
}
