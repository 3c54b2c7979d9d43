#compdef sockeye
# zsh completion for sockeye. Load it with: source <(sockeye completion zsh)
_sockeye() {
  local -a found
  found=("${(@f)$(sockeye suggest -- "${(j: :)words[1,CURRENT]}" 2> /dev/null)}")
  # _describe separates a word from its description by a colon.
  found=("${(@)found//:/\\:}")
  found=("${(@)found/$'\t'/:}")
  # Without a suggestion, a word is the name of a file.
  if [[ -n "$found[1]" ]]; then _describe -V sockeye found; else _files; fi
}
if [[ "$funcstack[1]" = _sockeye ]]; then _sockeye "$@"; else compdef _sockeye sockeye; fi
