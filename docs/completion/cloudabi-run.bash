# SPDX-License-Identifier: BSD-2-Clause
# Generated from Lib/cloudabi/_options.py by docs/generate.py: edit that, not this.

_cloudabi_run()
{
	local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}
	# Bash takes the sign of equality for a word.
	[[ $word == = ]] && word= before+==
	[[ $before == = ]] && before=${COMP_WORDS[COMP_CWORD-2]}=
	COMPREPLY=()
	case $before in
	--file=|-f|--file) mapfile -t COMPREPLY < <(compgen -f -- "$word") ;;
	--explain=) mapfile -t COMPREPLY < <(compgen -W "table dot svg" -- "$word") ;;
	--format=|--format) mapfile -t COMPREPLY < <(compgen -W "text json" -- "$word") ;;
	--report=|--report) mapfile -t COMPREPLY < <(compgen -f -- "$word") ;;
	--target=|--target) mapfile -t COMPREPLY < <(compgen -f -- "$word") ;;
	*)
		if [[ $word == -* ]]; then
			mapfile -t COMPREPLY < <(compgen -W "-f --file --check --dry-run --explain --explain=table --explain=dot --explain=svg --format --trace-denials --report --print-ports --no-landlock --target --emulate --help --version" -- "$word")
		else
			mapfile -t COMPREPLY < <(compgen -f -- "$word")
		fi
		;;
	esac
}
complete -o filenames -F _cloudabi_run cloudabi-run
