"""Where the service of a profile is, who it must be, and how it is trusted."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from console.contract.places import CONTROL_SOCKET, runtime_dir, socket_path

if TYPE_CHECKING:
    from console.contract.vocabulary import Environment
    from console.profiles.profile import Profile


@dataclass(frozen=True)
class Endpoint:
    """A service's address. Either `socket` (a Unix socket) or `url` is set; the token shows nowhere.

    `zone` is the IANA zone that the service is to tell instants in.
    """

    url: str
    socket: Path | None
    environment: Environment
    embedded: bool
    token: str | None = field(default=None, repr=False)
    ca_file: Path | None = None
    zone: str = "UTC"

    @classmethod
    def of(cls, profile: Profile) -> Endpoint:
        """Return the endpoint of a profile, its token fetched.

        Raises ProfileError when the token cannot be had, PlaceError when the socket's path is too long.
        """
        control = profile.control
        token = None if control.token is None else control.token.resolve()
        socket = None
        url = control.url or ""
        if control.embedded:
            socket = socket_path(runtime_dir(), CONTROL_SOCKET)
        elif url.startswith("unix://"):
            socket = Path(url.removeprefix("unix://"))
        if socket is not None:
            url = "http://control"
        return cls(
            url.rstrip("/"),
            socket,
            profile.environment,
            control.embedded,
            token,
            control.ca_file,
            profile.view.timezone,
        )
