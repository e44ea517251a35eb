/** What stands over the policies of a role: its permissions boundary, and the policies of the buckets that it uses. */
import { FREE, filled } from '../../arn/pattern.ts';
import type { BucketSeen, Role } from '../../observation.ts';
import { readDocument, own } from '../../policy/statements.ts';
import { may } from '../../policy/evaluate.ts';
import type { Answer } from '../../policy/answer.ts';
import { dataOf } from '../../policy/json.ts';
import { reachOf } from '../../policy/key.ts';
import {
  mayList,
  placeText,
  policiesOf,
  sessionOf,
  textOfPolicy,
  writing,
  type Place,
  type Session,
} from '../../policy/rights.ts';
import { valueOf } from '../../reading.ts';
import { problem, type Problem } from '../problem.ts';
import { namedRole, type ProfileView } from '../view.ts';

/** What a pipeline does below a place, each with its resource there. */
const ACTIONS = ['s3:GetObject', 's3:PutObject', 's3:ListBucket'] as const;

/** KP-049 */
export function liveAbove(readings: ProfileView): readonly Problem[] {
  const role = namedRole(readings);
  if (role === undefined) return [];
  const { policies: documents = {}, buckets = {} } = readings;
  const session = sessionOf(role);
  const { boundary, ...unbounded } = role;
  const places = writing(policiesOf(unbounded, documents), session).places.filter(({ answer }) => answer === 'yes');
  const text = boundary === undefined ? undefined : textOfPolicy(documents, boundary);
  const limit = text === undefined ? undefined : dataOf(text);
  const bounded = places.flatMap((place) => {
    // A boundary that is no policy allows nothing; one that was not read may allow anything.
    const refused = text === undefined ? [] : refusedIn(place, session, [limit]);
    return refused.length === 0
      ? []
      : [
          `The permissions boundary ${boundary ?? ''} of role ${role.name} does not allow ${refused.join(', ')} in ${placeText(place)}, whatever its policies say.`,
        ];
  });
  const guarded = places.flatMap((place) => {
    const seen = Object.hasOwn(buckets, place.bucket) ? buckets[place.bucket] : undefined;
    const refused = seen === undefined ? [] : deniedBy(seen, place, role, session);
    return refused.length === 0
      ? []
      : [
          `The policy of bucket ${place.bucket} denies role ${role.name} ${refused.join(', ')} in ${placeText(place)}, whatever its own policies say.`,
        ];
  });
  return [...new Set([...bounded, ...guarded])].slice(0, 2).map((message) => problem('KP-049', message));
}

/** Actions that policies surely refuse everywhere in a place. */
function refusedIn({ bucket, prefix }: Place, session: Session, policies: readonly unknown[]): readonly string[] {
  const object = `arn:${session.partition}:s3:::${filled(bucket)}/${filled(prefix)}${FREE}`;
  const answer = (action: string): Answer =>
    action === 's3:ListBucket' ? mayList(policies, bucket, session, prefix) : may(policies, action, object, session);
  return ACTIONS.filter((action) => answer(action) === 'no');
}

/** Actions that a Deny of the bucket's own policy refuses. */
function deniedBy({ policy }: BucketSeen, place: Place, role: Role, session: Session): readonly string[] {
  const text = valueOf(policy);
  if (text === undefined) return [];
  const { statements, variables } = readDocument(dataOf(text));
  const account = role.arn.split(':')[4] ?? '';
  const denies = statements.filter(
    (one) =>
      own(one, 'Effect') === 'Deny' &&
      // Who is spared may be a session of the role.
      own(one, 'NotPrincipal') === undefined &&
      /^(?:role|account|everybody)$/.test(reachOf(one, role.arn, account)),
  );
  if (denies.length === 0) return [];
  const everything = { Effect: 'Allow', Action: '*', Resource: '*' };
  const Statement = [everything, ...denies];
  const document = { Version: variables ? '2012-10-17' : '2008-10-17', Statement };
  return refusedIn(place, session, [document]);
}
