"""The ten steps as a Temporal workflow: three times an activity, a fork and a timer, and an end.

In a module of its own, because a worker loads it beside nothing else.
"""

from datetime import timedelta

from temporalio import activity, workflow

ROUNDS = 3
SHORTEST = timedelta(milliseconds=1)


@activity.defn
async def send(template_id: str) -> str:
    """Do nothing, as everywhere in this comparison."""
    return template_id


@workflow.defn
class TenSteps:
    """What Rapport has as a journey, in the words of Temporal."""

    @workflow.run
    async def run(self, traits: dict[str, str]) -> str:
        """Go through all ten steps; says how it ended."""
        for _ in range(ROUNDS):
            await workflow.execute_activity(
                send, "cart", start_to_close_timeout=timedelta(minutes=1)
            )
            if "city" in traits:
                break
            await workflow.sleep(SHORTEST)
        return "done"
