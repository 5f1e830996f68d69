"""Step 1 from the command line."""

from __future__ import annotations


def test_answers_bring_defaults_with_their_reasons(gensmith, tmp_path) -> None:
    gensmith("new", tmp_path / "p")
    said = gensmith("objective", tmp_path / "p", "--purpose", "photos", "--runs-on", "phone", "--json")
    assert said.code == 0
    assert "on phones" in said.json["sentence"]
    size = next(item for item in said.json["follows"] if item["field"] == "size")
    assert (size["suggested"], size["now"]) == (32, 32)
    assert size["reason"].startswith("It shall run on phones")
    assert "Size of the pictures: 32 pixels. It shall run on phones" in gensmith("objective", tmp_path / "p").out


def test_a_new_project_takes_answers(gensmith, tmp_path) -> None:
    gensmith("new", tmp_path / "p", "--purpose", "sprites", "--priority", "fast")
    answered = gensmith("objective", tmp_path / "p", "--json").json
    assert (answered["objective"]["purpose"], answered["objective"]["priority"]) == ("sprites", "fast")
    assert {item["field"]: item["now"] for item in answered["follows"]}["minutes"] == 2.0


def test_an_answer_that_there_is_not_is_refused(gensmith, tmp_path) -> None:
    gensmith("new", tmp_path / "p")
    assert gensmith("objective", tmp_path / "p", "--runs-on", "toaster").code == 2


def test_estimates_of_every_kind_and_size_with_the_recommendation(gensmith, tmp_path) -> None:
    gensmith("new", tmp_path / "p", "--priority", "fast")
    said = gensmith("estimate", tmp_path / "p", "--no-measure", "--json")
    assert said.code == 0
    assert said.json["recommended"]["family"] in {row["family"] for row in said.json["estimates"]}
    assert len(said.json["estimates"]) == 12
    for row in said.json["estimates"]:
        assert row["memory"] > 0 and row["disk"] > 0 and set(row["meters"]) == {"quality", "train", "generate", "appetite"}
    assert "Recommended: the " in gensmith("estimate", tmp_path / "p", "--no-measure").out
