import { stat } from "node:fs/promises";
import path from "node:path";
import { DomainError } from "../../errors/domain-error.ts";
import { checksumFile } from "../../storage/checksum.ts";
import { hasCode } from "../../storage/error-code.ts";
import { collectVectors } from "./collect-vectors.ts";
import type { ModelProtocol } from "./model-provider.ts";
import { openOnnxProcess } from "./onnx-process.ts";
import { failedError } from "./provider-errors.ts";
import { statusError } from "./status-error.ts";

export interface OnnxModel {
  provider: string;
  /** Where the folders of models lie. */
  folder: string;
  model: string;
  dimension: number;
  tokensMax: number;
  pooling: "mean" | "cls";
  timeoutMs: number;
}

const weightFiles = ["onnx/model.onnx", "onnx/model_quantized.onnx"];

/**
 * A model in a folder of this machine (`config.json`, `tokenizer.json`, `onnx/model.onnx`), run in a child process so
 * that a crash of the native runtime costs one call. Nothing is downloaded. The digest is of weights and tokenizer.
 */
export function onnxProtocol(settings: OnnxModel): ModelProtocol {
  const { provider, dimension } = settings;
  const child = openOnnxProcess(settings);
  let digesting: Promise<string> | undefined;
  const digest = () => {
    // The child keeps what it has loaded, so the first answer holds.
    digesting ??= digestOf(settings).catch((error: unknown) => {
      digesting = undefined;
      throw error;
    });
    return digesting;
  };
  return {
    async embed(texts, signal) {
      await digest();
      const reply = await child.ask(texts, signal);
      if ("fault" in reply) {
        // A text that is too long is refused as a server would.
        if (reply.fault === "too-long") throw statusError(provider, 413, undefined);
        throw failedError(provider, "its model cannot be run", undefined, new Error(reply.detail));
      }
      const given = texts.map((_, index) => ({
        index,
        values: Array.from(reply.vectors.subarray(index * reply.dimension, (index + 1) * reply.dimension)),
      }));
      const vectors = collectVectors(given, { provider, textCount: texts.length, dimension });
      return { vectors, tokens: reply.tokens };
    },
    digest,
    close: () => child.close(),
  };
}

async function digestOf({ folder, model, provider }: OnnxModel): Promise<string> {
  const at = path.join(folder, model);
  for (const weights of weightFiles) {
    if (!(await isFile(path.join(at, weights)))) continue;
    const parts = [weights, "tokenizer.json"].map((file) => checksumFile(path.join(at, file)));
    return (await Promise.all(parts)).join(".");
  }
  throw new DomainError({
    kind: "not-found",
    type: "provider-model-missing",
    message: `The provider ${provider} has no model ${model}.`,
    remedy: `Put its files (config.json, tokenizer.json, ${weightFiles[0]}) into a folder of that name.`,
  });
}

async function isFile(file: string): Promise<boolean> {
  try {
    return (await stat(file)).isFile();
  } catch (error) {
    if (hasCode(error, "ENOENT", "ENOTDIR")) return false;
    throw error;
  }
}
