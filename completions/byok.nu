# Completion of byok in nushell: the program answers. Another external completer is still used for other commands.
# The words go through a pipe, because a key may have been typed among them, and arguments are visible to other users.
let byok_before = $env.config?.completions?.external?.completer?
$env.config.completions.external.enable = true
$env.config.completions.external.completer = {|spans|
    if ($spans | first) == "byok" {
        ($spans | str join "\n") + "\n" | ^byok __complete nushell err> /dev/null | lines | each {|line|
            let parts = ($line | split row "\t")
            {value: ($parts | get 0), description: ($parts | get 1)}
        }
    } else if $byok_before != null {
        do $byok_before $spans
    }
}
