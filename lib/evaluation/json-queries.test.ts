import { describe, expect, test } from "vitest";
import { JsonQueries, jsonQueries } from "./json-queries.ts";

function parse(queries: unknown) {
  return jsonQueries(JsonQueries.parse(queries));
}

describe("queries as JSON", () => {
  test("have a text, a vector, or both", () => {
    expect(
      parse([
        { id: "1", text: "a", judgements: { d: 1 } },
        { id: "2", vector: [1, 2], exclude: "d" },
      ]),
    ).toEqual([
      { id: "1", text: "a", judgements: { d: 1 } },
      { id: "2", vector: Float32Array.of(1, 2), exclude: "d" },
    ]);
  });

  test.each([
    [
      "queries.1.id",
      [
        { id: "1", text: "a" },
        { id: "1", text: "b" },
      ],
    ],
    ["queries.0.text", [{ id: "1" }]],
    ["queries.0.text", [{ id: "1", text: "  " }]],
    ["queries.0.vector", [{ id: "1", vector: [0, 0] }]],
    ["queries.0.vector", [{ id: "1", vector: [1e300] }]],
    [
      "queries.1.vector",
      [
        { id: "1", vector: [1, 2] },
        { id: "2", vector: [1] },
      ],
    ],
  ])("are refused at %s", (field, queries) => {
    expect(() => parse(queries)).toThrow(
      expect.objectContaining({ kind: "invalid", type: "eval-query", field }),
    );
  });

  test.each(
    [
      [],
      [{ id: "", text: "a" }],
      [{ id: "1", text: "a", extra: 1 }],
      [{ id: "1", text: "a", judgements: { d: 0.5 } }],
      [{ id: "1", text: "x".repeat(40_000) }],
      [{ id: "1", vector: ["1"] }],
    ].map((queries) => [queries]),
  )("of another shape are refused: %j", (queries) => {
    expect(JsonQueries.safeParse(queries).success).toBe(false);
  });
});
