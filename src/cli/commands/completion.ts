import { exitCode, UserError } from "../../lib/errors.ts";
import { didYouMean } from "../../lib/suggest.ts";
import { defineCommand } from "../command.ts";

/**
 * The completion script of each shell. It calls `monstack __complete WORDS...`, of which the last word is to be
 * completed. Each line of that output is a word, a tab and the word's purpose; the line `:files` stands for names of
 * files.
 */
const completionScripts = {
  bash: `_monstack() {
  local line current="\${COMP_WORDS[COMP_CWORD]}"
  COMPREPLY=()
  while IFS= read -r line; do
    if [[ $line == :files ]]; then
      compopt -o default 2>/dev/null
    else
      COMPREPLY+=("\${line%%$'\\t'*}")
    fi
  done < <("\${COMP_WORDS[0]}" __complete "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _monstack monstack
`,
  zsh: `#compdef monstack
_monstack() {
  local line
  local -a candidates
  for line in "\${(@f)$("\${words[1]}" __complete "\${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
    if [[ $line == :files ]]; then
      _files
    elif [[ -n $line ]]; then
      candidates+=("\${line%%$'\\t'*}")
    fi
  done
  compadd -a candidates
}
compdef _monstack monstack
`,
  fish: `function __monstack_complete
  set -l before (commandline -opc)
  set -l current (commandline -ct)
  for line in ($before[1] __complete $before[2..] "$current" 2>/dev/null)
    if test "$line" = :files
      __fish_complete_path "$current"
    else
      echo $line
    end
  end
end
complete -c monstack -f -a '(__monstack_complete)'
`,
} as const;

type Shell = keyof typeof completionScripts;
const shells = Object.keys(completionScripts) as Shell[];

export const completionCommand = defineCommand({
  name: "completion",
  summary: "print a script that completes commands, flags and names in your shell",
  operand: { term: "<SHELL>", help: "the shell, one of bash, zsh and fish", completion: shells },
  examples: [
    ["source <(monstack completion bash)", "in ~/.bashrc"],
    ["source <(monstack completion zsh)", "in ~/.zshrc, after compinit"],
    ["monstack completion fish | source", "in ~/.config/fish/config.fish"],
  ],
  read: (_, [word = ""]): Shell => {
    const shell = shells.find((name) => name === word);
    if (shell !== undefined) return shell;
    throw new UserError(`there is no completion for \`${word}\`; ${didYouMean(word, shells)}`);
  },
  run: async ({ print }, shell) => {
    print(completionScripts[shell]);
    return exitCode.verified;
  },
});
