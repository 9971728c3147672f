# SPDX-License-Identifier: BSD-2-Clause
# Run by script.yaml: prints the most frequent words of the file it was given.

import collections
import io
import re
import sys


def count(text: io.TextIOBase) -> collections.Counter[str]:
    """Count the words of a text, in lower case."""
    words: collections.Counter[str] = collections.Counter()
    for line in text:
        words.update(re.findall(r"[a-z]+", line.lower()))
    return words


def main() -> None:
    """Read what the manifest calls `text`, write to what it calls `output`."""
    args = sys.argdata
    with (
        io.TextIOWrapper(args["text"], encoding="UTF-8") as text,
        io.TextIOWrapper(args["output"], encoding="UTF-8") as output,
    ):
        for word, number in count(text).most_common(3):
            print(f"{number:3} {word}", file=output)


main()
