"""Kind ⇄ gRPC code ⇄ google.rpc.Status: one table, read in both directions.

An error travels as its code, its message and, in `grpc-status-details-bin`, an ErrorInfo (reason,
domain "boss", metadata), a BadRequest for wrong fields and a RetryInfo (AIP-193).
"""

from collections.abc import Mapping
from datetime import timedelta

import grpc
from google.protobuf import any_pb2
from google.protobuf.message import DecodeError
from google.rpc import error_details_pb2, status_pb2

from services.runtime.errors import KINDS, Kind, ServiceError, Violation

DOMAIN = "boss"
DETAILS = "grpc-status-details-bin"

CODES: Mapping[Kind, grpc.StatusCode] = {
    Kind.INVALID: grpc.StatusCode.INVALID_ARGUMENT,
    Kind.UNAUTHENTICATED: grpc.StatusCode.UNAUTHENTICATED,
    Kind.FORBIDDEN: grpc.StatusCode.PERMISSION_DENIED,
    Kind.NOT_FOUND: grpc.StatusCode.NOT_FOUND,
    Kind.ALREADY_EXISTS: grpc.StatusCode.ALREADY_EXISTS,
    Kind.CONFLICT: grpc.StatusCode.FAILED_PRECONDITION,
    Kind.STALE: grpc.StatusCode.ABORTED,
    Kind.TOO_MANY: grpc.StatusCode.RESOURCE_EXHAUSTED,
    Kind.UNAVAILABLE: grpc.StatusCode.UNAVAILABLE,
    Kind.DEADLINE_EXCEEDED: grpc.StatusCode.DEADLINE_EXCEEDED,
    Kind.INTERNAL: grpc.StatusCode.INTERNAL,
}
_BY_CODE: Mapping[grpc.StatusCode, Kind] = {
    **{code: kind for kind, code in CODES.items()},
    # Codes that no service of ours sends, as gRPC itself or something between us may.
    grpc.StatusCode.OUT_OF_RANGE: Kind.INVALID,
    grpc.StatusCode.CANCELLED: Kind.UNAVAILABLE,
}


def kind_of(code: grpc.StatusCode) -> Kind:
    """Return the kind of this code; INTERNAL for what we never send."""
    return _BY_CODE.get(code, Kind.INTERNAL)


def details(error: ServiceError) -> bytes:
    """Return the serialised google.rpc.Status of an error."""
    status = status_pb2.Status(code=CODES[error.kind].value[0], message=error.message)
    status.details.add().Pack(
        error_details_pb2.ErrorInfo(reason=error.reason, domain=DOMAIN, metadata=error.metadata)
    )
    if error.violations:
        bad = error_details_pb2.BadRequest()
        for wrong in error.violations:
            bad.field_violations.add(field=wrong.field, description=wrong.detail)
        status.details.add().Pack(bad)
    if error.retry_after is not None:
        info = error_details_pb2.RetryInfo()
        info.retry_delay.FromTimedelta(error.retry_after)
        status.details.add().Pack(info)
    return bytes(status.SerializeToString())


def error_of(code: grpc.StatusCode, message: str, raw: bytes | str | None) -> ServiceError:
    """Return the kind that a peer's status stands for, with what its details tell."""
    reason, violations, metadata, retry_after = code.name, [], {}, None
    for detail in _unpacked(raw):
        if detail.Is(error_details_pb2.ErrorInfo.DESCRIPTOR):
            info = error_details_pb2.ErrorInfo()
            detail.Unpack(info)
            reason, metadata = info.reason or reason, dict(info.metadata)
        elif detail.Is(error_details_pb2.BadRequest.DESCRIPTOR):
            request = error_details_pb2.BadRequest()
            detail.Unpack(request)
            violations = [Violation(bad.field, bad.description) for bad in request.field_violations]
        elif detail.Is(error_details_pb2.RetryInfo.DESCRIPTOR):
            retry = error_details_pb2.RetryInfo()
            detail.Unpack(retry)
            retry_after = timedelta(
                seconds=retry.retry_delay.seconds, microseconds=retry.retry_delay.nanos // 1000
            )
    return KINDS[kind_of(code)](
        reason, message, violations=violations, metadata=metadata, retry_after=retry_after
    )


def _unpacked(raw: bytes | str | None) -> list[any_pb2.Any]:
    if not isinstance(raw, bytes):
        return []
    try:
        return list(status_pb2.Status.FromString(raw).details)
    except DecodeError:
        return []  # not ours, and the code and message stand without it
