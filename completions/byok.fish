# Completion of byok in fish: the program answers. Nothing runs when this file is read.
# The words go through a pipe, because a key may have been typed among them, and arguments are visible to other users.
function __byok_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    printf '%s\n' $words "$current" | command byok __complete fish 2>/dev/null
end
complete --command byok --no-files --arguments '(__byok_complete)'
