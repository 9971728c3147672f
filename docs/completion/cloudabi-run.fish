# SPDX-License-Identifier: BSD-2-Clause
# Generated from Lib/cloudabi/_options.py by docs/generate.py: edit that, not this.

complete -c cloudabi-run -s f -l file -r -F -d 'read the manifest from a file'
complete -c cloudabi-run -l check -d 'say what is wrong with the manifest; open and run nothing'
complete -c cloudabi-run -l dry-run -d 'print what a run would open and the program would see'
complete -c cloudabi-run -l explain -f -a 'table dot svg' -d 'print what is granted, as a table or a graph; run nothing'
complete -c cloudabi-run -l format -x -a 'text json' -d 'print answers and errors as text or JSON'
complete -c cloudabi-run -l trace-denials -d 'print each refused operation and what would grant it'
complete -c cloudabi-run -l report -r -F -d 'write a JSON record of the run to a file'
complete -c cloudabi-run -l print-ports -d 'print the address of each bound socket'
complete -c cloudabi-run -l no-landlock -d 'go on where the kernel lacks Landlock, one of several barriers'
complete -c cloudabi-run -l target -r -F -d 'run the Python of another type of machine'
complete -c cloudabi-run -l emulate -d 'run what this machine cannot in an emulator; nothing is enforced'
complete -c cloudabi-run -l help -d 'print this text'
complete -c cloudabi-run -l version -d 'print the version'
