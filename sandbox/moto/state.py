"""What the front asks before it judges a call of S3, KMS or Cognito: who calls, and what the call is about.

GET /moto-api/sandbox answers JSON. In the query, each of them optional:
  access=KEY_ID        caller: account, arn, principal (of a session: its role), type, name, policies (texts), guards
  role=NAME            role: the texts of its policies (in `account`), null if there is none
  bucket=NAME          bucket: account, region, policy, publicAccessBlock, ownership, encryption {algorithm, key}, guards
  object=KEY           object of that bucket: its key of KMS {key}, null if there is no such object
  upload=ID            the same of a multipart upload that is under way
  key=REFERENCE        key: an id, alias or ARN, in `account` and `region`
  regions              regions: the region of each bucket of the caller's account
  guards=ACCOUNT       guards: what stands over an account
Guards are the policies of an organization over an account: a list of levels {service: [{arn, document}], resource: [...]}, from the root down.
A key of KMS is {arn, account, region, state, policy, guards}, {managed: true} for one that AWS manages, or {missing: reference}.
"""

import json
from urllib.parse import parse_qs, urlparse

import moto.iam.models as iam
import moto.s3.models as s3
import moto.sts.models as sts
from organization import guards_of


def document(policy):
    if isinstance(policy, str):
        return policy
    if isinstance(policy, dict):
        return policy["policy_document"]
    return next(version.document for version in policy.versions if version.is_default)


def policies_of_role(account, name):
    try:
        role = iam.iam_backends[account]["aws"].get_role(name)
    except Exception:
        return None
    return [document(policy) for policy in [*role.policies.values(), *role.managed_policies.values()]]


def policies_of_user(backend, user):
    policies = [*user.policies.values(), *user.managed_policies.values()]
    for group in backend.get_groups_for_user(user.name):
        policies += [*group.policies.values(), *group.managed_policies.values()]
    return [document(policy) for policy in policies]


def caller_of(access):
    for account in list(iam.iam_backends.keys()):
        backend = iam.iam_backends[account]["aws"]
        for user in backend.users.values():
            if any(key.access_key_id == access for key in user.access_keys):
                arn = f"arn:aws:iam::{account}:user{user.path}{user.name}"
                policies = policies_of_user(backend, user)
                return {
                    "account": account,
                    "arn": arn,
                    "principal": arn,
                    "type": "User",
                    "name": user.name,
                    "policies": policies,
                    "guards": guards_of(account),
                }
    for account in list(sts.sts_backends.keys()):
        for role in sts.sts_backends[account]["aws"].assumed_roles:
            if role.access_key_id == access:
                name = role.role_arn.split("/")[-1]
                return {
                    "account": account,
                    "arn": f"arn:aws:sts::{account}:assumed-role/{name}/{role.session_name}",
                    "principal": role.role_arn,
                    "type": "AssumedRole",
                    "name": name,
                    "policies": policies_of_role(account, name) or [],
                    "guards": guards_of(account),
                }
    return None


def key_of(reference, account, region):
    # Loaded when it is needed: it takes a tenth of a second.
    import moto.kms.models as kms

    if not reference or "alias/aws/" in reference:
        return {"managed": True}
    try:
        if reference.startswith("arn:"):
            region, account = reference.split(":")[3:5]
        key = kms.kms_backends[account][region].describe_key(reference)
    except Exception:
        return {"missing": reference}
    if any(alias.startswith("alias/aws/") for alias in key.aliases):
        return {"managed": True}
    return {
        "arn": key.arn,
        "account": account,
        "region": region,
        "state": key.key_state,
        "policy": key.policy,
        "guards": guards_of(account),
    }


def encryption_of(algorithm, key, bucket):
    """The key that an object is encrypted with."""
    return {"key": key_of(key, bucket.account_id, bucket.region_name)} if algorithm == "aws:kms" else {"key": None}


def bucket_of(bucket):
    rule = (bucket.encryption or {}).get("Rule") or {}
    rule = rule[0] if isinstance(rule, list) else rule
    default = rule.get("ApplyServerSideEncryptionByDefault") or {}
    algorithm = default.get("SSEAlgorithm")
    return {
        "account": bucket.account_id,
        "region": bucket.region_name,
        "policy": bucket.policy.decode() if isinstance(bucket.policy, bytes) else bucket.policy,
        "publicAccessBlock": bucket.public_access_block.to_config_dict() if bucket.public_access_block else {},
        "ownership": bucket.ownership_rule,
        "encryption": {"algorithm": algorithm, **encryption_of(algorithm, default.get("KMSMasterKeyID"), bucket)},
        "guards": guards_of(bucket.account_id),
    }


def answer(request, full_url, headers):
    query = {name: values[0] for name, values in parse_qs(urlparse(full_url).query, keep_blank_values=True).items()}
    state = {}
    if "access" in query:
        state["caller"] = caller_of(query["access"])
    if "role" in query:
        state["role"] = policies_of_role(query["account"], query["role"])
    if "bucket" in query:
        partition, account = s3.s3_backends.bucket_accounts.get(query["bucket"], ("aws", None))
        backend = s3.s3_backends[account][partition] if account else None
        bucket = backend.buckets.get(query["bucket"]) if backend else None
        state["bucket"] = bucket and bucket_of(bucket)
        if bucket and "object" in query:
            found = backend.get_object(query["bucket"], query["object"])
            state["object"] = found and encryption_of(found.encryption, found.kms_key_id, bucket)
        if bucket and "upload" in query:
            found = bucket.multiparts.get(query["upload"])
            state["upload"] = found and encryption_of(found.sse_encryption, found.kms_key_id, bucket)
    if "key" in query:
        state["key"] = key_of(query["key"], query["account"], query["region"])
    if "guards" in query:
        state["guards"] = guards_of(query["guards"])
    if "regions" in query and state.get("caller"):
        buckets = s3.s3_backends[state["caller"]["account"]]["aws"].buckets.values()
        state["regions"] = {bucket.name: bucket.region_name for bucket in buckets}
    return 200, {"content-type": "application/json"}, json.dumps(state)
