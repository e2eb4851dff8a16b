/** The words of a column's name, lower case and without accents: `CustomerEMail_2` is customer, email, 2. */
export function nameWords(name: string): string[] {
  return name
    .replaceAll("ß", "ss")
    .normalize("NFD")
    .replace(/\p{M}/gu, "")
    .replace(/e[-_ ]?mail/gi, " email ")
    .replace(/([a-z0-9])([A-Z])/g, "$1 $2")
    .replace(/([A-Z])([A-Z][a-z])/g, "$1 $2")
    .replace(/([a-z])(\d)/gi, "$1 $2")
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== "");
}

/** Phrases of one or more words, each with how sure it makes. */
export type NameHints = Readonly<Record<string, number>>;

/** How sure the strongest phrase of the name makes; 0 where a word says that it is something else. */
export function hintOf(
  words: readonly string[],
  { hints, denied }: { hints: NameHints; denied: readonly string[] },
): number {
  if (words.some((word) => denied.includes(word))) return 0;
  const line = ` ${words.join(" ")} `;
  const matching = Object.entries(hints).filter(([phrase]) => {
    // People write firstname as one word, too; a single word inside another one (microphone) means nothing.
    const glued = phrase.includes(" ") && words.includes(phrase.replaceAll(" ", ""));
    return glued || line.includes(` ${phrase} `);
  });
  return Math.max(0, ...matching.map(([, sureness]) => sureness));
}
