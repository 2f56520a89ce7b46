"""The app: its stacks, put together; run it to write the templates and assets to `cdk.out`."""

import json
import os
from collections.abc import Mapping
from typing import Any

import aws_cdk as cdk

from infra.constructs.bundle import ROOT, Bundles
from infra.constructs.options import Options
from infra.findings import acknowledge
from infra.stacks.data_stack import DataStack
from infra.stacks.engine_stack import EngineStack
from infra.stacks.front_stack import FrontStack

DATA_STACK = "RapportData"
ENGINE_STACK = "RapportEngine"
FRONT_STACK = "RapportFront"


def build(
    context: Mapping[str, Any] | None = None,
    outdir: str | None = None,
    bundles: Bundles | None = None,
) -> cdk.App:
    """Make the app with the context of `cdk.json`, over which `context` and the CDK CLI win.

    Findings of cdk-nag that have a reason are acknowledged, whoever adds its packs.
    """
    defaults = json.loads((ROOT / "cdk.json").read_text())["context"]
    app = cdk.App(context={**defaults, **(context or {})}, outdir=outdir)
    options = Options.read(app.node)
    data = DataStack(app, DATA_STACK, options=options)
    EngineStack(
        app,
        ENGINE_STACK,
        options=options,
        data=data,
        bundles=bundles or Bundles(options.platform),
    )
    if options.front_origin:
        FrontStack(app, FRONT_STACK, options=options)
    acknowledge(app)
    cdk.Tags.of(app).add("app", "rapport")
    return app


if __name__ == "__main__":
    # The CDK CLI names the folder; alone, the app uses the one that the CLI would name.
    build(outdir=os.environ.get("CDK_OUTDIR", "cdk.out")).synth()
