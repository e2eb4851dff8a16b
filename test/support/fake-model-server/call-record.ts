/** One request as the server saw it. */
export interface ModelCall {
  path: string;
  model: string;
  texts: string[];
  /** Tokens of all texts before any cut. */
  tokens: number;
  authorization: string | undefined;
  body: Record<string, unknown>;
  /** What went wrong on purpose. */
  fault: string | undefined;
  /** 0 where no answer was sent, or not all of it. */
  status: number;
  /** The connection was closed before the answer was whole. */
  cutOff: boolean;
}
