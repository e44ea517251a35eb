import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from 'yaml';
import { execOf, kubeconfigYaml } from '../../src/core/kubeconfig/entries.ts';
import type { Cluster } from '../../src/core/observation.ts';

const arn = 'arn:aws:eks:us-west-2:111122223333:cluster/dev';
const creating: Cluster = {
  name: 'dev',
  region: 'us-west-2',
  arn,
  account: '111122223333',
  partition: 'aws',
  status: 'CREATING',
  version: '1.36',
};
const endpoint = 'https://ABCD.gr7.us-west-2.eks.amazonaws.com';
const certificateAuthority = 'LS0tLS1CRUdJTg==';
const cluster: Cluster = { ...creating, status: 'ACTIVE', endpoint, certificateAuthority };

test('a kubeconfig is what aws eks update-kubeconfig writes', () => {
  // `aws eks update-kubeconfig --dry-run --profile work` of aws-cli 1.45.11, without its empty `preferences`.
  const written = `apiVersion: v1
clusters:
- cluster:
    certificate-authority-data: LS0tLS1CRUdJTg==
    server: https://ABCD.gr7.us-west-2.eks.amazonaws.com
  name: ${arn}
contexts:
- context:
    cluster: ${arn}
    user: ${arn}
  name: ${arn}
current-context: ${arn}
kind: Config
users:
- name: ${arn}
  user:
    exec:
      apiVersion: client.authentication.k8s.io/v1beta1
      args: [--region, us-west-2, eks, get-token, --cluster-name, dev, --output, json]
      command: aws
      env:
      - name: AWS_PROFILE
        value: work
`;
  assert.deepEqual(parse(kubeconfigYaml(cluster, 'work') ?? ''), parse(written));
});

test('a local cluster on an Outpost signs in by its id', () => {
  const localId = '4d1f2a6e-0000-4000-8000-000000000000';
  const exec = ({ args }: { readonly args: readonly string[] }): string => args.join(' ');
  const local = { ...cluster, localId };
  assert.equal(exec(execOf(local, {})), `--region us-west-2 eks get-token --cluster-id ${localId} --output json`);
  assert.equal(exec(execOf(local, { ownToken: ['kubeflow-irsa'] })), `token --region us-west-2 --cluster ${localId}`);
});

test('without an AWS profile the kubeconfig leaves it to the default chain', () => {
  assert.doesNotMatch(kubeconfigYaml(cluster, undefined) ?? '', /env|AWS_PROFILE/);
});

test('a name stays a name in a kubeconfig, whatever it holds', () => {
  const awsProfile = 'a: "b"\n- c #';
  const { users } = parse(kubeconfigYaml(cluster, awsProfile) ?? '') as {
    users: [{ user: { exec: { env: { value: string }[] } } }];
  };
  assert.equal(users[0].user.exec.env[0]?.value, awsProfile);
});

test('a cluster without an endpoint or its certificate has no kubeconfig yet', () => {
  assert.equal(kubeconfigYaml({ ...creating, certificateAuthority }, undefined), undefined);
  assert.equal(kubeconfigYaml({ ...creating, endpoint }, undefined), undefined);
});
