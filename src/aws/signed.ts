/**
 * Calls of services whose client is not packed: of Organizations and EC2 two or three calls are made, and each of their clients is larger than
 * all that is done with the answer. Signed, sent and configured by what the other clients are made of.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Sha256 } from '@aws-crypto/sha256-js';
import { STSClient, type STSClientConfig } from '@aws-sdk/client-sts';
import { parseXML } from '@aws-sdk/xml-builder';
import { SignatureV4 } from '@smithy/signature-v4';

/** A service by the id of its SDK client, which its settings go by; and where it is, unless these say so. */
export interface Service {
  readonly id: string;
  readonly signingName: string;
  readonly region: string;
  readonly host: string;
}

/** What the handler of the SDK answers. */
interface Answer {
  readonly statusCode: number;
  readonly body: AsyncIterable<Buffer>;
}

/** Answers the body. Throws an error whose name is the code that the service gave. */
export type Send = (headers: Readonly<Record<string, string>>, body: string) => Promise<string>;

export function sender(configuration: STSClientConfig, { id, signingName, region, host }: Service): Send {
  const { config } = new STSClient({ ...configuration, region, serviceId: id });
  const signer = new SignatureV4({ service: signingName, region, credentials: config.credentials, sha256: Sha256 });
  const once: Send = async (headers, body) => {
    const url = new URL((await config.serviceConfiguredEndpoint?.()) ?? `https://${host}`);
    const request = {
      method: 'POST',
      protocol: url.protocol,
      hostname: url.hostname,
      ...(url.port === '' ? {} : { port: Number(url.port) }),
      path: url.pathname,
      headers: { host: url.host, ...headers },
      body,
    };
    const signed = await signer.sign(request, { signingDate: new Date(Date.now() + config.systemClockOffset) });
    const { response } = (await config.requestHandler.handle(signed as never)) as { response: Answer };
    const chunks: Buffer[] = [];
    for await (const chunk of response.body) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString();
    if (response.statusCode >= 300) throw errorOf(response.statusCode, text);
    return text;
  };
  return async (headers, body) => {
    for (const wait of PAUSES) {
      try {
        return await once(headers, body);
      } catch (error) {
        if (!PASSES.test(error instanceof Error ? error.name : '')) throw error;
        await sleep(wait * (1 + Math.random()));
      }
    }
    return once(headers, body);
  };
}

/** Waits before a call is made again that AWS throttles, or had no answer to, in milliseconds; each is lengthened by chance. */
const PAUSES = [100, 300, 900];
const PASSES =
  /throttl|TooManyRequests|RequestLimitExceeded|^(?:ServiceException|InternalError|ServiceUnavailable|InternalFailure)$/i;

/** The error of a service of JSON, of EC2 or of other XML, as the SDK would throw it. */
function errorOf(status: number, text: string): Error {
  const { code, message } = saidIn(text);
  const error = new Error(typeof message === 'string' ? message : `HTTP ${status}`);
  error.name = typeof code === 'string' ? code.replace(/^.*#/, '') : 'UnknownError';
  return Object.assign(error, { $metadata: { httpStatusCode: status } });
}

/** What an answer may hold, as it is read; a proxy may have answered anything. */
type Said = Readonly<Record<string, unknown>> | undefined;

function saidIn(text: string): { readonly code?: unknown; readonly message?: unknown } {
  try {
    if (!text.trimStart().startsWith('<')) {
      const said = JSON.parse(text) as Said;
      return { code: said?.['__type'], message: said?.['message'] ?? said?.['Message'] };
    }
    const { Response: ec2, ErrorResponse: others } = parseXML(text) as Readonly<Record<string, Said>>;
    const [said] = [(ec2?.['Errors'] as Said)?.['Error'] ?? others?.['Error']].flat() as readonly Said[];
    return { code: said?.['Code'], message: said?.['Message'] };
  } catch {
    return {};
  }
}
