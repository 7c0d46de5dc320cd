"""Steps on the disk: none is lost, none is invented."""

import errno
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from vitreous.errors import DataError, RunError, StorageError
from vitreous.labelling.journal import open_journal, read_journal

STEP = {"by": "me", "do": "label", "pictures": ["aa"], "label": "dress"}


def test_steps_come_back_numbered_and_in_order(tmp_path: Path) -> None:
    file = tmp_path / "x.jsonl"
    with open_journal(file, "photos") as journal:
        for label in ("dress", "<b>,\n"):
            journal.append(STEP | {"label": label})
        journal.note_table("ff")
    with open_journal(file, "photos") as journal:
        assert [(step["step"], step["label"]) for step in journal.steps] == [(1, "dress"), (2, "<b>,\n")]
        assert journal.tables == {"ff"} and journal.append(STEP)["step"] == 3


@pytest.mark.parametrize("cut", range(2, 60, 7))
def test_a_line_that_was_cut_off_is_passed_over_and_the_next_step_is_whole(cut: int, tmp_path: Path) -> None:
    file = tmp_path / "x.jsonl"
    with open_journal(file, "photos") as journal:
        journal.append(STEP)
        journal.append(STEP | {"label": "skirt"})
    file.write_bytes(file.read_bytes()[:-cut])
    with open_journal(file, "photos") as journal:
        assert [step["label"] for step in journal.steps] == ["dress"] and not journal.remark
        journal.append(STEP | {"label": "shirt"})
    assert [step["label"] for step in read_journal(file).steps] == ["dress", "shirt"]


def test_a_damaged_line_in_the_middle_is_said(tmp_path: Path) -> None:
    file = tmp_path / "x.jsonl"
    with open_journal(file, "photos") as journal:
        for _ in range(3):
            journal.append(STEP)
    lines = file.read_bytes().splitlines(keepends=True)
    lines[2] = b'{"step": 2, "do": "label", "pictures": 7}\n'
    file.write_bytes(b"".join(lines))
    journal = read_journal(file)
    assert [step["step"] for step in journal.steps] == [1, 3] and journal.remark == "1 damaged line of x.jsonl could not be read"


@pytest.mark.parametrize("content", [b"hello\n", b'{"a": 1}\n', b'{"vitreous": "labels", "version": 9}\n', b"\x00\xff\n{}\n"])
def test_what_is_no_journal_is_refused_and_stays(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "x.jsonl"
    file.write_bytes(content)
    with pytest.raises(DataError), open_journal(file, "photos"):
        pass
    assert file.read_bytes() == content


def test_two_processes_cannot_write_it(tmp_path: Path) -> None:
    file = tmp_path / "x.jsonl"
    with open_journal(file, "photos"), pytest.raises(RunError, match="in use by process"), open_journal(file, "photos"):
        pass


def test_a_full_disk_takes_the_step_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "x.jsonl"
    with open_journal(file, "photos") as journal:
        journal.append(STEP)
        before = file.read_bytes()
        write = os.write

        def full(*_: object) -> None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        monkeypatch.setattr(os, "write", lambda descriptor, data: write(descriptor, data[:10]))  # some of the line goes in, the rest is lost
        monkeypatch.setattr(os, "fsync", full)
        with pytest.raises(StorageError, match="disk is full"):
            journal.append(STEP)
        assert file.read_bytes() == before and len(journal.steps) == 1
        monkeypatch.undo()
        assert journal.append(STEP)["step"] == 2


@pytest.mark.slow
def test_a_kill_loses_no_step_that_was_answered(tmp_path: Path) -> None:
    file = tmp_path / "x.jsonl"
    program = f"""
from pathlib import Path
from vitreous.labelling.journal import open_journal
with open_journal(Path({str(file)!r}), "photos") as journal:
    while True:
        print(journal.append({{"by": "", "do": "label", "pictures": ["aa"], "label": "x"}})["step"], flush=True)
"""
    child = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    said = 0
    while said < 50:
        said = int(child.stdout.readline())
    child.send_signal(signal.SIGKILL)
    rest, _ = child.communicate()
    said = max([said, *map(int, rest.split())])
    assert [step["step"] for step in read_journal(file).steps][:said] == list(range(1, said + 1))
    assert json.loads(file.read_text().splitlines()[0])["vitreous"] == "labels"
