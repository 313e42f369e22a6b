# Completion of byok in elvish: the program answers. Nothing runs when this file is read.
# The words go through a pipe, because a key may have been typed among them, and arguments are visible to other users.
use str
set edit:completion:arg-completer[byok] = {|@words|
    print (str:join "\n" $words)"\n" | e:byok __complete elvish 2>/dev/null | from-lines | each {|line|
        var value end about = (str:split "\t" $line)
        var shown = $value
        if (not-eq $about '') {
            set shown = $value' ('$about')'
        }
        edit:complex-candidate $value &code-suffix=$end &display=$shown
    }
}
