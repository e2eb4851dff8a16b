import { describe, expect, test } from "vitest";
import type { Column } from "./dataset-version.ts";
import { resolveSettings } from "./resolve-settings.ts";

const columns: Column[] = [
  { name: "Id", type: "bigint" },
  { name: "title", type: "varchar" },
];

describe("resolveSettings", () => {
  test("uses the columns' own spelling and names each once", () => {
    const settings = resolveSettings(columns, { idColumn: "id", textColumns: ["TITLE", "title"] }, undefined);
    expect(settings).toEqual({ idColumn: "Id", textColumns: ["title"], metadataColumns: [] });
  });

  test("keeps what was set where nothing is asked", () => {
    const current = { idColumn: "Id", textColumns: ["title"], metadataColumns: ["Id"], keyColumn: "Id" };
    expect(resolveSettings(columns, { textColumns: [] }, current)).toEqual(current);
  });

  test("drops what a replacement took away", () => {
    const current = {
      idColumn: "gone",
      textColumns: ["title", "gone"],
      metadataColumns: [],
      keyColumn: "gone",
    };
    expect(resolveSettings(columns, {}, current)).toEqual({ textColumns: ["title"], metadataColumns: [] });
  });

  test("refuses a column that does not exist and names those that do", () => {
    expect(() => resolveSettings(columns, { metadataColumns: ["titel"] }, undefined)).toThrow(
      expect.objectContaining({
        kind: "invalid",
        type: "column-unknown",
        field: "metadata_columns",
        remedy: "The columns are: Id, title.",
      }),
    );
  });
});
