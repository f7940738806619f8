"""The worker's pool on the Prefect server, and the runs that a killed worker left."""

from datetime import UTC, datetime

from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.client.schemas.filters import FlowRunFilter, WorkPoolFilter
from prefect.states import AwaitingRetry
from prefect.workers.process import ProcessWorker


def prepare(pool: str) -> int:
    """Create the pool, put runs without a worker back on the schedule, and return their number.

    There is one worker: a run in progress at its start has lost its worker, and would block the next runs.
    """
    template = ProcessWorker.get_default_base_job_template()
    with get_client(sync_client=True) as client:
        client.create_work_pool(WorkPoolCreate(name=pool, type="process", base_job_template=template), overwrite=True)
        left = client.read_flow_runs(
            flow_run_filter=FlowRunFilter.model_validate({"state": {"type": {"any_": ["PENDING", "RUNNING"]}}}),
            work_pool_filter=WorkPoolFilter.model_validate({"name": {"any_": [pool]}}),
        )
        message = "Its worker was stopped; it starts again."
        for run in left:
            client.set_flow_run_state(run.id, AwaitingRetry(scheduled_time=datetime.now(UTC), message=message))
    return len(left)
