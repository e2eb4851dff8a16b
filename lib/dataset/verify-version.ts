import type { DatasetFinding } from "./dataset-finding.ts";
import { datasetKeys } from "./dataset-keys.ts";
import type { DatasetVersion } from "./dataset-version.ts";

/** What a version's document says about itself; no file is looked at. */
export function* checkVersion(
  version: DatasetVersion,
  expected: { name: string; number: number },
): Generator<DatasetFinding> {
  const { name, number } = expected;
  const key = `${datasetKeys(name).versions}${String(number).padStart(12, "0")}.json`;
  const finding = (kind: string, detail: string) => ({ kind, key, detail });
  if (version.version !== number || version.dataset !== name) {
    yield finding("version-number", `It says ${version.dataset} ${version.version}.`);
  }
  let nextRowId = 0;
  for (const file of version.files) {
    if (file.firstRowId < nextRowId)
      yield finding("row-ids", `${file.key} reuses the ids of a file before it.`);
    nextRowId = file.firstRowId + file.rowCount;
  }
  if (nextRowId > version.nextRowId) {
    yield finding("row-ids", `The next row id ${version.nextRowId} is given already.`);
  }
  const [stored, dead] = [countRows(version.files), countRows(version.tombstones)];
  if (version.rowCount !== stored - dead) {
    yield finding(
      "row-count",
      `${stored} rows less ${dead} tombstones are not ${version.rowCount} live rows.`,
    );
  }
}

function countRows(files: readonly { rowCount: number }[]): number {
  return files.reduce((total, file) => total + file.rowCount, 0);
}
