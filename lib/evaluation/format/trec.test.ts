import { describe, expect, test } from "vitest";
import { trecQueries } from "../trec-queries.ts";
import { parseJudgements, parseTopics } from "./trec.ts";

const topics =
  "<DOC>\n<DOCNO> 1 </DOCNO>\n\n What of  TSS\n(sharing)?\n</DOC>\r\n<DOC><DOCNO>2</DOCNO> b </DOC>\n";

describe("TREC topics and judgements", () => {
  test("become queries with grades, judged or not", () => {
    const judgements = "1 Q0 CACM-1410 1\n1 0 CACM-1572 0\n\n 1 Q0 x -2 \r\n";
    expect(trecQueries({ topics, judgements })).toEqual([
      { id: "1", text: "What of TSS (sharing)?", judgements: { "CACM-1410": 1, "CACM-1572": 0, x: -2 } },
      { id: "2", text: "b" },
    ]);
  });

  test.each([
    ["", 1],
    ["no tags", 1],
    ["<DOC>\n<DOCNO>1</DOCNO> a", 1],
    ["<DOC><DOCNO>1</DOCNO> a </DOC>\n</DOC>", 2],
    ["<DOC><DOCNO>1</DOCNO> a\n<DOC>", 2],
    ["<DOC>\na </DOC>", 1],
    ["<DOC><DOCNO>1</DOCNO><DOCNO>2</DOCNO> a </DOC>", 1],
    ["<DOC><DOCNO>1 2</DOCNO> a </DOC>", 1],
    ["<DOC><DOCNO> </DOCNO> a </DOC>", 1],
    ["<DOC><DOCNO>1</DOCNO> </DOC>", 1],
    ["<DOC><DOCNO>1</DOCNO> a </DOC>\n\n<DOC><DOCNO>1</DOCNO> b </DOC>", 3],
    ["<DOC><DOCNO>1</DOCNO> a </DOC>\nrest", 2],
    [`<DOC><DOCNO>1</DOCNO> ${"x".repeat(40_000)} </DOC>`, 1],
  ])("the topics %j are refused at their line", (text, line) => {
    expect(() => parseTopics(text)).toThrow(
      expect.objectContaining({ type: "topics-malformed", field: "topics", place: { line } }),
    );
  });

  test.each([
    ["", 1],
    ["1 Q0 a 1\n1 Q0 a", 2],
    ["1 Q0 a yes", 1],
    ["1 Q0 a 1.5", 1],
    ["1 Q0 a 1 more", 1],
    ["1 Q0 a 1\n\n1 Q0 a 2", 3],
    [`1 Q0 ${"a".repeat(2_000)} 1`, 1],
  ])("the judgements %j are refused at their line", (text, line) => {
    expect(() => parseJudgements(text)).toThrow(
      expect.objectContaining({ type: "judgements-malformed", field: "judgements", place: { line } }),
    );
  });

  test("a judgement of a topic that is not there is refused at its line", () => {
    expect(() => trecQueries({ topics, judgements: "1 Q0 a 1\n3 Q0 a 1" })).toThrow(
      expect.objectContaining({ type: "judgements-malformed", place: { line: 2 } }),
    );
  });
});
