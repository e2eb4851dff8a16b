import { isDeepStrictEqual } from "node:util";
import { requireColumn } from "../dataset/column-names.ts";
import { assertContract, assertKnownColumns } from "../dataset/contract/check-contract.ts";
import { compilePatterns } from "../dataset/contract/compile-patterns.ts";
import type { RowContract } from "../dataset/contract/row-contract.ts";
import { datasetLog, readDataset } from "../dataset/dataset-log.ts";
import type { ColumnSensitivity, DatasetVersion } from "../dataset/dataset-version.ts";
import type { Freshness } from "../dataset/freshness.ts";
import type { SensitiveKind } from "../sensitivity/sensitive-kind.ts";
import type { ObjectStore } from "../storage/object-store.ts";

/** What a person says of one column; null takes it back, so that what was found counts again. */
export interface SensitivityOverride {
  column: string;
  kinds: readonly SensitiveKind[] | null;
}

/** Absent means: as it is. The empty text takes a description or an owner away, and null a contract or a freshness. */
export interface MetadataChanges {
  description?: string | undefined;
  owner?: string | undefined;
  tags?: readonly string[] | undefined;
  contract?: RowContract | null | undefined;
  freshness?: Freshness | null | undefined;
  sensitivity?: readonly SensitivityOverride[] | undefined;
}

/**
 * Commits a version with the same rows and other words about them; `ingest` still tells of the last write of rows.
 * Without a change there is no new version. `not-found`, `dataset-missing` where there is no such dataset; a contract
 * that makes no sense for it is `invalid`, `contract-invalid`. The rows there are need not keep to a new contract.
 */
export async function editMetadata(options: {
  store: ObjectStore;
  dataset: string;
  changes: MetadataChanges;
}): Promise<DatasetVersion> {
  const { store, dataset, changes } = options;
  const current = await readDataset(store, dataset);
  if (changes.contract) await compilePatterns(changes.contract);
  const commit = await datasetLog(store, dataset).commit((head, number) => {
    const base = head?.document ?? current;
    const { evolution: _evolution, ...same } = base;
    const next = applyChanges(same, changes);
    return isDeepStrictEqual(next, same) ? undefined : { ...next, version: number };
  });
  return commit?.document ?? (await readDataset(store, dataset));
}

function applyChanges(version: DatasetVersion, changes: MetadataChanges): DatasetVersion {
  const { tags = version.tags } = changes;
  if (changes.contract) {
    assertContract(changes.contract);
    assertKnownColumns(changes.contract, version.columns);
  }
  const { description, owner, contract, freshness, sensitivity, ...rest } = version;
  return {
    ...rest,
    ...present("description", changes.description ?? description),
    ...present("owner", changes.owner ?? owner),
    tags: [...new Set(tags)],
    ...present("contract", changes.contract === undefined ? contract : changes.contract),
    ...present("freshness", changes.freshness === undefined ? freshness : changes.freshness),
    ...present("sensitivity", overrideSensitivity(version, changes.sensitivity ?? [])),
  };
}

function present<Name extends string, Value>(name: Name, value: Value | null | undefined | "") {
  return (value === undefined || value === null || value === "" ? {} : { [name]: value }) as {
    [name in Name]?: Value;
  };
}

function overrideSensitivity(
  { columns, sensitivity }: DatasetVersion,
  overrides: readonly SensitivityOverride[],
): ColumnSensitivity[] | undefined {
  if (overrides.length === 0) return sensitivity;
  const known = new Map((sensitivity ?? []).map((one) => [one.column, one]));
  for (const [position, { column, kinds }] of overrides.entries()) {
    const { name } = requireColumn(columns, column, `sensitivity.${position}.column`);
    const { found = [], override } = known.get(name) ?? {};
    const wanted = kinds === null ? undefined : [...new Set(kinds)];
    const isSame = wanted !== undefined && isDeepStrictEqual(override?.kinds, wanted);
    const said =
      wanted === undefined ? undefined : isSame ? override : { kinds: wanted, at: new Date().toISOString() };
    if (said === undefined && found.length === 0) known.delete(name);
    else known.set(name, { column: name, found, ...(said === undefined ? {} : { override: said }) });
  }
  return known.size === 0 ? undefined : [...known.values()];
}
