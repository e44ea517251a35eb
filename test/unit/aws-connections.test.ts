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

test('a bucket that is made goes to its own region while another one is followed to its', async () => {
  const asked: string[] = [];
  let looked = (): void => undefined;
  const following = new Promise<void>((resolve) => (looked = resolve));
  let go = (): void => undefined;
  const released = new Promise<void>((resolve) => (go = resolve));
  const server = createServer((request, response) => {
    const region = /Credential=[^/]*\/\d+\/([\w-]+)\//.exec(request.headers.authorization ?? '')?.[1] ?? '';
    const path = new URL(request.url ?? '', 'http://localhost').pathname.replace(/\/$/, '');
    asked.push(`${request.method ?? ''} ${path} ${region}`);
    request.resume().on('end', () => {
      if (path !== '/elsewhere') response.writeHead(200).end();
      else if (region !== 'eu-central-1') response.writeHead(301, { 'x-amz-bucket-region': 'eu-central-1' }).end();
      else {
        looked();
        void released.then(() => response.writeHead(200, { 'x-amz-bucket-region': 'eu-central-1' }).end());
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const before = { ...process.env };
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    AWS_ACCESS_KEY_ID: 'key',
    AWS_SECRET_ACCESS_KEY: 'x',
  });
  try {
    const aws = connectAws({ region: 'us-west-2' });
    const elsewhere = aws.bucket('elsewhere', undefined);
    await following;
    await aws.createBucket('made');
    go();
    await elsewhere;
    assert.ok(asked.includes('HEAD /elsewhere eu-central-1'), asked.join());
    assert.ok(asked.includes('PUT /made us-west-2'), asked.join());
  } finally {
    go();
    process.env = before;
    server.closeAllConnections();
    server.close();
  }
});
