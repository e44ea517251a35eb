/** Why a cell is as it is: the way into a role, the statements that decide, the least request that shows it, and what refuses one. */
import { FREE } from '../arn/pattern.ts';
import { may } from '../policy/evaluate.ts';
import { subject } from '../policy/build.ts';
import { knownFacts } from '../policy/context.ts';
import { dataOf } from '../policy/json.ts';
import { keyRequest } from '../policy/key.ts';
import { judgeGuards } from '../policy/organization.ts';
import { own, readDocument } from '../policy/statements.ts';
import type { Json } from '../records.ts';
import type { Admissions } from './admissions.ts';
import type { KeyCell } from './cells.ts';
import {
  bit,
  type Admission,
  type Because,
  type Decided,
  type Isolation,
  type JudgedRole,
  type Subject,
} from './matrix.ts';
import {
  CALLS,
  reach,
  requestOf,
  rightsOf,
  type Below,
  type Call,
  type Deed,
  type Reached,
  type Rights,
} from './reach.ts';
import { rightsIn } from './roleRights.ts';
import type { WorldKey, WorldRole } from './world.ts';

/** Why something may, or may not, be done in a place. */
export function placeReasons(
  admitted: Admissions,
  places: readonly Below[],
  roleCell: Isolation['roleCell'],
): Pick<Isolation, 'because' | 'refused'> {
  const { world, roles, group, keptOut } = admitted;
  const { buckets } = world;
  return {
    because: (index, place, deed) => {
      const below = places[place];
      if (below === undefined) return undefined;
      let best: Because | undefined;
      for (const admission of ways(admitted, index)) {
        const cell = roleCell(admission.role, place);
        if (((cell.yes | cell.unknown) & bit(deed)) === 0) continue;
        const { role } = roles[admission.role] as JudgedRole;
        const { rights } = rightsIn(group(admission.role), role, below.bucket, buckets.get(below.bucket));
        const reached = reach(rights, deed, below);
        const one = told(
          admitted,
          index,
          admission,
          reached.answer === 'no' ? { answer: 'unknown', why: 'access points, which are not read' } : reached,
          rights,
        );
        if (one.answer === 'yes') return one;
        best ??= one;
      }
      return best;
    },
    refused: (index, place, deed) => {
      const below = places[place];
      if (below === undefined) return undefined;
      const prefix = below.prefix === '' ? '' : `${below.prefix}${below.prefix.endsWith('/') ? '' : '/'}`;
      for (const { role: at } of ways(admitted, index)) {
        const { role } = roles[at] as JudgedRole;
        const { rights } = rightsIn(group(at), role, below.bucket, buckets.get(below.bucket));
        const own = rightsOf(
          rights.layers.filter(({ guards }) => guards === undefined),
          rights.session,
        );
        const call = reach(own, deed, below).call ?? callOf(deed, below.bucket, prefix, rights.session.partition);
        const guards = rights.layers.flatMap(({ guards: its }) => its ?? []);
        const known = knownFacts(requestOf(rights.session, call.action, call.values));
        const { by } = judgeGuards(guards, call.action, call.resource, known);
        if (by !== undefined) return by;
      }
      return keptOut.get(index);
    },
  };
}

/** Why a key may be used. */
export function keyReason(
  admitted: Admissions,
  keys: readonly WorldKey[],
  keyOfRole: (role: number, key: number) => KeyCell,
): Isolation['becauseKey'] {
  const { roles, group } = admitted;
  return (index, key) => {
    const about = keys[key];
    if (about === undefined) return undefined;
    for (const admission of ways(admitted, index)) {
      const { role } = roles[admission.role] as JudgedRole;
      const its = keyOfRole(admission.role, key);
      if (its.read === 'no' && its.write === 'no') continue;
      const isSure = its.read === 'yes' || its.write === 'yes';
      const action = its.write === 'yes' ? 'kms:GenerateDataKey' : 'kms:Decrypt';
      const why =
        about.policy.state === 'found'
          ? 'conditions of the policies of key and role'
          : 'the policy of the key, which was not read';
      return told(
        admitted,
        index,
        admission,
        isSure ? { answer: 'yes', call: { action, resource: about.arn, values: {} } } : { answer: 'unknown', why },
        rightsOf([{ policies: group(admission.role).identity }], {
          ...group(admission.role).session,
          ...keyRequest(about.arn, role.arn, group(admission.role).account),
        }),
      );
    }
    return undefined;
  };
}

/** The ways by which something may be done, sure ones first. */
const ways = ({ admissions }: Admissions, index: number): readonly Admission[] =>
  [...(admissions[index] ?? [])].sort((a, b) => Number(a.answer === 'unknown') - Number(b.answer === 'unknown'));

/** Roles on the way into another one, the first one first. */
function pathTo({ roles, admissions }: Admissions, from: number, to: Admission): readonly string[] {
  const path: string[] = [];
  let via = to.via;
  while (typeof via === 'object') {
    path.unshift(roles[via.role]?.role.arn ?? '');
    const before: number = via.role;
    via = admissions[from]?.find(({ role }) => role === before)?.via;
  }
  return path;
}

/** What is told of one way. */
function told(admitted: Admissions, index: number, admission: Admission, reached: Reached, rights: Rights): Because {
  const { world, subjects, roles, admissions } = admitted;
  const { role } = roles[admission.role] as JudgedRole;
  const who = subjects[index] as Subject;
  const by = pathTo(admitted, index, admission);
  const entry = admissions[index]?.find(({ role: one }) => roles[one]?.role.arn === (by[0] ?? role.arn)) ?? admission;
  const answer = admission.answer === 'yes' && reached.answer === 'yes' ? 'yes' : 'unknown';
  const depends = [
    ...admission.depends.map((one) => `the trust policy: ${one}`),
    ...(reached.why === undefined ? [] : [reached.why]),
  ];
  const { call } = reached;
  const iss = world.clusters[who.cluster]?.issuer ?? '';
  return {
    role: role.arn,
    by,
    answer,
    statements: [trustStatementOf(role, admission), ...(call === undefined ? [] : deciding(rights, call))],
    ...(call === undefined
      ? {}
      : {
          request: {
            ...(entry.audience === undefined
              ? {}
              : { token: { iss, sub: subject(who.namespace, who.name), aud: entry.audience } }),
            assume: [...by, role.arn],
            call,
          },
        }),
    ...(depends.length === 0 ? {} : { why: depends.join(', ') }),
  };
}

/** A call that stands for a deed below a prefix. */
const callOf = (deed: Deed, bucket: string, prefix: string, partition: string): Call => {
  const [action = ''] = CALLS[deed];
  const arn = `arn:${partition}:s3:::${bucket}`;
  return deed === 'list'
    ? { action, resource: arn, values: { 's3:prefix': prefix } }
    : { action, resource: deed === 'control' ? arn : `${arn}/${prefix}${FREE}`, values: {} };
};

function sidOf(statement: Json | undefined): { sid?: string } {
  const sid = statement === undefined ? undefined : own(statement, 'Sid');
  return typeof sid === 'string' && sid !== '' ? { sid } : {};
}

const trustStatementOf = (role: WorldRole, { statement }: Admission): Decided => ({
  policy: `trust policy of ${role.name}`,
  statement,
  ...sidOf(readDocument(dataOf(role.trust)).statements[statement]),
});

/** The statements that allow a call, each by itself. */
function deciding({ layers, session }: Rights, { action, resource, values }: Call): readonly Decided[] {
  const request = requestOf(session, action, values);
  return layers.flatMap(({ policies, guards }) =>
    // Those of the organization give nothing.
    (guards === undefined ? policies : []).flatMap(({ name, data }) => {
      const { statements, variables } = readDocument(data);
      return statements.flatMap((one, statement): Decided[] => {
        const alone = { Version: variables ? '2012-10-17' : '2008-10-17', Statement: [one] };
        return own(one, 'Effect') === 'Allow' && may([alone], action, resource, request) === 'yes'
          ? [{ policy: name, statement, ...sidOf(one) }]
          : [];
      });
    }),
  );
}
