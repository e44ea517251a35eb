// A process that carries out a plan, to be ended in the middle: child.ts ROW WORLD FOLDER. Its credentials are in its environment,
// its journal in the folder.
import { randomUUID } from 'node:crypto';
import { carryOutIn } from '../../src/provisioning/carried.ts';
import { runsIn } from '../../src/provisioning/runs.ts';
import { sleep } from '../../src/provisioning/wait.ts';
import { aboutRun, planIn, PLANS } from './plans.ts';
import { clusterFor, reach, worldOf } from './worlds.ts';

const [id, name, folder] = process.argv.slice(2);
const row = PLANS.find((one) => one.id === id);
if (row === undefined || name === undefined || folder === undefined) throw new Error('child.ts ROW WORLD FOLDER');
const {
  AWS_ACCESS_KEY_ID: accessKeyId = '',
  AWS_SECRET_ACCESS_KEY: secretAccessKey = '',
  AWS_SESSION_TOKEN,
} = process.env;
const credentials = { accessKeyId, secretAccessKey, sessionToken: AWS_SESSION_TOKEN ?? '' };
const on = clusterFor(row);
const { aws, kubernetes, ...rest } = worldOf(name, credentials, await reach(credentials, on.cluster, on.region));
const plan = await planIn(row, { aws, kubernetes, ...rest });
// Who armed the fault was waiting for this: from here on calls are those of the run.
process.send?.('ready');
await new Promise((resolve) => process.once('message', resolve));
const world = { aws, kubernetes, ...rest };
const outside = { aws, kubernetes, unique: randomUUID, sleep, reveal: () => undefined };
await carryOutIn(runsIn(folder), aboutRun(world, row), plan, outside);
kubernetes.close();
process.disconnect?.();
