"""Which ports a system takes: those asked for by name, else the default or the next free one.

A port is reserved machine-wide by holding the UDP port of the same number, which nothing here uses:
two systems that start at the same moment then never choose the same one, and a reservation ends
with its process.
"""

import contextlib
import errno
import os
import socket
from dataclasses import dataclass, field

LOOPBACK = "127.0.0.1"
EVERYWHERE = "0.0.0.0"  # noqa: S104 -- probed, never served
TRIES = 200
FIRST_FREE_FOR_ALL = 1024


class PortBusyError(Exception):
    """A port that was asked for by name is taken; the message names it."""


@dataclass(slots=True)
class Ports:
    """The ports of one system; they stay reserved until `release`."""

    _held: list[socket.socket] = field(default_factory=list)
    _given: set[int] = field(default_factory=set)

    def asked(self, port: int, *, variable: str) -> int:
        """Return this very port.

        Raises:
            PortBusyError: another program listens there.
        """
        if port < FIRST_FREE_FOR_ALL and os.geteuid() != 0:
            message = f"{variable}: port {port} is for root alone; choose one of 1024 or more"
            raise PortBusyError(message)
        if not _free(port):
            message = (
                f"{variable}: port {port} is taken by another program; stop that one, or choose "
                f"another port ({variable}={port + 1})"
            )
            raise PortBusyError(message)
        self._given.add(port)
        self._reserve(port)
        return port

    def next_free(self, default: int) -> int:
        """Return the default port or the first free one after it.

        Raises:
            PortBusyError: none of the next 200 is free.
        """
        for port in range(default, default + TRIES):
            if port not in self._given and _free(port) and self._reserve(port):
                self._given.add(port)
                return port
        message = f"none of the ports {default} to {default + TRIES - 1} is free"
        raise PortBusyError(message)

    def release(self) -> None:
        """Let other systems have the ports."""
        for held in self._held:
            held.close()
        self._held.clear()

    def _reserve(self, port: int) -> bool:
        reservation = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            reservation.bind((LOOPBACK, port))
        except OSError:
            reservation.close()
            return False
        self._held.append(reservation)
        return True


def _free(port: int) -> bool:
    """Whether nobody listens there; asked for both addresses, as some systems tell them apart."""
    for host in (LOOPBACK, EVERYWHERE):
        with contextlib.closing(socket.socket(socket.AF_INET, socket.SOCK_STREAM)) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError as error:
                if error.errno == errno.EADDRINUSE:
                    return False
                raise
    return True
