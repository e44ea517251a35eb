"""Runs one linter for IAM policies on a list of policies; started by compare.ts.

Usage: peers.py TOOL INPUT OUTPUT     TOOL: cfn-lint, parliament, checkov or moto
INPUT: a file with JSON: [{"kind": "permissions", "trust" or "terraform", "text": "the policy, or the file"}, ...]
OUTPUT: the file to write: for each policy the list of what was reported, as ids of the tool's rules.
"""
import json
import logging
import os
import sys
import tempfile


def cfn_lint():
    """All rules, also those that only inform; the policy stands in the smallest template that takes it."""
    from cfnlint.api import lint

    config = {"include_checks": ["I", "W", "E"], "include_experimental": True}

    return lambda kind, text: [match.rule.id for match in lint(template(kind, text), config=config)]


def template(kind, text):
    """The smallest CloudFormation template with a role that has the policy."""
    policy = json.loads(text)
    service = {"Version": "2012-10-17", "Statement": []}
    role = {"AssumeRolePolicyDocument": policy if kind == "trust" else service}
    if kind != "trust":
        role["Policies"] = [{"PolicyName": "s3", "PolicyDocument": policy}]
    return json.dumps({"Resources": {"Role": {"Type": "AWS::IAM::Role", "Properties": role}}}, indent=1)


def checkov():
    """All its checks of CloudFormation, on the same template, or of Terraform; ids of the checks that fail."""
    from checkov.cloudformation.runner import Runner
    from checkov.runner_filter import RunnerFilter
    from checkov.terraform.runner import Runner as TerraformRunner

    def check(kind, text):
        if kind == "terraform":
            return terraform[text]
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "template.json")
            with open(path, "w", encoding="utf-8") as file:
                file.write(template(kind, text))
            report = Runner().run(None, files=[path], runner_filter=RunnerFilter(framework=["cloudformation"]))
            return [record.check_id for record in report.failed_checks]

    # A second run of Terraform in the same process finds nothing: all files in one, a folder each.
    terraform = {one["text"]: [] for one in GIVEN if one["kind"] == "terraform"}
    if terraform:
        with tempfile.TemporaryDirectory() as root:
            texts = list(terraform)
            for number, text in enumerate(texts):
                os.mkdir(os.path.join(root, str(number)))
                with open(os.path.join(root, str(number), "main.tf"), "w", encoding="utf-8") as file:
                    file.write(text)
            report = TerraformRunner().run(root, runner_filter=RunnerFilter(framework=["terraform"]))
            for record in report.failed_checks:
                terraform[texts[int(record.file_path.strip("/").split("/")[0])]].append(record.check_id)
    return check


def parliament():
    """All checks with the auditors of its community; ids of its config.yaml."""
    import parliament as tool

    def check(_kind, text):
        analyzed = tool.analyze_policy_string(text, include_community_auditors=True)
        return [finding.issue for finding in analyzed.findings]

    return check


def moto():
    """What the emulator answers to PutRolePolicy and UpdateAssumeRolePolicy."""
    from moto.iam.policy_validation import IAMPolicyDocumentValidator, IAMTrustPolicyDocumentValidator

    def check(kind, text):
        validator = IAMTrustPolicyDocumentValidator if kind == "trust" else IAMPolicyDocumentValidator
        try:
            validator(text).validate()
        except Exception as error:  # Its exceptions have no base class of their own.
            return [getattr(error, "error_type", type(error).__name__)]
        return []

    return check


GIVEN = []
TOOLS = {"cfn-lint": cfn_lint, "parliament": parliament, "checkov": checkov, "moto": moto}

if __name__ == "__main__":
    tool, given, answers = sys.argv[1:]
    logging.disable(logging.CRITICAL)
    with open(given, encoding="utf-8") as file:
        GIVEN.extend(json.load(file))
    check = TOOLS[tool]()
    with open(answers, "w", encoding="utf-8") as file:
        json.dump([check(one["kind"], one["text"]) for one in GIVEN], file)
