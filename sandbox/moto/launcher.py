"""Starts moto as AWS accounts of sandboxes.

Usage: launcher.py HOST PORT

Listens there. Each connection is one account, which is there for as long as the connection; the sandbox says a line of JSON
    {"account": ID, "clusters": {"region/name": {"endpoint", "ca", "issuer", "version", "status"}},
     "users": [{"account", "name", "policy"}], "roles": [{"name", "trust", "policies": {name: document}}]}
and is answered one when the account can be called:
    {"port": N, "keys": {"name": {"accessKeyId", "secretAccessKey", "arn"}}}
An account is a fork of this process, which has read moto already (that takes most of the time) and is in no account itself, so that
none can see what another one did. Where there are no forks, the first connection is the only one.

moto answers with constants or errors where the product depends on the real thing, so this file patches, before serving:
the description of EKS clusters, their Pod Identity associations, resources of CloudFormation, who reads what of an organization, two faults of IAM enforcement, the case of condition operators, the client ids of OIDC
providers, and the pages of GetAccountAuthorizationDetails. Calls of S3, KMS and Cognito are judged by the front alone
(state.py tells it what there is); moto only checks their signatures.
"""

import functools
import gc
import hashlib
import json
import logging
import os
import random
import re
import signal
import socket
import sys
import threading
import types
import uuid

# What the sandbox says of the account.
world = {}

os.environ["INITIAL_NO_AUTH_ACTION_COUNT"] = "0"
# Thousands of images in each region that has a cluster: half a second.
os.environ["MOTO_EC2_LOAD_DEFAULT_AMIS"] = "false"
# moto's CloudFormation imports the models of all services; that of API Gateway wants a validator of OpenAPI, which nothing here uses.
for name in ("openapi_spec_validator", "openapi_spec_validator.validation", "openapi_spec_validator.validation.exceptions"):
    unused = types.ModuleType(name)
    unused.validate = None
    unused.OpenAPIValidationError = Exception
    sys.modules.setdefault(name, unused)
import moto.cognitoidp.exceptions as cognito_exceptions  # noqa: E402
import moto.cognitoidp.models as cognito  # noqa: E402
import moto.eks.models as eks  # noqa: E402
from moto.ec2.models import ec2_backends  # noqa: E402
import moto.iam.models as iam  # noqa: E402
import moto.backends as backends  # noqa: E402
import moto.core.responses as responses  # noqa: E402
import moto.moto_api._internal.urls as own_urls  # noqa: E402
import moto.s3.models as s3  # noqa: E402
import cloud_formation  # noqa: E402, F401
import addons  # noqa: E402
import organization  # noqa: E402
import pod_identity  # noqa: E402
import state  # noqa: E402
from moto.core.exceptions import JsonRESTError  # noqa: E402
from moto.core.base_backend import AccountSpecificBackend  # noqa: E402
from moto.core.routing import get_service_router  # noqa: E402
from moto.core.utils import get_service_model, service_name_from_moto_package_name  # noqa: E402
from moto.core.responses import ActionAuthenticatorMixin, ActionResult, BaseResponse, EmptyResult  # noqa: E402
from moto.eks.responses import EKSResponse  # noqa: E402
from moto.iam.access_control import IAMRequestBase, PermissionResult  # noqa: E402
from moto.iam.policy_validation import VALID_CONDITIONS, IAMPolicyDocumentValidator  # noqa: E402
from moto.iam.responses import IamResponse  # noqa: E402
from moto.s3.responses import S3Response  # noqa: E402
from moto.utilities.utils import load_resource  # noqa: E402
from moto.moto_api._internal import mock_random  # noqa: E402
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app  # noqa: E402
from werkzeug.serving import make_server  # noqa: E402


# --- EKS clusters: endpoint, certificate authority, issuer and version of the real API servers -----------------------
_init_cluster = eks.Cluster.__init__


def init_cluster(self, name, *args, **kwargs):
    _init_cluster(self, name, *args, **kwargs)
    region = self.arn.split(":")[3]
    known = world["clusters"].get(f"{region}/{name}", {})
    # An issuer id is 32 upper-case hex digits and differs from cluster to cluster.
    identifier = hashlib.md5(self.arn.encode()).hexdigest().upper()
    issuer = known.get("issuer", f"https://oidc.eks.{region}.amazonaws.com/id/{identifier}")
    self.identity = {"oidc": {"issuer": issuer}}
    self.version = known.get("version", "1.36")
    self.platformVersion = "eks.8"
    self.status = known.get("status", "ACTIVE")
    if "endpoint" in known:
        self.endpoint = known["endpoint"]
        self.certificate_authority = {"data": known["ca"]}
    # EKS tells the network that its subnets are in; those of the sandbox are of the region's default one.
    self.resources_vpc_config = {**(self.resources_vpc_config or {}), "vpcId": default_vpc(self.arn.split(":")[4], region)}


def default_vpc(account, region):
    return next(vpc.id for vpc in ec2_backends[account][region].vpcs.values() if vpc.is_default)


eks.Cluster.__init__ = init_cluster
# It loads botocore's endpoints for every cluster, which takes a third of a second.
eks.validate_role_arn = lambda arn: None


# A local cluster on an Outpost has an id, and says where it is.
_create_cluster = EKSResponse.create_cluster


def create_cluster(self):
    answer = _create_cluster(self)
    outpost = self._get_param("outpostConfig")
    if outpost:
        cluster = self.eks_backend.describe_cluster(self._get_param("name"))
        cluster.outpostConfig = outpost
        cluster.id = str(uuid.uuid4())
    return answer


EKSResponse.create_cluster = create_cluster
pod_identity.install()
addons.install()
organization.install()


# --- IAM enforcement --------------------------------------------------------------------------------------------------
_authorize = ActionAuthenticatorMixin._authenticate_and_authorize_action


def authorize(self, iam_request_cls, resource="*"):
    # This call carries a token instead of a signature; moto looks for the Authorization header and fails.
    if self._get_action() == "AssumeRoleWithWebIdentity" and "Authorization" not in self.headers:
        return None
    return _authorize(self, iam_request_cls, resource)


ActionAuthenticatorMixin._authenticate_and_authorize_action = authorize

_create_aws_request = IAMRequestBase._create_aws_request


def create_aws_request(self):
    # Where there is no body moto signs the parsed query instead, so every signed GET with a query would be refused.
    data = self._data
    if self._method != "POST":
        self._data = b""
    try:
        return _create_aws_request(self)
    finally:
        self._data = data


IAMRequestBase._create_aws_request = create_aws_request

# --- S3, KMS and Cognito: who may do what is for the front to say -----------------------------------------------------
own_urls.url_paths["{0}/moto-api/sandbox$"] = state.answer
_check_action_permitted = IAMRequestBase.check_action_permitted


def check_action_permitted(self, resource):
    if self._service not in ("s3", "kms", "cognito-idp"):
        _check_action_permitted(self, resource)


IAMRequestBase.check_action_permitted = check_action_permitted
s3.FakeBucket.get_permission = lambda self, action, resource: PermissionResult.NEUTRAL

# Since April 2023 S3 gives each new bucket these. Source: S3 User Guide, "Default settings for new S3 buckets".
_init_bucket = s3.FakeBucket.__init__


def init_bucket(self, *args, **kwargs):
    _init_bucket(self, *args, **kwargs)
    self.public_access_block = s3.PublicAccessBlock(True, True, True, True)
    self.ownership_rule = "BucketOwnerEnforced"
    self.encryption = {"Rule": {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}}


s3.FakeBucket.__init__ = init_bucket


# --- Trust policies: the front judges them as AWS does; moto knows fewer forms and would refuse good ones ----------------
class NoTrustPolicyValidator:
    def __init__(self, policy_document):
        pass

    def validate(self):
        pass


iam.IAMTrustPolicyDocumentValidator = NoTrustPolicyValidator

# --- Roles: moto looks through its dictionary while other threads make roles -------------------------------------------
iam.IAMBackend.get_roles = lambda self: list(self.roles.values())

# --- Permission policies: the front judges these too, and moto as well, which takes operators in one case only -------------
OPERATORS = {name.lower(): name for name in VALID_CONDITIONS}


def strip_condition_key(condition_key):
    name = re.sub("^for(any|all)values?:|ifexists$", "", condition_key.lower())
    return OPERATORS.get(name, condition_key)


IAMPolicyDocumentValidator._strip_condition_key = staticmethod(strip_condition_key)


# --- OIDC providers: the two calls moto lacks -------------------------------------------------------------------------
def add_client_id_to_open_id_connect_provider(self):
    provider = self.backend.get_open_id_connect_provider(self._get_param("OpenIDConnectProviderArn"))
    client_id = self._get_param("ClientID")
    if client_id not in provider.client_id_list:
        provider.client_id_list.append(client_id)
    return EmptyResult()


def remove_client_id_from_open_id_connect_provider(self):
    provider = self.backend.get_open_id_connect_provider(self._get_param("OpenIDConnectProviderArn"))
    client_id = self._get_param("ClientID")
    if client_id in provider.client_id_list:
        provider.client_id_list.remove(client_id)
    return EmptyResult()


IamResponse.add_client_id_to_open_id_connect_provider = add_client_id_to_open_id_connect_provider
IamResponse.remove_client_id_from_open_id_connect_provider = remove_client_id_from_open_id_connect_provider


# --- Cognito: the password of a new user is held against the pool's policy, in its words, and names differ by more than case ----
RULES = (
    ("RequireLowercase", "[a-z]", "lowercase characters"),
    ("RequireUppercase", "[A-Z]", "uppercase characters"),
    ("RequireNumbers", "[0-9]", "numeric characters"),
    ("RequireSymbols", r"[\^$*.\[\]{}()?\"!@#%&/\\,><':;|_~`=+\- ]", "symbol characters"),
)


def validate_password(self, user_pool_id, password):
    config = self.describe_user_pool(user_pool_id).extended_config
    policy = config.get("Policies", {}).get("PasswordPolicy", {})
    fault = next(
        (f"Password must have {what}" for rule, has, what in RULES if policy.get(rule, True) and not re.search(has, password)),
        None,
    )
    if len(password) < policy.get("MinimumLength", 8):
        fault = "Password not long enough"
    if fault:
        error = cognito_exceptions.InvalidPasswordException()
        JsonRESTError.__init__(error, "InvalidPasswordException", f"Password did not conform with policy: {fault}")
        raise error


_admin_create_user = cognito.CognitoIdpBackend.admin_create_user


def admin_create_user(self, user_pool_id, username, message_action, temporary_password, attributes):
    pool = self.describe_user_pool(user_pool_id)
    names = {value.lower() for user in pool.users.values() for value in (user.username, user.attribute_lookup.get("email", ""))}
    if message_action != "RESEND" and username.lower() in names:
        raise cognito_exceptions.UsernameExistsException("User account already exists")
    if temporary_password:
        self._validate_password(user_pool_id, temporary_password)
    return _admin_create_user(self, user_pool_id, username, message_action, temporary_password, attributes)


cognito.CognitoIdpBackend._validate_password = validate_password
cognito.CognitoIdpBackend.admin_create_user = admin_create_user


# --- Pages no larger than the front says, as every service may give fewer items than a caller allows ------------------
PAGES = {"MaxItems", "maxResults", "MaxResults"}
_get_param = BaseResponse._get_param


def page_of(self):
    return int(self.headers.get("x-sandbox-page", 1000))


def get_param(self, param_name, if_none=None):
    asked = _get_param(self, param_name, if_none)
    if param_name not in PAGES or "x-sandbox-page" not in self.headers:
        return asked
    return min(int(asked or 100), page_of(self))


def paged(answer):
    def answer_with_page(self):
        if "x-sandbox-page" in self.headers:
            allowed = int(self.querystring.get("max-keys", ["1000"])[0])
            self.querystring["max-keys"] = [str(min(allowed, page_of(self)))]
        return answer(self)

    return answer_with_page


BaseResponse._get_param = get_param
for name in ("list_objects_v2", "list_object_versions"):
    setattr(S3Response, name, paged(getattr(S3Response, name)))


# --- GetAccountAuthorizationDetails: moto answers the whole account at once -------------------------------------------
DETAILS = {"UserDetailList": "users", "GroupDetailList": "groups", "RoleDetailList": "roles", "Policies": "managed_policies"}


def get_account_authorization_details(self):
    details = self.backend.get_account_authorization_details(self._get_param("Filter", []))
    everything = [(element, item) for element, key in DETAILS.items() for item in details[key]]
    # IAM API Reference: 100 items unless MaxItems says otherwise, at most 1,000; a marker where there are more.
    begin = int(self._get_param("Marker", "0"))
    end = begin + min(int(self._get_param("MaxItems", 100)), 1000, page_of(self))
    page = {element: [] for element in DETAILS}
    for element, item in everything[begin:end]:
        page[element].append(item)
    more = {"IsTruncated": True, "Marker": str(end)} if end < len(everything) else {"IsTruncated": False}
    return ActionResult({**page, **more})


IamResponse.get_account_authorization_details = get_account_authorization_details


# --- An account: its users, made here because enforcement is on from the first request, and its roles, for thousands of them take
# IAM's front door minutes -----------------------------------------------------------------------------------------------
def fill():
    # The account of a caller whose access key says none. MOTO_ACCOUNT_ID would override the account of every key.
    iam.DEFAULT_ACCOUNT_ID = world["account"]
    keys = {}
    for user in world["users"]:
        backend = iam.iam_backends[user["account"]]["aws"]
        backend.create_user("us-east-1", user["name"])
        backend.put_user_policy(user["name"], "sandbox", json.dumps(user["policy"]))
        key = backend.create_access_key(user["name"])
        keys[user["name"]] = {
            "accessKeyId": key.access_key_id,
            "secretAccessKey": key.secret_access_key,
            "arn": f"arn:aws:iam::{user['account']}:user/{user['name']}",
        }
    backend = iam.iam_backends[world["account"]]["aws"]
    for role in world["roles"]:
        made = backend.create_role(role["name"], json.dumps(role["trust"]), "/", None, "", [], None)
        for name, policy in role["policies"].items():
            made.put_policy(name, json.dumps(policy))
    return keys


application = DomainDispatcherApplication(create_backend_app)
# What moto makes when it is asked first, and keeps: each account would make it anew. Nothing of it is of an account.
for name in ("iam", "sts", "s3", "eks", "cognitoidp", "moto_api"):
    application.app_instances[name] = create_backend_app(name)
for name in ("iam", "sts", "s3", "eks", "cognito-idp"):
    get_service_model(name)
get_service_router("eks")._get_router("rest-json")
service_name_from_moto_package_name("iam")
AccountSpecificBackend.get_session().get_available_regions("ec2")
# Both are looked for with every call.
moto_modules = set(backends.list_of_moto_modules())
backends.list_of_moto_modules = lambda: moto_modules
responses.method_names_from_class = functools.cache(responses.method_names_from_class)
# The key of moto's user pools is always the same.
user_pool_key = cognito.jwk.RSAKey.import_key(load_resource("cognitoidp/resources/jwks-private.json"))
cognito.jwk = types.SimpleNamespace(RSAKey=types.SimpleNamespace(import_key=lambda text: user_pool_key))
logging.getLogger("werkzeug").setLevel(logging.WARNING)


def serve(connection, host):
    # Forks begin with the same random numbers: access keys of one would be those of another.
    random.seed()
    mock_random.seed(os.urandom(16).hex())
    stream = connection.makefile("rw", encoding="utf-8")
    world.update(json.loads(stream.readline()))
    keys = fill()
    server = make_server(host, 0, application, threaded=True, request_handler=MotoRequestHandler)
    stream.write(json.dumps({"port": server.server_port, "keys": keys}) + "\n")
    stream.flush()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    # Nothing is said any more: this waits for the end.
    stream.readline()
    os._exit(0)


host, port = sys.argv[1:3]
listener = socket.create_server((host, int(port)), backlog=64)
if hasattr(os, "fork"):
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    # What has been read stays shared between the processes.
    gc.freeze()
while True:
    connection, _ = listener.accept()
    if not hasattr(os, "fork") or os.fork() == 0:
        listener.close()
        serve(connection, host)
    connection.close()
