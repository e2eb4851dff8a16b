import { describe, expect, test } from "vitest";
import { queueNames } from "./define-queue.ts";
import { queueRegistry } from "./registry.ts";

const intent = "01jabcdefghjkmnp";
const payloads = {
  ingest: {
    intent,
    source: { kind: "file", path: "/a.csv", name: "a.csv", uploaded: false },
    dataset: "a",
    mode: "append",
    onError: "refuse",
    textColumns: [],
    metadataColumns: [],
  },
  embed: { intent, index: "a" },
  index: { intent, index: "a", step: "build" },
  trial: { intent, index: "a", parameters: { backend: "hnsw", connectivity: 16 }, why: "a look" },
  refresh: { intent, dataset: "a" },
} as const;

describe.each(queueNames)("the queue %s", (name) => {
  const contract = queueRegistry[name];

  test("is registered under its own name", () => {
    expect(contract.name).toBe(name);
  });

  test("takes its payload and refuses one field more", () => {
    expect(contract.payload.safeParse(payloads[name]).success).toBe(true);
    expect(contract.payload.safeParse({ ...payloads[name], surplus: 1 }).success).toBe(false);
  });

  test("refuses a path in the place of a name", () => {
    const place = name === "ingest" || name === "refresh" ? "dataset" : "index";
    expect(contract.payload.safeParse({ ...payloads[name], [place]: "../etc" }).success).toBe(false);
  });
});

test("the queue refresh follows activations as well as datasets, and one of them at a time", () => {
  const { payload } = queueRegistry.refresh;
  const activation = { intent, activation: 1, profile: "desk" };
  expect(payload.safeParse(activation).success).toBe(true);
  expect(payload.safeParse({ ...activation, dataset: "a" }).success).toBe(false);
  expect(payload.safeParse({ ...activation, profile: "../etc" }).success).toBe(false);
});

test("every step of one request has an id of its own that begins with the request's", () => {
  const ids = [
    queueRegistry.ingest.jobId({ ...payloads.ingest, textColumns: [], metadataColumns: [] }),
    queueRegistry.embed.jobId(payloads.embed),
    ...(["build", "gate", "promote"] as const).map((step) =>
      queueRegistry.index.jobId({ ...payloads.index, step }),
    ),
  ];
  expect(new Set(ids).size).toBe(ids.length);
  for (const id of ids) {
    expect(id.startsWith(`${intent}.`)).toBe(true);
    // The queue engine takes neither integers nor colons.
    expect(id).toMatch(/^(?!\d+$)[^:]+$/);
  }
});
