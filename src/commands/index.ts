/** Every command of the extension, a row each. Loaded with the first that is run; a row holds no work: it says where the work is. */
import type * as vscode from 'vscode';
import type { Explorer } from '../explorer/index.ts';
import type { TreeNode } from '../explorer/nodes.ts';
import type { Host } from '../host.ts';
import { CONTEXT, MANIFEST_SCHEME, type CommandName } from '../ids.ts';
import { lazy } from '../lazy.ts';
import type { Rooms } from './rooms.ts';

/** Does a command. What it throws is shown and logged by the host. Its arguments may come from anywhere. */
type Run = (rooms: Rooms, ...args: never[]) => unknown;

export interface Command {
  /** When the palette offers it; absent: always. package.json must say the same, which `npm run check` compares. */
  readonly when?: string;
  /** When it can be run; absent: always. Elsewhere menus show it in grey and the palette leaves it out. package.json must say the same. */
  readonly enabled?: string;
  readonly run: Run;
}

/** A function of a module that is loaded when the command is run. */
const from =
  <Name extends string>(load: () => Promise<Readonly<Record<Name, Run>>>, name: Name): Run =>
  async (rooms, ...args) =>
    (await load())[name](rooms, ...args);

const creating = () => import(/* webpackChunkName: "commands" */ './createProfile.ts');
const selecting = () => import(/* webpackChunkName: "commands" */ './select.ts');
const missing = () => import(/* webpackChunkName: "commands" */ './noRow.ts');
const copying = () => import(/* webpackChunkName: "commands" */ './copy.ts');

const runs = () => import(/* webpackChunkName: "commands" */ './runs.ts');
const changing = () => import(/* webpackChunkName: "commands" */ './change.ts');

const people = () => import(/* webpackChunkName: "commands" */ './people.ts');

const exporting = () => import(/* webpackChunkName: "export-command" */ './export.ts');

const doctoring = () => import(/* webpackChunkName: "doctor" */ './doctor.ts');

const leaving = () => import(/* webpackChunkName: "commands" */ './leave.ts');

/** It is about what it is given: a node of the tree, or a line of a document. */
const GIVEN = 'false';
/** It reads credentials, a kubeconfig or the network, which Restricted Mode refuses (outside.ts, too). */
const enabled = 'isWorkspaceTrusted';
const TO_APPLY = `resource in ${CONTEXT.toApply}`;
const TO_CHANGE = `resource in ${CONTEXT.toChange}`;
const OPEN = `resource in ${CONTEXT.open}`;
const MANIFEST = `resource =~ /^${MANIFEST_SCHEME}:/`;

export const COMMANDS: Readonly<Record<CommandName, Command>> = {
  createProfile: { enabled, run: from(creating, 'createProfile') },
  repairProfile: { enabled, when: GIVEN, run: from(creating, 'repairProfile') },
  changeAnswers: {
    enabled,
    when: TO_CHANGE,
    run: async ({ plans }, uri?: vscode.Uri, which?: unknown) => (await plans()).changeAnswers(uri, which),
  },
  applyPlan: { enabled, when: TO_APPLY, run: async ({ plans }, uri?: vscode.Uri) => (await plans()).apply(uri) },
  planAgain: {
    enabled,
    when: OPEN,
    run: async ({ plans }, uri?: vscode.Uri, choice?: string) => (await plans()).again(uri, choice),
  },
  discardPlan: { when: OPEN, run: async ({ plans }, uri?: vscode.Uri) => (await plans()).discard(uri) },
  exportPlan: { enabled, when: OPEN, run: from(exporting, 'exportPlan') },
  undoRun: { enabled, run: from(runs, 'undoRun') },
  resumeRun: { enabled, run: from(runs, 'resumeRun') },
  showRuns: { run: from(runs, 'showRuns') },
  compareStep: {
    when: GIVEN,
    run: async ({ plans }, uri: vscode.Uri, step: string) => (await plans()).compare(uri, step),
  },
  verifyProfile: {
    enabled,
    run: from(() => import(/* webpackChunkName: "commands" */ './verifyProfile.ts'), 'verifyProfile'),
  },
  doctor: { enabled, run: from(doctoring, 'doctor') },
  whatIf: { enabled, run: from(doctoring, 'whatIf') },
  seeInjection: {
    enabled,
    run: from(() => import(/* webpackChunkName: "commands" */ './seeInjection.ts'), 'seeInjection'),
  },
  associateProvider: {
    enabled,
    run: from(() => import(/* webpackChunkName: "commands" */ './associateProvider.ts'), 'associateProvider'),
  },
  adoptProfile: {
    enabled,
    run: from(() => import(/* webpackChunkName: "commands" */ './adoptProfile.ts'), 'adoptProfile'),
  },
  updateKubeconfig: {
    enabled,
    run: from(() => import(/* webpackChunkName: "commands" */ './updateKubeconfig.ts'), 'updateKubeconfig'),
  },
  editProfile: { enabled, run: from(changing, 'editProfile') },
  letIn: { enabled, run: from(changing, 'letIn') },
  takeOut: { enabled, run: from(changing, 'takeOut') },
  openManifest: {
    enabled,
    run: from(() => import(/* webpackChunkName: "commands" */ './openManifest.ts'), 'openManifest'),
  },
  applyManifest: {
    enabled,
    when: MANIFEST,
    run: async ({ explorer, plans }, uri?: vscode.Uri) => explorer.applyManifest(await plans(), uri),
  },
  selectAwsProfiles: { enabled, run: from(selecting, 'selectAwsProfiles') },
  selectRegions: { enabled, run: from(selecting, 'selectRegions') },
  signIn: { enabled, run: from(() => import(/* webpackChunkName: "commands" */ './signIn.ts'), 'signIn') },
  refresh: { enabled, run: ({ host }) => host.connections.reload() },
  showFailureMode: {
    run: from(() => import(/* webpackChunkName: "editor" */ '../editor/pages.ts'), 'showFailureMode'),
  },
  explainError: {
    run: from(() => import(/* webpackChunkName: "explain-command" */ './explain.ts'), 'explainError'),
  },
  acceptFinding: { enabled, when: GIVEN, run: from(doctoring, 'acceptFinding') },
  openSample: { run: from(() => import(/* webpackChunkName: "commands" */ './openSample.ts'), 'openSample') },
  showLog: { run: ({ host }) => host.log.show() },
  retry: { when: GIVEN, run: ({ explorer }, node: TreeNode) => explorer.retry(node) },
  filter: { run: ({ explorer }) => explorer.askFilter() },
  clearFilter: {
    enabled: CONTEXT.filters,
    run: ({ explorer }) => explorer.setShow({ filter: '', onlyProblems: false }),
  },
  showOnlyProblems: {
    when: `!${CONTEXT.onlyProblems}`,
    run: ({ explorer }) => explorer.setShow({ onlyProblems: true }),
  },
  showAll: { when: CONTEXT.onlyProblems, run: ({ explorer }) => explorer.setShow({ onlyProblems: false }) },
  sortByState: { when: `!${CONTEXT.byState}`, run: ({ explorer }) => explorer.setShow({ sort: 'state' }) },
  sortByName: { when: CONTEXT.byState, run: ({ explorer }) => explorer.setShow({ sort: 'name' }) },
  openInConsole: {
    enabled,
    run: from(() => import(/* webpackChunkName: "commands" */ './openInConsole.ts'), 'openInConsole'),
  },
  copyName: { enabled, run: from(copying, 'copyName') },
  copyClusterArn: { enabled, run: from(copying, 'copyClusterArn') },
  copyRoleArn: { enabled, run: from(copying, 'copyRoleArn') },
  addContributor: { enabled, run: from(people, 'addContributor') },
  removeContributor: { enabled, run: from(people, 'removeContributor') },
  handOver: { enabled, run: from(people, 'handOver') },
  deleteProfile: { enabled, run: from(leaving, 'deleteProfile') },
  unstickProfile: { enabled, run: from(leaving, 'unstickProfile') },
  exportProfiles: { enabled, run: from(exporting, 'exportProfiles') },
  findLeftovers: { enabled, run: from(leaving, 'findLeftovers') },
  showIsolation: {
    enabled,
    run: from(() => import(/* webpackChunkName: "isolation-command" */ './isolation.ts'), 'showIsolation'),
  },
};

/**
 * Does a command. One that menus of rows offer (`ofRow`) says so where it got no row: the menu gives it an empty place then, the
 * palette nothing at all. It must not ask for what was pressed, as it does in the palette.
 */
export function runCommand(name: CommandName, rooms: Rooms, args: readonly never[], ofRow: boolean): unknown {
  const { when, run } = COMMANDS[name];
  const row: unknown = args[0];
  const isLost = (row === undefined || row === null) && (args.length > 0 || when === GIVEN);
  return ofRow && isLost ? from(missing, 'noRow')(rooms) : run(rooms, ...args);
}

/** What commands act on. Loads nothing. */
export function roomsOf(host: Host, explorer: Explorer): Rooms {
  const documents = lazy(async () => {
    const { createDocuments } = await import(/* webpackChunkName: "commands" */ '../wizard/documents.ts');
    const made = createDocuments();
    host.context.subscriptions.push(made);
    return made;
  });
  const plans = lazy(async () => {
    const { createPlans } = await import(/* webpackChunkName: "commands" */ '../wizard/plans.ts');
    const made = createPlans(host, await documents());
    host.context.subscriptions.push(made);
    return made;
  });
  return { host, explorer, documents, plans };
}
