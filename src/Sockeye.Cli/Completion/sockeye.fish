# fish completion for sockeye. Load it with: sockeye completion fish | source
function __sockeye_complete
    set -l found (sockeye suggest -- (commandline --cut-at-cursor --current-process) 2> /dev/null)
    # Without a suggestion, a word is the name of a file.
    if test (count $found) -gt 0
        printf '%s\n' $found
    else
        __fish_complete_path (commandline --cut-at-cursor --current-token)
    end
end
complete --command sockeye --no-files --arguments '(__sockeye_complete)'
