/** Asks the wizard's questions, one after the other, until all is known. Reads from outside, changes nothing. */
import * as vscode from 'vscode';
import { defaultRoleName, profileNameProblem, roleNameProblem } from '../core/arn/names.ts';
import type { Cluster, Profile } from '../core/observation.ts';
import { refOf, unreadable } from '../core/plan/plan.ts';
import { ACCESS_LEVELS } from '../core/request.ts';
import { failed, type Reading } from '../core/reading.ts';
import { commandId } from '../ids.ts';
import type { Connections } from '../outside.ts';
import { lookUp, type Existing } from '../provisioning/look.ts';
import type { Aws, Kubernetes } from '../provisioning/ports.ts';
import { FRESH_FOR_PLAN, type Store } from '../provisioning/store.ts';
import { sourceId, type Source } from '../source.ts';
import { askBucket } from './askBucket.ts';
import { askOwner } from './askOwner.ts';
import { eachOf } from './eachOf.ts';
import { BACK, explanation, input, pick, plain, type Choice, type Frame, type Remark } from './prompts.ts';
import {
  answer,
  answerBucket,
  answerOwner,
  back,
  known,
  learn,
  stepOf,
  type Answers,
  type Question,
  type Wizard,
} from './questions.ts';

const { l10n } = vscode;
type ClusterChoice = Answers['cluster'];

/** What was read of a cluster while asking; shared by the questions that need it. */
interface Look {
  readonly aws: Aws;
  readonly store: Store;
  readonly cluster: Reading<Cluster>;
  /** Absent where the cluster cannot be reached; `trouble` says why. */
  readonly kubernetes?: Kubernetes;
  readonly trouble?: string;
  readonly profiles: Reading<readonly Profile[]>;
  /** Owners by profile name, as far as they may be listed. */
  readonly owners: ReadonlyMap<string, string>;
}

/**
 * Asks until everything is known, or throws `Cancelled`. `title` names the command. A profile that exists already tells its
 * owner and its role, which are then not asked, and suggests its bucket and access.
 */
export async function ask(wizard: Wizard, title: string, connections: Connections): Promise<Wizard> {
  const looks = new Map<string, Promise<Look>>();
  const lookAt = (choice: ClusterChoice): Promise<Look> => {
    const key = `${sourceId(choice)}/${choice.name}`;
    const look = looks.get(key) ?? lookAtCluster(choice, connections);
    looks.set(key, look);
    return look;
  };
  const close = (): void => {
    for (const look of looks.values()) void look.then(({ kubernetes }) => kubernetes?.close()).catch(() => undefined);
    looks.clear();
  };
  const forget = connections.onDidChange(close);
  let learnt = '';
  try {
    let state = wizard;
    for (;;) {
      const { cluster, profile } = known(state);
      if (cluster !== undefined && profile !== undefined && state.at !== 'cluster' && state.at !== 'profile') {
        const about = JSON.stringify([cluster, profile]);
        if (learnt !== about) {
          learnt = about;
          state = learnFrom(state, await existingOf(await lookAt(cluster), profile));
        }
      }
      if (state.at === 'done') return state;
      const next = await askOne(state, state.at, { title, ...stepOf(state) }, connections, lookAt);
      if (next === BACK) state = back(state) ?? state;
      else state = next;
      if (state.at === 'cluster' || state.at === 'profile') learnt = '';
    }
  } finally {
    forget.dispose();
    close();
  }
}

async function askOne(
  wizard: Wizard,
  question: Question,
  step: Omit<Frame, 'canGoBack'>,
  connections: Connections,
  lookAt: (choice: ClusterChoice) => Promise<Look>,
): Promise<Wizard | typeof BACK> {
  const frame: Frame = { ...step, canGoBack: back(wizard) !== undefined };
  const { cluster, profile } = known(wizard);
  const take = <Q extends Question>(value: Answers[Q] | typeof BACK): Wizard | typeof BACK =>
    value === BACK ? BACK : answer(wizard, question as Q, value);
  switch (question) {
    case 'cluster':
      return take<'cluster'>(await askCluster(frame, wizard, connections));
    case 'profile':
      return take<'profile'>(await askProfile(frame, wizard, cluster && lookAt(cluster)));
    case 'owner': {
      const owner = await askOwner(
        {
          ...frame,
          prompt: l10n.t('Owner'),
          canCreate: true,
        },
        known(wizard).owner,
        cluster && lookAt(cluster),
      );
      return owner === BACK ? BACK : answerOwner(wizard, owner);
    }
    case 'bucket': {
      const chosen = await askBucket(frame, known(wizard).bucket, cluster, connections);
      return chosen === BACK ? BACK : answerBucket(wizard, chosen.name, chosen.create);
    }
    case 'access':
      return take<'access'>(await askAccess(frame, wizard));
    case 'roleName':
      return take<'roleName'>(await askRoleName(frame, wizard, cluster, profile, connections));
  }
}

async function lookAtCluster(choice: ClusterChoice, connections: Connections): Promise<Look> {
  const aws = await connections.aws(choice);
  const store = (await connections.facts()).of(choice);
  const ref = refOf('eks/cluster', choice.region, choice.name);
  const cluster = await store.read(ref, FRESH_FOR_PLAN, () => aws.cluster(choice.name));
  const nothing = { aws, store, cluster, owners: new Map<string, string>(), profiles: failed('it was not read') };
  if (cluster.state !== 'found')
    return { ...nothing, trouble: unreadable(cluster, l10n.t('EKS cluster {0}', choice.name)) };
  if (cluster.value.endpoint === undefined) {
    return {
      ...nothing,
      trouble: l10n.t('The cluster is {0}: it has no endpoint.', cluster.value.status),
    };
  }
  const kubernetes = await connections.connect(cluster.value, aws);
  const [api, profiles] = await Promise.all([kubernetes.api(), kubernetes.profiles()]);
  const trouble =
    api.state !== 'found'
      ? unreadable(api, l10n.t('The Kubernetes API of {0}', choice.name))
      : api.value.profileVersions.length === 0
        ? l10n.t('Kubeflow is not installed on {0}: it has no Profile API.', choice.name)
        : undefined;
  const owners = new Map(
    profiles.state === 'found'
      ? profiles.value.map((profile) => [profile.metadata.name, profile.spec?.owner?.name ?? ''])
      : [],
  );
  if (trouble !== undefined) {
    kubernetes.close();
    return { ...nothing, trouble, profiles, owners };
  }
  return { ...nothing, kubernetes, profiles, owners };
}

/** Owner and role of a Profile that exists already are not asked; its bucket and access are the first suggestion. */
function learnFrom(wizard: Wizard, existing: Existing | undefined): Wizard {
  if (existing === undefined) return learn(wizard, {});
  const { owner, roleName, use } = existing;
  return learn(
    wizard,
    { ...(owner === undefined ? {} : { owner }), ...(roleName === undefined ? {} : { roleName }) },
    use === undefined ? {} : { bucket: use.bucket, access: use.access },
  );
}

async function existingOf({ cluster, aws, store, kubernetes }: Look, profile: string): Promise<Existing | undefined> {
  return kubernetes === undefined || cluster.state !== 'found'
    ? undefined
    : lookUp(profile, cluster.value, aws, kubernetes, store);
}

async function askCluster(
  frame: Frame,
  wizard: Wizard,
  connections: Connections,
): Promise<ClusterChoice | typeof BACK> {
  const selectProfiles = () => vscode.commands.executeCommand(commandId('selectAwsProfiles'));
  const selectRegions = () => vscode.commands.executeCommand(commandId('selectRegions'));
  const { cluster: before } = known(wizard);
  const profiles = connections.awsProfiles();
  return pick<ClusterChoice>({
    ...frame,
    placeholder: l10n.t('EKS cluster, as seen by AWS profile {0}', profiles.map(awsProfileName).join(', ')),
    isDefault: (value) => before !== undefined && value.name === before.name && sourceId(value) === sourceId(before),
    changed: connections.onDidChange,
    buttons: [
      { icon: 'account', tooltip: l10n.t('Select AWS Profiles…'), run: async () => selectProfiles() },
      { icon: 'globe', tooltip: l10n.t('Select AWS Regions…'), run: async () => selectRegions() },
      { icon: 'refresh', tooltip: l10n.t('Read Again'), run: async () => connections.reload() },
    ],
    load: async (show, signal) => {
      const elsewhere: readonly Choice<ClusterChoice>[] = [
        { label: l10n.t('Not here?'), kind: vscode.QuickPickItemKind.Separator },
        { label: `$(account) ${l10n.t('Select AWS Profiles…')}`, alwaysShow: true, run: async () => selectProfiles() },
        { label: `$(globe) ${l10n.t('Select AWS Regions…')}`, alwaysShow: true, run: async () => selectRegions() },
      ];
      const sources = await connections.sources();
      if (sources.length === 0) {
        return show([
          explanation(
            'info',
            l10n.t('No AWS region is chosen, and the AWS profile sets none. Choose the regions of your EKS clusters.'),
          ),
          ...elsewhere,
        ]);
      }
      const several = connections.awsProfiles().length > 1;
      const lines = new Map<string, Choice<ClusterChoice>[]>(sources.map((source) => [sourceId(source), []]));
      const render = (): void => show([...lines.values()].flat());
      await Promise.all(
        sources.map(async (source) => {
          const { awsProfile, region } = source;
          const place = several ? `${awsProfileName(awsProfile)} · ${region}` : region;
          const put = (choices: Choice<ClusterChoice>[]): void => {
            lines.set(sourceId(source), choices);
            render();
          };
          const aws = await connections.aws(source);
          const names = await aws.clusterNames();
          if (names.state !== 'found') {
            return put([explanation('error', unreadable(names, l10n.t('The list of clusters in {0}', place)))]);
          }
          const choices = [...names.value].sort().map((name): Choice<ClusterChoice> => {
            return { label: plain(name), description: plain(place), value: { name, ...source } };
          });
          put(choices);
          await eachOf(names.value, signal, async (name) => {
            const cluster = await aws.cluster(name);
            const now = lines.get(sourceId(source)) ?? [];
            put(now.map((line) => (line.value?.name === name ? described(line, cluster, place) : line)));
          });
        }),
      );
      const all = [...lines.values()].flat();
      if (all.every(({ value }) => value === undefined)) {
        const none =
          all.length === 0 ? [explanation('info', l10n.t('No EKS cluster in {0}.', regionsOf(sources)))] : all;
        show([...none, ...elsewhere]);
      }
    },
  });
}

/** How an AWS profile is called; undefined: the default provider chain. */
const awsProfileName = (name: string | undefined): string => name ?? l10n.t('default chain');

const regionsOf = (sources: readonly Source[]): string => [...new Set(sources.map(({ region }) => region))].join(', ');

function described(choice: Choice<ClusterChoice>, cluster: Reading<Cluster>, place: string): Choice<ClusterChoice> {
  if (cluster.state !== 'found') return { ...choice, detail: plain(unreadable(cluster, l10n.t('The cluster'))) };
  const { version, status } = cluster.value;
  return {
    ...choice,
    description: `${plain(place)} · Kubernetes ${version}${status === 'ACTIVE' ? '' : ` · ${status}`}`,
  };
}

/** Text from elsewhere that is followed by a sentence. */
const sentence = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`);

/** What a profile that exists already means here: creating becomes completing. */
const existingRemark = (name: string, owner: string): Remark => ({
  severity: 'info',
  message: owner
    ? l10n.t('Profile {0} exists, owner {1}. Press Enter to complete or repair its role.', name, owner)
    : l10n.t('Profile {0} exists. Press Enter to complete or repair its role.', name),
});

async function askProfile(
  frame: Frame,
  wizard: Wizard,
  looking: Promise<Look> | undefined,
): Promise<string | typeof BACK> {
  // A wizard that does not ask for an owner is about a profile that exists.
  if (!wizard.questions.includes('owner')) return pickProfile(frame, wizard, looking);
  let look: Look | undefined;
  const learning = looking?.then((result) => (look = result));
  const trouble = (): Remark | undefined =>
    look?.trouble === undefined
      ? undefined
      : {
          severity: 'warning',
          message: l10n.t('{0} You can go on: the plan will say what stands in the way.', sentence(look.trouble)),
        };
  return input({
    ...frame,
    prompt: l10n.t('Name of the profile: it becomes the namespace'),
    placeholder: l10n.t('for example team-x'),
    value: known(wizard).profile ?? '',
    ...(learning === undefined ? {} : { learning }),
    check: (name) => {
      const problem = profileNameProblem(name);
      if (problem !== undefined) return { severity: 'error', message: problem };
      const owner = look?.owners.get(name);
      return owner === undefined ? trouble() : existingRemark(name, owner);
    },
    confirm: async (name) => {
      await learning;
      if (look === undefined) return undefined;
      const existing = await existingOf(look, name);
      if (existing === undefined) return trouble();
      const { profile, namespace } = existing;
      if (profile.state === 'found') return existingRemark(name, profile.value.spec?.owner?.name ?? '');
      if (profile.state !== 'absent') {
        return { severity: 'warning', message: unreadable(profile, l10n.t('Profile {0}', name)) };
      }
      if (namespace.state === 'found' && namespace.value.owner === undefined) {
        return {
          severity: 'warning',
          message: l10n.t(
            'Namespace {0} exists already and belongs to no profile. Choose another name, or press Enter: the plan asks before it gives the namespace to the owner.',
            name,
          ),
        };
      }
      return undefined;
    },
  });
}

/** For what needs a profile that exists. */
async function pickProfile(
  frame: Frame,
  wizard: Wizard,
  looking: Promise<Look> | undefined,
): Promise<string | typeof BACK> {
  return pick<string>({
    ...frame,
    placeholder: l10n.t('Profile'),
    isDefault: (name) => name === known(wizard).profile,
    typed: (text) =>
      profileNameProblem(text) === undefined ? { label: l10n.t('Use "{0}"', plain(text)), value: text } : undefined,
    load: async (show) => {
      const look = await looking;
      const choices = [...(look?.owners ?? [])].map(([name, owner]) => ({
        label: plain(name),
        description: plain(owner),
        value: name,
      }));
      const said = look?.trouble === undefined ? [] : [explanation('error', look.trouble)];
      const none =
        said.length === 0 && choices.length === 0
          ? [explanation('info', l10n.t('No profile is listed. Type the name of one.'))]
          : [];
      show([...said, ...none, ...choices]);
    },
  });
}

async function askAccess(frame: Frame, wizard: Wizard): Promise<Answers['access'] | typeof BACK> {
  return pick<Answers['access']>({
    ...frame,
    placeholder: l10n.t('What may the pipelines of the profile do with the bucket?'),
    isDefault: (id) => id === (known(wizard).access ?? ACCESS_LEVELS[0].id),
    load: async (show) => show(ACCESS_LEVELS.map(({ id, label, detail }) => ({ label, detail, value: id }))),
  });
}

async function askRoleName(
  frame: Frame,
  wizard: Wizard,
  cluster: ClusterChoice | undefined,
  profile: string | undefined,
  connections: Connections,
): Promise<string | typeof BACK> {
  const usual = defaultRoleName(profile ?? '', cluster?.name ?? '');
  return input({
    ...frame,
    prompt: l10n.t('Name of the IAM role, for this profile alone'),
    placeholder: l10n.t('for example {0}', usual),
    value: known(wizard).roleName ?? usual,
    check: (name) => {
      const problem = roleNameProblem(name);
      return problem === undefined ? undefined : { severity: 'error', message: problem };
    },
    confirm: async (name) => {
      const role = await (await connections.aws(cluster ?? { region: '' })).bareRole(name);
      return role.state === 'found'
        ? {
            severity: 'warning',
            message: l10n.t(
              'Role {0} exists already. Press Enter if it is the role of this profile: the plan will look.',
              name,
            ),
          }
        : undefined;
    },
  });
}
