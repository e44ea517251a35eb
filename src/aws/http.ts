import http from 'node:http';
import https from 'node:https';

/**
 * Connections of all clients: they come and go, one for each role that is tried, and none needs to be closed. One that nobody has
 * used for a while ends by itself. As many to a host as the SDK allows by default. Milliseconds.
 */
const POOL = { keepAlive: true, maxSockets: 50, timeout: 10_000 };

/**
 * How clients reach AWS. The longest wait for a connection and for an answer, in milliseconds: an unreachable endpoint, or one that
 * takes a request and never answers, must not hang a person. Without `throwOnRequestTimeout` the SDK only warns (@smithy/types,
 * NodeHttpHandlerOptions).
 */
export const HTTP = {
  connectionTimeout: 5_000,
  requestTimeout: 15_000,
  throwOnRequestTimeout: true,
  httpAgent: new http.Agent(POOL),
  httpsAgent: new https.Agent(POOL),
};
