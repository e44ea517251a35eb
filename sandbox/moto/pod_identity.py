"""Pod Identity associations of EKS, which moto lacks: what EKS tells, keeps and refuses.

Source: the EKS API model (2017-11-01). A service account of a cluster has at most one; the id is EKS's own and differs each time.
"""

import random
import string
import time

import moto.eks.urls as urls
from moto.core.responses import ActionResult
from moto.eks.exceptions import InvalidParameterException, ResourceInUseException, ResourceNotFoundException
from moto.eks.responses import EKSResponse

TOLD_IN_LISTS = ("clusterName", "namespace", "serviceAccount", "associationArn", "associationId", "ownerArn")
SETTINGS = ("disableSessionTags", "targetRoleArn", "policy")


def associations_of(response):
    cluster = response.eks_backend.describe_cluster(response._get_param("name"))
    if not hasattr(cluster, "pod_identity_associations"):
        cluster.pod_identity_associations = {}
    return cluster, cluster.pod_identity_associations


def known(response):
    _, associations = associations_of(response)
    wanted = response._get_param("associationId")
    if wanted not in associations:
        raise ResourceNotFoundException(message=f"Association not found: {wanted}")
    return associations, wanted


ASKED = ("namespace", "serviceAccount", "roleArn", "tags", "clientRequestToken", *SETTINGS)


def create(self):
    cluster, _ = associations_of(self)
    return ActionResult({"association": associate(cluster, {name: self._get_param(name) for name in ASKED})})


def associate(cluster, given):
    """The new association of a cluster, by the names of the API."""
    if not hasattr(cluster, "pod_identity_associations"):
        cluster.pod_identity_associations = {}
    associations = cluster.pod_identity_associations
    asked = {name: given.get(name) for name in ("namespace", "serviceAccount", "roleArn")}
    missing = next((name for name, value in asked.items() if not value), None)
    if missing:
        raise InvalidParameterException(message=f"{missing} can't be blank")
    token = given.get("clientRequestToken")
    for one in associations.values():
        if token and one["token"] == token:
            return one
        if (one["namespace"], one["serviceAccount"]) == (asked["namespace"], asked["serviceAccount"]):
            raise ResourceInUseException(message=f"Association already exists: {one['associationId']}")
    number = "a-" + "".join(random.choices(string.ascii_lowercase + string.digits, k=17))
    now = time.time()
    made = {
        "clusterName": cluster.name,
        **asked,
        "associationArn": f"{cluster.arn.replace(':cluster/', ':podidentityassociation/')}/{number}",
        "associationId": number,
        "tags": given.get("tags") or {},
        "createdAt": now,
        "modifiedAt": now,
        "token": token,
        **{name: value for name in SETTINGS if (value := given.get(name)) is not None},
    }
    if "targetRoleArn" in made:
        made["externalId"] = f"{cluster.arn}/{asked['namespace']}/{asked['serviceAccount']}/{number}"
    associations[number] = made
    return made


def describe(self):
    associations, wanted = known(self)
    return ActionResult({"association": associations[wanted]})


def delete(self):
    associations, wanted = known(self)
    return ActionResult({"association": associations.pop(wanted)})


def listed(self):
    _, associations = associations_of(self)
    asked = [(name, self._get_param(name)) for name in ("namespace", "serviceAccount")]
    found = [one for one in list(associations.values()) if all(value in (None, one[name]) for name, value in asked)]
    begin = int(self._get_param("nextToken") or 0)
    end = begin + min(int(self._get_param("maxResults") or 100), 100)
    page = [{name: one[name] for name in TOLD_IN_LISTS if name in one} for one in found[begin:end]]
    return ActionResult({"associations": page, **({"nextToken": str(end)} if end < len(found) else {})})


def install():
    EKSResponse.create_pod_identity_association = create
    EKSResponse.describe_pod_identity_association = describe
    EKSResponse.delete_pod_identity_association = delete
    EKSResponse.list_pod_identity_associations = listed
    for path in ("pod-identity-associations", "pod-identity-associations/(?P<associationId>[^/]+)"):
        urls.url_paths["{0}/clusters/(?P<name>[^/]+)/" + path + "$"] = urls.response.dispatch
