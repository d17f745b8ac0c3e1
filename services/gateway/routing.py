"""Which operation a request is for, and what is wrong where it is for none.

Plain paths are looked up; those with a parameter are tried in turn, the more often asked first. A
parameter ends at ":" too, so that /api/tasks/{id} and /api/tasks/{id}:start are two paths.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from starlette.convertors import Convertor, register_url_convertor
from starlette.routing import compile_path

from services.gateway.operation import Operation
from services.gateway.problem import Refused

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


class _Segment(Convertor[str]):
    regex = "[^/:]+"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


register_url_convertor("segment", _Segment())


@dataclass(frozen=True, slots=True)
class Resource:
    """What may be done at one path."""

    path: str
    operations: dict[str, Operation] = field(default_factory=dict)

    @property
    def allowed(self) -> bytes:
        """Return what Allow says."""
        methods = {*self.operations, "OPTIONS"}
        if "GET" in methods:
            methods.add("HEAD")
        return ", ".join(sorted(methods)).encode()


class Table:
    """All operations, by path and method."""

    def __init__(self, operations: Iterable[Operation]) -> None:
        self.operations = tuple(operations)
        self._resources: dict[str, Resource] = {}
        for operation in self.operations:
            resource = self._resources.setdefault(operation.path, Resource(operation.path))
            if operation.method in resource.operations:
                message = f"{operation.method} {operation.path} is told twice"
                raise ValueError(message)
            resource.operations[operation.method] = operation
        self._patterns = [
            (compile_path(re.sub(r"\{(\w+)\}", r"{\1:segment}", path))[0], resource)
            for path, resource in self._resources.items()
            if "{" in path
        ]

    @property
    def paths(self) -> Iterable[str]:
        """Return the paths as they are told, with the names of their parameters."""
        return self._resources

    def resource(self, path: str) -> tuple[Resource, Mapping[str, str]]:
        """Return what is at a path, and its parameters; Refused where nothing is."""
        resource = self._resources.get(path)
        if resource is not None:
            return resource, {}
        for pattern, found in self._patterns:
            match = pattern.match(path)
            if match is not None:
                return found, match.groupdict()
        raise Refused(
            404, "NOT_FOUND", "There is nothing at this address; /docs lists what there is."
        )

    def operation(self, resource: Resource, method: str) -> Operation:
        """Return what a method does there; Refused where nothing."""
        operation = resource.operations.get("GET" if method == "HEAD" else method)
        if operation is None:
            allowed = resource.allowed
            detail = f"{method} is not possible here; possible are {allowed.decode()}."
            raise Refused(405, "METHOD_NOT_ALLOWED", detail, headers=((b"allow", allowed),))
        return operation
