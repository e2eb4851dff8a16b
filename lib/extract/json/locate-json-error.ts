type Expected = "value" | "value or ]" | "key" | "key or }" | "colon" | "comma or end" | "end";

const numberPattern = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const literalPattern = /true|false|null/y;
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON forbids them in strings
const plainPattern = /[^"\\\u0000-\u001f]*/y;
const escapePattern = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;
const spacePattern = /[ \t\n\r]*/y;

/**
 * Where a text stops being one JSON value (RFC 8259) and what should stand there; undefined where it is one. Slow next
 * to `JSON.parse`, which does not say where, and free of recursion.
 */
export function locateJsonError(text: string): { at: number; expected: string } | undefined {
  const open: ("[" | "{")[] = [];
  let expected: Expected = "value";
  let at = skip(spacePattern, text, 0);
  while (at < text.length) {
    const character = text[at]!;
    const next = step(character, expected, open);
    const end: number =
      next === undefined ? -1 : next.token === "mark" ? at + 1 : tokenEnd(text, at, next.token);
    if (next === undefined) return { at, expected };
    if (end === -1) return { at, expected: next.token === "string" ? "well-formed string" : expected };
    expected = next.expected;
    at = skip(spacePattern, text, end);
  }
  return expected === "end" ? undefined : { at, expected };
}

interface Step {
  token: "mark" | "string" | "scalar";
  expected: Expected;
}

/** What `character` begins where `expected` is looked for, and what is looked for after it. */
function step(character: string, expected: Expected, open: ("[" | "{")[]): Step | undefined {
  const afterValue = (): Expected => (open.length === 0 ? "end" : "comma or end");
  switch (expected) {
    case "end":
      return undefined;
    case "colon":
      return character === ":" ? { token: "mark", expected: "value" } : undefined;
    case "key":
    case "key or }":
      if (character === '"') return { token: "string", expected: "colon" };
      if (character !== "}" || expected === "key") return undefined;
      open.pop();
      return { token: "mark", expected: afterValue() };
    case "comma or end": {
      const inArray = open.at(-1) === "[";
      if (character === ",") return { token: "mark", expected: inArray ? "value" : "key" };
      if (character !== (inArray ? "]" : "}")) return undefined;
      open.pop();
      return { token: "mark", expected: afterValue() };
    }
    default:
      return stepIntoValue(character, expected, open, afterValue);
  }
}

function stepIntoValue(
  character: string,
  expected: "value" | "value or ]",
  open: ("[" | "{")[],
  afterValue: () => Expected,
): Step | undefined {
  if (character === "[" || character === "{") {
    open.push(character);
    return { token: "mark", expected: character === "[" ? "value or ]" : "key or }" };
  }
  if (character === "]") {
    if (expected === "value") return undefined;
    open.pop();
    return { token: "mark", expected: afterValue() };
  }
  return { token: character === '"' ? "string" : "scalar", expected: afterValue() };
}

/** Offset after the token that begins at `at`; -1 where it is none. */
function tokenEnd(text: string, at: number, token: "string" | "scalar"): number {
  if (token === "string") return stringEnd(text, at);
  const end = Math.max(skip(numberPattern, text, at), skip(literalPattern, text, at));
  return end === at ? -1 : end;
}

function stringEnd(text: string, start: number): number {
  let at = start + 1;
  for (;;) {
    at = skip(plainPattern, text, at);
    if (text[at] === '"') return at + 1;
    const end = skip(escapePattern, text, at);
    if (end === at) return -1;
    at = end;
  }
}

function skip(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  const match = pattern.exec(text);
  return match === null ? at : at + match[0].length;
}
