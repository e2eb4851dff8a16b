/** The class of each UTF-16 unit, by its value. */
export type UnitClasses = Uint8Array;

const separatorClass = 0;
const letterClass = 1;
const markClass = 2;
/** A surrogate: only the code point that it belongs to has a class. */
const surrogateClass = 3;
/** Scripts written without spaces, where every character is a word. */
const ideographClass = 4;

const letterOrDigit = /^[\p{L}\p{N}]/u;
const mark = /^\p{M}/u;
const ideograph = /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/u;

let known: UnitClasses | undefined;

/** Letters and digits, marks, and the rest, by the Unicode tables of this Node: one table for all who ask. */
export function unitClasses(): UnitClasses {
  // Made where it is first needed: it takes 30 ms, which not every process has to spend.
  known ??= createUnitClasses();
  return known;
}

function createUnitClasses(): UnitClasses {
  const classes = new Uint8Array(0x10000);
  for (let unit = 0; unit < classes.length; unit += 1) {
    classes[unit] = unit >= 0xd800 && unit < 0xe000 ? surrogateClass : classify(String.fromCharCode(unit));
  }
  return classes;
}

/** Whether the unit at the position can be the first of a word. */
export function startsWord(classes: UnitClasses, text: string, position: number): boolean {
  const unitClass = classAt(classes, text, position);
  return unitClass === letterClass || unitClass === ideographClass;
}

/** Whether the unit at the position belongs to the word that the unit before it belongs to. */
export function continuesWord(classes: UnitClasses, text: string, position: number): boolean {
  const unitClass = classAt(classes, text, position);
  if (unitClass === separatorClass || unitClass === ideographClass) return false;
  return unitClass === markClass || classAt(classes, text, position - 1) !== ideographClass;
}

function classAt(classes: UnitClasses, text: string, position: number): number {
  const unit = text.charCodeAt(position);
  const known = classes[unit];
  if (known !== surrogateClass && known !== undefined) return known;
  return classify(
    unit < 0xdc00 ? text.slice(position, position + 2) : text.slice(position - 1, position + 1),
  );
}

function classify(codePoint: string): number {
  if (codePoint.length === 1 && letterOrDigit.test(codePoint) && ideograph.test(codePoint))
    return ideographClass;
  if (letterOrDigit.test(codePoint)) return letterClass;
  return mark.test(codePoint) ? markClass : separatorClass;
}
