import { access } from "node:fs/promises";
import path from "node:path";
import { handledElsewhere } from "../../errors/handled-elsewhere.ts";
import { poolTokens } from "./pool-tokens.ts";

/** What the parent asks of this process: one batch of texts, by a number of its own. */
export interface OnnxRequest {
  id: number;
  texts: string[];
}

export type OnnxReply =
  | { id: number; vectors: Float32Array; dimension: number; tokens: number }
  /** `too-long`: of one of these texts; `broken`: of the model or its runtime. */
  | { id: number; fault: "too-long" | "broken"; detail: string };

const [folder = "", model = "", tokensMax = "0", pooling = "mean"] = process.argv.slice(2);
const limit = Number(tokensMax);

// Without its parent it would wait for ever.
process.once("disconnect", () => process.exit(0));

const loading = load();
// Each request is told of it.
handledElsewhere(loading);

process.on("message", (request: OnnxRequest) => {
  answer(request).then(
    (reply) => process.send?.(reply),
    (error: unknown) => process.send?.({ id: request.id, fault: "broken", detail: String(error) }),
  );
});

async function load() {
  const { AutoModel, AutoTokenizer, env } = await import("@huggingface/transformers");
  env.allowRemoteModels = false;
  env.localModelPath = folder;
  const isWhole = await access(path.join(folder, model, "onnx", "model.onnx")).then(
    () => true,
    () => false,
  );
  return {
    tokenizer: await AutoTokenizer.from_pretrained(model, { local_files_only: true }),
    network: await AutoModel.from_pretrained(model, {
      local_files_only: true,
      dtype: isWhole ? "fp32" : "q8",
    }),
  };
}

async function answer({ id, texts }: OnnxRequest): Promise<OnnxReply> {
  const { tokenizer, network } = await loading;
  const input = await tokenizer(texts, { padding: true });
  const mask: number[] = Array.from(input.attention_mask.data, Number);
  const width = mask.length / texts.length;
  const counts = texts.map((_, row) => sum(mask.slice(row * width, (row + 1) * width)));
  if (counts.some((count) => count > limit))
    return { id, fault: "too-long", detail: `more than ${limit} tokens` };
  const { last_hidden_state: hidden } = await network(input);
  const values: unknown = hidden.data;
  if (!(values instanceof Float32Array))
    return { id, fault: "broken", detail: "the model gives no 32-bit floats" };
  const dimension = values.length / mask.length;
  const vectors = poolTokens({ values, mask, width, dimension, firstOnly: pooling === "cls" });
  return { id, vectors, dimension, tokens: sum(counts) };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
