from pathlib import Path

import pytest

from knowledge.__main__ import main


def test_a_valid_folder_is_summed_up_in_one_line(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(folder)]) == 0
    assert capsys.readouterr() == (
        "Knowledge is valid: 26 answers (13 approved, 13 drafts), safety wording for 3 tiers and 3 flags.\n",
        "",
    )


def test_an_invalid_folder_fails_with_one_line_a_problem(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "clinic.yml").unlink()
    (folder / "answers.yml").write_text("{}")
    assert main([str(folder)]) == 1
    output = capsys.readouterr()
    assert output.out == ""
    assert len(output.err.splitlines()) == 27


def test_too_many_arguments_are_explained(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["one", "two"]) == 2
    assert capsys.readouterr().err.startswith("usage: python -m knowledge")
