/** The form that IAM wants of any policy. */
import { found } from '../reading.ts';
import { IAM_GUIDE } from './sources.ts';
import type { DocNode } from '../document/node.ts';
import { isTemplate } from '../document/template.ts';
import { dataOf } from '../policy/json.ts';
import type { PolicyResource, Resource } from '../resource.ts';
import { finding, type Seen } from '../finding.ts';
import { type Example, BUCKET, grant, permissions, trust, role } from './samples.ts';
import { functionAsKey } from './cloudformation.ts';
import { modes } from './mode.ts';
import { liveRights } from './permissions/live.ts';
import { ofPermissions } from './permissions/policy.ts';
import { liveTrust } from './trust/live.ts';
import { ofTrust } from './trust/policy.ts';

export const policyModes = modes({
  'P-SYNTAX': {
    title: 'Policy not in the form that IAM takes',
    severity: 'error',
    symptom: 'MalformedPolicyDocument when the role or its policy is written.',
    cause: 'An element is missing, misspelt, empty, of the wrong type, or not allowed in this kind of policy.',
    fix: 'Write the element as the grammar of IAM policies has it.',
    sources: [IAM_GUIDE],
    file: [functionAsKey, ofTrust, ofPermissions, ofJson],
    reads: ['role'],
    live: [liveTrust, liveRights],
  },
  'P-VERSION': {
    title: 'Policy without the current Version',
    severity: 'information',
    symptom: 'Policy variables such as ${aws:username} match nothing.',
    cause: 'Without Version, IAM takes 2008-10-17, which knows no policy variables.',
    fix: 'Write "Version": "2012-10-17".',
    sources: [IAM_GUIDE],
    file: [ofTrust, ofPermissions],
    reads: ['role'],
    live: [liveTrust, liveRights],
  },
  'P-CHARSET': {
    title: 'Character that IAM rejects in a policy',
    severity: 'error',
    symptom: 'ValidationError when the role or its policy is written.',
    cause: 'A policy holds only Latin-1 characters; text that was pasted often has curly quotes or long dashes.',
    fix: 'Write plain characters.',
    sources: ['botocore IAM model, policyDocumentType'],
    file: [ofTrust, ofPermissions],
    reads: ['role'],
    live: [liveTrust, liveRights],
  },
});

/** P-SYNTAX: text that IAM cannot read at all. */
function ofJson(thing: Resource): Seen[] {
  if ((thing.kind !== 'trust' && thing.kind !== 'permissions') || thing.broken === undefined) return [];
  const { root, broken } = thing;
  if (isFilledInLater(root)) return [];
  const { text } = root.source;
  if (thing.raw && /^\s*[{[]\s*[{[]?\s*'/.test(thing.raw.text)) return [inSingleQuotes(thing.raw, root)];
  const start = Math.min(broken.start, text.length - 1);
  const range = { start, end: Math.max(broken.end, start + 1) };
  const fixes =
    'isMissing' in broken && !root.source.quote
      ? [
          broken.isMissing
            ? { title: 'Write the comma', edits: [{ start, end: start, newText: ',' }] }
            : { title: 'Remove the comma', edits: [{ ...range, newText: '' }], preferred: true },
        ]
      : [];
  return [finding('P-SYNTAX', range, `This is no JSON, so IAM rejects it: ${broken.message}`, fixes, 'error')];
}

/** Strings as Python and JavaScript write them. With nothing else in double quotes there is one answer. */
function inSingleQuotes({ text, at }: NonNullable<PolicyResource['raw']>, root: DocNode): Seen {
  const first = text.indexOf("'");
  const isPlain = !text.includes('"') && !root.source.quote && dataOf(text.replaceAll("'", '"')) !== undefined;
  const edits = [...text.matchAll(/'/g)].map(({ index }) => ({ start: at(index), end: at(index) + 1, newText: '"' }));
  const fixes = isPlain ? [{ title: 'Write double quotes', edits, preferred: true }] : [];
  const range = { start: at(first), end: at(first) + 1 };
  return finding('P-SYNTAX', range, 'JSON has strings in double quotes: IAM rejects the policy.', fixes, 'error');
}

/** Whether something fills in parts of JSON that stand outside its strings: then it is no JSON yet, and need not be. */
export function isFilledInLater({ start, end, source }: DocNode): boolean {
  const text = source.text.slice(start, end + AROUND);
  return isTemplate(text) || /[$%]\{|<[A-Za-z_]|\uE000/.test(text.replace(/"(?:[^"\\\n]|\\.)*"/g, ''));
}
/** Characters behind the end of what could be read that may say why. */
const AROUND = 400;

/** What each mode looks like. They run as tests. */
export const examples = (): readonly Example[] => [
  {
    name: 'Effect in lower case',
    kind: 'permissions',
    text: permissions({ Effect: 'allow' }),
    finds: [['P-SYNTAX', '"allow"']],
    accessAnalyzer: 'Invalid effect',
  },
  {
    name: 'no Version',
    kind: 'permissions',
    text: JSON.stringify({ Statement: [grant()] }, undefined, 2),
    finds: [['P-VERSION', '"Statement"']],
    accessAnalyzer: 'Missing version',
  },
  {
    name: 'typographic hyphen in a prefix',
    kind: 'permissions',
    text: permissions({ Resource: `${BUCKET}/team\u2013a/*` }),
    finds: [['P-CHARSET', '\u2013']],
  },
  {
    name: 'Resource in a trust policy',
    kind: 'trust',
    text: trust({ Resource: '*' }),
    finds: [['P-SYNTAX', '"Resource"']],
    accessAnalyzer: 'Role trust policy syntax error resource',
  },
  {
    name: 'a policy variable without Version in a role',
    change: {
      role: found(
        role({
          inline: [
            { name: 's3', text: permissions({}) },
            { name: 'own', text: JSON.stringify({ Statement: [grant({ Resource: `${BUCKET}/\${aws:username}/*` })] }) },
          ],
        }),
      ),
    },
    sees: ['P-VERSION'],
  },
];
