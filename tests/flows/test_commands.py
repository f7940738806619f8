"""The `hydrotheque` command lists its commands without importing them."""

import subprocess
import sys

from flows.cli import COMMANDS, command


def test_the_list_of_commands_says_what_each_command_says() -> None:
    first_lines = {name: str(command(name).help).splitlines()[0] for name in COMMANDS}
    assert first_lines == {name: line for name, (_, line) in COMMANDS.items()}


def test_the_list_of_commands_imports_none_of_them() -> None:
    script = """if True:
        import sys
        from typer.testing import CliRunner
        from flows.cli import COMMANDS, app
        shown = CliRunner().invoke(app, ["--help"]).output
        assert all(name in shown for name in COMMANDS), shown
        print([name for name in sys.modules if name.startswith("flows.")])
    """
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "['flows.cli']\n"
