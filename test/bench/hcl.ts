/** HCL: reading a file of 1 MB against JSON.parse of as much, and the extents of its blocks; lint of a long file after a key. */
import { parseHcl } from '../../src/core/document/hcl-parse.ts';
import { hclItems } from '../../src/core/document/hcl-tokens.ts';
import { lintFolder, type ReadTerraform } from '../../src/core/lint.ts';
import { readTerraform, terraformCache } from '../../src/core/terraform/resources.ts';
import { median, type Bench, type Row } from './measure.ts';

const RUNS = 15;
const KEYS = 300;

const block = (index: number): string => `# Team ${index}
data "aws_iam_policy_document" "trust_${index}" {
  statement {
    actions = ["sts:AssumeRoleWithWebIdentity"]
    principals {
      type        = "Federated"
      identifiers = [module.eks.oidc_provider_arn]
    }
    condition {
      test     = "StringEquals"
      variable = "\${local.issuer}:sub"
      values   = ["system:serviceaccount:team-${index}:default-editor"]
    }
  }
}

resource "aws_iam_role" "team_${index}" {
  name = "\${var.cluster}-team-${index}"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [for name in var.teams : { Effect = "Allow", Action = "s3:Get*" } if name != "none"]
  })
  description = <<-EOT
    Of team ${index},
    in \${var.region}
  EOT
}
`;
const text = (length: number): string => {
  const one = Array.from({ length: Math.ceil(length / 700) }, (_, index) => block(index));
  return one.join('\n').slice(0, length);
};

/** Milliseconds of the processor, which what else runs here does not change. */
function spent(action: () => unknown): number {
  const before = process.cpuUsage();
  action();
  return process.cpuUsage(before).user / 1000;
}

export const bench: Bench = async () => {
  const large = text(1_000_000);

  const values = `[${JSON.stringify(large.slice(0, 600_000))},${Array.from({ length: 8_000 }, (_, i) => `{"a":[${i},"x"],"b":{"c":null,"d":"${i}"}}`).join(',')}]`;
  const [ours, theirs, extents]: [number[], number[], number[]] = [[], [], []];
  for (let run = 0; run < 2 * RUNS; run += 1) {
    const times = [() => parseHcl(`${large}#${run}`), () => void JSON.parse(values), () => hclItems(large)].map(spent);
    if (run < RUNS) continue;
    for (const [index, list] of [ours, theirs, extents].entries()) list.push(times[index] ?? 0);
  }
  const lines = large.split('\n').slice(0, 2_000).join('\n');
  const keys: number[] = [];
  const cache = terraformCache();
  const terraform: ReadTerraform = (files) => readTerraform(files, cache);
  for (let run = 0; run < 2 * KEYS; run += 1) {
    const at = lines.indexOf('# Team', lines.length / 2) + 2;
    const typed = `${lines.slice(0, at)}${'x'.repeat((run % 40) + 1)}${lines.slice(at)}`;
    const time = spent(() => lintFolder([{ path: 'main.tf', text: typed }], { terraform }));
    if (run >= KEYS) keys.push(time);
  }
  const p99 = keys.sort((a, b) => a - b)[Math.floor(KEYS * 0.99)] ?? 0;
  const took = median(ours);
  const rows: Row[] = [
    {
      what: 'HCL of 1 MB: reading it (processor)',
      value: `${took.toFixed(0)} ms, ${(took / Math.max(median(theirs), 0.1)).toFixed(1)} times JSON.parse of as much`,
      goal: '150 ms or less',
      met: took <= 150,
    },
    { what: 'HCL of 1 MB: the extents of its blocks', value: `${median(extents).toFixed(1)} ms` },
    {
      what: 'HCL of 2,000 lines: all findings after a key, p99 (processor)',
      value: `${p99.toFixed(1)} ms`,
      goal: '16 ms or less',
      met: p99 <= 16,
    },
  ];
  return rows;
};
