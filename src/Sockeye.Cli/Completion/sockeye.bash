# bash completion for sockeye. Load it with: source <(sockeye completion bash)
_sockeye() {
  local IFS=$'\n'
  COMPREPLY=($(sockeye suggest -- "${COMP_LINE:0:COMP_POINT}" 2> /dev/null | cut -f1))
}
# Without a suggestion, a word is the name of a file.
complete -o default -F _sockeye sockeye
