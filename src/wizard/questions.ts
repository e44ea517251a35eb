/** Which question is next, and how many there are: the wizard without its prompts. Pure. */
import { bucketProblem, ownerProblem, profileNameProblem } from '../core/arn/names.ts';
import { partitionOfRegion } from '../core/arn/partitions.ts';
import { ACCESS_LEVELS, type AccessLevel, type NewUser, type Request } from '../core/request.ts';
import { sourceOf, type Source } from '../source.ts';

export interface Answers {
  readonly cluster: Source & { readonly name: string };
  readonly profile: string;
  readonly owner: string;
  readonly bucket: string;
  /** The bucket that is to be made, if it is the one that was answered. */
  readonly newBucket: string;
  readonly access: AccessLevel;
  /** Asked only where the role of the usual name is somebody else's. */
  readonly roleName: string;
}

export type Question = Exclude<keyof Answers, 'newBucket'>;

/** The questions of "Create IRSA Profile", in order. */
export const QUESTIONS: readonly Question[] = ['cluster', 'profile', 'owner', 'bucket', 'access'];

/** All questions, in order. */
const ORDER: readonly Question[] = [...QUESTIONS, 'roleName'];

/** What is known without asking, once cluster and profile are: from a Profile that exists already, and its role. */
export type Implied = Partial<Answers>;

export interface Wizard {
  readonly questions: readonly Question[];
  /** Known from where the wizard was started: never asked. */
  readonly given: Partial<Answers>;
  /** Known from what was read: not asked, until another profile is chosen. */
  readonly implied: Implied;
  /** What was answered so far; kept when going back. */
  readonly answers: Partial<Answers>;
  /** The owner who was answered is to be made a user. */
  readonly newUser?: NewUser & { readonly email: string };
  /** The question to ask now. */
  readonly at: Question | 'done';
}

/** Where a command starts from: a node of the tree, a line of a file, or nothing. All of it is text from outside. */
export interface Place {
  readonly cluster?: string;
  readonly region?: string;
  readonly awsProfile?: string;
  readonly profile?: string;
  readonly owner?: string;
  readonly bucket?: string;
}

/** What is known from a place. A value that cannot be right is a first answer, to be looked at, and not given. */
export function start(place: Place = {}, questions: readonly Question[] = QUESTIONS): Wizard {
  const { cluster, region, awsProfile, profile, owner, bucket } = place;
  const partition = region === undefined ? undefined : partitionOfRegion(region)?.id;
  const candidates: readonly { values: Partial<Answers>; problem?: string | undefined }[] = [
    ...(cluster === undefined || region === undefined
      ? []
      : [{ values: { cluster: { name: cluster, ...sourceOf(awsProfile, region) } } }]),
    ...(profile === undefined ? [] : [{ values: { profile }, problem: profileNameProblem(profile) }]),
    ...(owner === undefined ? [] : [{ values: { owner }, problem: ownerProblem(owner) }]),
    ...(bucket === undefined ? [] : [{ values: { bucket }, problem: bucketProblem(bucket, partition) }]),
  ];
  const merge = (wanted: boolean): Partial<Answers> =>
    Object.assign(
      {},
      ...candidates.filter(({ problem }) => (problem === undefined) === wanted).map(({ values }) => values),
    ) as Partial<Answers>;
  return atFirst({ questions, given: merge(true), implied: {}, answers: merge(false), at: 'done' });
}

/** The same answers, asked from the last question on, so that Back reaches them all. */
export function again(wizard: Wizard): Wizard {
  return { ...wizard, at: toAsk(wizard).at(-1) ?? 'done' };
}

/** The wizard at a further question, the last one: the name of the role, also where an existing Profile names one. */
export function askingRole(wizard: Wizard): Wizard {
  const questions = ORDER.filter((question) => question === 'roleName' || wizard.questions.includes(question));
  return again(learn({ ...wizard, questions }, wizard.implied));
}

/** The questions that are asked, in order. */
export const toAsk = (wizard: Wizard): readonly Question[] =>
  wizard.questions.filter((question) => !(question in wizard.given) && !(question in wizard.implied));

const atFirst = (wizard: Wizard): Wizard => ({ ...wizard, at: toAsk(wizard)[0] ?? 'done' });

/** Everything that is known so far. What is given counts most, then what follows from it, then the answers. */
export const known = (wizard: Wizard): Implied => ({ ...wizard.answers, ...wizard.implied, ...wizard.given });

/** The wizard after an answer to the question it is at: at the next one, or done. */
export function answer<Q extends Question>(wizard: Wizard, question: Q, value: Answers[Q]): Wizard {
  // What follows from a profile on a cluster holds for these only.
  const about = question === 'cluster' || question === 'profile';
  const implied = about ? {} : wizard.implied;
  const { roleName, ...others } = wizard.answers;
  const another = about && JSON.stringify(wizard.answers[question]) !== JSON.stringify(value);
  const answers = { ...others, ...(roleName === undefined || another ? {} : { roleName }), [question]: value };
  return atNext({ ...wizard, implied, answers }, question);
}

/** The wizard after the answer to the question of the bucket: one that is there, or one that is to be made. */
export function answerBucket(wizard: Wizard, name: string, create: boolean): Wizard {
  const { newBucket, ...answers } = wizard.answers;
  const made = create || newBucket === name ? { newBucket: name } : {};
  return answer({ ...wizard, answers: { ...answers, ...made } }, 'bucket', name);
}

/** An owner: somebody who is there, or one who is made. */
export interface Owner {
  readonly name: string;
  readonly newUser?: NewUser;
}

/** The wizard after the question for the owner. */
export function answerOwner({ newUser: _before, ...wizard }: Wizard, { name, newUser }: Owner): Wizard {
  return answer(newUser === undefined ? wizard : { ...wizard, newUser: { ...newUser, email: name } }, 'owner', name);
}

/** Who is to be made a user, if the owner is. */
export function newUserOf({ newUser }: Wizard, owner: string | undefined): NewUser | undefined {
  if (newUser === undefined || newUser.email !== owner) return undefined;
  return newUser.in === 'dex' ? { in: 'dex' } : { in: 'cognito', pool: newUser.pool };
}

/** The wizard at the first question to ask after this one, or done. */
function atNext(wizard: Wizard, question: Question): Wizard {
  const order = ORDER.indexOf(question);
  return { ...wizard, at: toAsk(wizard).find((candidate) => ORDER.indexOf(candidate) > order) ?? 'done' };
}

/**
 * Takes in what was read about the profile on the cluster: `implied` is not asked, `suggested` are answers for questions
 * that have none yet. A role's name that is asked for is only suggested.
 */
export function learn(wizard: Wizard, implied: Implied, suggested: Partial<Answers> = {}): Wizard {
  const { roleName, ...others } = implied;
  const asked = wizard.questions.includes('roleName') && roleName !== undefined;
  const answers = { ...suggested, ...(asked ? { roleName } : {}), ...wizard.answers };
  const next: Wizard = { ...wizard, implied: asked ? others : implied, answers };
  return next.at === 'done' || toAsk(next).includes(next.at) ? next : atNext(next, next.at);
}

/** The wizard at the question before; undefined at the first one. */
export function back(wizard: Wizard): Wizard | undefined {
  const asked = toAsk(wizard);
  const at = wizard.at === 'done' ? asked.length : asked.indexOf(wizard.at);
  const before = asked[at - 1];
  return before === undefined ? undefined : { ...wizard, at: before };
}

/** "Step n of m", true also when some questions are not asked. */
export function stepOf(wizard: Wizard): { readonly step: number; readonly of: number } {
  const asked = toAsk(wizard);
  return { step: wizard.at === 'done' ? asked.length : asked.indexOf(wizard.at) + 1, of: asked.length };
}

/** What the user wants; undefined while something is not known. Of the access levels, the safest is the default. */
export function requestOf(wizard: Wizard): Request | undefined {
  const { cluster, profile, owner, bucket, newBucket, access } = known(wizard);
  // A role that the Profile names is found by the plan, which leaves one that others use, too. Only a chosen one is asked for.
  const roleName = wizard.questions.includes('roleName') ? wizard.answers.roleName : undefined;
  if (cluster === undefined || profile === undefined || owner === undefined || bucket === undefined) return undefined;
  const newUser = newUserOf(wizard, owner);
  return {
    cluster: cluster.name,
    region: cluster.region,
    profile,
    owner,
    bucket,
    ...(newBucket === bucket ? { createBucket: true as const } : {}),
    access: access ?? ACCESS_LEVELS[0].id,
    ...(roleName === undefined ? {} : { roleName }),
    ...(newUser === undefined ? {} : { newUser }),
  };
}
