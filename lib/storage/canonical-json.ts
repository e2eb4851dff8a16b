/**
 * The one JSON text of a value that came out of `JSON.parse`: no spaces, the keys of every object in ascending order
 * of their UTF-16 code units (as in RFC 8785). Equal values have equal texts, so it is what checksums are taken of.
 */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const members = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`).join(",")}}`;
}
