/**
 * About how many tokens common tokenizers make of a text: one for four characters of ASCII, one for each other
 * character. Real counts of prose lie within a third of it; only the provider's own count is exact.
 */
export function estimateTokens(text: string): number {
  let ascii = 0;
  let others = 0;
  for (let place = 0; place < text.length; place += 1) {
    if (text.charCodeAt(place) < 0x80) ascii += 1;
    else others += 1;
  }
  return Math.ceil(ascii / 4) + others;
}

/** Under which the estimate is told to people. */
export const tokenEstimateMethod = "one token for 4 ASCII characters, one for each other";
