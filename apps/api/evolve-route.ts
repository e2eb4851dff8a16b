import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { approveEvolution } from "@lakefleet/lib/catalog/approve-evolution.ts";
import { type EvolutionPreview, previewEvolution } from "@lakefleet/lib/catalog/preview-evolution.ts";
import { Column } from "@lakefleet/lib/dataset/column.ts";
import { foldColumnName } from "@lakefleet/lib/dataset/column-names.ts";
import { MigrationRule, migrationRulesMax } from "@lakefleet/lib/dataset/evolution/evolution.ts";
import { listIndexes, readDefinition } from "@lakefleet/lib/generation/definition-log.ts";
import { answers, jsonBody } from "@lakefleet/lib/http/answers.ts";
import type { ObjectStore } from "@lakefleet/lib/storage/object-store.ts";
import { DatasetName } from "@lakefleet/queues/names.ts";
import type { ApiDependencies } from "./dependencies.ts";

const Rules = z.array(MigrationRule).min(1).max(migrationRulesMax);

const EvolveRequest = z
  .discriminatedUnion("action", [
    z.strictObject({
      action: z.literal("preview"),
      rules: Rules.optional(),
      /** The columns wanted; the steps towards them are proposed. */
      target: z.array(Column).min(1).max(10_000).optional(),
      sample_rows: z.int().min(1).max(10_000).default(1_000),
    }),
    z.strictObject({
      action: z.literal("approve"),
      version: z.int().positive(),
      rules: Rules,
      failing_casts: z.enum(["refuse", "null"]).default("refuse"),
      approved_by: z.string().min(1).max(200),
      reason: z.string().max(1_000).optional(),
    }),
  ])
  .openapi("EvolveRequest");

const EvolveAnswer = z.looseObject({ dataset: z.string(), version: z.int(), columns: z.array(Column) });

const evolve = createRoute({
  method: "post",
  path: "/catalog/datasets/by-name/{name}/evolve",
  tags: ["catalog"],
  summary: "Preview other columns for the rows there are, over a sample; or approve them as a new version",
  request: { params: z.object({ name: DatasetName }), body: jsonBody(EvolveRequest) },
  responses: answers(200, EvolveAnswer, "The preview with its steps, or the new version"),
});

export function mountEvolveRoute(app: OpenAPIHono, { store, telemetry }: ApiDependencies): void {
  app.openapi(evolve, async (context) => {
    const { name } = context.req.valid("param");
    const request = context.req.valid("json");
    if (request.action === "preview") {
      const { rules, target, sample_rows: sampleRows } = request;
      return context.json(
        previewAnswer(await previewEvolution({ store, dataset: name, rules, target, sampleRows })),
        200,
      );
    }
    const { version, rules, reason, approved_by: approvedBy, failing_casts: failingCasts } = request;
    const columnsInUse = await usedColumns(store, name);
    const approval = { store, dataset: name, version, rules, reason, approvedBy, failingCasts, columnsInUse };
    const evolved = await approveEvolution(approval);
    telemetry.emit("dataset.evolved", { dataset: name, version: evolved.version, ruleCount: rules.length });
    return context.json(
      {
        dataset: name,
        version: evolved.version,
        columns: evolved.columns,
        evolution: evolved.evolution ?? null,
      },
      200,
    );
  });
}

function previewAnswer({ rows, casts, rowsSampled, ...preview }: EvolutionPreview) {
  return {
    ...preview,
    rows: rows.map(({ rowId, before, after }) => ({ row_id: rowId, before, after })),
    casts: casts.map((cast) => ({
      ...cast,
      examples: cast.examples.map(({ rowId, value }) => ({ row_id: rowId, value })),
    })),
    rows_sampled: rowsSampled,
  };
}

/** The indexes that each column of the dataset is part of. */
async function usedColumns(store: ObjectStore, dataset: string): Promise<Map<string, string[]>> {
  const definitions = await Promise.all(
    (await listIndexes(store)).map((index) => readDefinition(store, index)),
  );
  const used = new Map<string, string[]>();
  for (const definition of definitions.filter((one) => one.dataset === dataset)) {
    for (const column of [...definition.textColumns, ...definition.metadataColumns]) {
      const name = foldColumnName(column);
      used.set(name, [...(used.get(name) ?? []), definition.index]);
    }
  }
  return used;
}
