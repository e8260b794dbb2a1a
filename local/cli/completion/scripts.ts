export const SHELLS = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof SHELLS)[number];

/**
 * Each asks `regild __complete -- WORDS…` at every TAB, and evaluates nothing that was typed. Bash needs no
 * bash-completion package. Sourcing a script twice does no harm.
 */
export const SCRIPTS: Record<Shell, string> = {
  bash: `_regild() {
  local line
  COMPREPLY=()
  while IFS= read -r line; do
    if [ "$line" = ":files" ]; then
      compopt -o default 2>/dev/null
      return
    fi
    COMPREPLY+=("\${line%%$'\\t'*}")
  done < <(regild __complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _regild regild
`,
  zsh: `#compdef regild
_regild() {
  local line value
  local -a candidates
  for line in "\${(@f)$(regild __complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
    [[ -z $line ]] && continue
    if [[ $line == ":files" ]]; then
      _files
      return
    fi
    value=\${line%%$'\\t'*}
    candidates+=("\${value//:/\\\\:}:\${line#*$'\\t'}")
  done
  _describe -t regild regild candidates
}
if [[ $funcstack[1] == _regild ]]; then
  _regild "$@"
else
  compdef _regild regild
fi
`,
  fish: `function __regild_complete
  set -l words (commandline -opc) (commandline -ct)
  set -l lines (regild __complete -- $words[2..-1] 2>/dev/null)
  if test "$lines[1]" = ":files"
    __fish_complete_path (commandline -ct)
  else
    printf '%s\\n' $lines
  end
end
complete -c regild -f -a '(__regild_complete)'
`,
};
