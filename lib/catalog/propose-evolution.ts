import { findColumn, requireColumn } from "../dataset/column-names.ts";
import { datasetLog } from "../dataset/dataset-log.ts";
import { type Column, ColumnType, type DatasetVersion } from "../dataset/dataset-version.ts";
import { diffColumns, typeText } from "../dataset/evolution/diff-columns.ts";
import type { MigrationRule } from "../dataset/evolution/evolution.ts";
import { proposeRules } from "../dataset/evolution/propose-rules.ts";
import type { SchemaDrift } from "../dataset/evolution/schema-drift.ts";
import type { ObjectStore } from "../storage/object-store.ts";

/** A drift that nobody has answered within as many writes is how the dataset is. */
const versionsLookedAt = 20;

/**
 * The steps towards the wanted columns; without wanted ones, those that answer the newest drift: two names of one
 * column become the newer one, and a column that became text by one odd file gets its type back.
 */
export async function proposeEvolution(
  store: ObjectStore,
  current: DatasetVersion,
  target: readonly Column[] | undefined,
): Promise<MigrationRule[]> {
  if (target !== undefined) return proposeRules(diffColumns(current.columns, target));
  for await (const { document } of datasetLog(store, current.dataset).history({ limit: versionsLookedAt })) {
    if (document.ingest.drift === undefined) continue;
    const rules = answerDrift(current, document.ingest.drift);
    if (rules.length > 0) return rules;
  }
  return [];
}

function answerDrift({ columns }: DatasetVersion, drift: SchemaDrift): MigrationRule[] {
  const has = (name: string) => findColumn(columns, name) !== undefined;
  const renames = drift.renamed
    .filter(({ from, to }) => has(from) && has(to))
    .map(({ from, to }): MigrationRule => ({ kind: "rename", from, to }));
  const casts = drift.retyped
    .filter(({ column }) => has(column))
    .flatMap(({ column, from }): MigrationRule[] => {
      const type = ColumnType.safeParse(from);
      if (!type.success || typeText(requireColumn(columns, column, "column")) === from) return [];
      return [{ kind: "cast", column, to: type.data }];
    });
  return [...renames, ...casts];
}
