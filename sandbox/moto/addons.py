"""Add-ons of EKS, which moto lacks: kept and told, as far as the Pod Identity agent is concerned. Nothing is installed by them.

Source: the EKS API model (2017-11-01).
"""

import time
import uuid

import moto.eks.urls as urls
from moto.core.responses import ActionResult
from moto.eks.exceptions import InvalidParameterException, ResourceInUseException, ResourceNotFoundException
from moto.eks.responses import EKSResponse


def addons_of(response):
    cluster = response.eks_backend.describe_cluster(response._get_param("name"))
    if not hasattr(cluster, "addons"):
        cluster.addons = {}
    return cluster, cluster.addons


def known(response):
    _, addons = addons_of(response)
    wanted = response._get_param("addonName")
    if wanted not in addons:
        raise ResourceNotFoundException(message=f"No addon: {wanted} found in cluster: {response._get_param('name')}")
    return addons, wanted


def create(self):
    cluster, addons = addons_of(self)
    wanted = self._get_param("addonName")
    if not wanted:
        raise InvalidParameterException(message="addonName can't be blank")
    if wanted in addons:
        raise ResourceInUseException(message=f"Addon already exists.: {wanted}")
    now = time.time()
    addons[wanted] = {
        "addonName": wanted,
        "clusterName": cluster.name,
        "status": "ACTIVE",
        "addonVersion": self._get_param("addonVersion") or "v1.3.10-eksbuild.1",
        "health": {"issues": []},
        "addonArn": f"{cluster.arn.replace(':cluster/', ':addon/')}/{wanted}/{uuid.uuid4()}",
        "createdAt": now,
        "modifiedAt": now,
        "tags": self._get_param("tags") or {},
    }
    return ActionResult({"addon": addons[wanted]})


def describe(self):
    addons, wanted = known(self)
    return ActionResult({"addon": addons[wanted]})


def delete(self):
    addons, wanted = known(self)
    return ActionResult({"addon": {**addons.pop(wanted), "status": "DELETING"}})


def listed(self):
    _, addons = addons_of(self)
    names = sorted(addons)
    begin = int(self._get_param("nextToken") or 0)
    end = begin + min(int(self._get_param("maxResults") or 100), 100)
    return ActionResult({"addons": names[begin:end], **({"nextToken": str(end)} if end < len(names) else {})})


def install():
    EKSResponse.create_addon = create
    EKSResponse.describe_addon = describe
    EKSResponse.delete_addon = delete
    EKSResponse.list_addons = listed
    for path in ("addons", "addons/(?P<addonName>[^/]+)"):
        urls.url_paths["{0}/clusters/(?P<name>[^/]+)/" + path + "$"] = urls.response.dispatch
