# SPDX-License-Identifier: BSD-2-Clause
"""Writes what lets bash, zsh and fish complete the options of cloudabi-run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloudabi._options import OPTIONS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cloudabi._options import Option

BASH = "docs/completion/cloudabi-run.bash"
ZSH = "docs/completion/_cloudabi-run"
FISH = "docs/completion/cloudabi-run.fish"
_HEAD = """\
# SPDX-License-Identifier: BSD-2-Clause
# Generated from Lib/cloudabi/_options.py by docs/generate.py: edit that, not this.
"""


def _names(option: Option) -> list[str]:
    return [name for name in (option.short, option.name) if name]


def _words(option: Option) -> list[str]:
    """What can be written in one word, in the order of usefulness."""
    if option.implied is not None:
        return [option.name, *(f"{option.name}={choice}" for choice in option.choices)]
    return _names(option)


def bash() -> str:
    words = " ".join(word for option in OPTIONS for word in _words(option))
    branches = "\n".join(_bash_branch(option) for option in OPTIONS if option.argument)
    return f"""{_HEAD}
_cloudabi_run()
{{
\tlocal word=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD-1]}}
\t# Bash takes the sign of equality for a word.
\t[[ $word == = ]] && word= before+==
\t[[ $before == = ]] && before=${{COMP_WORDS[COMP_CWORD-2]}}=
\tCOMPREPLY=()
\tcase $before in
{branches}
\t*)
\t\tif [[ $word == -* ]]; then
\t\t\tmapfile -t COMPREPLY < <(compgen -W "{words}" -- "$word")
\t\telse
\t\t\tmapfile -t COMPREPLY < <(compgen -f -- "$word")
\t\tfi
\t\t;;
\tesac
}}
complete -o filenames -F _cloudabi_run cloudabi-run
"""


def _bash_branch(option: Option) -> str:
    """Complete what follows an option."""
    names = [f"{option.name}=", *(_names(option) if option.implied is None else ())]
    values = f'compgen -W "{" ".join(option.choices)}"' if option.choices else "compgen -f"
    return f'\t{"|".join(names)}) mapfile -t COMPREPLY < <({values} -- "$word") ;;'


def zsh() -> str:
    lines = [f"\t{line} \\" for option in OPTIONS for line in _zsh_option(option)]
    return "\n".join(
        [
            "#compdef cloudabi-run",
            _HEAD.rstrip(),
            "",
            "_arguments -S \\",
            *lines,
            "\t'::program:_files'",
            "",
        ]
    )


def _zsh_option(option: Option) -> Iterator[str]:
    doc = option.doc.replace("[", "\\[").replace("]", "\\]").replace("'", "'\\''")
    values = f"({' '.join(option.choices)})" if option.choices else "_files"
    argument = f":{option.argument.lower()}:{values}"
    if not option.argument:
        yield f"'{option.name}[{doc}]'"
    elif option.implied is not None:
        yield f"'{option.name}=-[{doc}]:{argument}'"
    elif option.short:
        names = f"{{{option.short},{option.name}=}}"
        yield f"'({option.short} {option.name})'{names}'[{doc}]{argument}'"
    else:
        yield f"'{option.name}=[{doc}]{argument}'"


def fish() -> str:
    lines = []
    for option in OPTIONS:
        words = [f"-l {option.name[2:]}"]
        if option.short:
            words.insert(0, f"-s {option.short[1:]}")
        if option.implied is not None:
            words.append(f"-f -a '{' '.join(option.choices)}'")
        elif option.choices:
            words.append(f"-x -a '{' '.join(option.choices)}'")
        elif option.argument:
            words.append("-r -F")
        doc = option.doc.replace("\\", "\\\\").replace("'", "\\'")
        lines.append(f"complete -c cloudabi-run {' '.join(words)} -d '{doc}'")
    return _HEAD + "\n" + "\n".join(lines) + "\n"
