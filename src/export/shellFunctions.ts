/** The functions of the shell script of an export, as POSIX sh: each reads before it writes. */

/** What the steps are made of. Nothing in it depends on what is exported. */
export const FUNCTIONS = String.raw`
say() { printf '%-8s %s\n' "$1" "$2"; }
fail() {
  printf '%s\n' "$*" >&2
  exit 1
}

# Reads: the answer is in $answer. 1: AWS says that there is no such thing. Anything else ends the script.
there() {
  if answer=$("$@" 2>/dev/null); then return 0; fi
  if why=$("$@" 2>&1); then
    there "$@"
    return
  fi
  case $why in
    *'(NoSuch'*') when calling '* | *'NotFoundE'*') when calling '* | *'(404) when calling '*) return 1 ;;
    *) fail "$why" ;;
  esac
}

# Whether a line of the answer is this text. The AWS command line prints a list with tabs.
has() { printf '%s\n' "$answer" | tr '\t' '\n' | grep -qxF -e "$1"; }

# provider ARN URL AUDIENCE TAGS
provider() {
  if ! there aws iam get-open-id-connect-provider --open-id-connect-provider-arn "$1" --query ClientIDList --output text; then
    aws iam create-open-id-connect-provider --url "$2" --client-id-list "$3" --tags "$4" >/dev/null
    say created "OIDC provider $1"
  elif ! has "$3"; then
    aws iam add-client-id-to-open-id-connect-provider --open-id-connect-provider-arn "$1" --client-id "$3"
    say changed "OIDC provider $1: audience $3"
  else
    say kept "OIDC provider $1"
  fi
}

# role NAME ARN SETTINGS <TRUST POLICY. Of a role that is there only the trust policy is set; what it was is printed.
role() {
  wanted=$(cat)
  if ! there aws iam get-role --role-name "$1" --query Role.Arn --output text; then
    aws iam create-role --role-name "$1" --assume-role-policy-document "$wanted" --cli-input-json "$3" >/dev/null
    aws iam wait role-exists --role-name "$1"
    say created "role $1"
    return
  fi
  [ "$answer" = "$2" ] || fail "Role $1 is there at another path ($answer), which cannot be changed. Delete it, or choose another name."
  there aws iam get-role --role-name "$1" --query Role.AssumeRolePolicyDocument --output json || fail "Role $1 went away."
  if [ "$answer" = "$wanted" ]; then
    say kept "role $1"
  else
    was=$answer
    aws iam update-assume-role-policy --role-name "$1" --policy-document "$wanted"
    say changed "role $1; its trust policy was: $was"
  fi
}

# role_settings NAME JSON <WANTED: its longest session and its description
role_settings() {
  wanted=$(cat)
  there aws iam get-role --role-name "$1" --query 'Role.[MaxSessionDuration,Description]' --output json || fail "Role $1 went away."
  if [ "$answer" = "$wanted" ]; then
    say kept "session length and description of role $1"
  else
    aws iam update-role --role-name "$1" --cli-input-json "$2" >/dev/null
    say changed "session length and description of role $1"
  fi
}

# role_boundary NAME ARN
role_boundary() {
  there aws iam get-role --role-name "$1" --query Role.PermissionsBoundary.PermissionsBoundaryArn --output text || fail "Role $1 went away."
  if [ "$answer" = "$2" ]; then
    say kept "permissions boundary of role $1"
  else
    aws iam put-role-permissions-boundary --role-name "$1" --permissions-boundary "$2"
    say changed "permissions boundary of role $1"
  fi
}

# role_tags NAME TAGS KEY VALUE ...: other tags stay
role_tags() {
  there aws iam list-role-tags --role-name "$1" --query 'Tags[].[Key,Value]' --output text || fail "Role $1 went away."
  name=$1 tags=$2 all=yes
  shift 2
  while [ "$#" -gt 0 ]; do
    pair=$(printf '%s\t%s' "$1" "$2")
    printf '%s\n' "$answer" | grep -qxF -e "$pair" || all=no
    shift 2
  done
  if [ "$all" = yes ]; then
    say kept "tags of role $name"
  else
    aws iam tag-role --role-name "$name" --tags "$tags"
    say changed "tags of role $name"
  fi
}

# inline_policy ROLE NAME <POLICY
inline_policy() {
  wanted=$(cat)
  if there aws iam get-role-policy --role-name "$1" --policy-name "$2" --query PolicyDocument --output json && [ "$answer" = "$wanted" ]; then
    say kept "inline policy $2 of role $1"
  else
    aws iam put-role-policy --role-name "$1" --policy-name "$2" --policy-document "$wanted"
    say changed "inline policy $2 of role $1"
  fi
}

# attached_policy ROLE ARN
attached_policy() {
  there aws iam list-attached-role-policies --role-name "$1" --query 'AttachedPolicies[].PolicyArn' --output text || fail "Role $1 went away."
  if has "$2"; then
    say kept "attached policy $2 of role $1"
  else
    aws iam attach-role-policy --role-name "$1" --policy-arn "$2"
    say changed "attached policy $2 of role $1"
  fi
}

# pod_identity NAMESPACE SERVICE_ACCOUNT ROLE_ARN INPUT
pod_identity() {
  there aws eks list-pod-identity-associations --cluster-name "$cluster" --namespace "$1" --service-account "$2" \
    --query 'associations[0].associationId' --output text || fail "There is no cluster $cluster."
  id=$answer
  if [ "$id" = None ]; then
    aws eks create-pod-identity-association --cluster-name "$cluster" --cli-input-json "$4" >/dev/null
    say created "Pod Identity association of $1/$2"
    return
  fi
  there aws eks describe-pod-identity-association --cluster-name "$cluster" --association-id "$id" \
    --query association.roleArn --output text || fail "The Pod Identity association of $1/$2 went away."
  if [ "$answer" = "$3" ]; then
    say kept "Pod Identity association of $1/$2"
  else
    aws eks update-pod-identity-association --cluster-name "$cluster" --association-id "$id" --role-arn "$3" >/dev/null
    say changed "Pod Identity association of $1/$2: its role was $answer"
  fi
}

# bucket NAME LOCATION: LOCATION is empty in us-east-1
bucket() {
  made=no
  if there aws s3api head-bucket --bucket "$1"; then
    say kept "bucket $1"
    return
  fi
  made=yes
  if [ -n "$2" ]; then
    aws s3api create-bucket --bucket "$1" --create-bucket-configuration "LocationConstraint=$2" >/dev/null
  else
    aws s3api create-bucket --bucket "$1" >/dev/null
  fi
  say created "bucket $1"
}

# bucket_setting NAME READ WRITE OPTION VALUE: set where the bucket was made now, or has none
bucket_setting() {
  if [ "$made" = no ] && there aws s3api "$2" --bucket "$1"; then
    say kept "$4 of bucket $1"
  else
    aws s3api "$3" --bucket "$1" "$4" "$5" >/dev/null
    say changed "$4 of bucket $1"
  fi
}

# wait_for_role NAMESPACE SERVICE_ACCOUNT ROLE_ARN: the profile controller writes the annotation
wait_for_role() {
  tries=60
  while [ "$tries" -gt 0 ]; do
    answer=$(kubectl get serviceaccount "$2" --namespace "$1" --ignore-not-found \
      --output 'jsonpath={.metadata.annotations.eks\.amazonaws\.com/role-arn}' 2>/dev/null || true)
    if [ "$answer" = "$3" ]; then
      say ready "service account $1/$2"
      return
    fi
    tries=$((tries - 1))
    sleep 2
  done
  fail "Service account $1/$2 did not get role $3 within two minutes. Look at the log of deployment profiles-deployment in namespace kubeflow."
}

# wait_for_config_map NAMESPACE NAME: where Kubeflow Pipelines makes it in a new namespace, it is changed and not made before
wait_for_config_map() {
  [ -n "$(kubectl get deployment kubeflow-pipelines-profile-controller --namespace kubeflow --ignore-not-found --output name)" ] || return 0
  tries=20
  while [ "$tries" -gt 0 ] && [ -z "$(kubectl get configmap "$2" --namespace "$1" --ignore-not-found --output name)" ]; do
    tries=$((tries - 1))
    sleep 1
  done
}

# applied <MANIFEST: what it does not name stays
applied() { kubectl apply --server-side --force-conflicts --field-manager=kubeflow-irsa-export --filename -; }
`;
