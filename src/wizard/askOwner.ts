/** The question for a person: who owns a profile, or contributes to it. People who are known are offered; new ones can be made. */
import * as vscode from 'vscode';
import { ownerProblem, ownerRemark } from '../core/arn/names.ts';
import type { Profile } from '../core/observation.ts';
import { dexUser } from '../core/people/dex.ts';
import { poolWords, signsIn, type SignIn, type UserPool } from '../core/people/signIn.ts';
import { newUserProblem } from '../core/plan/owner.ts';
import { unreadable } from '../core/plan/plan.ts';
import { valueOf, type Reading } from '../core/reading.ts';
import { bindingsOf } from '../provisioning/bindings.ts';
import { involved, lookAtSignIn, type Involved } from '../provisioning/people.ts';
import type { Aws, Kubernetes } from '../provisioning/ports.ts';
import { BACK, explanation, input, pick, plain, type Choice, type Frame, type Remark } from './prompts.ts';
import type { Owner } from './questions.ts';

const { l10n } = vscode;

/** Where people are looked for. */
export interface Around {
  readonly aws: Aws;
  /** Absent where the cluster cannot be reached; `trouble` says why. */
  readonly kubernetes?: Kubernetes;
  readonly trouble?: string;
  readonly profiles: Reading<readonly Profile[]>;
}

export interface OwnerFrame extends Frame {
  readonly prompt: string;
  /** Whether a new user may be made. */
  readonly canCreate: boolean;
}

/** A line: somebody, or where a user is made. */
type Chosen = Owner | { readonly create: 'dex' | 'choose' | UserPool };

/** What is known while the list is open. */
interface Seen {
  people: readonly Involved[];
  signIn: SignIn | undefined;
  /** What was typed last. */
  typed: string;
}

/** Asks until somebody is chosen. Throws `Cancelled` when dismissed. `before`: who was chosen last. */
export async function askOwner(
  frame: OwnerFrame,
  before: string | undefined,
  looking: Promise<Around> | undefined,
): Promise<Owner | typeof BACK> {
  const seen: Seen = { people: [], signIn: undefined, typed: '' };
  let more: UserPool | undefined;
  for (;;) {
    const chosen = await choose(frame, before, looking, seen, more);
    if (chosen === BACK || 'name' in chosen) return chosen;
    const around = await looking;
    if (around === undefined) continue;
    if (chosen.create === 'choose') {
      const pool = await choosePool({ ...frame, canGoBack: true }, around);
      if (pool !== BACK) more = pool;
      continue;
    }
    const made = await askNewUser({ ...frame, canGoBack: true }, chosen.create, seen);
    if (made !== BACK) return made;
  }
}

function choose(
  frame: OwnerFrame,
  before: string | undefined,
  looking: Promise<Around> | undefined,
  seen: Seen,
  more: UserPool | undefined,
): Promise<Chosen | typeof BACK> {
  const listed = (): ReadonlySet<string> => new Set([...seen.people.map(({ user }) => user), ...usersOf(seen.signIn)]);
  let reading: Promise<unknown> = Promise.resolve();
  seen.typed = '';
  return pick<Chosen>({
    ...frame,
    placeholder: l10n.t('{0}: choose somebody, or type the name as the identity provider sends it', frame.prompt),
    isDefault: (value) => 'name' in value && value.name === before,
    // A name that is part of another one is one of its own; the beginning of one is on the way to it.
    means: (label, text) => label.startsWith(text) || (!text.includes('@') && label.includes(text)),
    typed: (text) => {
      seen.typed = text;
      const known = listed();
      if (known.has(text)) return undefined;
      const problem = ownerProblem(text);
      if (problem !== undefined) return explanation('error', problem);
      const answer = seen.signIn && signsIn(text, seen.signIn);
      if (answer?.state === 'otherwise')
        return {
          label: l10n.t('Use "{0}"', plain(answer.right)),
          description: l10n.t('as {0} writes it: Kubeflow compares letter by letter', plain(answer.where)),
          value: { name: answer.right },
        };
      const same = [...known].find((name) => name.toLowerCase() === text.toLowerCase());
      return {
        label: l10n.t('Use "{0}"', plain(text)),
        ...(same === undefined ? {} : { description: l10n.t('there is {0}, with other letters', plain(same)) }),
        value: { name: text },
      };
    },
    confirm: async (value) => {
      if (!('name' in value)) return undefined;
      // Who types fast is told, too.
      await reading;
      return listed().has(value.name) ? undefined : remarkOn(value.name, seen.signIn);
    },
    load: async (show) => {
      const around = await looking;
      const { kubernetes } = around ?? {};
      if (around === undefined || kubernetes === undefined)
        return show(
          around?.trouble === undefined ? [] : [explanation('warning', l10n.t('Type a name. {0}', around.trouble))],
        );
      const profiles = valueOf(around.profiles) ?? [];
      let bindings: Awaited<ReturnType<typeof bindingsOf>> | undefined;
      const render = (): void => {
        seen.people = involved(profiles, bindings === undefined ? [] : (valueOf(bindings) ?? []));
        const isListed = before === undefined || listed().has(before);
        show([
          ...(isListed ? [] : [{ label: plain(before), description: l10n.t('your answer'), value: { name: before } }]),
          ...(around.profiles.state === 'found'
            ? []
            : [explanation('warning', unreadable(around.profiles, l10n.t('The list of profiles')))]),
          ...peopleChoices(seen.people),
          ...(bindings === undefined || bindings.state === 'found'
            ? []
            : [explanation('warning', unreadable(bindings, l10n.t('The list of contributors')))]),
          ...(seen.signIn === undefined ? [] : signInChoices(seen.signIn, frame.canCreate, more)),
        ]);
      };
      render();
      reading = Promise.all([
        bindingsOf(kubernetes).then((all) => {
          bindings = all;
          render();
        }),
        lookAtSignIn(around.aws, kubernetes, more === undefined ? {} : { more }).then((all) => {
          seen.signIn = more === undefined ? all : withPool(all, more);
          render();
        }),
      ]);
      await reading;
    },
  });
}

/** A pool that the person chose counts as one of the cluster's. */
function withPool(signIn: SignIn, pool: UserPool): SignIn {
  const pools = valueOf(signIn.pools) ?? [];
  return pools.some(({ id }) => id === pool.id)
    ? signIn
    : { ...signIn, pools: { state: 'found', value: [...pools, pool] } };
}

const usersOf = (signIn: SignIn | undefined): readonly string[] =>
  signIn === undefined
    ? []
    : [
        ...(valueOf(signIn.dex)?.users ?? []).map(({ email }) => email),
        ...Object.values(signIn.users).flatMap((users) => (valueOf(users) ?? []).map(({ email }) => email)),
      ];

const separator = (label: string) => ({ label, kind: vscode.QuickPickItemKind.Separator });

function peopleChoices(people: readonly Involved[]): readonly Choice<Chosen>[] {
  const words = ({ owns, contributesTo }: Involved): string =>
    [
      ...(owns.length === 0 ? [] : [l10n.t('owns {0}', some(owns))]),
      ...(contributesTo.length === 0 ? [] : [l10n.t('contributes to {0}', some(contributesTo))]),
    ].join(' · ');
  const lines = people.map((one) => ({
    label: plain(one.user),
    description: plain(words(one)),
    value: { name: one.user },
  }));
  return lines.length === 0 ? [] : [separator(l10n.t("people of this cluster's profiles")), ...lines];
}

/** Some names of many. */
const some = (names: readonly string[]): string => {
  const [first, second, third, ...rest] = names;
  const shown = [first, second, third].filter((name) => name !== undefined).join(', ');
  return rest.length === 0 ? shown : l10n.t('{0} and {1} more', shown, rest.length);
};

/** Users of Dex and of pools, where a new one can be made, and what cannot be read. */
function signInChoices(
  { dex, pools, users }: SignIn,
  canCreate: boolean,
  more: UserPool | undefined,
): readonly Choice<Chosen>[] {
  const own = valueOf(dex);
  const create = (label: string, where: 'dex' | UserPool): readonly Choice<Chosen>[] =>
    // Who typed somebody that is not there may want to make them.
    canCreate ? [{ label: `$(person-add) ${label}`, value: { create: where }, alwaysShow: true }] : [];
  const person = (email: string, description: string): Choice<Chosen> => ({
    label: plain(email),
    description: plain(description),
    value: { name: email },
  });
  const ofDex: readonly Choice<Chosen>[] =
    own === undefined
      ? dex.state === 'absent'
        ? []
        : [separator(l10n.t('users of Dex')), explanation('warning', unreadable(dex, l10n.t('The users of Dex')))]
      : [
          separator(l10n.t('users of Dex')),
          ...(own.passwords
            ? [
                ...own.users.map(({ email, username = '' }) => person(email, username)),
                ...create(l10n.t('Create a user in Dex…'), 'dex'),
              ]
            : [explanation('info', l10n.t('Dex lets in no users of its own: enablePasswordDB is not true.'))]),
          ...(own.connectors.length === 0
            ? []
            : [
                explanation(
                  'info',
                  l10n.t('Others may sign in, too, through {0}. Type their name.', own.connectors.join(', ')),
                ),
              ]),
        ];
  const found = valueOf(pools) ?? [];
  const ofPools = found.flatMap((pool): readonly Choice<Chosen>[] => {
    const its = users[pool.id];
    return [
      separator(l10n.t('users of {0}', poolWords(pool))),
      ...(its === undefined || its.state === 'found'
        ? (valueOf(its ?? { state: 'absent' }) ?? []).map(({ email, status = '' }) => person(email, status))
        : [explanation('warning', unreadable(its, l10n.t('The users of {0}', poolWords(pool))))]),
      ...create(l10n.t('Create a user in {0}…', poolWords(pool)), pool),
    ];
  });
  const elsewhere: readonly Choice<Chosen>[] = [
    ...(pools.state === 'denied' || pools.state === 'failed'
      ? [explanation('warning', unreadable(pools, l10n.t('The ingresses, which name a Cognito user pool,')))]
      : []),
    ...(found.length > 0 && more === undefined
      ? []
      : [{ label: `$(cloud) ${l10n.t('Choose a Cognito user pool…')}`, value: { create: 'choose' as const } }]),
  ];
  return [...ofDex, ...ofPools, ...(elsewhere.length === 0 ? [] : [separator(l10n.t('elsewhere')), ...elsewhere])];
}

/** What to say of a typed name before it is taken. */
function remarkOn(name: string, signIn: SignIn | undefined): Remark | undefined {
  const answer = signIn && signsIn(name, signIn);
  if (answer?.state === 'nobody')
    return {
      severity: 'warning',
      message: l10n.t(
        'Nobody can sign in as {0} now: {1} has no such user. Press Enter to use it all the same.',
        name,
        answer.where,
      ),
    };
  const remark = answer?.state === 'known' ? undefined : ownerRemark(name);
  return remark === undefined ? undefined : { severity: 'warning', message: remark };
}

function choosePool(frame: Frame, { aws }: Around): Promise<UserPool | typeof BACK> {
  return pick<UserPool>({
    ...frame,
    placeholder: l10n.t('Cognito user pool in {0} with which people sign in to Kubeflow', aws.region),
    load: async (show) => {
      const pools = await aws.userPools(aws.region).pools();
      if (pools.state !== 'found')
        return show([explanation('error', unreadable(pools, l10n.t('The list of user pools')))]);
      if (pools.value.length === 0)
        return show([explanation('info', l10n.t('There is no Cognito user pool in {0}.', aws.region))]);
      show(
        pools.value.map((pool) => ({ label: plain(pool.name ?? pool.id), description: plain(pool.id), value: pool })),
      );
    },
  });
}

async function askNewUser(
  frame: Frame,
  where: 'dex' | UserPool,
  { signIn, typed }: Seen,
): Promise<Owner | typeof BACK> {
  const taken = (email: string): string | undefined => {
    const dex = where === 'dex' && signIn !== undefined ? valueOf(signIn.dex) : undefined;
    if (dex !== undefined) return dexUser(dex, email)?.email;
    const users = where === 'dex' ? undefined : signIn?.users[where.id];
    return (users === undefined ? [] : (valueOf(users) ?? [])).find(
      (one) => one.email.toLowerCase() === email.toLowerCase(),
    )?.email;
  };
  const email = await input({
    ...frame,
    prompt:
      where === 'dex'
        ? l10n.t(
            'E-mail address of the new user of Dex. The password is made when the plan is applied, and shown once.',
          )
        : l10n.t('E-mail address of the new user of {0}. Cognito sends the invitation.', poolWords(where)),
    placeholder: l10n.t('for example alice@example.com'),
    value: newUserProblem(typed) === undefined ? typed : '',
    check: (text) => {
      const problem = newUserProblem(text);
      if (problem !== undefined) return { severity: 'error', message: problem };
      const there = taken(text);
      if (there !== undefined)
        return {
          severity: 'error',
          message: l10n.t('There is a user {0} already: go back and choose that one.', there),
        };
      return text === text.toLowerCase()
        ? undefined
        : {
            severity: 'warning',
            message: l10n.t('Most addresses are in small letters, and Kubeflow compares letter by letter.'),
          };
    },
  });
  if (email === BACK) return BACK;
  return { name: email, newUser: where === 'dex' ? { in: 'dex' } : { in: 'cognito', pool: where.id } };
}
