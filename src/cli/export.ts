/** export: what is live, or what a plan would make of one profile, as files of a target. */
import path from 'node:path';
import { blockers } from '../core/plan/plan.ts';
import { agreedTo } from '../core/plan/managed.ts';
import { planProfile } from '../core/plan/profile.ts';
import { reviewText } from '../core/plan/review.ts';
import type { AccessLevel, Request } from '../core/request.ts';
import { MANAGING_TOOLS } from '../core/tools.ts';
import { exportOfPlan, gatherExport, type LiveExport } from '../estate/exported.ts';
import { prepare } from '../export/prepare.ts';
import { TARGETS, type TargetId } from '../export/targets.ts';
import { isEmpty } from '../export/things.ts';
import { lookAt } from '../provisioning/look.ts';
import { FolderError, writeFiles } from '../provisioning/writeFiles.ts';
import { print, reach, say, type Way } from './carry.ts';
import { issuing, onCluster } from './onCluster.ts';
import { EXIT, UsageError, type Context } from './parse.ts';
import { bucketIn, chosen, type ChoiceValues, type Place } from './provision.ts';

interface ExportValues extends Omit<Place, 'profile'>, ChoiceValues {
  readonly to: TargetId;
  readonly out: string;
  readonly force: boolean;
  readonly profile: readonly string[];
  readonly owner: string | undefined;
  readonly bucket: string | undefined;
  readonly access: AccessLevel | undefined;
  readonly 'role-name': string | undefined;
}

/** What a plan would make, where one is asked for. Throws {@link UsageError} where half of it is. */
function wishOf(values: ExportValues, region: string): Request | undefined {
  const { cluster, profile: profiles, owner, bucket, access, 'role-name': roleName } = values;
  const its = chosen(values);
  const [profile, second] = profiles;
  if (owner === undefined && bucket === undefined) {
    if (access !== undefined || roleName !== undefined || Object.keys(its).length > 0)
      throw new UsageError('--owner and --bucket are missing: with what is chosen for a profile, a plan is exported.');
    return undefined;
  }
  if (owner === undefined || bucket === undefined || profile === undefined || second !== undefined)
    throw new UsageError('A plan is exported of one --profile with --owner and --bucket.');
  return {
    cluster,
    region,
    profile,
    owner,
    bucket: bucketIn(region, bucket),
    access: access ?? 'prefix',
    ...(roleName === undefined ? {} : { roleName }),
    ...its,
    annotateOnly: true,
  };
}

/** What is handed over; a plan that is blocked is shown, and undefined. */
async function gathered(values: ExportValues, way: Way): Promise<LiveExport | undefined> {
  const wish = wishOf(values, way.region);
  const { aws, signal } = way.outside;
  if (wish === undefined) {
    const names = values.profile.length === 0 ? undefined : [...new Set(values.profile)];
    const { kubernetes, ...live } = await onCluster(way, values.cluster, (cluster, connection) =>
      gatherExport(issuing(cluster), names, aws, connection),
    );
    kubernetes.close();
    return live;
  }
  const { facts, kubernetes } = await lookAt(wish, aws, way.connect, signal);
  kubernetes?.close();
  // Nothing is written where a tool writes: its files are what this makes.
  const plan = agreedTo(planProfile(wish, facts), MANAGING_TOOLS);
  if (blockers(plan).length > 0 || facts.cluster.state !== 'found') {
    say(reviewText(plan));
    return undefined;
  }
  return exportOfPlan(plan, issuing(facts.cluster.value), aws);
}

export async function exportFiles(values: ExportValues, context: Context): Promise<number> {
  const { to, json, force } = values;
  const target = TARGETS.find(({ id }) => id === to);
  if (target === undefined) throw new UsageError(`There is no target "${to}".`);
  const way = await reach(values, context);
  const folder = path.resolve(values.out);
  const about = { command: 'export', to, out: folder, cluster: values.cluster, region: way.region };
  const refuse = (reasons: readonly string[], missing: readonly string[]): number => {
    print(
      json,
      () => ({ ...about, files: [], refused: reasons, missing }),
      () => `${[...missing, ...reasons].join('\n')}\nNothing was written.\n`,
    );
    return EXIT.notAsWanted;
  };
  const live = await gathered(values, way);
  if (live === undefined) return refuse(['The plan is blocked.'], []);
  const { exported, notes, missing } = live;
  if (isEmpty(exported)) return refuse(['There is nothing to export.'], missing);
  const prepared = await prepare(target, [exported]);
  if ('refused' in prepared) return refuse(prepared.refused, missing);
  const { files, cannot, next } = prepared.output;
  let written: readonly string[];
  try {
    written = await writeFiles(folder, files, force);
  } catch (error) {
    if (!(error instanceof FolderError)) throw error;
    return refuse(
      [`${error.message}${error.code === 'not-empty' ? ' With --force files of the same names are replaced.' : ''}`],
      missing,
    );
  }
  const lines = (title: string, items: readonly string[]): string =>
    items.length === 0 ? '' : `${title}\n${items.map((item) => `  ${item}`).join('\n')}\n`;
  print(
    json,
    () => ({ ...about, files: files.map((file) => file.path), notes, cannot, missing, next }),
    () =>
      [
        `Written to ${folder}: ${written.length === 1 ? (files[0]?.path ?? '') : `${written.length} files`}\n`,
        lines('Other than it is now:', notes),
        lines('Not in the files:', [...cannot, ...missing]),
        lines('Next:', next),
      ].join(''),
  );
  return cannot.length + missing.length === 0 ? EXIT.done : EXIT.notAsWanted;
}
