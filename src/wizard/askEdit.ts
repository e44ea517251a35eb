/** The questions of "Edit Profile": what to change, with what is live beside it, then one question for each of these. */
import * as vscode from 'vscode';
import { prefixOf, prefixProblem, roleNameProblem } from '../core/arn/names.ts';
import { boundaryProblem, pathOf, pathProblem, rolePath, sessionProblem, tagProblem } from '../core/arn/role.ts';
import type { Edit, Live } from '../core/plan/edit.ts';
import { profilePrefix } from '../core/policy/build.ts';
import { valueOf } from '../core/reading.ts';
import { ACCESS_LEVELS, type AccessLevel } from '../core/request.ts';
import { TAG_PREFIX } from '../core/tags.ts';
import { Cancelled } from '../problem.ts';
import type { Connections } from '../outside.ts';
import { sourceOf } from '../source.ts';
import { askBucket } from './askBucket.ts';
import { askOwner, type Around } from './askOwner.ts';
import type { Place } from './job.ts';
import { BACK, input, pick, plain, type Frame } from './prompts.ts';

const { l10n } = vscode;

/** What the questions rest on. */
export interface Editing {
  readonly place: Place & { readonly profile: string };
  readonly live: Live;
  readonly connections: Connections;
  /** Where people are looked for; asked for only when the owner is. */
  readonly around: () => Promise<Around>;
}

interface Field {
  readonly label: () => string;
  /** What is live, in a few words. */
  readonly now: (editing: Editing) => string;
  readonly ask: (frame: Frame, editing: Editing, before: Partial<Edit>) => Promise<Partial<Edit> | typeof BACK>;
}

const roleOf = ({ live }: Editing) => live.role && valueOf(live.role);
const bucketOf = ({ live }: Editing): string | undefined => live.use?.bucket;
const nothing = (): string => l10n.t('none');

/** One line of text, where what is wrong with it is said. */
async function line(
  frame: Frame,
  prompt: string,
  placeholder: string,
  value: string,
  problem: (text: string) => string | undefined,
): Promise<string | typeof BACK> {
  return input({
    ...frame,
    prompt,
    placeholder,
    value,
    check: (text) => {
      const message = problem(text);
      return message === undefined ? undefined : { severity: 'error', message };
    },
  });
}

const theirs = (tags: Readonly<Record<string, string>> = {}): readonly [string, string][] =>
  Object.entries(tags).filter(([key]) => !key.startsWith(TAG_PREFIX) && !/^aws:/i.test(key));

/** Tags as one line, and back: KEY=VALUE, separated by commas. */
const tagLine = (tags: readonly (readonly [string, string])[]): string =>
  tags.map(([key, value]) => `${key}=${value}`).join(', ');
const tagsIn = (text: string): readonly (readonly [string, string | undefined])[] =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map((part) =>
      part.includes('=') ? [part.slice(0, part.indexOf('=')), part.slice(part.indexOf('=') + 1)] : [part, undefined],
    );

/** Everything that can be changed, in the order in which it is asked. */
const FIELDS = {
  access: {
    label: () => l10n.t('Access'),
    now: ({ live }) => live.use?.access ?? l10n.t('not known'),
    ask: async (frame, { live }, before) => {
      const access = await pick<AccessLevel>({
        ...frame,
        placeholder: l10n.t('What may the pipelines of the profile do with the bucket?'),
        isDefault: (id) => id === (before.access ?? live.use?.access),
        load: async (show) => show(ACCESS_LEVELS.map(({ id, label, detail }) => ({ label, detail, value: id }))),
      });
      return access === BACK ? BACK : { access };
    },
  },
  bucket: {
    label: () => l10n.t('Bucket'),
    now: (editing) => bucketOf(editing) ?? l10n.t('not known'),
    ask: async (frame, editing, before) => {
      const { cluster, awsProfile, region } = editing.place;
      const where = { name: cluster, ...sourceOf(awsProfile, region) };
      const chosen = await askBucket(frame, before.bucket ?? bucketOf(editing), where, editing.connections);
      return chosen === BACK ? BACK : { bucket: chosen.name, ...(chosen.create ? { createBucket: true } : {}) };
    },
  },
  prefix: {
    label: () => l10n.t('Prefix'),
    now: ({ live, place }) => live.use?.prefix ?? profilePrefix(place.profile),
    ask: async (frame, { live, place }, before) => {
      const own = profilePrefix(place.profile);
      const text = await line(
        frame,
        l10n.t("Where in the bucket the profile's objects lie. What is stored is not moved"),
        l10n.t('for example {0}', `teams/${own}`),
        before.prefix ?? live.use?.prefix ?? own,
        prefixProblem,
      );
      return text === BACK ? BACK : { prefix: prefixOf(text) };
    },
  },
  artifacts: {
    label: () => l10n.t('Where artifacts go'),
    now: ({ live: { launcher } }) =>
      launcher === undefined
        ? l10n.t('not set')
        : launcher.state === 's3'
          ? `s3://${launcher.bucket}/${launcher.prefix}`
          : launcher.state === 'elsewhere'
            ? launcher.root
            : launcher.why,
    ask: async (frame, _editing, before) => {
      const answer = await pick<'set' | 'leave'>({
        ...frame,
        placeholder: l10n.t('Where do pipelines put their artifacts?'),
        isDefault: (value) => value === (before.leaveArtifacts === true ? 'leave' : 'set'),
        load: async (show) =>
          show([
            { label: l10n.t("Into the profile's bucket, below its prefix"), value: 'set' },
            { label: l10n.t('Leave artifacts where they go now'), value: 'leave' },
          ]),
      });
      return answer === BACK ? BACK : answer === 'set' ? { setArtifacts: true } : { leaveArtifacts: true };
    },
  },
  owner: {
    label: () => l10n.t('Owner'),
    now: ({ live }) => live.owner ?? nothing(),
    ask: async (frame, { live, place, around }, before) => {
      const owner = await askOwner(
        { ...frame, prompt: l10n.t('New owner of {0}', place.profile), canCreate: true },
        before.owner ?? live.owner,
        around(),
      );
      if (owner === BACK) return BACK;
      return { owner: owner.name, ...(owner.newUser === undefined ? {} : { newUser: owner.newUser }) };
    },
  },
  roleName: {
    label: () => l10n.t('Role name'),
    now: ({ live }) => live.roleName ?? nothing(),
    ask: async (frame, { live }, before) => {
      const roleName = await line(
        frame,
        l10n.t('Name of another IAM role, for this profile alone. The one before stays'),
        l10n.t('for example {0}', live.roleName ?? 'team-x-role'),
        before.roleName ?? live.roleName ?? '',
        roleNameProblem,
      );
      return roleName === BACK ? BACK : { roleName };
    },
  },
  path: {
    label: () => l10n.t('Path of the role'),
    now: (editing) => rolePath(roleOf(editing)?.arn ?? '') ?? '/',
    ask: async (frame, editing, before) => {
      const text = await line(
        frame,
        l10n.t('Path of the IAM role. A role cannot be moved: another path means another role'),
        l10n.t('for example {0}', '/teams/'),
        before.rolePath ?? rolePath(roleOf(editing)?.arn ?? '') ?? '/',
        pathProblem,
      );
      return text === BACK ? BACK : { rolePath: pathOf(text) };
    },
  },
  boundary: {
    label: () => l10n.t('Permissions boundary'),
    now: (editing) => roleOf(editing)?.boundary ?? nothing(),
    ask: async (frame, editing, before) => {
      const text = await line(
        frame,
        l10n.t('ARN of a managed policy; leave it empty for none'),
        'arn:aws:iam::111122223333:policy/limits',
        before.boundary ?? roleOf(editing)?.boundary ?? '',
        (arn) => (arn.trim() === '' ? undefined : boundaryProblem(arn.trim())),
      );
      return text === BACK ? BACK : { boundary: text.trim() === '' ? null : text.trim() };
    },
  },
  session: {
    label: () => l10n.t('Session length'),
    now: (editing) => l10n.t('{0} seconds', roleOf(editing)?.maxSession ?? 3600),
    ask: async (frame, editing, before) => {
      const text = await line(
        frame,
        l10n.t('Longest session of the role in seconds, 3600 to 43200'),
        '3600',
        String(before.maxSession ?? roleOf(editing)?.maxSession ?? 3600),
        sessionProblem,
      );
      return text === BACK ? BACK : { maxSession: Number(text) };
    },
  },
  tags: {
    label: () => l10n.t('Tags of the role'),
    now: (editing) => tagLine(theirs(roleOf(editing)?.tags)) || nothing(),
    ask: async (frame, editing, before) => {
      const live = theirs(roleOf(editing)?.tags);
      const wanted = Object.entries(before.tags ?? {}).flatMap(([key, value]) =>
        value === null ? [] : [[key, value] as const],
      );
      const text = await line(
        frame,
        l10n.t('Tags of the role: KEY=VALUE, separated by commas. One that is left out is taken away'),
        'team=a, cost-center=7',
        tagLine(before.tags === undefined ? live : wanted),
        (tags) =>
          tagsIn(tags).flatMap(([key, value]) =>
            value === undefined ? [l10n.t('Write KEY=VALUE.')] : (tagProblem(key, value) ?? []),
          )[0],
      );
      if (text === BACK) return BACK;
      const gone = live.map(([key]): [string, null] => [key, null]);
      const set = tagsIn(text).map(([key, value]): [string, string] => [key, value ?? '']);
      return { tags: Object.fromEntries([...gone, ...set]) };
    },
  },
} as const satisfies Record<string, Field>;

type FieldName = keyof typeof FIELDS;
const NAMES = Object.keys(FIELDS) as readonly FieldName[];

/** What was chosen to be changed, and the answers. */
export interface Edited {
  readonly fields: readonly FieldName[];
  readonly edit: Edit;
}

/** Asks what to change, then one question for each. Throws `Cancelled` when dismissed. `before`: what was answered the last time. */
export const askEdit = (editing: Editing, title: string, before?: Edited): Promise<Edited> =>
  askFields(
    NAMES,
    l10n.t('What is to be changed of profile {0}? Beside it is what is live', editing.place.profile),
    editing,
    title,
    before,
  );

/** What of a new profile can be chosen besides what is asked: nothing has to be. */
const MORE: readonly FieldName[] = ['prefix', 'path', 'boundary', 'session', 'tags'];
export const askMore = (editing: Editing, title: string, before?: Edited): Promise<Edited> =>
  askFields(
    MORE,
    l10n.t('What else is to be set for profile {0}? Beside it is what holds otherwise', editing.place.profile),
    editing,
    title,
    before,
  );

async function askFields(
  names: readonly FieldName[],
  placeHolder: string,
  editing: Editing,
  title: string,
  before: Edited | undefined,
): Promise<Edited> {
  const { cluster, region, profile } = editing.place;
  let chosen = before?.fields ?? [];
  let answers: Partial<Edit> = before?.edit ?? {};
  for (;;) {
    const items = names.map((name) => {
      const field: Field = FIELDS[name];
      return { name, label: field.label(), description: plain(field.now(editing)), picked: chosen.includes(name) };
    });
    const picked = await vscode.window.showQuickPick(items, {
      title,
      placeHolder,
      canPickMany: true,
      ignoreFocusOut: true,
      matchOnDescription: true,
    });
    if (picked === undefined || (picked.length === 0 && before === undefined)) throw new Cancelled();
    chosen = names.filter((name) => picked.some((item) => item.name === name));
    const given: (Partial<Edit> | undefined)[] = [];
    let at = 0;
    while (at >= 0 && at < chosen.length) {
      const field: Field = FIELDS[chosen[at] as FieldName];
      const frame: Frame = { title, step: at + 2, of: chosen.length + 1, canGoBack: true };
      const answer = await field.ask(frame, editing, { ...answers, ...given[at] });
      if (answer === BACK) at--;
      else given[at++] = answer;
    }
    answers = Object.assign({}, ...given) as Partial<Edit>;
    if (at >= 0) return { fields: chosen, edit: { cluster, region, profile, ...answers } };
  }
}
