export interface ChatMessage {
  role: "system" | "user" | "assistant";
  content: string;
}

/** A piece of an answer, and what is told with it. */
export interface ChatPart {
  text: string;
  /** `length` where the answer was cut off. */
  finish?: "stop" | "length" | undefined;
  promptTokens?: number | undefined;
  outputTokens?: number | undefined;
}

/** How one kind of server is asked for an answer. Throws the errors that `askServer` names. */
export interface ChatProtocol {
  /** An answer that breaks off ends without a part that has a `finish`. */
  chat(messages: readonly ChatMessage[], signal: AbortSignal): AsyncIterable<ChatPart>;
}

/** What stands around one token in an event of a stream takes a few hundred bytes. */
const bytesPerToken = 2_000;
const bytesAround = 1_000_000;

/** The most bytes that the stream of an answer may have. */
export function streamBytesMax(outputTokensMax: number): number {
  return outputTokensMax * bytesPerToken + bytesAround;
}
