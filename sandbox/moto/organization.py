"""What moto's organizations lack: how an account that is there joins one, who may read its policies, and which of them are in force.

Source: the API model of Organizations (2016-11-28). Its policies are read by the management account and by accounts that it made delegated
administrators; any other member is denied all but the description of the organization.
"""

import json
import uuid

from moto.organizations.exceptions import AWSOrganizationsNotInUseException, OrganizationsClientError
from moto.organizations.models import FakeAccount, organizations_backends
from moto.organizations.responses import OrganizationsResponse
from moto.organizations.utils import DEFAULT_RCP_POLICY_ID, DEFAULT_SCP_POLICY_ID

READS = {"ListRoots", "ListParents", "ListPoliciesForTarget", "DescribePolicy", "ListPolicies", "DescribeOrganizationalUnit"}
invitations = {}


def backend_of(self):
    own = organizations_backends[self.current_account][self.partition]
    if own.org or self._get_action() not in READS:
        return own
    if self.current_account not in organizations_backends.master_accounts:
        raise AWSOrganizationsNotInUseException
    above = management_of(self.current_account)
    if not any(admin.account.id == self.current_account for admin in above.admins):
        raise OrganizationsClientError("AccessDeniedException", "You don't have permissions to access this resource.")
    return above


def management_of(account):
    master, partition = organizations_backends.master_accounts[account]
    return organizations_backends[master][partition]


def invite(self):
    account = self._get_param("Target")["Id"]
    handshake = "h-" + uuid.uuid4().hex
    invitations[handshake] = (self.organizations_backend, account)
    return json.dumps({"Handshake": {"Id": handshake, "State": "OPEN", "Action": "INVITE"}})


def accept(self):
    handshake = self._get_param("HandshakeId")
    backend, account = invitations.pop(handshake)
    member = FakeAccount(backend.org, AccountName=account, Email=f"{account}@example.com")
    member.id = account
    member.joined_method = "INVITED"
    backend.accounts.append(member)
    for policy in (DEFAULT_SCP_POLICY_ID, DEFAULT_RCP_POLICY_ID):
        backend.attach_policy(PolicyId=policy, TargetId=account)
    organizations_backends.master_accounts[account] = (backend.account_id, backend.partition)
    return json.dumps({"Handshake": {"Id": handshake, "State": "ACCEPTED", "Action": "INVITE"}})


def guards_of(account):
    """The policies over an account, level by level from the root down; none over the management account, or outside of any organization."""
    if account not in organizations_backends.master_accounts:
        return []
    backend = management_of(account)
    root = backend._get_root_by_id(backend.org.root_id)
    enabled = {one["Type"] for one in root.policy_types}
    levels = []
    child = backend.get_account_by_id(account)
    while child is not None:
        attached = [one for one in child.attached_policies if one.type in enabled]
        kinds = {"service": "SERVICE_CONTROL_POLICY", "resource": "RESOURCE_CONTROL_POLICY"}
        levels.insert(
            0,
            {
                kind: [{"arn": one.arn, "document": one.content} for one in attached if one.type == name]
                for kind, name in kinds.items()
                if name in enabled
            },
        )
        child = next((unit for unit in backend.ou if unit.id == child.parent_id), None)
    return levels


def install():
    OrganizationsResponse.organizations_backend = property(backend_of)
    OrganizationsResponse.invite_account_to_organization = invite
    OrganizationsResponse.accept_handshake = accept
