# Completion of byok in bash: the program answers. Nothing runs when this file is read.
# The line goes through a pipe, because a key may have been typed in it, and arguments are visible to other users.
_byok() {
    local line=$COMP_LINE answer
    if ((COMP_POINT < ${#COMP_LINE})); then
        line=${COMP_LINE:0:COMP_POINT}
    fi
    COMPREPLY=()
    while IFS= read -r answer; do
        COMPREPLY+=("$answer")
    done < <(printf '%s\n%s' "${COMP_WORDBREAKS//[^:=@]/}" "$line" | byok __complete bash 2>/dev/null)
}
complete -o nospace -F _byok byok
