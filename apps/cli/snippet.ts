/** A line of a terminal, less what stands before it. */
const snippetLength = 160;

export function snippet(text: string): string {
  const line = text.replace(/\s+/g, " ").trim();
  return line.length > snippetLength ? `${line.slice(0, snippetLength)}…` : line;
}
