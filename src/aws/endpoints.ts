/** Endpoints of a VPC through which pods reach S3 and STS (API Reference of EC2, DescribeVpcEndpoints). */
import type { STSClientConfig } from '@aws-sdk/client-sts';
import { partitionOfRegion } from '../core/arn/partitions.ts';
import type { VpcEndpoint } from '../core/observation.ts';
import { found, type Reading } from '../core/reading.ts';
import { read } from './roles.ts';
import { sender } from './signed.ts';

/** An element of XML. */
interface Element {
  readonly name: string;
  readonly children: Element[];
  text: string;
}

const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' };
const decoded = (text: string): string =>
  text.replace(/&(?:#(x?)([\da-f]+)|(\w+));/gi, (whole, hex: string, number?: string, name?: string) =>
    number === undefined
      ? (ENTITIES[name ?? ''] ?? whole)
      : String.fromCodePoint(parseInt(number, hex === '' ? 10 : 16)),
  );

/** What EC2 answers is plain: elements and text. */
function parsed(xml: string): Element {
  const root: Element = { name: '', children: [], text: '' };
  const open = [root];
  for (const [, slash, name, empty, text] of xml.matchAll(/<(\/?)([\w:.-]+)[^>]*?(\/?)>|([^<]+)/g)) {
    const inner = open.at(-1) as Element;
    if (text !== undefined) inner.text += decoded(text);
    else if (slash === '/') {
      if (open.length > 1) open.pop();
    } else {
      const made: Element = { name: name ?? '', children: [], text: '' };
      inner.children.push(made);
      if (empty !== '/') open.push(made);
    }
  }
  return root;
}
const child = (element: Element | undefined, name: string): Element | undefined =>
  element?.children.find((one) => one.name === name);
const textOf = (element: Element, name: string): string => child(element, name)?.text.trim() ?? '';

/** All endpoints of a VPC for S3 and STS. Never throws. */
export function readEndpoints(
  configuration: STSClientConfig,
  region: string,
  vpc: string,
): Promise<Reading<readonly VpcEndpoint[]>> {
  const host = `ec2.${region}.${partitionOfRegion(region)?.dnsSuffix ?? 'amazonaws.com'}`;
  const send = sender(configuration, { id: 'EC2', signingName: 'ec2', region, host });
  return read('ec2:DescribeVpcEndpoints', async () => {
    const all: VpcEndpoint[] = [];
    let next = '';
    do {
      const asked = {
        Action: 'DescribeVpcEndpoints',
        Version: '2016-11-15',
        'Filter.1.Name': 'vpc-id',
        'Filter.1.Value.1': vpc,
        ...(next === '' ? {} : { NextToken: next }),
      };
      const xml = await send(
        { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
        new URLSearchParams(asked).toString(),
      );
      const answer = child(parsed(xml), 'DescribeVpcEndpointsResponse');
      for (const item of child(answer, 'vpcEndpointSet')?.children ?? []) {
        const service = /\.(s3|sts)$/.exec(textOf(item, 'serviceName'))?.[1];
        if (service !== 's3' && service !== 'sts') continue;
        const policy = textOf(item, 'policyDocument');
        all.push({
          id: textOf(item, 'vpcEndpointId'),
          service,
          type: textOf(item, 'vpcEndpointType'),
          state: textOf(item, 'state').toLowerCase(),
          routeTables: (child(item, 'routeTableIdSet')?.children ?? []).map(({ text }) => text.trim()),
          privateDns: textOf(item, 'privateDnsEnabled') === 'true',
          ...(policy === '' ? {} : { policy }),
        });
      }
      next = answer === undefined ? '' : textOf(answer, 'nextToken');
    } while (next !== '');
    return found(all);
  });
}
