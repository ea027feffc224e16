"""Starts moto's server, which executes state machines, for tests/engines.

What moto 5.2.5 does wrong, or so slowly that no test could wait for it, is put right here, and nothing else: every
definition runs as it was emitted.

- It hands the parameters of tasks on Step Functions itself to boto3 as they stand in the definition, PascalCase, as AWS
  wants them there; boto3's own names start in lower case. So it could start no child execution, and answer no token.
- It answers a token with status 500 while any other execution is just about to start.
- It parses a definition anew with every execution, makes a client anew with every task, and looks through its own files with
  every request: here the tree, the client and what serves a host are kept.
- Of two updates that create one item of a DynamoDB table at the same time, it loses one.
"""

import functools
import sys
import threading
import types

import boto3
from antlr4 import CommonTokenStream, InputStream
from moto.dynamodb.models import DynamoDBBackend
from moto.moto_server.werkzeug_app import DomainDispatcherApplication
from moto.server import main
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import (
    state_task_service_aws_sdk,
    state_task_service_sfn,
)
from moto.stepfunctions.parser.asl.parse import asl_parser
from moto.stepfunctions.parser.asl.utils import boto_client
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


def parse_once(parser):
    @functools.cache
    def tree(definition):
        errors = asl_parser.SyntaxErrorListener()
        reading = asl_parser.ASLParser(CommonTokenStream(asl_parser.ASLLexer(InputStream(definition))))
        reading.removeErrorListeners()
        reading.addErrorListener(errors)
        return reading.state_machine(), errors.errors

    def parse(definition):
        found, errors = tree(definition)
        if errors:
            raise asl_parser.ASLParserException(errors=errors)
        return asl_parser.Preprocessor().visit(found), found

    parser.parse = staticmethod(parse)


def make_clients_once(maker):
    made, lock = {}, threading.Lock()

    def client(service_name, region_name, **more):
        with lock:
            key = (service_name, region_name)
            if key not in made:
                made[key] = boto3.client(service_name, region_name, **more)
            return made[key]

    maker.boto3 = types.SimpleNamespace(client=client)


def find_backends_once(application):
    application.get_backend_for_host = functools.cache(application.get_backend_for_host)


def update_one_at_a_time(backend):
    update, lock = backend.update_item, threading.Lock()

    def locked(self, *args, **kwargs):
        with lock:
            return update(self, *args, **kwargs)

    backend.update_item = locked


name_as_boto3_does(state_task_service_sfn.StateTaskServiceSfn)
name_as_boto3_does(state_task_service_aws_sdk.StateTaskServiceAwsSdk)
leave_out_what_has_not_begun(StepFunctionsParserBackend)
make_clients_once(boto_client)
find_backends_once(DomainDispatcherApplication)
parse_once(asl_parser.AmazonStateLanguageParser)
update_one_at_a_time(DynamoDBBackend)
sys.exit(main())
