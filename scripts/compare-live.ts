// Writes docs/comparison-live.md: what another tool says of a cluster and its account at each scenario of test/sandbox/scenarios.
// Usage: npm run compare:live -- TOOL      where TOOL is DataDog's mkat, built from its repository (docs/comparison-live.md says how)
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Asked, PEER_LOG_VARIABLE, PEER_VARIABLE } from '../test/sandbox/peer.ts';
import { atEnd, main, root, runToEnd, stopwatch } from './processes.ts';

const say = stopwatch();
const TESTS = ['scenarios-aws.test.ts', 'scenarios-kubernetes.test.ts'];

/** What the tool told of the pod, and no longer or newly tells: roles by the way to them. */
function changeOf(before: Asked, at: Asked): string {
  if (at.failed !== undefined) return 'it ended with an error';
  if (!before.hasPod || !at.hasPod) return 'not comparable: no pod can be there in both states';
  const without = (these: Asked, those: Asked): string[] =>
    these.lines.filter((line) => !those.lines.includes(line)).map((line) => line.split(',').slice(3).join(', by '));
  const gone = without(before, at).map((line) => `no longer: ${line}`);
  const come = without(at, before).map((line) => `newly: ${line}`);
  return [...gone, ...come].map((line) => line.replaceAll(/(?:aws|kube)-\d+/g, 'PROFILE')).join('; ') || '–';
}

await main(async () => {
  const tool = process.argv[2];
  if (tool === undefined || !existsSync(tool)) {
    process.stderr.write('Name the program that is compared: npm run compare:live -- /path/to/mkat\n');
    return 2;
  }
  const folder = await mkdtemp(path.join(tmpdir(), 'compare-live-'));
  atEnd(() => rm(folder, { recursive: true }));
  const log = path.join(folder, 'asked.jsonl');
  for (const file of TESTS) {
    say(`${file} …`);
    const { code, output } = await runToEnd(process.execPath, ['--test', path.join('test', 'sandbox', file)], {
      cwd: root,
      env: { ...process.env, [PEER_VARIABLE]: path.resolve(tool), [PEER_LOG_VARIABLE]: log },
    });
    if (code !== 0) throw new Error(output);
  }
  const asked = (await readFile(log, 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Asked);
  const before = new Map(asked.filter(({ when }) => when === 'before').map((one) => [one.profile, one]));
  const rows = asked.flatMap((at) => {
    const earlier = before.get(at.profile);
    return at.when === 'at' && earlier !== undefined ? [{ at, change: changeOf(earlier, at) }] : [];
  });
  const compared = rows.filter(({ change }) => !change.startsWith('not comparable'));
  const told = compared.filter(({ change }) => change !== '–').length;
  await writeFile(
    path.join(root, 'docs', 'comparison-live.md'),
    `# Live failures and the tools that see them

Made by \`npm run compare:live\` from [the scenarios](../test/sandbox/scenarios): each brings a sound profile of the sandbox to one failure mode by ordinary calls,
and the tests ask that [the doctor](doctor.md) then says this mode, with evidence, and nothing of the sound neighbour.

- The other tool is DataDog's [MKAT](https://github.com/DataDog/managed-kubernetes-auditing-toolkit) (Apache-2.0; the newest commit that we could have, 8b8b688, built with
  \`go build ./cmd/managed-kubernetes-auditing-toolkit\`), asked by \`mkat eks find-role-relationships\` before and at each scenario, with a pod of
  \`default-editor\` in the namespace. Its other two commands look for keys in pods and try the instance metadata.
- MKAT tells which pods may assume which roles: it is made to show what an attacker gets, not why a pipeline fails. A cell shows what changed in its answer about the
  profile, from which somebody who knows the right answer could see the failure; – means that it says the same as of the sound profile. It changed
  in ${told} of ${compared.length} scenarios.
- MKAT takes an operator that it does not know for one that never holds, so that \`ForAllValues:\` and \`…IfExists\` count as refused, where AWS lets in.
- kubectl-irsa (TeamBion) was read, not run: it has neither a licence nor a \`go.mod\`, and asks IAM's policy simulator, which the emulator does not have.
  It asks for one service account and a list of actions, and looks at the principal and the provider of the trust policy. No other tool that we found goes from
  the service account to the prefix.

| mode | scenario | MKAT |
| --- | --- | --- |
${rows.map(({ at, change }) => `| ${at.id} | ${at.name.replaceAll('|', '\\|')} | ${change.replaceAll('|', '\\|')} |`).join('\n')}
`,
  );
  say(`Wrote docs/comparison-live.md: ${told} of ${compared.length}`);
  return 0;
});
