/** Endpoints of a VPC through which pods reach S3 and STS (API Reference of EC2, DescribeVpcEndpoints). */
import type { STSClientConfig } from '@aws-sdk/client-sts';
import { parseXML } from '@aws-sdk/xml-builder';
import { partitionOfRegion } from '../core/arn/partitions.ts';
import type { VpcEndpoint } from '../core/observation.ts';
import { found, type Reading } from '../core/reading.ts';
import { read } from './roles.ts';
import { sender } from './signed.ts';

/** An element as the SDK reads XML: its text, or what is in it by name, a list where a name stands more than once. */
type Element = string | { readonly [name: string]: Element | readonly Element[] } | undefined;

const child = (element: Element, name: string): Element | readonly Element[] =>
  typeof element === 'object' && Object.hasOwn(element, name) ? element[name] : undefined;
/** Of a list of EC2, which are elements called `item`. */
const itemsOf = (element: Element, name: string): readonly Element[] => {
  const items = child(child(element, name) as Element, 'item');
  return items === undefined ? [] : Array.isArray(items) ? (items as readonly Element[]) : [items as Element];
};
const textOf = (element: Element, name: string): string => {
  const text = child(element, name);
  return typeof text === 'string' ? text.trim() : '';
};

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
      const answer = child(parseXML(xml) as Element, 'DescribeVpcEndpointsResponse') as Element;
      for (const item of itemsOf(answer, 'vpcEndpointSet')) {
        const service = /\.(s3|sts)$/.exec(textOf(item, 'serviceName'))?.[1];
        if (service !== 's3' && service !== 'sts') continue;
        const policy = textOf(item, 'policyDocument');
        all.push({
          id: textOf(item, 'vpcEndpointId'),
          service,
          type: textOf(item, 'vpcEndpointType'),
          state: textOf(item, 'state').toLowerCase(),
          routeTables: itemsOf(item, 'routeTableIdSet').flatMap((id) => (typeof id === 'string' ? [id.trim()] : [])),
          privateDns: textOf(item, 'privateDnsEnabled') === 'true',
          ...(policy === '' ? {} : { policy }),
        });
      }
      next = textOf(answer, 'nextToken');
    } while (next !== '');
    return found(all);
  });
}
