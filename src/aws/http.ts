/**
 * Longest wait for a connection and for an answer, in milliseconds: an unreachable endpoint, or one that takes a request and never
 * answers, must not hang a person. Without `throwOnRequestTimeout` the SDK only warns (@smithy/types, NodeHttpHandlerOptions).
 */
export const TIMEOUTS = { connectionTimeout: 5_000, requestTimeout: 15_000, throwOnRequestTimeout: true };
