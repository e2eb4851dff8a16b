import type { DatasetVersion } from "../dataset/dataset-version.ts";
import { applyRules, nameAfter } from "../dataset/evolution/apply-rules.ts";
import type { MigrationRule } from "../dataset/evolution/evolution.ts";
import { evolveFile } from "../dataset/evolution/evolve-file.ts";

/** The version's rows under other columns. No file is written: each says where it has the values of the new columns. */
export function evolveVersion(version: DatasetVersion, rules: readonly MigrationRule[]): DatasetVersion {
  const columns = applyRules(version.columns, rules);
  const after = (name: string) => {
    const renamed = nameAfter(rules, name);
    return columns.find((column) => column.name === renamed)?.name;
  };
  const all = (names: readonly string[]) => [
    ...new Set(names.map(after).filter((name) => name !== undefined)),
  ];
  const { idColumn, keyColumn, sensitivity, contract, evolution: _evolution, ...rest } = version;
  const [id] = all(idColumn === undefined ? [] : [idColumn]);
  const [key] = all(keyColumn === undefined ? [] : [keyColumn]);
  const renamedContract = contract === undefined ? undefined : renameContract(contract, after);
  const looked = sensitivity?.flatMap((one) => {
    const column = after(one.column);
    return column === undefined ? [] : [{ ...one, column }];
  });
  return {
    ...rest,
    columns,
    files: version.files.map(({ evolved: _evolved, ...file }, position) => {
      const evolved = evolveFile(version.files[position]!, rules);
      return evolved.length === 0 ? file : { ...file, evolved };
    }),
    ...(id === undefined ? {} : { idColumn: id }),
    ...(key === undefined ? {} : { keyColumn: key }),
    textColumns: all(version.textColumns),
    metadataColumns: all(version.metadataColumns),
    ...(looked === undefined || looked.length === 0 ? {} : { sensitivity: oneOfEach(looked) }),
    ...(renamedContract === undefined ? {} : { contract: renamedContract }),
  };
}

type Contract = NonNullable<DatasetVersion["contract"]>;

/** Rules of dropped columns go with them; a key that lost a column would forbid what was allowed. */
function renameContract(contract: Contract, after: (name: string) => string | undefined): Contract {
  const columns = contract.columns.flatMap((rule) => {
    const name = after(rule.name);
    return name === undefined ? [] : [{ ...rule, name }];
  });
  const { unique, ...rest } = contract;
  const renamed = unique?.map(after);
  const isWhole = renamed?.every((name) => name !== undefined) === true;
  return {
    ...rest,
    columns: oneOfEachRule(columns),
    ...(isWhole ? { unique: renamed.filter((name) => name !== undefined) } : {}),
  };
}

function oneOfEachRule(rules: Contract["columns"]): Contract["columns"] {
  return rules.filter(({ name }, position) => rules.findIndex((other) => other.name === name) === position);
}

function oneOfEach(
  all: NonNullable<DatasetVersion["sensitivity"]>,
): NonNullable<DatasetVersion["sensitivity"]> {
  return all.filter(({ column }, position) => all.findIndex((other) => other.column === column) === position);
}
