import type { shells } from './complete-words.js';

/**
 * What a shell sources. Each hands the words to `keyward completion --words` and shows its lines; nothing that was typed
 * is evaluated or run, not even another program of this name. Where there is nothing to offer, the shell completes file names.
 */
export const completionScripts: Readonly<Record<(typeof shells)[number], string>> = {
  // Readline splits words at = : and @ too, so what it takes for done is cut from the front of each line.
  bash: `# keyward: completion for bash. In ~/.bashrc:  source <(keyward completion bash)
_keyward() {
  local line=\${COMP_LINE:0:COMP_POINT} candidate
  local -a words
  read -ra words <<< "$line"
  case $line in *[[:space:]]) words+=('') ;; esac
  local current=\${words[\${#words[@]}-1]}
  local last=\${current##*[=:@]}
  COMPREPLY=()
  while IFS= read -r candidate; do
    COMPREPLY+=("\${candidate:\${#current}-\${#last}}")
  done < <(command keyward completion --words -- "\${words[@]:1}" 2>/dev/null </dev/null)
}
complete -o default -F _keyward keyward kw
`,
  zsh: `#compdef keyward kw
# keyward: completion for zsh. In ~/.zshrc, after compinit:  source <(keyward completion zsh)
_keyward() {
  local -a candidates
  candidates=(\${(f)"$(command keyward completion --words -- "\${(@)words[2,CURRENT]}" 2>/dev/null </dev/null)"})
  if (( \${#candidates} )); then compadd -- "\${candidates[@]}"; else _files; fi
}
compdef _keyward keyward kw
`,
  fish: `# keyward: completion for fish. In ~/.config/fish/config.fish:  keyward completion fish | source
function __keyward_complete
    set -l words (commandline -opc) (commandline -ct)
    command keyward completion --words -- $words[2..-1] 2>/dev/null </dev/null
end
complete -c keyward -a '(__keyward_complete)'
complete -c kw -a '(__keyward_complete)'
`,
};
