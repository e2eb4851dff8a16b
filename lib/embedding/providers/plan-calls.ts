export interface CallLimits {
  textsMax: number;
  tokensMax: number;
  /** A text that may have more tokens than this goes alone, so that its own count is known. */
  aloneFrom?: number;
}

/** Cuts texts, given by their estimated tokens, into calls; each text is in exactly one, in order within it. */
export function planCalls(tokens: readonly number[], limits: CallLimits): number[][] {
  const { textsMax, tokensMax, aloneFrom = Number.POSITIVE_INFINITY } = limits;
  const calls: number[][] = [];
  let open: number[] = [];
  let openTokens = 0;
  for (const [position, count] of tokens.entries()) {
    if (count > aloneFrom) {
      calls.push([position]);
      continue;
    }
    if (open.length === textsMax || (open.length > 0 && openTokens + count > tokensMax)) {
      calls.push(open);
      open = [];
      openTokens = 0;
    }
    open.push(position);
    openTokens += count;
  }
  if (open.length > 0) calls.push(open);
  return calls;
}
