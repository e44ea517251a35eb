import { ofPermissions } from './policy.ts';
import { problem, type Problem, problems, seenInPolicy } from '../problem.ts';
import { contextOf, namedRole, parse, type ProfileView, quoted } from '../view.ts';
import type { PolicyContext } from '../../finding.ts';
import type { Role } from '../../observation.ts';
import { checkBucketName } from '../../arn/s3.ts';
import {
  formerOfPolicy,
  isOwnPrefix,
  isPolicy,
  keyOfPolicy,
  permissionsPolicy,
  POLICY_NAME,
} from '../../policy/build.ts';
import { derivedAccess } from '../../policy/derived.ts';
import {
  mayList,
  mayRead,
  meansToWrite,
  policiesOf,
  sessionOf,
  textOfPolicy,
  unlisted,
  writing,
  type Session,
  type Writing,
} from '../../policy/rights.ts';

/** Findings that tell why an action is in vain, one statement at a time. */
const LEVELS: ReadonlySet<string> = new Set(['KP-041', 'KP-045']);

/** What the role may do: what the rules see in its policies, and what these come to together. */
export function liveRights(readings: ProfileView): readonly Problem[] {
  const role = namedRole(readings);
  if (role === undefined) return [];
  const context = contextOf(readings);
  const { policies: documents = {} } = readings;
  const others = role.inline.filter(({ text }) => !isAsPlanned(text, context));
  const attached = role.attached.flatMap((arn) => {
    const text = textOfPolicy(documents, arn);
    return text === undefined ? [] : [{ text, arn }];
  });
  // What is not read, attached policies and a boundary, makes nothing certain that is wrong.
  if (others.length === 0 && attached.length === 0 && role.inline.length > 0) return [];
  const [policies, session] = [policiesOf(role, documents), sessionOf(role)];
  const inline = others.flatMap(({ name, text }) => {
    const root = parse(text);
    const found =
      root === undefined
        ? [noPolicy(role.name, undefined)]
        : problems(
            ofPermissions({ kind: 'permissions', root }, context),
            () => 'repair',
            seenInPolicy(`inline policy ${name}`, role.arn, root, text),
          );
    return name === POLICY_NAME ? found : found.map(ofOthers);
  });
  const managed = attached.flatMap(({ text, arn }) => {
    const root = parse(text);
    if (root === undefined) return [noPolicy(role.name, arn)];
    const found = problems(
      ofPermissions({ kind: 'permissions', root, managed: true }, context),
      () => 'repair',
      seenInPolicy('managed policy', arn, root, text),
    );
    return found.map((one) => ofManaged(one, arn));
  });
  const seen = [...inline, ...managed];
  const all = writing(policies, session);
  if (all.answer === 'no') {
    const said = nothingToWrite(role, policies, all);
    return [
      ...seen.filter(({ id }) => id !== 'KP-041'),
      isReader(policies, session) ? { id: said.id, message: said.message, remark: true } : said,
    ];
  }
  const idle = seen.some(({ id }) => LEVELS.has(id));
  // What a statement leaves out, another one or another policy may hold.
  const able = all.places.some(
    ({ answer: may, bucket, prefix }) => may === 'yes' && mayList(policies, bucket, session, prefix) === 'yes',
  );
  if (able) return seen.filter(({ id }) => !LEVELS.has(id));
  const [bucket] = unlisted(policies, all, session);
  return bucket === undefined || idle ? seen : [...seen, problem('KP-041', notListed(role.name, bucket), 'repair')];
}

/** P-SYNTAX of a policy that is no JSON at all: text that was encoded twice, or was cut. */
const noPolicy = (role: string, arn: string | undefined): Problem =>
  problem(
    'P-SYNTAX',
    `${arn === undefined ? 'A policy' : `Policy ${arn}`} of role ${role} is no JSON: it allows nothing.`,
    arn === undefined ? 'repair' : undefined,
  );

/** What is wrong in a policy that no plan writes: inline of another name, or managed, which may serve others. What it lacks ours gives. */
function ofOthers(one: Problem): Problem {
  const { remedy, ...alone } = one;
  return remedy === undefined || LEVELS.has(one.id) ? one : alone;
}

/** The same of a managed policy. */
const ofManaged = (one: Problem, arn: string): Problem => ({
  ...ofOthers(one),
  message: `Policy ${arn}: ${one.message}`,
});

/** Whether a policy is just as a plan writes it: then it is right (test/unit/modes.test.ts). */
function isAsPlanned(text: string, { partition = 'aws', profile = '' }: PolicyContext): boolean {
  const bucket = /:s3:::([a-z0-9.-]+)/.exec(text)?.[1] ?? '';
  if (checkBucketName(bucket) !== undefined) return false;
  const key = keyOfPolicy(text);
  const its = derivedAccess(text)?.prefix;
  const prefix = its !== undefined && isOwnPrefix(its, profile) ? its : undefined;
  const planned = (['prefix', 'bucket'] as const).map((access) =>
    permissionsPolicy(partition, bucket, profile, access, key, prefix, formerOfPolicy(text)),
  );
  return isPolicy(text, ...planned);
}

/** A role that is for reading: nobody wants it to write. */
export const isReader = (policies: readonly unknown[], session: Session): boolean =>
  !meansToWrite(policies) && mayRead(policies, session);

/** KP-041 of a role that may write and not list. */
export const notListed = (role: string, bucket: string): string =>
  `Role ${role} may write in bucket ${bucket} and not list it: KFP's launcher lists before every download.`;

/** KP-041 of a role: nobody can store anything with it. */
function nothingToWrite(role: Role, policies: readonly unknown[], { single }: Writing): Problem {
  const why =
    single[0] !== undefined
      ? `: ${quoted(single[0])} is one object, without what lies below it`
      : meansToWrite(policies)
        ? ': its policies allow s3:PutObject in vain, because of a Deny, a condition that a pod never meets, or a resource that is no object'
        : '';
  return problem('KP-041', `Role ${role.name} may not write any object of a bucket${why}.`, 'repair');
}
