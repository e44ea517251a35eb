/** All tables of scenarios, for docs/failure-modes.md: each with the file that runs it. */
import type { ScenarioText } from '../scenario.ts';
import { awsScenarioTexts } from './aws.ts';
import { clusterTexts } from './cluster.ts';
import { injectTexts } from './inject.ts';
import { kubernetesTexts } from './kubernetes.ts';

export const scenarioTables: readonly { readonly file: string; readonly rows: readonly ScenarioText[] }[] = [
  { file: 'test/sandbox/scenarios-aws.test.ts', rows: awsScenarioTexts },
  { file: 'test/sandbox/scenarios-kubernetes.test.ts', rows: kubernetesTexts },
  { file: 'test/sandbox/inject.test.ts', rows: injectTexts },
  { file: 'test/sandbox/doctor.test.ts', rows: clusterTexts },
];

/** Modes of AWS that no scenario brings about, and why. Examples beside their judges show them (test/unit/modes.test.ts). */
export const withoutScenario: Readonly<Record<string, string>> = {
  'KP-080': 'a role is told from a former one of its name by an hour, which no call of IAM can set back',
};
