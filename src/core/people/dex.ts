/**
 * Dex's own users: `staticPasswords` of the `config.yaml` that ConfigMap `auth/dex` of a Kubeflow installation holds
 * (kubeflow/manifests common/dex; dexidp/dex cmd/dex/config.go, storage/static.go). Dex reads it when it starts. What is changed here
 * is that list alone: every other byte of the text stays.
 */
import { addEntry, addItems, fillEntry, removeItems, type Json } from '../document/edit.ts';
import { entry, get, HOLE, textOf, type DocNode, type DocObject } from '../document/node.ts';
import { parse } from '../document/parse.ts';
import { applyEdits } from '../fix.ts';

/** Where Kubeflow's Dex is. */
export const DEX = { namespace: 'auth', name: 'dex', key: 'config.yaml' } as const;

/** A user of Dex itself. */
export interface DexUser {
  /** As Dex sends it: letter by letter what the text says. Who signs in may write it in any case. */
  readonly email: string;
  readonly username?: string;
  readonly userID?: string;
}

/** What Dex's settings say of who may sign in. */
export interface Dex {
  readonly users: readonly DexUser[];
  /** Names of the connectors: through each of them others may sign in, too. */
  readonly connectors: readonly string[];
  /** Whether its own users may sign in at all (`enablePasswordDB`). */
  readonly passwords: boolean;
}

/** What a text of `config.yaml` says, or why it cannot be read: a sentence. */
export function readDex(text: string): Dex | string {
  const root = rootOf(text);
  if (typeof root === 'string') return root;
  const users = get(root, 'staticPasswords');
  const connectors = get(root, 'connectors');
  return {
    users: itemsOf(users).flatMap((item) => {
      const email = said(item, 'email');
      if (email === undefined) return [];
      const [username, userID] = [said(item, 'username'), said(item, 'userID')];
      return [{ email, ...(username === undefined ? {} : { username }), ...(userID === undefined ? {} : { userID }) }];
    }),
    connectors: itemsOf(connectors).map((item) => said(item, 'name') ?? said(item, 'id') ?? said(item, 'type') ?? '?'),
    passwords: isTrue(get(root, 'enablePasswordDB')),
  };
}

/** The user whom Dex takes for the same: it knows e-mail addresses in any case (storage/static.go). */
export const dexUser = ({ users }: Dex, email: string): DexUser | undefined =>
  users.find((one) => one.email.toLowerCase() === email.toLowerCase());

/** The text with one more user; `hash`: bcrypt of the password. A sentence where it cannot be added. */
export function withDexUser(
  text: string,
  user: DexUser & { readonly hash: string },
): { readonly text: string } | string {
  const root = rootOf(text);
  if (typeof root === 'string') return root;
  const { email, hash, username, userID } = user;
  const value: Json = {
    email,
    hash,
    ...(username === undefined ? {} : { username }),
    ...(userID === undefined ? {} : { userID }),
  };
  const list = entry(root, 'staticPasswords');
  const edits =
    list === undefined
      ? addEntry(root, 'staticPasswords', [value])
      : list.value.type === 'array'
        ? addItems(list.value, [value])
        : list.value.type === 'null'
          ? [fillEntry(root, list, [value])]
          : undefined;
  if (edits === undefined) return `staticPasswords in ${PLACE} is no list. Correct it first.`;
  return checked(text, applyEdits(text, edits), (emails) => [...emails, email]);
}

/** The text without a user. As it was where there is none. */
export function withoutDexUser(text: string, email: string): { readonly text: string } | string {
  const root = rootOf(text);
  if (typeof root === 'string') return root;
  const list = get(root, 'staticPasswords');
  if (list?.type !== 'array') return { text };
  const [at = []] = list.items.flatMap((item, index) => (said(item, 'email') === email ? [[index]] : []));
  return checked(text, applyEdits(text, removeItems(list, at)), (emails) =>
    emails.filter((_, index) => index !== emails.indexOf(email)),
  );
}

const PLACE = `${DEX.key} of ConfigMap ${DEX.namespace}/${DEX.name}`;

/** An edit that did not do just what it was to do is none: Dex would not start with a text that it cannot read. */
function checked(
  before: string,
  after: string,
  wanted: (emails: readonly string[]) => readonly string[],
): { readonly text: string } | string {
  const says = (text: string, kept: (emails: readonly string[]) => readonly string[]): string => {
    const dex = readDex(text);
    return JSON.stringify(typeof dex === 'string' ? dex : { ...dex, users: kept(dex.users.map(({ email }) => email)) });
  };
  return says(before, wanted) === says(after, (emails) => emails)
    ? { text: after }
    : `${PLACE} is written in a way that cannot be changed here. Add the user by hand.`;
}

function rootOf(text: string): DocObject | string {
  const { documents, errors } = parse(text, 'yaml');
  const roots = documents.flatMap(({ root }) => root ?? []);
  const [root, second] = roots;
  if (errors.length > 0) return `${PLACE} is no sound YAML: ${errors[0]?.message ?? ''}`;
  if (root?.type !== 'object' || second !== undefined) return `${PLACE} is not one mapping.`;
  return root;
}

const itemsOf = (node: DocNode | undefined): readonly DocNode[] => (node?.type === 'array' ? node.items : []);

function said(node: DocNode | undefined, key: string): string | undefined {
  const value = get(node, key);
  const text = value?.type === 'number' ? String(value.value) : textOf(value);
  return text === undefined || text === '' || text.includes(HOLE) ? undefined : text;
}

const isTrue = (node: DocNode | undefined): boolean => node?.type === 'boolean' && node.value === true;
