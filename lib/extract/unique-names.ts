/**
 * Column names that differ also where case does not count, in the order given: a repeated name gets `_2`, an empty one
 * becomes `column_<position>`. Control characters, which no engine takes in a name, become spaces.
 */
export function uniqueNames(wanted: readonly (string | null)[]): string[] {
  // What a dataset's scan adds to the columns of a file.
  const taken = new Set<string>(["_row_id", "file_row_number", "file_index"]);
  return wanted.map((raw, position) => {
    const clean = (raw ?? "")
      .replace(/\p{Cc}+/gu, " ")
      .toWellFormed()
      .trim();
    const base = clean === "" ? `column_${position + 1}` : clean;
    let name = base;
    for (let suffix = 2; taken.has(name.toLowerCase()); suffix++) name = `${base}_${suffix}`;
    taken.add(name.toLowerCase());
    return name;
  });
}
