import { decodeLength } from "./length-byte.ts";

/** Lucene's defaults: how soon repetition stops counting, and how much length counts against a document. */
const saturation = 1.2;
const lengthWeight = 0.75;

/** Lucene's inverse document frequency: ln(1 + (N − df + 0.5) / (df + 0.5)), never negative. */
export function inverseDocumentFrequency(documentCount: number, documentFrequency: number): number {
  return Math.log(1 + (documentCount - documentFrequency + 0.5) / (documentFrequency + 0.5));
}

/** k1 × (1 − b + b × length ÷ mean length) for every length code: the part of the denominator that a document fixes. */
export function lengthNorms(meanLength: number): Float32Array {
  return Float32Array.from(
    { length: 256 },
    (_, code) => saturation * (1 - lengthWeight + (lengthWeight * decodeLength(code)) / meanLength),
  );
}
