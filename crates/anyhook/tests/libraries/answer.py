"""Answers one line with one line, both JSON, as answer.mjs does."""

import json
import sys

from check import CHECKERS
from sign import SIGNERS

# What libraries have to say is no answer.
ANSWERS, sys.stdout = sys.stdout, sys.stderr


def say(answer):
    print(json.dumps(answer), file=ANSWERS, flush=True)


def names(table):
    return [[provider, library] for provider, library, _ in table]


def sign(at, wanted):
    signed = SIGNERS[at][2](wanted)
    return {"url": wanted["url"], "body": wanted["body"], **signed}


def check(at, request):
    """A library says no by an error or by a value."""
    try:
        said = CHECKERS[at][2](request)
        return {"valid": said is True, "why": str(said)}
    except Exception as error:
        return {"valid": False, "why": repr(error)}


say({"signers": names(SIGNERS), "checkers": names(CHECKERS)})
for line in sys.stdin:
    asked = json.loads(line)
    say(sign(asked["sign"], asked) if "sign" in asked else check(asked["check"], asked))
