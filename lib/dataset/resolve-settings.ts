import { findColumn, requireColumn } from "./column-names.ts";
import type { Column, DatasetVersion } from "./dataset-version.ts";

/** What a write says about the columns' use. Absent and empty mean: as it was. */
export interface AskedSettings {
  idColumn?: string | undefined;
  textColumns?: readonly string[] | undefined;
  metadataColumns?: readonly string[] | undefined;
  keyColumn?: string | undefined;
}

export type DatasetSettings = Pick<
  DatasetVersion,
  "idColumn" | "textColumns" | "metadataColumns" | "keyColumn"
>;

/**
 * The settings of the next version, with the columns' own spelling. An asked column that does not exist is `invalid`,
 * `column-unknown`; one that was set before and is gone with a replacement is dropped.
 */
export function resolveSettings(
  columns: readonly Column[],
  asked: AskedSettings,
  current: DatasetSettings | undefined,
): DatasetSettings {
  const one = (wanted: string | undefined, field: string, before: string | undefined) =>
    wanted !== undefined ? requireColumn(columns, wanted, field).name : stillThere(columns, before);
  const many = (wanted: readonly string[] | undefined, field: string, before: readonly string[] = []) => {
    const names =
      wanted !== undefined && wanted.length > 0
        ? wanted.map((name) => requireColumn(columns, name, field).name)
        : before.map((name) => stillThere(columns, name)).filter((name) => name !== undefined);
    return [...new Set(names)];
  };
  const idColumn = one(asked.idColumn, "id_column", current?.idColumn);
  const keyColumn = one(asked.keyColumn, "key", current?.keyColumn);
  return {
    ...(idColumn === undefined ? {} : { idColumn }),
    textColumns: many(asked.textColumns, "text_columns", current?.textColumns),
    metadataColumns: many(asked.metadataColumns, "metadata_columns", current?.metadataColumns),
    ...(keyColumn === undefined ? {} : { keyColumn }),
  };
}

export function sameSettings(left: DatasetSettings, right: DatasetSettings): boolean {
  const facts = (settings: DatasetSettings) =>
    JSON.stringify([settings.idColumn, settings.keyColumn, settings.textColumns, settings.metadataColumns]);
  return facts(left) === facts(right);
}

function stillThere(columns: readonly Column[], name: string | undefined): string | undefined {
  return name === undefined ? undefined : findColumn(columns, name)?.name;
}
