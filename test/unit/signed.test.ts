// What services whose client is not packed say when they refuse, in their forms and in others'.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sender } from '../../src/aws/signed.ts';

const ec2 = (code: string, message: string): string =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<Response><Errors><Error><Code>${code}</Code><Message>${message}</Message></Error></Errors><RequestID>1</RequestID></Response>`;

const ROWS: Readonly<Record<string, readonly [text: string, name: string, message: string]>> = {
  JSON: [
    '{"__type":"AccessDeniedException","Message":"no \\"you\\" may not"}',
    'AccessDeniedException',
    'no "you" may not',
  ],
  'JSON with the name of its model': [
    '{"message":"none","__type":"com.amazonaws.organizations#NotInUse"}',
    'NotInUse',
    'none',
  ],
  EC2: [ec2('UnauthorizedOperation', 'you &lt;x&gt; may &amp; not'), 'UnauthorizedOperation', 'you <x> may & not'],
  'other XML': [
    '<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>',
    'AccessDenied',
    'no',
  ],
  'two errors of EC2': [
    ec2('First', 'a').replace('</Errors>', '<Error><Code>Second</Code><Message>b</Message></Error></Errors>'),
    'First',
    'a',
  ],
  'the page of a proxy': ['<html><body><p>Bad Gateway</body>', 'UnknownError', 'HTTP 502'],
  text: ['Bad Gateway', 'UnknownError', 'HTTP 502'],
  nothing: ['', 'UnknownError', 'HTTP 502'],
  null: ['null', 'UnknownError', 'HTTP 502'],
  'other JSON': ['{"__type":{},"message":[]}', 'UnknownError', 'HTTP 502'],
};

for (const [what, [text, name, message]] of Object.entries(ROWS))
  test(`a service answers ${what}`, async () => {
    const send = sender(
      {
        credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
        requestHandler: { handle: async () => ({ response: { statusCode: 502, body: [Buffer.from(text)] } }) } as never,
      },
      { id: 'EC2', signingName: 'ec2', region: 'eu-west-1', host: 'ec2.example.com' },
    );
    await assert.rejects(send({}, ''), { name, message });
  });
