/** Connections to AWS: shared by all clients, and closed when nobody uses them. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { test } from 'node:test';
import { connectAws } from '../../src/aws/index.ts';

test('each role that is tried has a client of its own, and no connection of its own; none stays open', async () => {
  const sockets = new Set<Socket>();
  // A server that never ends a connection by itself.
  const server = createServer({ keepAliveTimeout: 0 }, (request, response) => {
    request.resume().on('end', () => response.writeHead(200).end());
  });
  server.on('connection', (socket: Socket) => sockets.add(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const port = (server.address() as AddressInfo).port;
  const before = { ...process.env };
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
  });
  try {
    const aws = connectAws({ region: 'us-west-2' });
    for (let role = 0; role < 20; role++) {
      const secret = { accessKeyId: `key-${role}`, secretAccessKey: 'x', sessionToken: 'y' };
      await aws.objects('bucket', 'us-west-2', secret).put('key', 'body');
    }
    assert.equal(sockets.size, 1);
    for (const socket of sockets) if (!socket.destroyed) await once(socket, 'close');
  } finally {
    process.env = before;
    server.closeAllConnections();
    server.close();
  }
});
