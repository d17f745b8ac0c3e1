"""Writes dashboards/*.json from boards/: `make dashboards`, or `python -m deploy.grafana.build`."""

from pathlib import Path

from deploy.grafana.boards import BOARDS
from deploy.grafana.render import dashboard_json

FOLDER = Path(__file__).with_name("dashboards")


def files() -> dict[str, str]:
    """Return what each file says, by its name."""
    return {f"{board.uid.removeprefix('boss-')}.json": dashboard_json(board) for board in BOARDS}


def main() -> None:
    """Write all of them, and remove those that are no more."""
    FOLDER.mkdir(exist_ok=True)
    written = files()
    for path in FOLDER.glob("*.json"):
        if path.name not in written:
            path.unlink()
    for name, text in written.items():
        (FOLDER / name).write_text(text)


if __name__ == "__main__":
    main()
