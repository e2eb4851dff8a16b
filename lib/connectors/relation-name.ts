import { DomainError } from "../errors/domain-error.ts";

/** `table` or `schema.table`; a part in double quotes or backticks may hold anything, doubled quotes among it. */
export function splitRelationName(text: string): { schema: string | undefined; table: string } {
  const part = /\s*(?:"((?:[^"]|"")+)"|`((?:[^`]|``)+)`|([^".`]+?))\s*(\.|$)/y;
  const names: string[] = [];
  for (let match = part.exec(text); match !== null; match = part.exec(text)) {
    const [, double, back, plain = "", end] = match;
    names.push(double?.replaceAll('""', '"') ?? back?.replaceAll("``", "`") ?? plain);
    if (end === "" && names.length <= 2) {
      const [first, second] = names;
      return second === undefined ? { schema: undefined, table: first! } : { schema: first, table: second };
    }
  }
  throw new DomainError({
    kind: "invalid",
    type: "table-name",
    field: "table",
    message: `${JSON.stringify(text.slice(0, 200))} does not name a table.`,
    remedy: "Write table or schema.table, with quotes around a part that holds a dot.",
  });
}
