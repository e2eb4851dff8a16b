import { DomainError } from "../../errors/domain-error.ts";
import { idLengthMax, judgementsMax, queriesMax, queryTextMax } from "../eval-set.ts";

/**
 * Reads TREC topics into query texts by topic: `<DOC>`, `<DOCNO> n </DOCNO>`, the text, `</DOC>`, one after the other.
 * Anything else is `invalid`, `topics-malformed`, with its line.
 */
export function parseTopics(text: string): Map<string, string> {
  const topics = new Map<string, string>();
  let open: { line: number; body: string } | undefined;
  for (const [position, content] of text.split(/\r\n|\n|\r/).entries()) {
    const line = position + 1;
    for (const piece of content.split(/(<\/?DOC>)/)) {
      if (piece === "<DOC>") {
        if (open !== undefined) throw malformedTopic(line, `a <DOC> stands inside that of line ${open.line}`);
        open = { line, body: "" };
      } else if (piece === "</DOC>") {
        if (open === undefined) throw malformedTopic(line, "a </DOC> has no <DOC>");
        addTopic(topics, open);
        open = undefined;
      } else if (open !== undefined) open.body += `${piece} `;
      else if (piece.trim() !== "")
        throw malformedTopic(line, "this text stands outside of <DOC> and </DOC>");
    }
  }
  if (open !== undefined) throw malformedTopic(open.line, "this <DOC> has no </DOC>");
  if (topics.size === 0) throw malformedTopic(1, "there is no <DOC>");
  return topics;
}

function addTopic(topics: Map<string, string>, { line, body }: { line: number; body: string }): void {
  const numbers = [...body.matchAll(/<DOCNO>\s*(.*?)\s*<\/DOCNO>/g)];
  const [found] = numbers;
  const topic = found?.[1] ?? "";
  if (
    found === undefined ||
    numbers.length > 1 ||
    /\s/.test(topic) ||
    topic === "" ||
    topic.length > idLengthMax
  ) {
    throw malformedTopic(line, "this <DOC> needs one <DOCNO> with a name without white space");
  }
  if (topics.has(topic)) throw malformedTopic(line, `topic ${topic} is there twice`);
  const query = body.replace(found[0], "").replace(/\s+/g, " ").trim();
  if (query === "") throw malformedTopic(line, `topic ${topic} has no text`);
  if (query.length > queryTextMax) {
    throw malformedTopic(line, `topic ${topic} is longer than ${queryTextMax} characters`);
  }
  if (topics.size === queriesMax) throw malformedTopic(line, `there are more than ${queriesMax} topics`);
  topics.set(topic, query);
}

export interface TrecJudgements {
  /** The line on which the topic is first judged. */
  line: number;
  grades: Record<string, number>;
}

/** Four columns: topic, a column that nobody reads, document, grade. */
const judgementLine = /^(\S+)\s+\S+\s+(\S+)\s+(-?\d{1,2})$/;

/**
 * Reads TREC judgements (`topic Q0 document grade`) by topic. Anything else, and two grades for one document, is
 * `invalid`, `judgements-malformed`, with its line.
 */
export function parseJudgements(text: string): Map<string, TrecJudgements> {
  const topics = new Map<string, TrecJudgements>();
  const counts = new Map<string, number>();
  for (const [position, content] of text.split(/\r\n|\n|\r/).entries()) {
    if (content.trim() === "") continue;
    const line = position + 1;
    const [, topic, document, grade] = judgementLine.exec(content.trim()) ?? [];
    if (topic === undefined || document === undefined || document.length > idLengthMax) {
      throw malformedJudgement(line, "a line is a topic, Q0, a document and a whole number");
    }
    const judged = topics.get(topic) ?? { line, grades: Object.create(null) };
    const earlier = judged.grades[document];
    if (earlier !== undefined && earlier !== Number(grade)) {
      throw malformedJudgement(line, `document ${document} has two grades for topic ${topic}`);
    }
    const count = (counts.get(topic) ?? 0) + 1;
    if (count > judgementsMax) {
      throw malformedJudgement(line, `topic ${topic} has more than ${judgementsMax} judgements`);
    }
    judged.grades[document] = Number(grade);
    topics.set(topic, judged);
    counts.set(topic, count);
  }
  if (topics.size === 0) throw malformedJudgement(1, "there is no judgement");
  return topics;
}

function malformedTopic(line: number, problem: string): DomainError {
  return new DomainError({
    kind: "invalid",
    type: "topics-malformed",
    field: "topics",
    place: { line },
    message: `Line ${line} of the topics: ${problem}.`,
    remedy: "Give TREC topics: <DOC>, <DOCNO> name </DOCNO>, text, </DOC>.",
  });
}

export function malformedJudgement(line: number, problem: string): DomainError {
  return new DomainError({
    kind: "invalid",
    type: "judgements-malformed",
    field: "judgements",
    place: { line },
    message: `Line ${line} of the judgements: ${problem}.`,
    remedy: "Give TREC judgements: topic Q0 document grade, one a line.",
  });
}
