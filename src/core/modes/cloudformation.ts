/** What CloudFormation makes of its functions in a policy. */
import type { DocEntry, DocNode } from '../document/node.ts';
import { finding, type Seen } from '../finding.ts';
import type { Resource } from '../resource.ts';

const GET = String.raw`!GetAtt\s+["']?\w+\.OpenIdConnectIssuerUrl|\{\s*"Fn::GetAtt"\s*:\s*(?:\[\s*"\w+"\s*,\s*"OpenIdConnectIssuerUrl"\s*\]|"\w+\.OpenIdConnectIssuerUrl")\s*\}`;
/** The issuer of a cluster as it is, behind the name of a provider or before the name of a claim. */
const AS_IT_IS = new RegExp(
  String.raw`(?<=oidc-provider/)\$\{\w+\.OpenIdConnectIssuerUrl\}|\$\{\w+\.OpenIdConnectIssuerUrl\}(?=:)|(?<=oidc-provider/["']?\s*,?\s*(?:- *)?)(?:${GET})`,
  'g',
);
/** A variable of `!Sub [text, variables]` that is the issuer as it is. */
const VARIABLE = new RegExp(String.raw`["']?(?<name>\w+)["']?\s*:\s*(?<place>${GET})`, 'dg');

/** KP-032: `OpenIdConnectIssuerUrl` begins with https:// (CloudFormation User Guide, AWS::EKS::Cluster, return values). */
export function issuerAsItIs(thing: Resource): Seen[] {
  if (thing.kind !== 'trust') return [];
  const { root } = thing;
  const { text } = root.source;
  const policy = text.slice(root.start, root.end);
  const message =
    'OpenIdConnectIssuerUrl begins with https://, and neither the ARN of a provider nor a condition key does: take what stands behind it, as !Select [1, !Split ["//", …]].';
  const direct = [...policy.matchAll(AS_IT_IS)].map(({ 0: found, index }) => ({
    start: root.start + index,
    end: root.start + index + found.length,
  }));
  const behind = text.slice(root.end, root.end + 500);
  const variables = [...behind.matchAll(VARIABLE)].flatMap(({ groups, indices }) => {
    const place = indices?.groups?.['place'];
    const isUsed = policy.includes(`oidc-provider/\${${groups?.['name'] ?? ''}}`);
    return place && isUsed ? [{ start: root.end + place[0], end: root.end + place[1] }] : [];
  });
  return [...direct, ...variables].map((place) => finding('KP-032', place, message));
}

/** P-SYNTAX: a function as a key, which CloudFormation does not resolve. */
export function functionAsKey(thing: Resource): Seen[] {
  if (thing.kind !== 'trust' && thing.kind !== 'permissions') return [];
  const message =
    'CloudFormation resolves no function in a key. Write the policy as one text, as in AssumeRolePolicyDocument: !Sub.';
  return keysOf(thing.root)
    .filter(({ source, start }) => FUNCTION.test(source.text.slice(Math.max(0, start - 20), start)))
    .map((key) => finding('P-SYNTAX', key, message));
}

const FUNCTION = /!(?:Sub|Ref|GetAtt|Join|ImportValue|Select)[ \t]+$/;

const keysOf = (node: DocNode): readonly DocEntry['key'][] =>
  node.type === 'array'
    ? node.items.flatMap(keysOf)
    : node.type === 'object'
      ? node.entries.flatMap(({ key, value }) => [key, ...keysOf(value)])
      : [];
