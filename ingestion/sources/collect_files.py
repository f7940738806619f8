"""The collection of files: every source of files, one package a file."""

from typing import Any

from ingestion.control.guards import losses
from ingestion.errors import GuardError
from ingestion.lake import Lake, known_pieces, open_lake, write_file
from ingestion.providers.data_gouv import RemoteFile
from ingestion.report import Collected
from ingestion.sources.source import Collecting, FileSource


def collect_files(source: FileSource, run: Collecting) -> None:
    """Bring every file of a source that is new or has changed to the lake.

    Raises GuardError for a file that has less than the version the lake holds.
    """
    lake = open_lake(run.settings, source.domain)
    wanted = list(source.wanted(run))
    with lake.writer("") as pipeline:
        known = known_pieces(pipeline, source.state_name, lake)
    for listed in wanted:
        _collect(source, run, lake, listed, known.get(listed.name))


def _collect(source: FileSource, run: Collecting, lake: Lake, listed: RemoteFile, held: dict[str, Any] | None) -> None:
    selection = source.selection(run.settings)
    if held and held.get("perimetre") != selection:
        held = None  # the settings chose other lines: nothing to compare with
    with run.reporter.timed(Collected(source.domain, listed.label)) as line:
        file = listed.described()
        if held and file.is_version(held["version"]) and not run.options.full:
            line.unchanged = True
            return
        with run.reporter.progress(file.label, file.length) as progress, file.fetched(progress) as archive:
            parsed = source.parse(archive, file, run.settings)
            figures = {"lignes": parsed.rows, "refusees": parsed.refused.num_rows, **parsed.figures}
            piece = {"version": file.version, **({"perimetre": selection} if selection else {}), **figures}
            lost = losses(file.name, held, piece, run.settings.max_shrink_percent)
            if lost and not run.options.accept:
                raise GuardError(f"{file.label} has {', '.join(lost)}")
            with lake.writer(source.partition(file)) as pipeline:
                write_file(pipeline, source, file, parsed, piece)
        line.rows, line.refused, line.new_columns = parsed.rows, parsed.refused.num_rows, parsed.new_columns
