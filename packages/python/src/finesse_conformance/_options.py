"""The options of a fake, as words of the command line of `mock`."""

import os
from datetime import timedelta
from typing import Iterable, List, Mapping, Optional, Sequence, Union

Text = Union[str, int, "os.PathLike[str]"]
Either = Union[bool, str, int, Sequence[int]]
Duration = Union[float, str, timedelta]


def words(
    values: Mapping[str, Optional[Text]],
    switches: Mapping[str, bool],
    lists: Mapping[str, Iterable[str]],
    either: Mapping[str, Either],
    users: Mapping[str, str],
    args: Iterable[str],
) -> List[str]:
    """Names with an underscore become options with a hyphen."""

    def option(name: str) -> str:
        return "--" + name.replace("_", "-")

    found = [f"{option(name)}={os.fspath(it) if isinstance(it, os.PathLike) else it}" for name, it in values.items() if it is not None]
    found += [option(name) for name, it in switches.items() if it]
    found += [f"{option(name)}={it}" for name, all_of_them in lists.items() for it in all_of_them]
    for name, it in either.items():
        # True is also an int, and 0 is a port.
        if it is True:
            found.append(option(name))
        elif it is not False:
            found.append(f"{option(name)}={it if isinstance(it, (str, int)) else ','.join(map(str, it))}")
    found += [f"{'--users' if '..' in user else '--user'}={user}:{password}" for user, password in users.items()]
    return found + list(args)


def duration(time: Optional[Duration]) -> Optional[str]:
    """A duration as the control port reads it: seconds, or text such as `5s`."""
    if time is None or isinstance(time, str):
        return time
    seconds = time.total_seconds() if isinstance(time, timedelta) else time
    return f"{round(seconds * 1000)}ms"
