import { describe, expect, test } from "vitest";
import { checksumBytes } from "../storage/checksum.ts";
import { createHashEmbedder, hashDimension } from "./hash-embedder.ts";

function embed(text: string): Float32Array {
  const vector = new Float32Array(hashDimension);
  createHashEmbedder().embedInto(text, vector, 0);
  return vector;
}

function cosine(first: string, second: string): number {
  const right = embed(second);
  return embed(first).reduce((sum, value, index) => sum + value * (right[index] ?? 0), 0);
}

describe("hash-768@1", () => {
  // A difference here means that every stored vector of this id is wrong: give the change a new revision instead.
  test.each([
    [
      "The quick brown fox jumps over the lazy dog.",
      "blake3:b80c2127fcd21030a2859110b177841d8ae7489a30de72983ba451db35e9c09f",
      [
        [1, -0.07945497334003448],
        [44, 0.07945497334003448],
        [51, 0.2690579295158386],
        [53, 0.15890994668006897],
        [67, 0.15890994668006897],
        [132, 0.15890994668006897],
        [135, 0.15890994668006897],
        [188, -0.07945497334003448],
      ],
    ],
    [
      "Äpfel, Öl und Übermut; ﬁnal ①②③ 42",
      "blake3:c7aed036816dd2ea02f2e597e590c176e8afbe8cdc0b5efe22f68322e7c905c9",
      [
        [92, 0.18107149004936218],
        [94, 0.18107149004936218],
        [95, 0.09053574502468109],
        [109, -0.09053574502468109],
        [140, -0.18107149004936218],
        [143, -0.18107149004936218],
        [146, -0.18107149004936218],
        [150, 0.18107149004936218],
      ],
    ],
    [
      "今日は晴れです。नमस्ते दुनिया 𝒜𝓫𝓬 안녕하세요",
      "blake3:7594f98327b25d108c94f0ebda6122ae9d5b826db4e7c9ffaaba2c9ea8ab27d8",
      [
        [31, -0.18107149004936218],
        [33, -0.18107149004936218],
        [58, 0.18107149004936218],
        [67, -0.18107149004936218],
        [85, 0.09053574502468109],
        [86, -0.18107149004936218],
        [104, 0.18107149004936218],
        [135, 0.09053574502468109],
      ],
    ],
  ])("the vector of %j is what it always was", (text, checksum, firstValues) => {
    const vector = embed(text);
    const filled = [...vector.entries()].filter(([, value]) => value !== 0);
    expect(filled.slice(0, 8)).toEqual(firstValues);
    expect(checksumBytes(new Uint8Array(vector.buffer))).toBe(checksum);
  });

  test("case, width and composition of letters make no difference", () => {
    expect(embed("ＦＵＬＬ Cafe\u0301")).toEqual(embed("full CAFÉ"));
  });

  test("punctuation and white space make no difference", () => {
    expect(embed("one, two -- three!")).toEqual(embed(" one two\nthree"));
  });

  test("an embedder used before gives the same vector as a new one", () => {
    const used = createHashEmbedder();
    const vector = new Float32Array(hashDimension * 2);
    used.embedInto(`some ${"longer words of another text ".repeat(400)}`, vector, 0);
    used.embedInto("short", vector, hashDimension);
    expect(vector.slice(hashDimension)).toEqual(embed("short"));
  });

  test("texts that share words are nearer than texts that share none", () => {
    const query = "reading parquet files";
    expect(cosine(query, "how a parquet file is read")).toBeGreaterThan(0.2);
    expect(cosine(query, "sunny weather tomorrow")).toBeLessThan(0.1);
    expect(cosine(query, query)).toBeCloseTo(1, 5);
  });

  test("Chinese texts that share characters are near without spaces between words", () => {
    expect(cosine("东京大学", "我住在东京")).toBeGreaterThan(cosine("东京大学", "明天天气好") + 0.2);
  });

  test("a word of a million letters is embedded", () => {
    expect(Math.hypot(...embed("x".repeat(1_000_000)))).toBeCloseTo(1, 5);
  });
});
