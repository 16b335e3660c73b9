"""`healthbrain scenario run` as the writer of a story uses it."""

import subprocess

from server import BINARY

STORY = """title: {zh: 七十五岁, en: Seventy-five}
pathway: colorectal-screening
city: "330110"
person: {name: 石长根, birthDate: 1951-09-15, gender: male}
steps:
  - on: 2026-09-15
    expect: [{enrolled: %s}]
"""


def run(*arguments):
    return subprocess.run(
        [str(BINARY), "scenario", "run", *map(str, arguments)], capture_output=True, text=True, timeout=300)


def story(folder, name, enrolled="false", **changes):
    text = STORY % enrolled
    for old, new in changes.items():
        text = text.replace(old, new)
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_story_in_a_file_of_its_own_is_lived_instead_of_the_programmes(tmp_path):
    done = run("--story", story(tmp_path, "seventy-five.yaml"))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "✔ colorectal-screening/scenarios/seventy-five.yaml 七十五岁" in done.stdout
    assert "1 stories: 1 as expected" in done.stdout


def test_what_is_otherwise_than_expected_is_told_and_fails(tmp_path):
    done = run("--story", story(tmp_path, "wrong.yaml", "true"), "--story", story(tmp_path, "right.yaml"))
    assert done.returncode == 1
    assert 'expected {"enrolled":true}; instead not on the pathway' in done.stdout
    assert "2 stories: 1 as expected, 1 not" in done.stdout


def test_a_story_is_checked_before_it_is_lived(tmp_path):
    path = story(tmp_path, "names.yaml", **{"{enrolled: false}": "{task: colonoscopie, state: open}"})
    done = run("--story", path)
    assert done.returncode != 0
    assert "scenarios/names.yaml:7" in done.stdout + done.stderr and "colonoscop" in done.stdout + done.stderr


def test_a_story_of_a_pathway_that_no_programme_has_is_refused(tmp_path):
    done = run("--story", story(tmp_path, "other.yaml", **{"pathway: colorectal-screening": "pathway: flying"}))
    assert done.returncode != 0 and "no programme has a pathway “flying”" in done.stderr
    assert "can't be read" in run("--story", tmp_path / "nothing.yaml").stderr


def test_faults_of_all_files_are_told_at_once(tmp_path):
    unread = story(tmp_path, "unread.yaml", **{"steps:": "steps: [", })
    unknown = story(tmp_path, "unknown.yaml", **{"expect:": "expects:"})
    other = story(tmp_path, "other.yaml", **{"pathway: colorectal-screening": "pathway: flying"})
    done = run("--story", unread, "--story", unknown, "--story", other, "--story", tmp_path / "nothing.yaml")
    assert done.returncode != 0
    told = done.stdout + done.stderr
    for words in ("scenarios/unread.yaml:", "scenarios/unknown.yaml:7: error[form]", "is expect meant?",
                  "no programme has a pathway “flying”", "nothing.yaml can't be read"):
        assert words in told, told


def test_a_story_follows_another_programme_too(tmp_path):
    path = story(tmp_path, "two.yaml", **{
        "city:": "programmes: [elder-health-management]\ncity:",
        "{enrolled: false}": "{enrolled: false}, {enrolled: true, pathway: elder-health}, "
                             "{task: first-examination, pathway: elder-health, state: overdue}"})
    done = run("--story", path)
    assert done.returncode == 0, done.stdout + done.stderr
