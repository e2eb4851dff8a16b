import type { ColumnDiff } from "./diff-columns.ts";
import type { MigrationRule } from "./evolution.ts";

/** The steps that turn the columns before into those after: renames, then types, then what is new and what is gone. */
export function proposeRules({ added, removed, retyped, renamed }: ColumnDiff): MigrationRule[] {
  const cast = (column: string, { type, detail }: ColumnDiff["added"][number]): MigrationRule => ({
    kind: "cast",
    column,
    to: type,
    ...(detail === undefined ? {} : { detail }),
  });
  return [
    ...renamed.map(({ from, to }): MigrationRule => ({ kind: "rename", from: from.name, to: to.name })),
    ...renamed
      .filter(({ from, to }) => from.type !== to.type || from.detail !== to.detail)
      .map(({ to }) => cast(to.name, to)),
    ...retyped.map(({ column, to }) => cast(column, to)),
    ...added.map(
      ({ name, type, detail }): MigrationRule => ({
        kind: "default",
        column: name,
        value: null,
        type,
        ...(detail === undefined ? {} : { detail }),
      }),
    ),
    ...removed.map(({ name }): MigrationRule => ({ kind: "drop", column: name })),
  ];
}
