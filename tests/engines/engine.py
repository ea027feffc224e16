"""Starts moto's server, which executes state machines, for tests/engines.

Three faults of moto 5.2.5 are put right here, and nothing else: every definition runs as it was emitted.

- It hands the parameters of tasks on Step Functions itself to boto3 as they stand in the definition, PascalCase, as AWS
  wants them there; boto3's own names start in lower case. So it could start no child execution, and answer no token.
- It answers a token with status 500 while any other execution is just about to start.
- Of two updates that create one item of a DynamoDB table at the same time, it loses one.
"""

import sys
import threading

from moto.dynamodb.models import DynamoDBBackend
from moto.server import main
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import (
    state_task_service_aws_sdk,
    state_task_service_sfn,
)
from moto.stepfunctions.parser.models import StepFunctionsParserBackend


def name_as_boto3_does(service):
    evaluate = service._eval_service_task

    def renamed(self, env, resource_runtime_part, normalised_parameters, state_credentials):
        if self._get_boto_service_name() == "stepfunctions":
            normalised_parameters = {k[0].lower() + k[1:]: v for k, v in normalised_parameters.items()}
        return evaluate(self, env, resource_runtime_part, normalised_parameters, state_credentials)

    service._eval_service_task = renamed


def leave_out_what_has_not_begun(backend):
    executions = backend._get_executions

    def begun(self, execution_status=None):
        return [e for e in executions(self, execution_status) if getattr(e.exec_worker, "env", None) is not None]

    backend._get_executions = begun


def update_one_at_a_time(backend):
    update, lock = backend.update_item, threading.Lock()

    def locked(self, *args, **kwargs):
        with lock:
            return update(self, *args, **kwargs)

    backend.update_item = locked


name_as_boto3_does(state_task_service_sfn.StateTaskServiceSfn)
name_as_boto3_does(state_task_service_aws_sdk.StateTaskServiceAwsSdk)
leave_out_what_has_not_begun(StepFunctionsParserBackend)
update_one_at_a_time(DynamoDBBackend)
sys.exit(main())
