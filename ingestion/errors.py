"""Errors a person reads: one line that names what was wrong, where, and what to do."""


class HydrothequeError(Exception):
    """Base of the errors shown as one line; `exit_code` is the status of the `hydrotheque` command.

    `about` names the file, the domains or the tables at fault: alerts are told apart by the kind of error and `about`.
    """

    exit_code = 1
    about = ""


class BusyError(HydrothequeError):
    """Another run holds the warehouse."""


class SettingsError(HydrothequeError):
    """A setting makes no sense."""

    exit_code = 2


class SourceError(HydrothequeError):
    """A provider cannot be reached or answered something that must not enter the lake."""

    exit_code = 3


class MissingError(SourceError):
    """What was to be collected before a build is not all there."""


class WarehouseError(HydrothequeError):
    """PostgreSQL cannot be reached, is too old, or refused the work."""

    exit_code = 4


class BuildError(HydrothequeError):
    """dbt failed, or one of its tests did."""

    exit_code = 5


class GuardError(SourceError):
    """A provider's answer would replace good data by less; an operator may let it through."""

    exit_code = 6

    def __init__(self, what: str) -> None:
        super().__init__(f"{what}; nothing was replaced. If the provider is right, run again with --accept")
