"""People at real terminals: each has a home of their own, types, reads what is asked, and answers."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import shutil
import signal
import subprocess
import termios
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.live import PASSWORD, PROGRAM, Live

#: Seconds in which something has to be printed. Nobody waits that long: it ends a test that hangs.
PATIENCE = 20
CTRL_C = "\x03"
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
_WORD = re.compile(r"Word (\d) of six: $")
_OF_PHRASE = re.compile(r"Word (\d+): $")
_SHOWN = re.compile(r"\b(\d+)\. ([a-z]+)")
#: What everybody answers without being told to.
_USUAL = {r"[Pp]assword: $": PASSWORD, r"once more: $": PASSWORD, r"\[y/N\]: $": "y", r"on paper $": ""}


@dataclass
class Seat:
    """Somebody at a terminal, with a home of their own.

    Attributes:
        home: Their home.
        environment: What programs are told.
        said: What stood on the screen, for each line that was typed.
        paper: Words of a seed phrase that they have written down from the screen.
    """

    home: Path
    environment: dict[str, str]
    said: list[str] = field(default_factory=list)
    paper: dict[int, str] = field(default_factory=dict)

    @classmethod
    def of(cls, home: Path, live: Live, **variables: str) -> Seat:
        home.mkdir(parents=True, exist_ok=True)
        environment = {
            "PATH": f"{Path(PROGRAM).parent}:{os.environ['PATH']}",
            "HOME": str(home),
            "PYTHONUTF8": "1",
            "COLUMNS": "100",
            "RECOVERY_NETWORK": live.url,
            **variables,
        }
        return cls(home, environment)

    def types(self, line: str, *answers: tuple[str, str], heard: Sequence[str] = ()) -> tuple[int, str]:
        """Runs a line in a shell and answers what it asks.

        Args:
            line: What is typed.
            answers: What is asked, as a part of the question, and what is answered, in order. Everything that is not
                among these is a password, a question that is answered with yes, or one for words.
            heard: Six words that were read out on the telephone.

        Returns:
            The exit code, and everything that stood on the screen.
        """
        terminal, inside = pty.openpty()

        def sits_down() -> None:
            # A terminal of one's own: what is asked there is asked nobody else, and Ctrl-C means this program.
            os.setsid()
            signal.signal(signal.SIGINT, signal.SIG_DFL)  # whoever runs tests in the background has it ignored
            fcntl.ioctl(inside, termios.TIOCSCTTY, 0)

        process = subprocess.Popen(
            ["bash", "-c", line],
            cwd=self.home,
            env=self.environment,
            stdin=inside,
            stdout=inside,
            stderr=inside,
            preexec_fn=sits_down,
        )
        os.close(inside)
        try:
            output, left = self._talk(terminal, line, list(answers), heard)
        except BaseException:
            process.kill()
            raise
        finally:
            process.wait()
            os.close(terminal)
        self.said.append(output)
        assert not left, f"{line!r} did not ask {left[0][0]!r}:\n{output}"
        return process.returncode, output

    def _talk(
        self, terminal: int, line: str, answers: list[tuple[str, str]], heard: Sequence[str]
    ) -> tuple[str, list[tuple[str, str]]]:
        seen, output, answered, stopping = b"", "", 0, 0
        while True:
            readable, _, _ = select.select([terminal], [], [], 3 if stopping else PATIENCE)
            if not readable and 0 < stopping < 10:
                # Between showing a prompt and waiting for it, Python can miss a Ctrl-C; people press it again.
                os.write(terminal, CTRL_C.encode())
                stopping += 1
                continue
            assert readable, f"{line!r} waits for something: {output[-600:]}"
            try:
                chunk = os.read(terminal, 65536)
            except OSError:  # the other end is closed
                return output, answers
            if not chunk:
                return output, answers
            seen += chunk
            output = _COLOURS.sub("", seen.decode(errors="ignore"))  # what is cut in two comes whole with the next
            if output.endswith("on paper "):
                self.paper = {int(number): word for number, word in _SHOWN.findall(output)}
            answer = self._answer(output[answered:].rpartition("\n")[2], answers, heard or six_words_on(output))
            if answer is not None:
                answered = len(output)
                stopping = int(answer == CTRL_C)
                os.write(terminal, answer.encode() if answer == CTRL_C else f"{answer}\n".encode())

    def _answer(self, asked: str, answers: list[tuple[str, str]], heard: Sequence[str]) -> str | None:
        if not asked.endswith((": ", "? ", "on paper ")):
            return None
        if answers and answers[0][0] in asked:
            return answers.pop(0)[1]
        if word := _OF_PHRASE.search(asked):
            return self.paper[int(word[1])]
        if word := _WORD.search(asked):
            assert len(heard) == 6, "nobody has read the six words out"
            return heard[int(word[1]) - 1]
        return next((answer for question, answer in _USUAL.items() if re.search(question, asked)), None)

    def does(self, line: str, *answers: tuple[str, str], heard: Sequence[str] = ()) -> str:
        """Runs a line that has to go well. Returns what stood on the screen, without line breaks."""
        code, output = self.types(line, *answers, heard=heard)
        assert code == 0, f"{line}\n{output}"
        assert "Traceback" not in output
        return " ".join(output.split())

    def gives(self, other: Seat, name: str) -> str:
        """Hands a file over as it is. Returns its name there."""
        target = other.home / Path(name).name
        shutil.copy(self.home / name, target)
        return target.name

    def shows(self, other: Seat, name: str, prefix: str) -> list[str]:
        """Sends pictures of a file's QR codes, which arrive in any order. Returns their names there."""
        self.does(f"recovery qr {name} --png {prefix}")
        pictures = sorted([*self.home.glob(f"{prefix}.png"), *self.home.glob(f"{prefix}-*of*.png")], reverse=True)
        for picture in pictures:
            shutil.copy(picture, other.home)
        return [picture.name for picture in pictures]

    def shows_all(self, other: Seat, name: str, prefix: str) -> str:
        """The same, and the other makes the file of them again. Returns its name there."""
        pictures = self.shows(other, name, prefix)
        target = other.home / Path(name).name
        other.does(f"recovery scan {' '.join(pictures)} -o {target.name}")
        assert target.read_bytes() == (self.home / name).read_bytes()
        return target.name


def six_words_on(screen: str) -> tuple[str, ...]:
    """The six words that somebody can read out, from what stands on their screen; empty if none are there."""
    found = re.search(r"(?:Six words|to this request alone:)\s+((?:[a-z]+\s+){5}[a-z]+)\s", screen)
    return tuple(found[1].split()) if found else ()


def require_secret(seats: Mapping[str, Seat], *secrets: str) -> None:
    """None of these ever stood on anybody's screen, however it was folded there."""
    said = " ".join(" ".join(text.split()) for seat in seats.values() for text in seat.said).lower()
    for secret in secrets:
        assert len(secret) > 8 and secret.lower().removeprefix("0x") not in said
