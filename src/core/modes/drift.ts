/** What is live is not as a file has it. Compared by core/drift, where both are known. */
import { modes } from './mode.ts';

export const driftModes = modes({
  'KP-090': {
    title: 'Drift: what is live is not as the file has it',
    severity: 'warning',
    symptom:
      'A role, provider or Profile works otherwise than its template or manifest says, until the tool is next applied: then it changes, or access is lost.',
    cause:
      'Somebody changed it by hand, or by another tool, or the file was changed and not applied. Of a role whose Profile has annotateOnly false it is the profile controller that writes its trust policy.',
    fix: 'Put the change into the file, or apply the file. With a role that a tool manages set annotateOnly: true.',
    sources: [
      'AWS CloudFormation User Guide, detect drift on stacks',
      'Argo CD documentation, diffing',
      'kubeflow/dashboard plugin_iam.go',
    ],
    compared: true,
    notLive: 'It is seen where a file is compared with what is live.',
  },
});
