"""Runs the test suite of one linter for IAM policies and writes down what it was asked and what it said; started by peer-tests.ts.

Usage: peer-tests.py SUITE FOLDER OUTPUT     SUITE: cfn-lint, parliament or moto; FOLDER: a checkout of its repository
OUTPUT: the file to write: [{"name": the test, "where": the kind of document, "text": it, "says": ids or messages}, ...]
The tool itself is the installed one: of the checkout only the tests are read.
"""
import json
import os
import sys
from importlib.machinery import SourceFileLoader

import pytest

CASES = []


def record(where, text, says):
    """Remembers one case under the name of the running test."""
    name = os.environ.get("PYTEST_CURRENT_TEST", "").split(" ")[0]
    CASES.append({"name": name, "where": where, "text": text if isinstance(text, str) else json.dumps(text, indent=1), "says": says})


def parliament(folder):
    """Its unit tests and those of its community's auditors."""
    import builtins

    import parliament as tool

    analyze = tool.analyze_policy_string

    def recorded(text, *given, **options):
        policy = analyze(text, *given, **options)
        record("file", text, sorted({finding.issue for finding in policy.findings}))
        return policy

    def assert_equal(left, right):  # The auditors' tests were written for a runner that defines it.
        assert left == right

    tool.analyze_policy_string = recorded
    builtins.assert_equal = assert_equal
    run(folder, "tests/unit", "parliament/community_auditors/tests")


def cfn_lint(folder):
    """Unit tests of its rules for IAM, and all that it says of policies in the templates of its fixtures."""
    from cfnlint.api import lint
    from cfnlint.rules.resources.iam.Policy import Policy
    from cfnlint.rules.resources.iam.StatementResources import StatementResources

    config = {"include_checks": ["I", "W", "E"]}
    for path, _, names in os.walk(os.path.join(folder, "test", "fixtures", "templates")):
        for name in sorted(names):
            target = os.path.join(path, name)
            with open(target, encoding="utf-8", errors="replace") as file:
                text = file.read()
            if not name.endswith((".yaml", ".json")) or "Statement" not in text or len(text) > 300_000:
                continue
            try:
                matches = lint(text, config=config)
            except Exception:  # Templates that cannot be read at all are among its fixtures.
                continue
            policies = [f"{one.rule.id} {one.message}" for one in matches if one.rule.id in OF_POLICIES]
            CASES.append({"name": os.path.relpath(target, folder), "where": "template", "text": text, "says": policies})

    validate = Policy.validate
    of_statement = StatementResources.validate

    def recorded(self, validator, policy_type, policy, schema):
        errors = list(validate(self, validator, policy_type, policy, schema))
        where = {"IdentityPolicy": "managed", "TrustPolicy": "trust"}.get(type(self).__name__, "resource")
        record(where, policy, [error.message for error in errors])
        yield from errors

    def recorded_statement(self, validator, keywords, instance, schema):
        errors = list(of_statement(self, validator, keywords, instance, schema))
        if errors and isinstance(instance, dict):  # What this one rule takes may be wrong otherwise.
            statement = {"Effect": "Allow", **instance}
            record("managed", {"Version": "2012-10-17", "Statement": [statement]}, [error.message for error in errors])
        yield from errors

    Policy.validate = recorded
    StatementResources.validate = recorded_statement
    run(folder, "test/unit/rules/resources/iam")



# Its rules for policies of identities and for trust policies.
OF_POLICIES = {"E3510", "E3511", "E3530", "I3510", "W2511", "W3037"}


def moto(folder):
    """The policies of its tests that IAM rejects, each with the error, and those that it takes."""
    path = os.path.join(folder, "tests", "test_iam", "test_iam_policies.py")
    tests = SourceFileLoader("tests_of_policies", path).load_module()
    for number, case in enumerate(tests.invalid_policy_document_test_cases):
        CASES.append({"name": f"invalid {number}", "where": "managed", "text": text_of(case["document"]), "says": [case["error_message"]]})
    for number, document in enumerate(tests.valid_policy_documents):
        CASES.append({"name": f"valid {number}", "where": "managed", "text": text_of(document), "says": []})


def text_of(document):
    return document if isinstance(document, str) else json.dumps(document, indent=1)


def run(folder, *tests):
    """Runs tests of a checkout; those that fail are no concern of ours."""
    os.chdir(folder)
    options = ["-q", "--import-mode=importlib", "-p", "no:cacheprovider", "--rootdir", folder, "-o", "addopts=", "--continue-on-collection-errors"]
    pytest.main([*options, *[os.path.join(folder, one) for one in tests]])


SUITES = {"cfn-lint": cfn_lint, "parliament": parliament, "moto": moto}

if __name__ == "__main__":
    suite, checkout, output = sys.argv[1:]
    SUITES[suite](os.path.abspath(checkout))
    with open(output, "w", encoding="utf-8") as file:
        json.dump(CASES, file)
