import { textVector } from "./text-vector.ts";
import { countTokens, cutToTokens } from "./token-count.ts";

export interface FakeModel {
  name: string;
  dimension: number;
  digest: string;
  vramBytes: number;
  /** What it reads of one text. */
  tokensMax: number;
  /** What becomes of a longer text: a 400, a cut that the token count shows, or a cut while no count is given. */
  overlong: "refuse" | "cut" | "cut-uncounted";
}

export const defaultModel: FakeModel = {
  name: "nomic-embed-text",
  dimension: 64,
  digest: "0a109f422b47e3a30ba2b10eca18548e944e8a23073ee3f3e947efcf3c45e59f",
  vramBytes: 577_000_000,
  tokensMax: 2_048,
  overlong: "cut",
};

export interface Embedded {
  vectors: Float32Array[];
  /** Undefined where the server does not count. */
  tokens: number | undefined;
}

/** What the model makes of the texts; undefined where one is too long for it and it says so. */
export function embedTexts(model: FakeModel, texts: readonly string[]): Embedded | undefined {
  const counts = texts.map(countTokens);
  const isOverlong = counts.some((count) => count > model.tokensMax);
  if (isOverlong && model.overlong === "refuse") return undefined;
  const read = texts.map((text, place) =>
    (counts[place] ?? 0) > model.tokensMax ? cutToTokens(text, model.tokensMax) : text,
  );
  const tokens = counts.reduce((sum, count) => sum + Math.min(count, model.tokensMax), 0);
  return {
    vectors: read.map((text) => textVector(text, { name: model.digest, dimension: model.dimension })),
    tokens: model.overlong === "cut-uncounted" ? undefined : tokens,
  };
}
