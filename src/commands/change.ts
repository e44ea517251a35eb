/** What an existing profile has, and who uses its role: changed in review. */
import * as vscode from 'vscode';
import { serviceAccountProblem } from '../core/arn/names.ts';
import { formerPlace, planEdit, wishOf, type Edit } from '../core/plan/edit.ts';
import { planLetIn, type LetInWish } from '../core/plan/letIn.ts';
import { CONSENTS, unreadable } from '../core/plan/plan.ts';
import { SERVICE_ACCOUNT } from '../core/policy/build.ts';
import { ROLE_ANNOTATION } from '../core/profile/manifest.ts';
import type { Request } from '../core/request.ts';
import type { Host } from '../host.ts';
import { requireTrust } from '../outside.ts';
import { Cancelled, Problem } from '../problem.ts';
import { lookAtEdit, lookAtLive } from '../provisioning/lookEdit.ts';
import { lookAtLetIn } from '../provisioning/lookLetIn.ts';
import { sourceOf } from '../source.ts';
import { askEdit, type Edited, type Editing } from '../wizard/askEdit.ts';
import { toggle, type Job, type Place } from '../wizard/job.ts';
import { BACK, explanation, pick, plain } from '../wizard/prompts.ts';
import { choicesOf, consents } from '../wizard/profileJob.ts';
import { issuing, planOn } from '../wizard/reach.ts';
import { askProfile, onPlace } from './onCluster.ts';
import type { Rooms } from './rooms.ts';

const { l10n } = vscode;
/** What can be agreed to besides what every plan of a profile knows. */
const KEEP_READING = 'keepReading';

type OfProfile = Place & { readonly profile: string };

/** Changes what a profile has: asks what, and shows the plan in review. */
export async function editProfile({ host, plans }: Rooms, argument: unknown): Promise<void> {
  requireTrust();
  const title = l10n.t('Edit Profile');
  const place = await askProfile(host, argument, title);
  await (await plans()).review(editJob(host, place, await askWhat(host, place, title), title));
}

/** Asks with what is live now beside each line. */
async function askWhat(host: Host, place: OfProfile, title: string, before?: Edited): Promise<Edited> {
  const source = sourceOf(place.awsProfile, place.region);
  const aws = await host.connections.aws(source);
  const { live, kubernetes } = await lookAtLive(place, aws, host.connections.connect);
  try {
    if (live.missing !== undefined || kubernetes === undefined)
      throw new Problem(live.missing ?? l10n.t('The cluster was not reached.'));
    const editing: Editing = {
      place,
      live,
      connections: host.connections,
      around: async () => ({ aws, kubernetes, profiles: await kubernetes.profiles() }),
    };
    return await askEdit(editing, title, before);
  } finally {
    kubernetes?.close();
  }
}

function editJob(host: Host, place: OfProfile, edited: Edited, title: string): Job {
  const { profile, cluster } = place;
  const source = sourceOf(place.awsProfile, place.region);
  /** The whole of what was planned last. */
  let wish: Request | undefined;
  /** Whether its objects lie where the role will not reach. */
  let leaves = false;
  return {
    command: 'editProfile',
    subject: `Profile ${profile}`,
    title: l10n.t('Edit: {0} on {1}', profile, cluster),
    place,
    make: async (agreed, signal) => {
      const reading = agreed.includes(KEEP_READING) ? { keepReading: true } : {};
      const edit = Object.assign({}, edited.edit, reading, ...consents(agreed).map((one) => CONSENTS[one])) as Edit;
      const aws = await host.connections.aws(source);
      const store = (await host.connections.facts()).of(source);
      const looked = await lookAtEdit(edit, aws, host.connections.connect, signal, store);
      const { live, facts, people, kubernetes } = looked;
      wish = wishOf(edit, live);
      leaves = formerPlace(edit, live) !== undefined;
      return {
        plan: planEdit(edit, live, facts, people),
        aws,
        ...(kubernetes === undefined ? {} : { kubernetes }),
      };
    },
    choices: (plan, agreed) => {
      if (wish === undefined) return [];
      const kept = agreed.includes(KEEP_READING);
      const own = kept ? [KEEP_READING] : [];
      const others = choicesOf(wish, plan, consents(agreed)).map((one) => ({
        ...one,
        agreed: [...one.agreed, ...own],
      }));
      if (!leaves) return others;
      const on = `$(eye) ${l10n.t('Let the role go on reading the place before')}`;
      return [...others, toggle(agreed, KEEP_READING, on, `$(eye) ${l10n.t('Leave the place before to others')}`)];
    },
    change: { ask: async () => editJob(host, place, await askWhat(host, place, title, edited), title) },
    words: { nothing: l10n.t('Profile {0} is so already.', profile) },
  };
}

/** Lets another service account use the role of a profile. */
export const letIn = (rooms: Rooms, argument: unknown): Promise<void> =>
  members(rooms, argument, l10n.t('Let a Service Account In'), false);

/** The reverse. */
export const takeOut = (rooms: Rooms, argument: unknown): Promise<void> =>
  members(rooms, argument, l10n.t('Take a Service Account Out'), true);

async function members({ host, plans }: Rooms, argument: unknown, title: string, remove: boolean): Promise<void> {
  requireTrust();
  const place = await askProfile(host, argument, title);
  const { account } = (argument ?? {}) as { account?: unknown };
  const given = typeof account === 'string' && serviceAccountProblem(account) === undefined ? account : undefined;
  const wish =
    given === undefined ? await askAccount(host, place, title, remove) : { profile: place.profile, account: given };
  await (await plans()).review(memberJob(host, place, { ...wish, ...(remove ? { remove } : {}) }));
}

/** A service account of the profile's namespace, or of another one by `namespace/name`. */
async function askAccount(host: Host, place: OfProfile, title: string, remove: boolean): Promise<LetInWish> {
  const { profile } = place;
  return onPlace(host, place, async ({ kubernetes }) => {
    const accounts = await kubernetes.serviceAccounts(profile);
    const all = accounts.state === 'found' ? accounts.value : [];
    const role = all.find(({ name }) => name === SERVICE_ACCOUNT)?.annotations[ROLE_ANNOTATION];
    const others = all.filter(
      ({ name, annotations }) =>
        name !== SERVICE_ACCOUNT && (!remove || (role !== undefined && annotations[ROLE_ANNOTATION] === role)),
    );
    const answer = await pick<LetInWish>({
      ...{ title, step: 1, of: 1, canGoBack: false },
      placeholder: remove
        ? l10n.t('Who is to use the role of {0} no longer? NAMESPACE/NAME for another namespace', profile)
        : l10n.t('Who is to use the role of {0}, too? NAMESPACE/NAME for another namespace', profile),
      typed: (text) => {
        const [first = '', second] = text.split('/');
        const [namespace, name] = second === undefined ? [profile, first] : [first, second];
        const problem = serviceAccountProblem(name) ?? serviceAccountProblem(namespace);
        if (all.some((one) => one.name === text)) return undefined;
        return problem === undefined
          ? { label: l10n.t('Use "{0}"', plain(text)), value: { profile, account: name, namespace } }
          : explanation('error', problem);
      },
      load: async (show) =>
        show([
          ...(accounts.state === 'found'
            ? []
            : [explanation('warning', unreadable(accounts, l10n.t('The list of service accounts')))]),
          ...(accounts.state === 'found' && others.length === 0
            ? [
                explanation(
                  'info',
                  remove
                    ? l10n.t('No other service account of this namespace has the role.')
                    : l10n.t('This namespace has no other service account.'),
                ),
              ]
            : []),
          ...others.map(({ name, annotations }) => ({
            label: plain(name),
            description: plain(annotations[ROLE_ANNOTATION] ?? ''),
            value: { profile, account: name },
          })),
        ]),
    });
    if (answer === BACK) throw new Cancelled();
    return answer;
  });
}

function memberJob(host: Host, place: OfProfile, wish: LetInWish): Job {
  const { account, namespace = wish.profile, remove = false } = wish;
  const who = namespace === wish.profile ? account : `${namespace}/${account}`;
  return {
    command: remove ? 'takeOut' : 'letIn',
    subject: `Service account ${who}`,
    title: remove
      ? l10n.t('Take out: {0} of {1} on {2}', who, wish.profile, place.cluster)
      : l10n.t('Let in: {0} of {1} on {2}', who, wish.profile, place.cluster),
    place,
    make: (_agreed, signal) =>
      planOn(host, place, signal, async ({ cluster, aws, kubernetes }) => {
        const there = issuing(cluster);
        const { facts, pods } = await lookAtLetIn(wish, there, aws, kubernetes);
        return planLetIn(wish, facts, there, pods);
      }),
    words: {
      done: remove
        ? l10n.t('{0} no longer uses the role of {1}.', who, wish.profile)
        : l10n.t('{0} uses the role of {1}.', who, wish.profile),
    },
  };
}
