// X.509 certificates for the sandbox's API servers, encoded here (DER) so that neither openssl nor a package is needed.
// All keys are made at start and thrown away at the end.
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPair,
  randomBytes,
  randomInt,
  sign,
  type KeyObject,
} from 'node:crypto';
import { promisify } from 'node:util';

export interface KeyPair {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}
export interface Identity {
  /** PEM. */
  readonly certificate: string;
  /** PEM (PKCS #8). */
  readonly key: string;
}
export interface CertificateAuthority {
  /** PEM. */
  readonly certificate: string;
  /** PEM (PKCS #8). */
  readonly key: string;
  issue(subject: Subject, use: Use): Promise<Identity>;
}
/** Kubernetes reads the user from the common name and the group from the organization. */
export interface Subject {
  readonly commonName: string;
  readonly organization?: string;
}
export type Use =
  { readonly server: { readonly names: readonly string[]; readonly ips: readonly string[] } } | 'client';

const generate = promisify(generateKeyPair);
/** An RSA key pair of 2048 bits, as EKS signs service account tokens with. */
export const rsaKeyPair = (): Promise<KeyPair> => generate('rsa', { modulusLength: 2048 });
const ecKeyPair = (): Promise<KeyPair> => generate('ec', { namedCurve: 'P-256' });
const keyPairOf = (pem: string): KeyPair => {
  const privateKey = createPrivateKey(pem);
  return { privateKey, publicKey: createPublicKey(privateKey) };
};
export const privatePem = (key: KeyObject): string => key.export({ type: 'pkcs8', format: 'pem' }).toString();
export const publicPem = (key: KeyObject): string => key.export({ type: 'spki', format: 'pem' }).toString();

/** A self-signed certificate authority that is valid for ten days; one that was `made` before goes on. */
export async function certificateAuthority(commonName: string, made?: Identity): Promise<CertificateAuthority> {
  const keys = made === undefined ? await ecKeyPair() : keyPairOf(made.key);
  const issuer: Subject = { commonName };
  return {
    certificate: made?.certificate ?? encodeCertificate(issuer, keys.publicKey, issuer, keys.privateKey, 'ca'),
    key: privatePem(keys.privateKey),
    issue: async (subject, use) => {
      const own = await ecKeyPair();
      return {
        certificate: encodeCertificate(subject, own.publicKey, issuer, keys.privateKey, use),
        key: privatePem(own.privateKey),
      };
    },
  };
}

// DER: tag, length, value.
function tlv(tag: number, ...parts: readonly Buffer[]): Buffer {
  const value = Buffer.concat(parts);
  const size = value.length;
  const length = size < 0x80 ? [size] : size < 0x100 ? [0x81, size] : [0x82, size >> 8, size & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), value]);
}
const sequence = (...parts: readonly Buffer[]): Buffer => tlv(0x30, ...parts);
const octets = (value: Buffer): Buffer => tlv(0x04, value);
const bits = (value: Buffer, unused = 0): Buffer => tlv(0x03, Buffer.from([unused]), value);
const TRUE = tlv(0x01, Buffer.from([0xff]));
/** A random positive number in the shortest form: its first byte is from 0x40 to 0x7f. */
const serialNumber = (): Buffer => tlv(0x02, Buffer.from([0x40 | randomInt(64)]), randomBytes(15));
const utcTime = (date: Date): Buffer =>
  tlv(0x17, Buffer.from(`${date.toISOString().replace(/[-:T]/g, '').slice(2, 14)}Z`));

function oid(text: string): Buffer {
  const [first = 0, second = 0, ...rest] = text.split('.').map(Number);
  const base128 = (value: number): number[] => {
    const digits = [value & 0x7f];
    for (let left = value >>> 7; left > 0; left >>>= 7) digits.unshift((left & 0x7f) | 0x80);
    return digits;
  };
  return tlv(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]));
}

const ECDSA_WITH_SHA256 = sequence(oid('1.2.840.10045.4.3.2'));
const attribute = (type: string, value: string): Buffer =>
  tlv(0x31, sequence(oid(type), tlv(0x0c, Buffer.from(value))));
const name = ({ commonName, organization }: Subject): Buffer =>
  sequence(
    ...(organization === undefined ? [] : [attribute('2.5.4.10', organization)]),
    attribute('2.5.4.3', commonName),
  );
const extension = (id: string, critical: boolean, value: Buffer): Buffer =>
  sequence(oid(id), ...(critical ? [TRUE] : []), octets(value));

function extensions(use: Use | 'ca'): Buffer[] {
  const basicConstraints = extension('2.5.29.19', true, use === 'ca' ? sequence(TRUE) : sequence());
  // Bits from the left: digitalSignature 0, keyCertSign 5, cRLSign 6.
  const keyUsage = extension(
    '2.5.29.15',
    true,
    use === 'ca' ? bits(Buffer.from([0x06]), 1) : bits(Buffer.from([0x80]), 7),
  );
  if (use === 'ca') return [basicConstraints, keyUsage];
  const purpose = oid(use === 'client' ? '1.3.6.1.5.5.7.3.2' : '1.3.6.1.5.5.7.3.1');
  const extended = extension('2.5.29.37', false, sequence(purpose));
  if (use === 'client') return [basicConstraints, keyUsage, extended];
  const alternatives = [
    ...use.server.names.map((dns) => tlv(0x82, Buffer.from(dns))),
    ...use.server.ips.map((ip) => tlv(0x87, Buffer.from(ip.split('.').map(Number)))),
  ];
  return [basicConstraints, keyUsage, extended, extension('2.5.29.17', false, sequence(...alternatives))];
}

function encodeCertificate(
  subject: Subject,
  publicKey: KeyObject,
  issuer: Subject,
  issuerKey: KeyObject,
  use: Use | 'ca',
): string {
  const day = 24 * 60 * 60 * 1000;
  const toBeSigned = sequence(
    tlv(0xa0, tlv(0x02, Buffer.from([2]))), // version 3
    serialNumber(),
    ECDSA_WITH_SHA256,
    name(issuer),
    sequence(utcTime(new Date(Date.now() - day)), utcTime(new Date(Date.now() + 10 * day))),
    name(subject),
    publicKey.export({ type: 'spki', format: 'der' }),
    tlv(0xa3, sequence(...extensions(use))),
  );
  const der = sequence(toBeSigned, ECDSA_WITH_SHA256, bits(sign('sha256', toBeSigned, issuerKey)));
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}
