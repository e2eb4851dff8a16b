import { describe, expect, test } from "vitest";
import { splitWords } from "./split-words.ts";

const wordsOf = (text: string) => {
  const words: string[] = [];
  splitWords(text, (word) => words.push(word));
  return words;
};

describe("splitWords", () => {
  test.each([
    ["Time-shared SYSTEMS, 1966!", ["time", "shared", "systems", "1966"]],
    ["the user's don't 'quoted'", ["the", "user", "don't", "quoted"]],
    ["", []],
    ["...--- ''", []],
    ["Café Ångström naïve", ["cafe", "angstrom", "naive"]],
    ["the user’s ﬁle №5", ["the", "user", "file", "no5"]],
    ["検索 engine かな カタカナ", ["検", "索", "engine", "か", "な", "カタカナ"]],
    ["ไทย 한국어", ["ไ", "ท", "ย", "한국어"]],
    ["हिन्दी", ["हिन्दी"]],
    ["𝐛𝐨𝐥𝐝 🙂 text\ud83d", ["bold", "text"]],
  ])("%j gives %j", (text, words) => {
    expect(wordsOf(text)).toEqual(words);
  });

  test("cuts runs of letters and digits at 255 characters", () => {
    expect(wordsOf("x".repeat(600)).map((word) => word.length)).toEqual([255, 255, 90]);
  });

  test("splits plain text the same way on both paths", () => {
    const text = "It's an ordinary user's line: 3.14, e-mail, O'Neil & x86_64";
    expect(wordsOf(`${text} é`)).toEqual([...wordsOf(text), "e"]);
  });
});
