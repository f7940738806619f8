"""Is a file worse than the version the lake holds? Asked before anything enters the lake."""

from typing import Any

MAX_REFUSED_SHARE = 0.01  # more is a column that changed its type, not a few bad lines


def losses(name: str, held: dict[str, Any] | None, new: dict[str, Any], max_shrink_percent: float) -> list[str]:
    """Return what a new version of a file lacks; nothing when it may replace the version held.

    Both are {version: {longueur, …}, lignes, refusees, mailles, jours, valeurs: {variable: number}}, of which only
    lignes and refusees are always there; or {membres: {name: the same}}, for a file of several tables, of which each
    is compared. `held` is None for a file read for the first time, or when the settings chose other lines.
    The window of `latest` moves: its days are not compared.
    """
    if "membres" in new:
        before = held["membres"] if held else {}
        return [
            f"in {member} {loss}"
            for member, figures in new["membres"].items()
            for loss in losses(member, before.get(member), figures, max_shrink_percent)
        ]
    found = []
    if new["refusees"] > MAX_REFUSED_SHARE * (new["lignes"] + new["refusees"]):
        found.append(f"{new['refusees']:,} lines that cannot be read of {new['lignes'] + new['refusees']:,}")
    if held is None:
        return found
    values = new.get("valeurs", {})
    for what, before, after in (
        ("bytes", _length(held), _length(new)),
        ("lines", held["lignes"], new["lignes"]),
        *((f"values of {each}", held.get("valeurs", {}).get(each), number) for each, number in values.items()),
    ):
        if before and after is not None and after < before * (1 - max_shrink_percent / 100):
            found.append(f"{after:,} {what} instead of {before:,}")
    if "latest" not in name:
        for what, key in (("days", "jours"), ("cells", "mailles")):
            if key in new and new[key] < held[key]:
                found.append(f"{new[key]:,} {what} instead of {held[key]:,}")
    return found


def _length(piece: dict[str, Any]) -> int | None:
    length: int | None = piece.get("version", {}).get("longueur")
    return length
