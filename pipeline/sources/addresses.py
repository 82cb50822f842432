"""Sources, where a feed may be read from: the public Internet, and what the configuration allows besides.

Addresses are looked at after the name was resolved, and the connection then goes to that very address.
"""

from __future__ import annotations

import ipaddress
import socket

from pipeline.sources.answers import FetchFailed

TRANSLATED = ipaddress.ip_network("64:ff9b::/96")


def addresses_of(host: str, port: int, free: frozenset[str]) -> list[str]:
    """The addresses of a host that may be connected to, in the resolver's order.

    Args:
        host: the name or the address.
        port: the port.
        free: hosts, in lower case, that may have any address.

    Raises:
        FetchFailed: ``dns`` or ``refused-address``.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise FetchFailed(
            "dns", f"{host} is not known: {getattr(error, 'strerror', None) or 'no such name'}"
        ) from None
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    if host.lower() in free:
        return addresses
    public = [address for address in addresses if is_public(address)]
    if not public:
        raise FetchFailed(
            "refused-address",
            f"{host} is not on the public Internet ({addresses[0] if addresses else 'no address'}): "
            "list it under allow_hosts if you trust it",
        )
    return public


def is_public(address: str) -> bool:
    """Whether an IP address is one of the public Internet: not this machine, a private network or a group."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if inner is None and ip in TRANSLATED:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or ip.is_unspecified)
