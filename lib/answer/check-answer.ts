import { notInSources } from "./build-prompt.ts";

/** Why a question has no answer. */
export type DeclineReason = "no-hits" | "not-in-context" | "no-citation";

export interface CheckedAnswer {
  /** Without the citations of sources that there are not, and each of the others as `[n]`. */
  text: string;
  /** Numbers that are cited, ascending. */
  cited: number[];
  /** Numbers that were cited although no source has them, ascending. */
  unknown: number[];
  /** Why it must not be given as an answer, if it must not. */
  declined: Exclude<DeclineReason, "no-hits"> | undefined;
}

const citation = /[ \t]*[[【](\d{1,9}(?:\s*[,;–-]\s*\d{1,9})*)[\]】]/g;
/** Some models think aloud first; what is cited there bears out nothing. */
const thinking = /^\s*<think>[\s\S]*?(<\/think>|$)/;
/** How models say it in their own words, in the first sentence; in other languages only the marker tells. */
const lacking =
  /\b(sources?|context|documents?|passages?|information)\b[^.!?]{0,60}\b(do not|does not|did not|don't|doesn't|contains? no|is not|are not|isn't)\b|\b(cannot|can't|unable to) (be answered|answer|find|determine)\b|\bI do(n't| not) know\b/i;

/** Checks what a model wrote against the number of sources that it was given. */
export function checkAnswer(written: string, sourceCount: number): CheckedAnswer {
  const cited = new Set<number>();
  const unknown = new Set<number>();
  const text = written
    .replace(thinking, "")
    .replace(citation, (whole, list: string) => {
      const numbers = [...new Set(numbersOf(list, sourceCount))];
      const valid = numbers.filter((number) => number >= 1 && number <= sourceCount);
      for (const number of numbers) (valid.includes(number) ? cited : unknown).add(number);
      if (valid.length === 0) return "";
      const space = /^[ \t]*/.exec(whole)?.[0] ?? "";
      return space + valid.map((number) => `[${number}]`).join("");
    })
    .trim();
  return { text, cited: sorted(cited), unknown: sorted(unknown), declined: declineOf(text, cited.size) };
}

function declineOf(text: string, citedCount: number): CheckedAnswer["declined"] {
  const [firstSentence = ""] = text.split(/(?<=[.!?])\s/, 1);
  if (text.toUpperCase().includes(notInSources) || lacking.test(firstSentence)) return "not-in-context";
  return citedCount === 0 ? "no-citation" : undefined;
}

/** Of `2`, `1, 3` and `1-3`. A range ends at the first number that no source has. */
function numbersOf(list: string, sourceCount: number): number[] {
  return list.split(/[,;]/).flatMap((part) => {
    const [first = 0, last = first] = part.split(/[–-]/).map(Number);
    const end = Math.max(first, Math.min(last, sourceCount + 1));
    return Array.from({ length: end - first + 1 }, (_, step) => first + step);
  });
}

function sorted(numbers: ReadonlySet<number>): number[] {
  return [...numbers].sort((one, other) => one - other);
}
