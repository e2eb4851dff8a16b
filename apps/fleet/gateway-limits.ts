/**
 * An upload's buffers are freed by other threads than made them, and an allocator with an arena for each keeps them; and
 * what the engine sets aside for young objects by default, three times 16 MB, fills with what is dead already. Half of
 * it costs no speed.
 */
export const gatewayLimits = { environment: { MALLOC_ARENA_MAX: "2" }, flags: ["--max-semi-space-size=8"] };
