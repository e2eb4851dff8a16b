import type { Column } from "../column.ts";
import { findColumn } from "../column-names.ts";
import { describeDrift, type SchemaDrift } from "../evolution/schema-drift.ts";
import { columnsBroken } from "./contract-broken.ts";
import type { RowContract } from "./row-contract.ts";

/** Refuses rows whose columns are not what the contract says: `invalid`, `contract-broken`, with all that is wrong. */
export function assertColumns(incoming: {
  contract: RowContract;
  staged: readonly Column[];
  drift: SchemaDrift | undefined;
}): void {
  const { contract, staged, drift } = incoming;
  const missing = contract.columns.filter(
    ({ name, required }) => required === true && findColumn(staged, name) === undefined,
  );
  const named = contract.columns.map(({ name }) => ({ name, type: "varchar" as const }));
  const extra =
    contract.extra === "refuse" ? staged.filter(({ name }) => findColumn(named, name) === undefined) : [];
  const renamedTo = (name: string) => drift?.renamed.find(({ from }) => from === name)?.to;
  const problems = [
    ...missing.map(({ name }) => {
      const now = renamedTo(name);
      const hint = now === undefined ? "" : `; ${JSON.stringify(now)} may be it under another name`;
      return `${JSON.stringify(name)} is required and missing${hint}`;
    }),
    ...extra.map(({ name }) => `${JSON.stringify(name)} is not among the contract's columns`),
    ...(contract.drift === "refuse" && drift !== undefined
      ? [`they have drifted: ${describeDrift(drift)}`]
      : []),
  ];
  if (problems.length > 0) throw columnsBroken(problems, missing[0]?.name ?? extra[0]?.name);
}
