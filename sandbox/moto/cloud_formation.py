"""CloudFormation: the resources that moto lacks, and what it leaves out of a role.

Sources: CloudFormation registry, AWS::IAM::OIDCProvider, AWS::IAM::Role, AWS::S3::BucketPolicy, AWS::EKS::PodIdentityAssociation.
moto loads all of its services for its first stack; of one of them the reader of OpenAPI is not installed here, and not needed.
"""

import json
import sys
import types

from moto.core.common_models import CloudFormationModel
from moto.eks.models import eks_backends
from moto.iam.models import Role, iam_backends
from moto.s3.models import s3_backends
from moto.utilities.utils import get_partition
from pod_identity import associate

for _name in ("", ".validation", ".validation.exceptions"):
    _module = types.ModuleType(f"openapi_spec_validator{_name}")
    _module.validate = _module.OpenAPIValidationError = None
    sys.modules.setdefault(_module.__name__, _module)


def model(resource_type, make):
    """Registers a resource: moto looks at the direct subclasses of its model."""

    def create_from_cloudformation_json(cls, resource_name, cloudformation_json, account_id, region_name, **kwargs):
        made = cls()
        made.physical_resource_id = make(cloudformation_json["Properties"], account_id, region_name)
        return made

    return type(
        resource_type.replace("::", ""),
        (CloudFormationModel,),
        {
            "cloudformation_name_type": staticmethod(lambda: ""),
            "cloudformation_type": staticmethod(lambda: resource_type),
            "create_from_cloudformation_json": classmethod(create_from_cloudformation_json),
            "physical_resource_id": "",
        },
    )


def iam(account_id, region_name):
    return iam_backends[account_id][get_partition(region_name)]


def provider(properties, account_id, region_name):
    made = iam(account_id, region_name).create_open_id_connect_provider(
        url=properties["Url"],
        thumbprint_list=properties.get("ThumbprintList", []),
        client_id_list=properties.get("ClientIdList", []),
        tags=properties.get("Tags", []),
    )
    return made.arn


def bucket_policy(properties, account_id, region_name):
    text = json.dumps(properties["PolicyDocument"])
    s3_backends[account_id][get_partition(region_name)].put_bucket_policy(properties["Bucket"], text.encode())
    return properties["Bucket"]


def pod_identity(properties, account_id, region_name):
    cluster = eks_backends[account_id][region_name].describe_cluster(properties["ClusterName"])
    asked = {name[:1].lower() + name[1:]: value for name, value in properties.items() if name not in ("ClusterName", "Tags")}
    asked["tags"] = {tag["Key"]: tag["Value"] for tag in properties.get("Tags", [])}
    return associate(cluster, asked)["associationArn"]


MODELS = [
    model("AWS::IAM::OIDCProvider", provider),
    model("AWS::S3::BucketPolicy", bucket_policy),
    model("AWS::EKS::PodIdentityAssociation", pod_identity),
]

_create_role = Role.create_from_cloudformation_json.__func__


def create_role(cls, resource_name, cloudformation_json, account_id, region_name, **kwargs):
    role = _create_role(cls, resource_name, cloudformation_json, account_id, region_name, **kwargs)
    for name, document in role.policies.items():
        role.policies[name] = document if isinstance(document, str) else json.dumps(document)
    for arn in cloudformation_json["Properties"].get("ManagedPolicyArns", []):
        iam(account_id, region_name).attach_role_policy(arn, role.name)
    return role


Role.create_from_cloudformation_json = classmethod(create_role)
