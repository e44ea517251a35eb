import { loadSharedConfigFiles } from '@smithy/core/config';

/** Names of the AWS profiles in the shared config and credentials files (`AWS_CONFIG_FILE`, `~/.aws`), sorted. */
export async function awsProfiles(): Promise<string[]> {
  const { configFile, credentialsFile } = await loadSharedConfigFiles({ ignoreCache: true });
  const names = [...Object.keys(configFile), ...Object.keys(credentialsFile)];
  // "sso-session x" and "services x" are sections, not profiles.
  return [...new Set(names)].filter((name) => !/^(sso-session|services)[.\s]/.test(name)).sort();
}

/** The region of an AWS profile, or of the environment; undefined if none is set: nothing is guessed. */
export async function defaultRegion(profile?: string): Promise<string | undefined> {
  const fromEnvironment = process.env['AWS_REGION'] ?? process.env['AWS_DEFAULT_REGION'];
  if (profile === undefined && fromEnvironment) return fromEnvironment;
  const { configFile, credentialsFile } = await loadSharedConfigFiles({ ignoreCache: true });
  const name = profile ?? process.env['AWS_PROFILE'] ?? 'default';
  return configFile[name]?.['region'] ?? credentialsFile[name]?.['region'] ?? fromEnvironment;
}
