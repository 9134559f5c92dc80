"""Addresses that no IdP has and that give secrets to whoever asks: link-local ones, and clouds' metadata services."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final

_FORBIDDEN: Final = tuple(
    map(
        ip_network,
        (
            "169.254.0.0/16",  # link-local (RFC 3927); AWS, Azure, GCP and others at .169.254
            "fe80::/10",  # link-local (RFC 4291 2.5.6)
            "fd00:ec2::254/128",  # AWS
            "fd20:ce::254/128",  # GCP
            "100.100.100.200/32",  # Alibaba
            "192.0.0.192/32",  # Oracle
            "168.63.129.16/32",  # Azure's host
        ),
    )
)
_NAT64: Final = ip_network("64:ff9b::/96")


class ForbiddenAddressError(OSError):
    """The host is, or resolves to, an address that must not be asked."""


def is_forbidden(address: str) -> bool:
    """Whether `address`, numeric, is one of them, also as IPv6 that stands for IPv4. A host name is not."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    return any(candidate in network for candidate in _meant(parsed) for network in _FORBIDDEN)


def _meant(address: IPv4Address | IPv6Address) -> list[IPv4Address | IPv6Address]:
    if isinstance(address, IPv4Address):
        return [address]
    embedded = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    if address in _NAT64 or address.packed[:12] == bytes(12):
        embedded.append(IPv4Address(address.packed[12:]))
    return [address, *(each for each in embedded if each is not None)]
