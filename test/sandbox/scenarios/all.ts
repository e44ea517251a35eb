/** All tables of scenarios, for docs/failure-modes.md: each with the file that runs it. */
import type { ScenarioText } from '../scenario.ts';
import { awsScenarioTexts } from './aws.ts';

export const scenarioTables: readonly { readonly file: string; readonly rows: readonly ScenarioText[] }[] = [
  { file: 'test/sandbox/scenarios-aws.test.ts', rows: awsScenarioTexts },
];
