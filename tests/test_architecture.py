# SPDX-License-Identifier: Apache-2.0
"""Who may import whom: the layers of the project, held by reading every import statement."""

import ast
from pathlib import Path

import pytest
from flatsat.hil import scenario

ROOT = Path(__file__).parents[1]
MAY_IMPORT = {
    "protocols": set(),
    "boards": {"protocols"},
    "flightsw": {"protocols", "boards"},
    "rtl_sim": {"protocols", "boards"},
    "hil": {"protocols", "boards", "flightsw"},
}
NOT_IN_FLIGHT = {
    "time",
    "datetime",
    "random",
    "secrets",
    "threading",
    "socket",
    "asyncio",
    "os",
    "io",
    "pathlib",
    "numpy",
    "numba",
}


def imported(path: Path) -> set[str]:
    """Absolute module names imported by a file; relative imports are resolved against its place."""
    package = ["flatsat", *path.relative_to(ROOT).parent.parts]
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            found |= {module, *(f"{module}.{alias.name}" for alias in node.names)}
    return found


def sources(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


@pytest.mark.parametrize("folder", MAY_IMPORT)
def test_imports_follow_the_layers(folder):
    allowed = MAY_IMPORT[folder] | {folder}
    for path in sources(folder):
        ours = {name.split(".")[1] for name in imported(path) if name.startswith("flatsat.")}
        assert ours <= allowed, f"{path.relative_to(ROOT)} imports {sorted(ours - allowed)}"


def test_flight_software_sees_only_register_tables_of_boards():
    for path in sources("flightsw"):
        reached = {name for name in imported(path) if name.startswith("flatsat.boards.")}
        assert all(
            name.startswith(("flatsat.boards.registers", "flatsat.boards.register")) for name in reached
        ), path


def test_flight_software_has_no_clock_randomness_file_thread_or_socket():
    for path in sources("flightsw"):
        tops = {name.split(".")[0] for name in imported(path)}
        assert not tops & NOT_IN_FLIGHT, f"{path.relative_to(ROOT)} imports {sorted(tops & NOT_IN_FLIGHT)}"
        calls = {
            node.func.id
            for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        }
        assert not calls & {"open", "print", "input"}, path


@pytest.mark.parametrize("folder", MAY_IMPORT)
def test_every_package_says_what_lives_in_it(folder):
    for path in [ROOT / folder / "__init__.py", *(ROOT / folder).rglob("*/__init__.py")]:
        assert ast.get_docstring(ast.parse(path.read_text())), path


@pytest.mark.parametrize("folder", MAY_IMPORT)
def test_every_module_opens_with_what_it_is(folder):
    for path in sources(folder):
        assert ast.get_docstring(ast.parse(path.read_text())), path


@pytest.mark.parametrize("folder", MAY_IMPORT)
def test_readme_says_what_lives_in_every_folder(folder):
    assert f"| `{folder}/` |" in (ROOT / "README.md").read_text()


def test_the_scenario_in_the_readme_loads():
    readme = (ROOT / "README.md").read_text()
    written = readme.split("```toml\n")[1].split("```")[0]
    assert scenario.parse(written, "README.md").name == "mine"
