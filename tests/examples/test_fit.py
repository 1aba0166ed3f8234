"""The example of `import chiplog`, run for real."""

from pathlib import Path

from tracking_world import recorded, script

SCRIPT = Path(__file__).parents[2] / "examples" / "fit.py"


def test_it_fits_a_line_and_records_it(tmp_path: Path) -> None:
    arguments = "sys.argv = ['fit.py', '--steps', '150', '--pace', '0']"
    script(tmp_path, f"import sys, runpy\n{arguments}\nrunpy.run_path({str(SCRIPT)!r}, run_name='__main__')")
    found = recorded(tmp_path)
    assert len(found.history) == 151
    assert abs(found.summary["line"]["slope"] - 3) < 0.3
    assert found.summary["loss"]["min"] <= found.summary["loss"]["last"] < 0.1
    assert found.summary["quality"] in ("good", "poor")
    assert found.fold.config["lr"] == 0.1
    assert {values["_type"] for values in found.history[-1][1].values()} == {"histogram", "table-file", "image-file"}
    assert (tmp_path / "main" / "chiplog" / "files" / "line.json").exists()
    assert found.fold.exit_code == 0
