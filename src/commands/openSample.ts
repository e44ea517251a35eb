import * as vscode from 'vscode';

/** What many write, with two mistakes that nothing else tells (KP-006, KP-051). */
export const SAMPLE = `apiVersion: kubeflow.org/v1
kind: Profile
metadata:
  name: team-a
spec:
  owner:
    kind: User
    name: alice@example.com
  plugins:
    - kind: AwsIamForServiceAccount
      spec:
        awsIamRole: arn:aws:iam::111122223333:role/team-a-kubeflow-dev-role
        annotateOnly: "true"
---
apiVersion: v1
kind: ServiceAccount
metadata:
  name: pipeline-runner
  namespace: team-a
  annotations:
    eks.amazonaws.com/role_arn: arn:aws:iam::111122223333:role/team-a-kubeflow-dev-role
`;

/** Opens a document with mistakes, to see what lint says of them: it needs no file, no account and no cluster. */
export async function openSample(): Promise<void> {
  const hint = vscode.l10n.t('Two mistakes: rest the pointer on one, then take its fix (Ctrl+. or Cmd+.).');
  const document = await vscode.workspace.openTextDocument({ language: 'yaml', content: `# ${hint}\n${SAMPLE}` });
  await vscode.window.showTextDocument(document, { preview: false });
}
