import { mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readModels } from "./models.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), "lakefleet-models-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function read(value: unknown) {
  const file = path.join(folder, "models.json");
  await writeFile(file, typeof value === "string" ? value : JSON.stringify(value));
  const result = readModels(file, { required: true });
  return result.ok ? [] : result.problems.map((problem) => problem.replace(`${file}: `, ""));
}

const ollama = { kind: "ollama", url: "http://127.0.0.1:11434" };
const nomic = { provider: "ollama", model: "nomic-embed-text", dimension: 768, tokensMax: 2_048 };

describe("readModels", () => {
  test("takes a provider and its embedder, and fills in its limits", async () => {
    expect(
      await read({ providers: { ollama }, embedders: { "ollama:nomic-embed-text@v1.5": nomic } }),
    ).toEqual([]);
  });

  test("names every problem of the file at once", async () => {
    const problems = await read({
      providers: { remote: { kind: "openai" }, Bad: ollama },
      embedders: { "other:nomic-embed-text@1": nomic },
      extra: 1,
    });
    expect(problems.join("\n")).toMatch(/providers\.Bad/);
    expect(problems.join("\n")).toMatch(/providers\.remote\.url: a provider of kind openai needs it/);
    expect(problems.join("\n")).toMatch(/extra/);
  });

  test("an embedder must say in its id who makes its vectors, and of whom there is a provider", async () => {
    const problems = await read({ providers: { ollama }, embedders: { "ollama:other@1": nomic } });
    expect(problems).toEqual([
      "embedders.ollama:other@1: its id must be ollama:nomic-embed-text@ and a revision of letters, digits, ., _ and -",
    ]);
    expect(await read({ embedders: { "ollama:nomic-embed-text@1": nomic } })).toEqual([
      "embedders.ollama:nomic-embed-text@1.provider: there is no provider ollama",
    ]);
  });

  test("a digest is only asked of a server that tells one", async () => {
    const openai = { kind: "openai", url: "http://127.0.0.1:1/v1" };
    const pinned = { ...nomic, provider: "openai", digest: "0123456789" };
    expect(await read({ providers: { openai }, embedders: { "openai:nomic-embed-text@1": pinned } })).toEqual(
      [
        "embedders.openai:nomic-embed-text@1.digest: a server of kind openai does not tell the digest of a model",
      ],
    );
  });

  test("what writes or reranks is of a provider that can, and an answer leaves room for what is asked", async () => {
    const openai = { kind: "openai", url: "http://127.0.0.1:1/v1" };
    const model = { provider: "ollama", model: "m" };
    const providers = { ollama, openai, files: { kind: "onnx", folder: "models" } };
    const reranker = { provider: "openai", model: "m", protocol: "tei" };
    expect(await read({ providers, generators: { "a:b": model }, rerankers: { best: reranker } })).toEqual(
      [],
    );
    const problems = await read({
      providers,
      generators: { files: { ...model, provider: "files" } },
      rerankers: { llama: model },
    });
    expect(problems).toEqual([
      "generators.files.provider: a provider of kind onnx has no generators; use one of kind ollama or openai",
      "rerankers.llama.provider: a provider of kind ollama has no rerankers; use one of kind openai",
    ]);
    expect(await read({ providers, generators: { wide: { ...model, outputTokensMax: 5_000 } } })).toEqual([
      "generators.wide.outputTokensMax: at most half of tokensMax; the rest is for what is asked",
    ]);
  });

  test("a file that is no JSON is a problem, and one that is missing only where it was asked for", async () => {
    expect(await read("{")).toEqual(["it is no JSON"]);
    const missing = path.join(folder, "none.json");
    expect(readModels(missing, { required: true })).toMatchObject({ ok: false });
    expect(readModels(missing, { required: false })).toMatchObject({ ok: true, models: { embedders: {} } });
  });
});
