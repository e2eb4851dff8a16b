/** Looked at on each side of a cut. A grapheme longer than this has no meaning to keep whole. */
const lookMax = 1024;

let segmenter: Intl.Segmenter | undefined;

/**
 * The last position from `from` to `position` that stands between two graphemes, so that neither a surrogate pair nor
 * a base with its marks is cut. `from` counts as such a place: it is the answer where one grapheme fills the span. Costs a comparison in most scripts and one `Intl.Segmenter` look-up in others.
 */
export function graphemeFloor(text: string, span: { from: number; position: number }): number {
  const { from, position } = span;
  if (position >= text.length) return text.length;
  if (isPlainBoundary(text, position)) return position;
  const anchorMin = Math.max(from, position - lookMax);
  let anchor = position - 1;
  while (anchor > anchorMin && !isPlainBoundary(text, anchor)) anchor -= 1;
  if (anchor < anchorMin) anchor = anchorMin;
  segmenter ??= new Intl.Segmenter("und", { granularity: "grapheme" });
  // Two units past the position hold the next code point whole; nothing behind it has a say.
  const grapheme = segmenter.segment(text.slice(anchor, position + 2)).containing(position - anchor);
  return anchor + (grapheme?.index ?? 0);
}

function isPlainBoundary(text: string, position: number): boolean {
  return isPlain(text.charCodeAt(position - 1)) && isPlain(text.charCodeAt(position));
}

/**
 * Units of which any two neighbours are separate graphemes: the ranges hold no mark, no joiner, no conjoining jamo and
 * no surrogate, by Unicode's GraphemeBreakProperty. A carriage return is left out because it joins a line feed.
 */
function isPlain(unit: number): boolean {
  if (unit < 0x300) return unit !== 0x0d;
  if (unit < 0x2010) return (unit >= 0x370 && unit <= 0x482) || (unit >= 0x48a && unit <= 0x590);
  if (unit < 0x3400) {
    return (
      unit <= 0x2027 ||
      (unit >= 0x3001 && unit <= 0x3029) ||
      (unit >= 0x3030 && unit <= 0x3096) ||
      (unit >= 0x309b && unit <= 0x30ff)
    );
  }
  return unit <= 0x9fff || (unit >= 0xac00 && unit <= 0xd7a3) || (unit >= 0xff01 && unit <= 0xff9d);
}
