# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_byok_global_optspecs
    string join \n o/output= json q/quiet no-input profile= confirm-profile= local install-postgres strict master-key-fd= h/help V/version
end

function __fish_byok_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_byok_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_byok_using_subcommand
    set -l cmd (__fish_byok_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c byok -n "__fish_byok_needs_command" -s o -l output -d 'Output format; the default is table at a terminal and plain (tab-separated) in a pipe' -r -f -a "table\t'Aligned, with a header, for people'
json\t'One JSON document'
jsonl\t'One JSON object a line'
csv\t'With a header, quoted by RFC 4180'
plain\t'Tab-separated: a row for each thing of a list, and a line `name value` for each field of one thing'"
complete -c byok -n "__fish_byok_needs_command" -l profile -d 'Use this profile of the configuration file' -r
complete -c byok -n "__fish_byok_needs_command" -l confirm-profile -d 'Confirm a change that cannot be undone with the name of the profile; a profile that is marked as production needs it' -r
complete -c byok -n "__fish_byok_needs_command" -l master-key-fd -d 'Read the master key from this open file descriptor' -r
complete -c byok -n "__fish_byok_needs_command" -l json -d 'The same as --output json'
complete -c byok -n "__fish_byok_needs_command" -s q -l quiet -d 'Print only results, warnings and errors, no notices'
complete -c byok -n "__fish_byok_needs_command" -l no-input -d 'Never prompt; fail instead and name the option to use'
complete -c byok -n "__fish_byok_needs_command" -l local -d 'Use the private database and no profile, even if another database is configured'
complete -c byok -n "__fish_byok_needs_command" -l install-postgres -d 'Install PostgreSQL with this system\'s package manager if no server programs are found'
complete -c byok -n "__fish_byok_needs_command" -l strict -d 'Refuse the file of a master key or data key if anybody but its owner can read it'
complete -c byok -n "__fish_byok_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c byok -n "__fish_byok_needs_command" -s V -l version -d 'Print version'
complete -c byok -n "__fish_byok_needs_command" -f -a "init" -d 'Create or upgrade the schema, the roles and the master key'
complete -c byok -n "__fish_byok_needs_command" -f -a "enable" -d 'Let organizations use their own keys; a new organization is created'
complete -c byok -n "__fish_byok_needs_command" -f -a "disable" -d 'Stop using organizations\' own keys'
complete -c byok -n "__fish_byok_needs_command" -f -a "org" -d 'List, show and erase organizations'
complete -c byok -n "__fish_byok_needs_command" -f -a "member" -d 'List, add and remove the members of an organization: owners and viewers'
complete -c byok -n "__fish_byok_needs_command" -f -a "role" -d 'List, grant and revoke the service roles of logins: admin, resolver, auditor'
complete -c byok -n "__fish_byok_needs_command" -f -a "key" -d 'Set, rotate, list, show and remove an organization\'s own keys'
complete -c byok -n "__fish_byok_needs_command" -f -a "platform-key" -d 'Set, list and remove the platform\'s shared keys'
complete -c byok -n "__fish_byok_needs_command" -f -a "provider" -d 'List providers, add private ones, and route capabilities to them'
complete -c byok -n "__fish_byok_needs_command" -f -a "test-key" -d 'Ask providers whether keys work: stored keys, or a key that is not stored'
complete -c byok -n "__fish_byok_needs_command" -f -a "tidy" -d 'Erase replaced keys whose time for a rollback is over'
complete -c byok -n "__fish_byok_needs_command" -f -a "resolve" -d 'Show which key would serve a request: the organization\'s own, the platform\'s, or none'
complete -c byok -n "__fish_byok_needs_command" -f -a "run" -d 'Run a program with the key that serves, in the provider\'s usual environment variable'
complete -c byok -n "__fish_byok_needs_command" -f -a "credits" -d 'Show balances, charge requests, set prices, and report usage'
complete -c byok -n "__fish_byok_needs_command" -f -a "master-key" -d 'Create, check, copy and replace the master key, which protects all other keys'
complete -c byok -n "__fish_byok_needs_command" -f -a "data-key" -d 'Issue and replace data keys, which owners use instead of the master key'
complete -c byok -n "__fish_byok_needs_command" -f -a "audit" -d 'List, seal and verify the audit log'
complete -c byok -n "__fish_byok_needs_command" -f -a "local" -d 'Manage the private PostgreSQL server, which is used if no database is configured'
complete -c byok -n "__fish_byok_needs_command" -f -a "demo" -d 'Run a demonstration on the private database: enable, set, resolve, charge, remove'
complete -c byok -n "__fish_byok_needs_command" -f -a "status" -d 'Show the database, the login, the master key and what is stored'
complete -c byok -n "__fish_byok_needs_command" -f -a "doctor" -d 'Check everything that byok depends on, and say how to fix what is wrong'
complete -c byok -n "__fish_byok_needs_command" -f -a "config" -d 'Show settings and where each comes from, and change the configuration file'
complete -c byok -n "__fish_byok_needs_command" -f -a "completions" -d 'Print a completion script for your shell'
complete -c byok -n "__fish_byok_needs_command" -f -a "man" -d 'Print the manual page, or write the pages of all commands to a directory'
complete -c byok -n "__fish_byok_needs_command" -f -a "schema" -d 'Print the JSON Schema of a kind of JSON output, or list the kinds'
complete -c byok -n "__fish_byok_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c byok -n "__fish_byok_using_subcommand init" -s o -l output -d 'Output format; the default is table at a terminal and plain (tab-separated) in a pipe' -r -f -a "table\t'Aligned, with a header, for people'
json\t'One JSON document'
jsonl\t'One JSON object a line'
csv\t'With a header, quoted by RFC 4180'
plain\t'Tab-separated: a row for each thing of a list, and a line `name value` for each field of one thing'"
complete -c byok -n "__fish_byok_using_subcommand init" -l profile -d 'Use this profile of the configuration file' -r
complete -c byok -n "__fish_byok_using_subcommand init" -l confirm-profile -d 'Confirm a change that cannot be undone with the name of the profile; a profile that is marked as production needs it' -r
complete -c byok -n "__fish_byok_using_subcommand init" -l master-key-fd -d 'Read the master key from this open file descriptor' -r
complete -c byok -n "__fish_byok_using_subcommand init" -l schema-only -d 'Upgrade only the schema and the roles, and do not look for a master key'
complete -c byok -n "__fish_byok_using_subcommand init" -s n -l dry-run -d 'Check everything and say what would change, but write nothing'
complete -c byok -n "__fish_byok_using_subcommand init" -l json -d 'The same as --output json'
complete -c byok -n "__fish_byok_using_subcommand init" -s q -l quiet -d 'Print only results, warnings and errors, no notices'
complete -c byok -n "__fish_byok_using_subcommand init" -l no-input -d 'Never prompt; fail instead and name the option to use'
complete -c byok -n "__fish_byok_using_subcommand init" -l local -d 'Use the private database and no profile, even if another database is configured'
complete -c byok -n "__fish_byok_using_subcommand init" -l install-postgres -d 'Install PostgreSQL with this system\'s package manager if no server programs are found'
complete -c byok -n "__fish_byok_using_subcommand init" -l strict -d 'Refuse the file of a master key or data key if anybody but its owner can read it'
complete -c byok -n "__fish_byok_using_subcommand init" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c byok -n "__fish_byok_using_subcommand init" -s V -l version -d 'Print version'
complete -c byok -n "__fish_byok_using_subcommand enable" -l org -r
complete -c byok -n "__fish_byok_using_subcommand enable" -l owner -d 'Make this database login an owner of each' -r
complete -c byok -n "__fish_byok_using_subcommand enable" -s o -l output -d 'Output format; the default is table at a terminal and plain (tab-separated) in a pipe' -r -f -a "table\t'Aligned, with a header, for people'
json\t'One JSON document'
jsonl\t'One JSON object a line'
csv\t'With a header, quoted by RFC 4180'
plain\t'Tab-separated: a row for each thing of a list, and a line `name value` for each field of one thing'"
complete -c byok -n "__fish_byok_using_subcommand enable" -l profile -d 'Use this profile of the configuration file' -r
complete -c byok -n "__fish_byok_using_subcommand enable" -l confirm-profile -d 'Confirm a change that cannot be undone with the name of the profile; a profile that is marked as production needs it' -r
complete -c byok -n "__fish_byok_using_subcommand enable" -l master-key-fd -d 'Read the master key from this open file descriptor' -r
complete -c byok -n "__fish_byok_using_subcommand enable" -l reuse -d 'Also enable an id that was purged, for a new tenant with an empty account'
complete -c byok -n "__fish_byok_using_subcommand enable" -s n -l dry-run -d 'Check everything and say what would change, but write nothing'
complete -c byok -n "__fish_byok_using_subcommand enable" -l json -d 'The same as --output json'
complete -c byok -n "__fish_byok_using_subcommand enable" -s q -l quiet -d 'Print only results, warnings and errors, no notices'
complete -c byok -n "__fish_byok_using_subcommand enable" -l no-input -d 'Never prompt; fail instead and name the option to use'
complete -c byok -n "__fish_byok_using_subcommand enable" -l local -d 'Use the private database and no profile, even if another database is configured'
complete -c byok -n "__fish_byok_using_subcommand enable" -l install-postgres -d 'Install PostgreSQL with this system\'s package manager if no server programs are found'
complete -c byok -n "__fish_byok_using_subcommand enable" -l strict -d 'Refuse the file of a master key or data key if anybody but its owner can read it'
complete -c byok -n "__fish_byok_using_subcommand enable" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c byok -n "__fish_byok_using_subcommand enable" -s V -l version -d 'Print version'
complete -c byok -n "__fish_byok_using_subcommand disable" -l org -r
complete -c byok -n "__fish_byok_using_subcommand disable" -s o -l output -d 'Output format; the default is table at a terminal and plain (tab-separated) in a pipe' -r -f -a "table\t'Aligned, with a header, for people'
json\t'One JSON document'
jsonl\t'One JSON object a line'
csv\t'With a header, quoted by RFC 4180'
plain\t'Tab-separated: a row for each thing of a list, and a line `name value` for each field of one thing'"
complete -c byok -n "__fish_byok_using_subcommand disable" -l profile -d 'Use this profile of the configuration file' -r
complete -c byok -n "__fish_byok_using_subcommand disable" -l confirm-profile -d 'Confirm a change that cannot be undone with the name of the profile; a profile that is marked as production needs it' -r
complete -c byok -n "__fish_byok_using_subcommand disable" -l master-key-fd -d 'Read the master key from this open file descriptor' -r
complete -c byok -n "__fish_byok_using_subcommand disable" -s n -l dry-run -d 'Check everything and say what would change, but write nothing'
complete -c byok -n "__fish_byok_using_subcommand disable" -l json -d 'The same as --output json'
complete -c byok -n "__fish_byok_using_subcommand disable" -s q -l quiet -d 'Print only results, warnings and errors, no notices'
complete -c byok -n "__fish_byok_using_subcommand disable" -l no-input -d 'Never prompt; fail instead and name the option to use'
complete -c byok -n "__fish_byok_using_subcommand disable" -l local -d 'Use the private database and no profile, even if another database is configured'
complete -c byok -n "__fish_byok_using_subcommand disable" -l install-postgres -d 'Install PostgreSQL with this system\'s package manager if no server programs are found'
complete -c byok -n "__fish_byok_using_subcommand disable" -l strict -d 'Refuse the file of a master key or data key if anybody but its owner can read it'
complete -c byok -n "__fish_byok_using_subcommand disable" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c byok -n "__fish_byok_using_subcommand disable" -s V -l version -d 'Print version'
complete -c byok -n "__fish_byok_using_subcommand org; and not __fish_seen_subcommand_from list ls show purge help" -s o -l output -d 'Output format; the default is table at a terminal and plain (tab-separated) in a pipe' -r -f -a "table\t'Aligned, with a header, for people'
json\t'One JSON document'
jsonl\t'One JSON object a line'
csv\t'With a header, quoted by RFC 4180'
plain\t'Tab-separated: a row for each thing of a list, and a line `name value` for each field of one thing'"
complete -c byok -n "__fish_byok_using_subcommand org; and not __fish_seen_subcommand_from list ls show purge help" -l profile -d 'Use this profile of the configuration file' -r
complete -c byok -n "__fish_byok_using_subcommand org; and not __fish_seen_subcommand_from list ls show purge help" -l confirm-profile -d 'Confirm a change that cannot be undone with the name of the profile; a profile that is marked as production needs it' -r
complete -c byok -n "__fish_byok_using_subcommand org; and not __fish_seen_subcommand_from list ls show purge help" -l master-key-fd -d 'Read the master key from this open file descriptor' -r
complete -c byok -n "__fish_byok_using_subcommand org; and not __fish_seen_subcommand_from list ls show purge help" -l json -d 'The same as --output json'
complete -c byok -n "__fish_byok_using_subcommand org; and not __fish_seen_subcommand_from list ls show purge help" -s q -l quiet -d 'Print only results, warnings and errors, no notices'
complete -c byok -n "__fish_byok_using_subcommand org; and not __fish_seen_subcommand_from list ls show purge help" -l no-input -d 'Never prompt; fail instead and name the option to use'
complete -c byok -n "__fish_byok_using_subcommand org; and not __fish_seen_subcommand_from list ls show purge help" -l local -d 'Use the private database and no profile, even if another database is configured'
complete -c byok -n "__fish_byok_using_subcommand org; and not __fish_seen_subcommand_from list ls show purge help" -l install-postgres -d 'Install PostgreSQL with this system\'s package manager if no server programs are found'
complete -c byok -n "__fish_byok_using_subcommand org; and not __fish_seen_subcommand_from list ls show purge help" -l strict -d 'Refuse the file of a master key or data key if anybody but its owner can read it'
complete -c byok -n "__fish_byok_using_subcommand org; and not __fish_seen_subcommand_from list ls show purge help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c byok -n "__fish_byok_using_subcommand org; and not __fish_seen_subcommand_from list ls show purge help" -s V -l version -d 'Print version'
complete -c byok -n "__fish_byok_using_subcommand org; and not __fish_seen_subcommand_from list ls show purge help" -f -a "list" -d 'List the organizations that this login may see'
complete -c byok -n "__fish_byok_using_subcommand org; and not __fish_seen_subcommand_from list ls show purge help" -f -a "ls" -d 'List the organizations that this login may see'
complete -c byok -n "__fish_byok_using_subcommand org; and not __fish_seen_subcommand_from list ls show purge help" -f -a "show" -d 'Show one organization'
complete -c byok -n "__fish_byok_using_subcommand org; and not __fish_seen_subcommand_from list ls show purge help" -f -a "purge" -d 'Erase all keys, the data key and the members of an organization, and close its account'
complete -c byok -n "__fish_byok_using_subcommand org; and not __fish_seen_subcommand_from list ls show purge help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c byok -n "__fish_byok_using_subcommand org; and __fish_seen_subcommand_from list" -s o -l output -d 'Output format; the default is table at a terminal and plain (tab-separated) in a pipe' -r -f -a "table\t'Aligned, with a header, for people'
json\t'One JSON document'
jsonl\t'One JSON object a line'
csv\t'With a header, quoted by RFC 4180'
plain\t'Tab-separated: a row for each thing of a list, and a line `name value` for each field of one thing'"
complete -c byok -n "__fish_byok_using_subcommand org; and __fish_seen_subcommand_from list" -l profile -d 'Use this profile of the configuration file' -r
complete -c byok -n "__fish_byok_using_subcommand org; and __fish_seen_subcommand_from list" -l confirm-profile -d 'Confirm a change that cannot be undone with the name of the profile; a profile that is marked as production needs it' -r
complete -c byok -n "__fish_byok_using_subcommand org; and __fish_seen_subcommand_from list" -l master-key-fd -d 'Read the master key from this open file descriptor' -r
complete -c byok -n "__fish_byok_using_subcommand org; and __fish_seen_subcommand_from list" -l json -d 'The same as --output json'
complete -c byok -n "__fish_byok_using_subcommand org; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Print only results, warnings and errors, no notices'
complete -c byok -n "__fish_byok_using_subcommand org; and __fish_seen_subcommand_from list" -l no-input -d 'Never prompt; fail instead and name the option to use'
complete -c byok -n "__fish_byok_using_subcommand org; and __fish_seen_subcommand_from list" -l local -d 'Use the private database and no profile, even if another database is configured'
complete -c byok -n "__fish_byok_using_subcommand org; and __fish_seen_subcommand_from list" -l install-postgres -d 'Install PostgreSQL with this system\'s package manager if no server programs are found'
complete -c byok -n "__fish_byok_using_subcommand org; and __fish_seen_subcommand_from list" -l strict -d 'Refuse the file of a master key or data key if anybody but its owner can read it'
complete -c byok -n "__fish_byok_using_subcommand org; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c byok -n "__fish_byok_using_subcommand org; and __fish_seen_subcommand_from list" -s V -l version -d 'Print version'
complete -c byok -n "__fish_byok_using_subcommand org; and __fish_seen_subcommand_from ls" -s o -l output -d 'Output format; the default is table at a terminal and plain (tab-separated) in a pipe' -r -f -a "table\t'Aligned, with a header, for people'
json\t'One JSON document'
jsonl\t'One JSON object a line'
csv\t'With a header, quoted by RFC 4180'
plain\t'Tab-separated: a row for each thing of a list, and a line `name value` for each field of one thing'"
complete -c byok -n "__fish_byok_using_subcommand org; and __fish_seen_subcommand_from ls" -l profile -d 'Use this profile of the configuration file' -r
complete -c byok -n "__fish_byok_using_subcommand org; and __fish_seen_subcommand_from ls" -l confirm-profile -d 'Confirm a change that cannot be undone with the name of the profile; a profile that is marked as production needs it' -r
complete -c byok -n "__fish_byok_using_subcommand org; and __fish_seen_subcommand_from ls" -l master-key-fd -d 'Read the master key from this open file descriptor' -r
complete -c byok -n "__fish_byok_using_subcommand org; and __fish_seen_subcommand_from ls" -l json -d 'The same as --output json'
complete -c byok -n "__fish_byok_using_subcommand org; and __fish_seen_subcommand_from ls" -s q -l quiet -d 'Print only results, warnings and errors, no notices'
complete -c byok -n "__fish_byok_using_subcommand org; and __fish_seen_subcommand_from ls" -l no-input -d 'Never prompt; fail instead and name the option to use'
complete -c byok -n "__fish_byok_using_subcommand org; and __fish_seen_subcommand_from ls" -l local -d 'Use the private database and no profile, even if another database is configured'
complete -c byok -n "__fish_byok_using_subcommand org; and __fish_seen_subcommand_from ls" -l install-postgres -d 'Install PostgreSQL with this system\'s package manager if no server programs are found'
complete -c byok -n "__fish_byok_using_subcommand org; and __fish_seen_subcommand_from ls" -l strict -d 'Refuse the file of a master key or data key if anybody but its owner can read it'
complete -c byok -n "__fish_byok_using_subcommand org; and __fish_seen_subcommand_from ls" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c byok -n "__fish_byok_using_subcommand org; and __fish_seen_subcommand_from ls" -s V -l version -d 'Print version'
complete -c byok -n "__fish_byok_using_subcommand org; and __fish_seen_subcommand_from show" -l org -r
complete -c byok -n "__fish_byok_using_subcommand org; and __fish_seen_subcommand_from show" -s o -l output -d 'Output format; the default is table at a terminal and plain (tab-separated) in a pipe' -r -f -a "table\t'Aligned, with a header, for people'
json\t'One JSON document'
jsonl\t'One JSON object a line'
csv\t'With a header, quoted by RFC 4180'
plain\t'Tab-separated: a row for each thing of a list, and a line `name value` for each field of one thing'"
complete -c byok -n "__fish_byok_using_subcommand org; and __fish_seen_subcommand_from show" -l profile -d 'Use this profile of the configuration file' -r
complete -c byok -n "__fish_byok_using_subcommand org; and __fish_seen_subcommand_from show" -l confirm-profile -d 'Confirm a change that cannot be undone with the name of the profile; a profile that is marked as production needs it' -r
complete -c byok -n "__fish_byok_using_subcommand org; and __fish_seen_subcommand_from show" -l master-key-fd -d 'Read the master key from this open file descriptor' -r
complete -c byok -n "__fish_byok_using_subcommand org; and __fish_seen_subcommand_from show" -l json -d 'The same as --output json'
complete -c byok -n "__fish_byok_using_subcommand org; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Print only results, warnings and errors, no notices'
complete -c byok -n "__fish_byok_using_subcommand org; and __fish_seen_subcommand_from show" -l no-input -d 'Never prompt; fail instead and name the option to use'
complete -c byok -n "__fish_byok_using_subcommand org; and __fish_seen_subcommand_from show" -l local -d 'Use the private database and no profile, even if another database is configured'
complete -c byok -n "__fish_byok_using_subcommand org; and __fish_seen_subcommand_from show" -l install-postgres -d 'Install PostgreSQL with this system\'s package manager if no server programs are found'
complete -c byok -n "__fish_byok_using_subcommand org; and __fish_seen_subcommand_from show" -l strict -d 'Refuse the file of a master key or data key if anybody but its owner can read it'
complete -c byok -n "__fish_byok_using_subcommand org; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c byok -n "__fish_byok_using_subcommand org; and __fish_seen_subcommand_from show" -s V -l version -d 'Print version'
complete -c byok -n "__fish_byok_using_subcommand org; and __fish_seen_subcommand_from purge" -l org -r
complete -c byok -n "__fish_byok_using_subcommand org; and __fish_seen_subcommand_from purge" -l confirm -d 'The organization\'s id again' -r
complete -c byok -n "__fish_byok_using_subcommand org; and __fish_seen_subcommand_from purge" -s o -l output -d 'Output format; the default is table at a terminal and plain (tab-separated) in a pipe' -r -f -a "table\t'Aligned, with a header, for people'
json\t'One JSON document'
jsonl\t'One JSON object a line'
csv\t'With a header, quoted by RFC 4180'
plain\t'Tab-separated: a row for each thing of a list, and a line `name value` for each field of one thing'"
complete -c byok -n "__fish_byok_using_subcommand org; and __fish_seen_subcommand_from purge" -l profile -d 'Use this profile of the configuration file' -r
complete -c byok -n "__fish_byok_using_subcommand org; and __fish_seen_subcommand_from purge" -l confirm-profile -d 'Confirm a change that cannot be undone with the name of the profile; a profile that is marked as production needs it' -r
complete -c byok -n "__fish_byok_using_subcommand org; and __fish_seen_subcommand_from purge" -l master-key-fd -d 'Read the master key from this open file descriptor' -r
complete -c byok -n "__fish_byok_using_subcommand org; and __fish_seen_subcommand_from purge" -s n -l dry-run -d 'Check everything and say what would change, but write nothing'
complete -c byok -n "__fish_byok_using_subcommand org; and __fish_seen_subcommand_from purge" -l json -d 'The same as --output json'
complete -c byok -n "__fish_byok_using_subcommand org; and __fish_seen_subcommand_from purge" -s q -l quiet -d 'Print only results, warnings and errors, no notices'
complete -c byok -n "__fish_byok_using_subcommand org; and __fish_seen_subcommand_from purge" -l no-input -d 'Never prompt; fail instead and name the option to use'
complete -c byok -n "__fish_byok_using_subcommand org; and __fish_seen_subcommand_from purge" -l local -d 'Use the private database and no profile, even if another database is configured'
complete -c byok -n "__fish_byok_using_subcommand org; and __fish_seen_subcommand_from purge" -l install-postgres -d 'Install PostgreSQL with this system\'s package manager if no server programs are found'
complete -c byok -n "__fish_byok_using_subcommand org; and __fish_seen_subcommand_from purge" -l strict -d 'Refuse the file of a master key or data key if anybody but its owner can read it'
complete -c byok -n "__fish_byok_using_subcommand org; and __fish_seen_subcommand_from purge" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c byok -n "__fish_byok_using_subcommand org; and __fish_seen_subcommand_from purge" -s V -l version -d 'Print version'
complete -c byok -n "__fish_byok_using_subcommand org; and __fish_seen_subcommand_from help" -f -a "list" -d 'List the organizations that this login may see'
complete -c byok -n "__fish_byok_using_subcommand org; and __fish_seen_subcommand_from help" -f -a "show" -d 'Show one organization'
complete -c byok -n "__fish_byok_using_subcommand org; and __fish_seen_subcommand_from help" -f -a "purge" -d 'Erase all keys, the data key and the members of an organization, and close its account'
complete -c byok -n "__fish_byok_using_subcommand org; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c byok -n "__fish_byok_using_subcommand member; and not __fish_seen_subcommand_from add remove rm list ls rebind help" -s o -l output -d 'Output format; the default is table at a terminal and plain (tab-separated) in a pipe' -r -f -a "table\t'Aligned, with a header, for people'
json\t'One JSON document'
jsonl\t'One JSON object a line'
csv\t'With a header, quoted by RFC 4180'
plain\t'Tab-separated: a row for each thing of a list, and a line `name value` for each field of one thing'"
complete -c byok -n "__fish_byok_using_subcommand member; and not __fish_seen_subcommand_from add remove rm list ls rebind help" -l profile -d 'Use this profile of the configuration file' -r
complete -c byok -n "__fish_byok_using_subcommand member; and not __fish_seen_subcommand_from add remove rm list ls rebind help" -l confirm-profile -d 'Confirm a change that cannot be undone with the name of the profile; a profile that is marked as production needs it' -r
complete -c byok -n "__fish_byok_using_subcommand member; and not __fish_seen_subcommand_from add remove rm list ls rebind help" -l master-key-fd -d 'Read the master key from this open file descriptor' -r
complete -c byok -n "__fish_byok_using_subcommand member; and not __fish_seen_subcommand_from add remove rm list ls rebind help" -l json -d 'The same as --output json'
complete -c byok -n "__fish_byok_using_subcommand member; and not __fish_seen_subcommand_from add remove rm list ls rebind help" -s q -l quiet -d 'Print only results, warnings and errors, no notices'
complete -c byok -n "__fish_byok_using_subcommand member; and not __fish_seen_subcommand_from add remove rm list ls rebind help" -l no-input -d 'Never prompt; fail instead and name the option to use'
complete -c byok -n "__fish_byok_using_subcommand member; and not __fish_seen_subcommand_from add remove rm list ls rebind help" -l local -d 'Use the private database and no profile, even if another database is configured'
complete -c byok -n "__fish_byok_using_subcommand member; and not __fish_seen_subcommand_from add remove rm list ls rebind help" -l install-postgres -d 'Install PostgreSQL with this system\'s package manager if no server programs are found'
complete -c byok -n "__fish_byok_using_subcommand member; and not __fish_seen_subcommand_from add remove rm list ls rebind help" -l strict -d 'Refuse the file of a master key or data key if anybody but its owner can read it'
complete -c byok -n "__fish_byok_using_subcommand member; and not __fish_seen_subcommand_from add remove rm list ls rebind help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c byok -n "__fish_byok_using_subcommand member; and not __fish_seen_subcommand_from add remove rm list ls rebind help" -s V -l version -d 'Print version'
complete -c byok -n "__fish_byok_using_subcommand member; and not __fish_seen_subcommand_from add remove rm list ls rebind help" -f -a "add" -d 'Make a database login an owner (sets and removes keys) or a viewer (sees lists and the last four characters of keys)'
complete -c byok -n "__fish_byok_using_subcommand member; and not __fish_seen_subcommand_from add remove rm list ls rebind help" -f -a "remove" -d 'Remove a member; the login still exists, but has no rights in this organization'
complete -c byok -n "__fish_byok_using_subcommand member; and not __fish_seen_subcommand_from add remove rm list ls rebind help" -f -a "rm" -d 'Remove a member; the login still exists, but has no rights in this organization'
complete -c byok -n "__fish_byok_using_subcommand member; and not __fish_seen_subcommand_from add remove rm list ls rebind help" -f -a "list" -d 'List the members of an organization'
complete -c byok -n "__fish_byok_using_subcommand member; and not __fish_seen_subcommand_from add remove rm list ls rebind help" -f -a "ls" -d 'List the members of an organization'
complete -c byok -n "__fish_byok_using_subcommand member; and not __fish_seen_subcommand_from add remove rm list ls rebind help" -f -a "rebind" -d 'Bind each membership to the login of the same name, after a restore into another cluster'
complete -c byok -n "__fish_byok_using_subcommand member; and not __fish_seen_subcommand_from add remove rm list ls rebind help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c byok -n "__fish_byok_using_subcommand member; and __fish_seen_subcommand_from add" -l org -d 'The organization\'s id (default: BYOK_ORG)' -r
complete -c byok -n "__fish_byok_using_subcommand member; and __fish_seen_subcommand_from add" -l role -d 'The role of the member' -r -f -a "owner\t''
viewer\t''"
complete -c byok -n "__fish_byok_using_subcommand member; and __fish_seen_subcommand_from add" -l to-file -d 'Write the secret to a new file that only you can read (default: show it once at the terminal)' -r -F
complete -c byok -n "__fish_byok_using_subcommand member; and __fish_seen_subcommand_from add" -s o -l output -d 'Output format; the default is table at a terminal and plain (tab-separated) in a pipe' -r -f -a "table\t'Aligned, with a header, for people'
json\t'One JSON document'
jsonl\t'One JSON object a line'
csv\t'With a header, quoted by RFC 4180'
plain\t'Tab-separated: a row for each thing of a list, and a line `name value` for each field of one thing'"
complete -c byok -n "__fish_byok_using_subcommand member; and __fish_seen_subcommand_from add" -l profile -d 'Use this profile of the configuration file' -r
complete -c byok -n "__fish_byok_using_subcommand member; and __fish_seen_subcommand_from add" -l confirm-profile -d 'Confirm a change that cannot be undone with the name of the profile; a profile that is marked as production needs it' -r
complete -c byok -n "__fish_byok_using_subcommand member; and __fish_seen_subcommand_from add" -l master-key-fd -d 'Read the master key from this open file descriptor' -r
complete -c byok -n "__fish_byok_using_subcommand member; and __fish_seen_subcommand_from add" -l create-login -d 'Also create the login, with a random password. If the file has the connection string of an earlier attempt, that attempt is continued'
complete -c byok -n "__fish_byok_using_subcommand member; and __fish_seen_subcommand_from add" -s n -l dry-run -d 'Check everything and say what would change, but write nothing'
complete -c byok -n "__fish_byok_using_subcommand member; and __fish_seen_subcommand_from add" -l json -d 'The same as --output json'
complete -c byok -n "__fish_byok_using_subcommand member; and __fish_seen_subcommand_from add" -s q -l quiet -d 'Print only results, warnings and errors, no notices'
complete -c byok -n "__fish_byok_using_subcommand member; and __fish_seen_subcommand_from add" -l no-input -d 'Never prompt; fail instead and name the option to use'
complete -c byok -n "__fish_byok_using_subcommand member; and __fish_seen_subcommand_from add" -l local -d 'Use the private database and no profile, even if another database is configured'
complete -c byok -n "__fish_byok_using_subcommand member; and __fish_seen_subcommand_from add" -l install-postgres -d 'Install PostgreSQL with this system\'s package manager if no server programs are found'
complete -c byok -n "__fish_byok_using_subcommand member; and __fish_seen_subcommand_from add" -l strict -d 'Refuse the file of a master key or data key if anybody but its owner can read it'
complete -c byok -n "__fish_byok_using_subcommand member; and __fish_seen_subcommand_from add" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c byok -n "__fish_byok_using_subcommand member; and __fish_seen_subcommand_from add" -s V -l version -d 'Print version'
complete -c byok -n "__fish_byok_using_subcommand member; and __fish_seen_subcommand_from remove" -l org -d 'The organization\'s id (BYOK_ORG is not used)' -r
complete -c byok -n "__fish_byok_using_subcommand member; and __fish_seen_subcommand_from remove" -s o -l output -d 'Output format; the default is table at a terminal and plain (tab-separated) in a pipe' -r -f -a "table\t'Aligned, with a header, for people'
json\t'One JSON document'
jsonl\t'One JSON object a line'
csv\t'With a header, quoted by RFC 4180'
plain\t'Tab-separated: a row for each thing of a list, and a line `name value` for each field of one thing'"
complete -c byok -n "__fish_byok_using_subcommand member; and __fish_seen_subcommand_from remove" -l profile -d 'Use this profile of the configuration file' -r
complete -c byok -n "__fish_byok_using_subcommand member; and __fish_seen_subcommand_from remove" -l confirm-profile -d 'Confirm a change that cannot be undone with the name of the profile; a profile that is marked as production needs it' -r
complete -c byok -n "__fish_byok_using_subcommand member; and __fish_seen_subcommand_from remove" -l master-key-fd -d 'Read the master key from this open file descriptor' -r
complete -c byok -n "__fish_byok_using_subcommand member; and __fish_seen_subcommand_from remove" -s n -l dry-run -d 'Check everything and say what would change, but write nothing'
complete -c byok -n "__fish_byok_using_subcommand member; and __fish_seen_subcommand_from remove" -l json -d 'The same as --output json'
complete -c byok -n "__fish_byok_using_subcommand member; and __fish_seen_subcommand_from remove" -s q -l quiet -d 'Print only results, warnings and errors, no notices'
complete -c byok -n "__fish_byok_using_subcommand member; and __fish_seen_subcommand_from remove" -l no-input -d 'Never prompt; fail instead and name the option to use'
complete -c byok -n "__fish_byok_using_subcommand member; and __fish_seen_subcommand_from remove" -l local -d 'Use the private database and no profile, even if another database is configured'
complete -c byok -n "__fish_byok_using_subcommand member; and __fish_seen_subcommand_from remove" -l install-postgres -d 'Install PostgreSQL with this system\'s package manager if no server programs are found'
complete -c byok -n "__fish_byok_using_subcommand member; and __fish_seen_subcommand_from remove" -l strict -d 'Refuse the file of a master key or data key if anybody but its owner can read it'
complete -c byok -n "__fish_byok_using_subcommand member; and __fish_seen_subcommand_from remove" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c byok -n "__fish_byok_using_subcommand member; and __fish_seen_subcommand_from remove" -s V -l version -d 'Print version'
complete -c byok -n "__fish_byok_using_subcommand member; and __fish_seen_subcommand_from rm" -l org -d 'The organization\'s id (BYOK_ORG is not used)' -r
complete -c byok -n "__fish_byok_using_subcommand member; and __fish_seen_subcommand_from rm" -s o -l output -d 'Output format; the default is table at a terminal and plain (tab-separated) in a pipe' -r -f -a "table\t'Aligned, with a header, for people'
json\t'One JSON document'
jsonl\t'One JSON object a line'
csv\t'With a header, quoted by RFC 4180'
plain\t'Tab-separated: a row for each thing of a list, and a line `name value` for each field of one thing'"
complete -c byok -n "__fish_byok_using_subcommand member; and __fish_seen_subcommand_from rm" -l profile -d 'Use this profile of the configuration file' -r
complete -c byok -n "__fish_byok_using_subcommand member; and __fish_seen_subcommand_from rm" -l confirm-profile -d 'Confirm a change that cannot be undone with the name of the profile; a profile that is marked as production needs it' -r
complete -c byok -n "__fish_byok_using_subcommand member; and __fish_seen_subcommand_from rm" -l master-key-fd -d 'Read the master key from this open file descriptor' -r
complete -c byok -n "__fish_byok_using_subcommand member; and __fish_seen_subcommand_from rm" -s n -l dry-run -d 'Check everything and say what would change, but write nothing'
complete -c byok -n "__fish_byok_using_subcommand member; and __fish_seen_subcommand_from rm" -l json -d 'The same as --output json'
complete -c byok -n "__fish_byok_using_subcommand member; and __fish_seen_subcommand_from rm" -s q -l quiet -d 'Print only results, warnings and errors, no notices'
complete -c byok -n "__fish_byok_using_subcommand member; and __fish_seen_subcommand_from rm" -l no-input -d 'Never prompt; fail instead and name the option to use'
complete -c byok -n "__fish_byok_using_subcommand member; and __fish_seen_subcommand_from rm" -l local -d 'Use the private database and no profile, even if another database is configured'
complete -c byok -n "__fish_byok_using_subcommand member; and __fish_seen_subcommand_from rm" -l install-postgres -d 'Install PostgreSQL with this system\'s package manager if no server programs are found'
complete -c byok -n "__fish_byok_using_subcommand member; and __fish_seen_subcommand_from rm" -l strict -d 'Refuse the file of a master key or data key if anybody but its owner can read it'
complete -c byok -n "__fish_byok_using_subcommand member; and __fish_seen_subcommand_from rm" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c byok -n "__fish_byok_using_subcommand member; and __fish_seen_subcommand_from rm" -s V -l version -d 'Print version'
complete -c byok -n "__fish_byok_using_subcommand member; and __fish_seen_subcommand_from list" -l org -d 'The organization\'s id (default: BYOK_ORG)' -r
complete -c byok -n "__fish_byok_using_subcommand member; and __fish_seen_subcommand_from list" -s o -l output -d 'Output format; the default is table at a terminal and plain (tab-separated) in a pipe' -r -f -a "table\t'Aligned, with a header, for people'
json\t'One JSON document'
jsonl\t'One JSON object a line'
csv\t'With a header, quoted by RFC 4180'
plain\t'Tab-separated: a row for each thing of a list, and a line `name value` for each field of one thing'"
complete -c byok -n "__fish_byok_using_subcommand member; and __fish_seen_subcommand_from list" -l profile -d 'Use this profile of the configuration file' -r
complete -c byok -n "__fish_byok_using_subcommand member; and __fish_seen_subcommand_from list" -l confirm-profile -d 'Confirm a change that cannot be undone with the name of the profile; a profile that is marked as production needs it' -r
complete -c byok -n "__fish_byok_using_subcommand member; and __fish_seen_subcommand_from list" -l master-key-fd -d 'Read the master key from this open file descriptor' -r
complete -c byok -n "__fish_byok_using_subcommand member; and __fish_seen_subcommand_from list" -l json -d 'The same as --output json'
complete -c byok -n "__fish_byok_using_subcommand member; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Print only results, warnings and errors, no notices'
complete -c byok -n "__fish_byok_using_subcommand member; and __fish_seen_subcommand_from list" -l no-input -d 'Never prompt; fail instead and name the option to use'
complete -c byok -n "__fish_byok_using_subcommand member; and __fish_seen_subcommand_from list" -l local -d 'Use the private database and no profile, even if another database is configured'
complete -c byok -n "__fish_byok_using_subcommand member; and __fish_seen_subcommand_from list" -l install-postgres -d 'Install PostgreSQL with this system\'s package manager if no server programs are found'
complete -c byok -n "__fish_byok_using_subcommand member; and __fish_seen_subcommand_from list" -l strict -d 'Refuse the file of a master key or data key if anybody but its owner can read it'
complete -c byok -n "__fish_byok_using_subcommand member; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c byok -n "__fish_byok_using_subcommand member; and __fish_seen_subcommand_from list" -s V -l version -d 'Print version'
complete -c byok -n "__fish_byok_using_subcommand member; and __fish_seen_subcommand_from ls" -l org -d 'The organization\'s id (default: BYOK_ORG)' -r
complete -c byok -n "__fish_byok_using_subcommand member; and __fish_seen_subcommand_from ls" -s o -l output -d 'Output format; the default is table at a terminal and plain (tab-separated) in a pipe' -r -f -a "table\t'Aligned, with a header, for people'
json\t'One JSON document'
jsonl\t'One JSON object a line'
csv\t'With a header, quoted by RFC 4180'
plain\t'Tab-separated: a row for each thing of a list, and a line `name value` for each field of one thing'"
complete -c byok -n "__fish_byok_using_subcommand member; and __fish_seen_subcommand_from ls" -l profile -d 'Use this profile of the configuration file' -r
complete -c byok -n "__fish_byok_using_subcommand member; and __fish_seen_subcommand_from ls" -l confirm-profile -d 'Confirm a change that cannot be undone with the name of the profile; a profile that is marked as production needs it' -r
complete -c byok -n "__fish_byok_using_subcommand member; and __fish_seen_subcommand_from ls" -l master-key-fd -d 'Read the master key from this open file descriptor' -r
complete -c byok -n "__fish_byok_using_subcommand member; and __fish_seen_subcommand_from ls" -l json -d 'The same as --output json'
complete -c byok -n "__fish_byok_using_subcommand member; and __fish_seen_subcommand_from ls" -s q -l quiet -d 'Print only results, warnings and errors, no notices'
complete -c byok -n "__fish_byok_using_subcommand member; and __fish_seen_subcommand_from ls" -l no-input -d 'Never prompt; fail instead and name the option to use'
complete -c byok -n "__fish_byok_using_subcommand member; and __fish_seen_subcommand_from ls" -l local -d 'Use the private database and no profile, even if another database is configured'
complete -c byok -n "__fish_byok_using_subcommand member; and __fish_seen_subcommand_from ls" -l install-postgres -d 'Install PostgreSQL with this system\'s package manager if no server programs are found'
complete -c byok -n "__fish_byok_using_subcommand member; and __fish_seen_subcommand_from ls" -l strict -d 'Refuse the file of a master key or data key if anybody but its owner can read it'
complete -c byok -n "__fish_byok_using_subcommand member; and __fish_seen_subcommand_from ls" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c byok -n "__fish_byok_using_subcommand member; and __fish_seen_subcommand_from ls" -s V -l version -d 'Print version'
complete -c byok -n "__fish_byok_using_subcommand member; and __fish_seen_subcommand_from rebind" -s o -l output -d 'Output format; the default is table at a terminal and plain (tab-separated) in a pipe' -r -f -a "table\t'Aligned, with a header, for people'
json\t'One JSON document'
jsonl\t'One JSON object a line'
csv\t'With a header, quoted by RFC 4180'
plain\t'Tab-separated: a row for each thing of a list, and a line `name value` for each field of one thing'"
complete -c byok -n "__fish_byok_using_subcommand member; and __fish_seen_subcommand_from rebind" -l profile -d 'Use this profile of the configuration file' -r
complete -c byok -n "__fish_byok_using_subcommand member; and __fish_seen_subcommand_from rebind" -l confirm-profile -d 'Confirm a change that cannot be undone with the name of the profile; a profile that is marked as production needs it' -r
complete -c byok -n "__fish_byok_using_subcommand member; and __fish_seen_subcommand_from rebind" -l master-key-fd -d 'Read the master key from this open file descriptor' -r
complete -c byok -n "__fish_byok_using_subcommand member; and __fish_seen_subcommand_from rebind" -s y -l yes -d 'Do not ask for confirmation'
complete -c byok -n "__fish_byok_using_subcommand member; and __fish_seen_subcommand_from rebind" -s n -l dry-run -d 'Check everything and say what would change, but write nothing'
complete -c byok -n "__fish_byok_using_subcommand member; and __fish_seen_subcommand_from rebind" -l json -d 'The same as --output json'
complete -c byok -n "__fish_byok_using_subcommand member; and __fish_seen_subcommand_from rebind" -s q -l quiet -d 'Print only results, warnings and errors, no notices'
complete -c byok -n "__fish_byok_using_subcommand member; and __fish_seen_subcommand_from rebind" -l no-input -d 'Never prompt; fail instead and name the option to use'
complete -c byok -n "__fish_byok_using_subcommand member; and __fish_seen_subcommand_from rebind" -l local -d 'Use the private database and no profile, even if another database is configured'
complete -c byok -n "__fish_byok_using_subcommand member; and __fish_seen_subcommand_from rebind" -l install-postgres -d 'Install PostgreSQL with this system\'s package manager if no server programs are found'
complete -c byok -n "__fish_byok_using_subcommand member; and __fish_seen_subcommand_from rebind" -l strict -d 'Refuse the file of a master key or data key if anybody but its owner can read it'
complete -c byok -n "__fish_byok_using_subcommand member; and __fish_seen_subcommand_from rebind" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c byok -n "__fish_byok_using_subcommand member; and __fish_seen_subcommand_from rebind" -s V -l version -d 'Print version'
complete -c byok -n "__fish_byok_using_subcommand member; and __fish_seen_subcommand_from help" -f -a "add" -d 'Make a database login an owner (sets and removes keys) or a viewer (sees lists and the last four characters of keys)'
complete -c byok -n "__fish_byok_using_subcommand member; and __fish_seen_subcommand_from help" -f -a "remove" -d 'Remove a member; the login still exists, but has no rights in this organization'
complete -c byok -n "__fish_byok_using_subcommand member; and __fish_seen_subcommand_from help" -f -a "list" -d 'List the members of an organization'
complete -c byok -n "__fish_byok_using_subcommand member; and __fish_seen_subcommand_from help" -f -a "rebind" -d 'Bind each membership to the login of the same name, after a restore into another cluster'
complete -c byok -n "__fish_byok_using_subcommand member; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c byok -n "__fish_byok_using_subcommand role; and not __fish_seen_subcommand_from grant revoke list ls help" -s o -l output -d 'Output format; the default is table at a terminal and plain (tab-separated) in a pipe' -r -f -a "table\t'Aligned, with a header, for people'
json\t'One JSON document'
jsonl\t'One JSON object a line'
csv\t'With a header, quoted by RFC 4180'
plain\t'Tab-separated: a row for each thing of a list, and a line `name value` for each field of one thing'"
complete -c byok -n "__fish_byok_using_subcommand role; and not __fish_seen_subcommand_from grant revoke list ls help" -l profile -d 'Use this profile of the configuration file' -r
complete -c byok -n "__fish_byok_using_subcommand role; and not __fish_seen_subcommand_from grant revoke list ls help" -l confirm-profile -d 'Confirm a change that cannot be undone with the name of the profile; a profile that is marked as production needs it' -r
complete -c byok -n "__fish_byok_using_subcommand role; and not __fish_seen_subcommand_from grant revoke list ls help" -l master-key-fd -d 'Read the master key from this open file descriptor' -r
complete -c byok -n "__fish_byok_using_subcommand role; and not __fish_seen_subcommand_from grant revoke list ls help" -l json -d 'The same as --output json'
complete -c byok -n "__fish_byok_using_subcommand role; and not __fish_seen_subcommand_from grant revoke list ls help" -s q -l quiet -d 'Print only results, warnings and errors, no notices'
complete -c byok -n "__fish_byok_using_subcommand role; and not __fish_seen_subcommand_from grant revoke list ls help" -l no-input -d 'Never prompt; fail instead and name the option to use'
complete -c byok -n "__fish_byok_using_subcommand role; and not __fish_seen_subcommand_from grant revoke list ls help" -l local -d 'Use the private database and no profile, even if another database is configured'
complete -c byok -n "__fish_byok_using_subcommand role; and not __fish_seen_subcommand_from grant revoke list ls help" -l install-postgres -d 'Install PostgreSQL with this system\'s package manager if no server programs are found'
complete -c byok -n "__fish_byok_using_subcommand role; and not __fish_seen_subcommand_from grant revoke list ls help" -l strict -d 'Refuse the file of a master key or data key if anybody but its owner can read it'
complete -c byok -n "__fish_byok_using_subcommand role; and not __fish_seen_subcommand_from grant revoke list ls help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c byok -n "__fish_byok_using_subcommand role; and not __fish_seen_subcommand_from grant revoke list ls help" -s V -l version -d 'Print version'
complete -c byok -n "__fish_byok_using_subcommand role; and not __fish_seen_subcommand_from grant revoke list ls help" -f -a "grant" -d 'Grant a service role to a login'
complete -c byok -n "__fish_byok_using_subcommand role; and not __fish_seen_subcommand_from grant revoke list ls help" -f -a "revoke" -d 'Revoke a service role of a login'
complete -c byok -n "__fish_byok_using_subcommand role; and not __fish_seen_subcommand_from grant revoke list ls help" -f -a "list" -d 'List the logins with a service role'
complete -c byok -n "__fish_byok_using_subcommand role; and not __fish_seen_subcommand_from grant revoke list ls help" -f -a "ls" -d 'List the logins with a service role'
complete -c byok -n "__fish_byok_using_subcommand role; and not __fish_seen_subcommand_from grant revoke list ls help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c byok -n "__fish_byok_using_subcommand role; and __fish_seen_subcommand_from grant" -l to-file -d 'Write the secret to a new file that only you can read (default: show it once at the terminal)' -r -F
complete -c byok -n "__fish_byok_using_subcommand role; and __fish_seen_subcommand_from grant" -s o -l output -d 'Output format; the default is table at a terminal and plain (tab-separated) in a pipe' -r -f -a "table\t'Aligned, with a header, for people'
json\t'One JSON document'
jsonl\t'One JSON object a line'
csv\t'With a header, quoted by RFC 4180'
plain\t'Tab-separated: a row for each thing of a list, and a line `name value` for each field of one thing'"
complete -c byok -n "__fish_byok_using_subcommand role; and __fish_seen_subcommand_from grant" -l profile -d 'Use this profile of the configuration file' -r
complete -c byok -n "__fish_byok_using_subcommand role; and __fish_seen_subcommand_from grant" -l confirm-profile -d 'Confirm a change that cannot be undone with the name of the profile; a profile that is marked as production needs it' -r
complete -c byok -n "__fish_byok_using_subcommand role; and __fish_seen_subcommand_from grant" -l master-key-fd -d 'Read the master key from this open file descriptor' -r
complete -c byok -n "__fish_byok_using_subcommand role; and __fish_seen_subcommand_from grant" -l create-login -d 'Also create the login, with a random password. If the file has the connection string of an earlier attempt, that attempt is continued'
complete -c byok -n "__fish_byok_using_subcommand role; and __fish_seen_subcommand_from grant" -s n -l dry-run -d 'Check everything and say what would change, but write nothing'
complete -c byok -n "__fish_byok_using_subcommand role; and __fish_seen_subcommand_from grant" -l json -d 'The same as --output json'
complete -c byok -n "__fish_byok_using_subcommand role; and __fish_seen_subcommand_from grant" -s q -l quiet -d 'Print only results, warnings and errors, no notices'
complete -c byok -n "__fish_byok_using_subcommand role; and __fish_seen_subcommand_from grant" -l no-input -d 'Never prompt; fail instead and name the option to use'
complete -c byok -n "__fish_byok_using_subcommand role; and __fish_seen_subcommand_from grant" -l local -d 'Use the private database and no profile, even if another database is configured'
complete -c byok -n "__fish_byok_using_subcommand role; and __fish_seen_subcommand_from grant" -l install-postgres -d 'Install PostgreSQL with this system\'s package manager if no server programs are found'
complete -c byok -n "__fish_byok_using_subcommand role; and __fish_seen_subcommand_from grant" -l strict -d 'Refuse the file of a master key or data key if anybody but its owner can read it'
complete -c byok -n "__fish_byok_using_subcommand role; and __fish_seen_subcommand_from grant" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c byok -n "__fish_byok_using_subcommand role; and __fish_seen_subcommand_from grant" -s V -l version -d 'Print version'
complete -c byok -n "__fish_byok_using_subcommand role; and __fish_seen_subcommand_from revoke" -s o -l output -d 'Output format; the default is table at a terminal and plain (tab-separated) in a pipe' -r -f -a "table\t'Aligned, with a header, for people'
json\t'One JSON document'
jsonl\t'One JSON object a line'
csv\t'With a header, quoted by RFC 4180'
plain\t'Tab-separated: a row for each thing of a list, and a line `name value` for each field of one thing'"
complete -c byok -n "__fish_byok_using_subcommand role; and __fish_seen_subcommand_from revoke" -l profile -d 'Use this profile of the configuration file' -r
complete -c byok -n "__fish_byok_using_subcommand role; and __fish_seen_subcommand_from revoke" -l confirm-profile -d 'Confirm a change that cannot be undone with the name of the profile; a profile that is marked as production needs it' -r
complete -c byok -n "__fish_byok_using_subcommand role; and __fish_seen_subcommand_from revoke" -l master-key-fd -d 'Read the master key from this open file descriptor' -r
complete -c byok -n "__fish_byok_using_subcommand role; and __fish_seen_subcommand_from revoke" -s n -l dry-run -d 'Check everything and say what would change, but write nothing'
complete -c byok -n "__fish_byok_using_subcommand role; and __fish_seen_subcommand_from revoke" -l json -d 'The same as --output json'
complete -c byok -n "__fish_byok_using_subcommand role; and __fish_seen_subcommand_from revoke" -s q -l quiet -d 'Print only results, warnings and errors, no notices'
complete -c byok -n "__fish_byok_using_subcommand role; and __fish_seen_subcommand_from revoke" -l no-input -d 'Never prompt; fail instead and name the option to use'
complete -c byok -n "__fish_byok_using_subcommand role; and __fish_seen_subcommand_from revoke" -l local -d 'Use the private database and no profile, even if another database is configured'
complete -c byok -n "__fish_byok_using_subcommand role; and __fish_seen_subcommand_from revoke" -l install-postgres -d 'Install PostgreSQL with this system\'s package manager if no server programs are found'
complete -c byok -n "__fish_byok_using_subcommand role; and __fish_seen_subcommand_from revoke" -l strict -d 'Refuse the file of a master key or data key if anybody but its owner can read it'
complete -c byok -n "__fish_byok_using_subcommand role; and __fish_seen_subcommand_from revoke" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c byok -n "__fish_byok_using_subcommand role; and __fish_seen_subcommand_from revoke" -s V -l version -d 'Print version'
complete -c byok -n "__fish_byok_using_subcommand role; and __fish_seen_subcommand_from list" -s o -l output -d 'Output format; the default is table at a terminal and plain (tab-separated) in a pipe' -r -f -a "table\t'Aligned, with a header, for people'
json\t'One JSON document'
jsonl\t'One JSON object a line'
csv\t'With a header, quoted by RFC 4180'
plain\t'Tab-separated: a row for each thing of a list, and a line `name value` for each field of one thing'"
complete -c byok -n "__fish_byok_using_subcommand role; and __fish_seen_subcommand_from list" -l profile -d 'Use this profile of the configuration file' -r
complete -c byok -n "__fish_byok_using_subcommand role; and __fish_seen_subcommand_from list" -l confirm-profile -d 'Confirm a change that cannot be undone with the name of the profile; a profile that is marked as production needs it' -r
complete -c byok -n "__fish_byok_using_subcommand role; and __fish_seen_subcommand_from list" -l master-key-fd -d 'Read the master key from this open file descriptor' -r
complete -c byok -n "__fish_byok_using_subcommand role; and __fish_seen_subcommand_from list" -l json -d 'The same as --output json'
complete -c byok -n "__fish_byok_using_subcommand role; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Print only results, warnings and errors, no notices'
complete -c byok -n "__fish_byok_using_subcommand role; and __fish_seen_subcommand_from list" -l no-input -d 'Never prompt; fail instead and name the option to use'
complete -c byok -n "__fish_byok_using_subcommand role; and __fish_seen_subcommand_from list" -l local -d 'Use the private database and no profile, even if another database is configured'
complete -c byok -n "__fish_byok_using_subcommand role; and __fish_seen_subcommand_from list" -l install-postgres -d 'Install PostgreSQL with this system\'s package manager if no server programs are found'
complete -c byok -n "__fish_byok_using_subcommand role; and __fish_seen_subcommand_from list" -l strict -d 'Refuse the file of a master key or data key if anybody but its owner can read it'
complete -c byok -n "__fish_byok_using_subcommand role; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c byok -n "__fish_byok_using_subcommand role; and __fish_seen_subcommand_from list" -s V -l version -d 'Print version'
complete -c byok -n "__fish_byok_using_subcommand role; and __fish_seen_subcommand_from ls" -s o -l output -d 'Output format; the default is table at a terminal and plain (tab-separated) in a pipe' -r -f -a "table\t'Aligned, with a header, for people'
json\t'One JSON document'
jsonl\t'One JSON object a line'
csv\t'With a header, quoted by RFC 4180'
plain\t'Tab-separated: a row for each thing of a list, and a line `name value` for each field of one thing'"
complete -c byok -n "__fish_byok_using_subcommand role; and __fish_seen_subcommand_from ls" -l profile -d 'Use this profile of the configuration file' -r
complete -c byok -n "__fish_byok_using_subcommand role; and __fish_seen_subcommand_from ls" -l confirm-profile -d 'Confirm a change that cannot be undone with the name of the profile; a profile that is marked as production needs it' -r
complete -c byok -n "__fish_byok_using_subcommand role; and __fish_seen_subcommand_from ls" -l master-key-fd -d 'Read the master key from this open file descriptor' -r
complete -c byok -n "__fish_byok_using_subcommand role; and __fish_seen_subcommand_from ls" -l json -d 'The same as --output json'
complete -c byok -n "__fish_byok_using_subcommand role; and __fish_seen_subcommand_from ls" -s q -l quiet -d 'Print only results, warnings and errors, no notices'
complete -c byok -n "__fish_byok_using_subcommand role; and __fish_seen_subcommand_from ls" -l no-input -d 'Never prompt; fail instead and name the option to use'
complete -c byok -n "__fish_byok_using_subcommand role; and __fish_seen_subcommand_from ls" -l local -d 'Use the private database and no profile, even if another database is configured'
complete -c byok -n "__fish_byok_using_subcommand role; and __fish_seen_subcommand_from ls" -l install-postgres -d 'Install PostgreSQL with this system\'s package manager if no server programs are found'
complete -c byok -n "__fish_byok_using_subcommand role; and __fish_seen_subcommand_from ls" -l strict -d 'Refuse the file of a master key or data key if anybody but its owner can read it'
complete -c byok -n "__fish_byok_using_subcommand role; and __fish_seen_subcommand_from ls" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c byok -n "__fish_byok_using_subcommand role; and __fish_seen_subcommand_from ls" -s V -l version -d 'Print version'
complete -c byok -n "__fish_byok_using_subcommand role; and __fish_seen_subcommand_from help" -f -a "grant" -d 'Grant a service role to a login'
complete -c byok -n "__fish_byok_using_subcommand role; and __fish_seen_subcommand_from help" -f -a "revoke" -d 'Revoke a service role of a login'
complete -c byok -n "__fish_byok_using_subcommand role; and __fish_seen_subcommand_from help" -f -a "list" -d 'List the logins with a service role'
complete -c byok -n "__fish_byok_using_subcommand role; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c byok -n "__fish_byok_using_subcommand key; and not __fish_seen_subcommand_from set list ls show rotate rollback expire history remove rm help" -s o -l output -d 'Output format; the default is table at a terminal and plain (tab-separated) in a pipe' -r -f -a "table\t'Aligned, with a header, for people'
json\t'One JSON document'
jsonl\t'One JSON object a line'
csv\t'With a header, quoted by RFC 4180'
plain\t'Tab-separated: a row for each thing of a list, and a line `name value` for each field of one thing'"
complete -c byok -n "__fish_byok_using_subcommand key; and not __fish_seen_subcommand_from set list ls show rotate rollback expire history remove rm help" -l profile -d 'Use this profile of the configuration file' -r
complete -c byok -n "__fish_byok_using_subcommand key; and not __fish_seen_subcommand_from set list ls show rotate rollback expire history remove rm help" -l confirm-profile -d 'Confirm a change that cannot be undone with the name of the profile; a profile that is marked as production needs it' -r
complete -c byok -n "__fish_byok_using_subcommand key; and not __fish_seen_subcommand_from set list ls show rotate rollback expire history remove rm help" -l master-key-fd -d 'Read the master key from this open file descriptor' -r
complete -c byok -n "__fish_byok_using_subcommand key; and not __fish_seen_subcommand_from set list ls show rotate rollback expire history remove rm help" -l json -d 'The same as --output json'
complete -c byok -n "__fish_byok_using_subcommand key; and not __fish_seen_subcommand_from set list ls show rotate rollback expire history remove rm help" -s q -l quiet -d 'Print only results, warnings and errors, no notices'
complete -c byok -n "__fish_byok_using_subcommand key; and not __fish_seen_subcommand_from set list ls show rotate rollback expire history remove rm help" -l no-input -d 'Never prompt; fail instead and name the option to use'
complete -c byok -n "__fish_byok_using_subcommand key; and not __fish_seen_subcommand_from set list ls show rotate rollback expire history remove rm help" -l local -d 'Use the private database and no profile, even if another database is configured'
complete -c byok -n "__fish_byok_using_subcommand key; and not __fish_seen_subcommand_from set list ls show rotate rollback expire history remove rm help" -l install-postgres -d 'Install PostgreSQL with this system\'s package manager if no server programs are found'
complete -c byok -n "__fish_byok_using_subcommand key; and not __fish_seen_subcommand_from set list ls show rotate rollback expire history remove rm help" -l strict -d 'Refuse the file of a master key or data key if anybody but its owner can read it'
complete -c byok -n "__fish_byok_using_subcommand key; and not __fish_seen_subcommand_from set list ls show rotate rollback expire history remove rm help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c byok -n "__fish_byok_using_subcommand key; and not __fish_seen_subcommand_from set list ls show rotate rollback expire history remove rm help" -s V -l version -d 'Print version'
complete -c byok -n "__fish_byok_using_subcommand key; and not __fish_seen_subcommand_from set list ls show rotate rollback expire history remove rm help" -f -a "set" -d 'Store an organization\'s key for a provider; it replaces the active key'
complete -c byok -n "__fish_byok_using_subcommand key; and not __fish_seen_subcommand_from set list ls show rotate rollback expire history remove rm help" -f -a "list" -d 'List the active keys of one organization, or of all organizations that this login may see'
complete -c byok -n "__fish_byok_using_subcommand key; and not __fish_seen_subcommand_from set list ls show rotate rollback expire history remove rm help" -f -a "ls" -d 'List the active keys of one organization, or of all organizations that this login may see'
complete -c byok -n "__fish_byok_using_subcommand key; and not __fish_seen_subcommand_from set list ls show rotate rollback expire history remove rm help" -f -a "show" -d 'Show every version of a key, with its hint, dates and author; the active key comes first'
complete -c byok -n "__fish_byok_using_subcommand key; and not __fish_seen_subcommand_from set list ls show rotate rollback expire history remove rm help" -f -a "rotate" -d 'Replace the active key (exit 3 if there is none)'
complete -c byok -n "__fish_byok_using_subcommand key; and not __fish_seen_subcommand_from set list ls show rotate rollback expire history remove rm help" -f -a "rollback" -d 'Make the previous key active again, as a new version'
complete -c byok -n "__fish_byok_using_subcommand key; and not __fish_seen_subcommand_from set list ls show rotate rollback expire history remove rm help" -f -a "expire" -d 'Change the end date of the active key, without the key'
complete -c byok -n "__fish_byok_using_subcommand key; and not __fish_seen_subcommand_from set list ls show rotate rollback expire history remove rm help" -f -a "history" -d 'Show who set, tested, opened or removed a key, and when; newest first'
complete -c byok -n "__fish_byok_using_subcommand key; and not __fish_seen_subcommand_from set list ls show rotate rollback expire history remove rm help" -f -a "remove" -d 'Remove an organization\'s key; the answer says which key its requests use from then on'
complete -c byok -n "__fish_byok_using_subcommand key; and not __fish_seen_subcommand_from set list ls show rotate rollback expire history remove rm help" -f -a "rm" -d 'Remove an organization\'s key; the answer says which key its requests use from then on'
complete -c byok -n "__fish_byok_using_subcommand key; and not __fish_seen_subcommand_from set list ls show rotate rollback expire history remove rm help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from set" -l provider -r
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from set" -l from-file -d 'Read the key from a file' -r -F
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from set" -l from-env -d 'Read the key from the named environment variable' -r
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from set" -l setting -d 'A field of the credential that is not secret, such as region=...; `byok provider show` lists them' -r
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from set" -l expires -d 'The key is used until this date or RFC 3339 time, or for this long (30d); a date means the end of that day in UTC' -r
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from set" -l keep-previous -d 'Keep the replaced key for this long, so that `byok key rollback` can make it active again (default: 24h)' -r
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from set" -l timeout -d 'Time limit for the test of one key, in seconds' -r
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from set" -l if-version -d 'Fail (exit 5) unless this version is active; 0 means that no key is active' -r
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from set" -l org -d 'The organization\'s id (default: BYOK_ORG)' -r
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from set" -s o -l output -d 'Output format; the default is table at a terminal and plain (tab-separated) in a pipe' -r -f -a "table\t'Aligned, with a header, for people'
json\t'One JSON document'
jsonl\t'One JSON object a line'
csv\t'With a header, quoted by RFC 4180'
plain\t'Tab-separated: a row for each thing of a list, and a line `name value` for each field of one thing'"
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from set" -l profile -d 'Use this profile of the configuration file' -r
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from set" -l confirm-profile -d 'Confirm a change that cannot be undone with the name of the profile; a profile that is marked as production needs it' -r
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from set" -l master-key-fd -d 'Read the master key from this open file descriptor' -r
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from set" -l stdin -d 'Read the key from standard input'
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from set" -l no-keep -d 'Erase the replaced key at once'
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from set" -l no-test -d 'Store the key without a test (the audit log records this)'
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from set" -l no-replace -d 'Fail (exit 5) if there is already a key'
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from set" -s n -l dry-run -d 'Check everything and say what would change, but write nothing'
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from set" -l json -d 'The same as --output json'
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from set" -s q -l quiet -d 'Print only results, warnings and errors, no notices'
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from set" -l no-input -d 'Never prompt; fail instead and name the option to use'
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from set" -l local -d 'Use the private database and no profile, even if another database is configured'
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from set" -l install-postgres -d 'Install PostgreSQL with this system\'s package manager if no server programs are found'
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from set" -l strict -d 'Refuse the file of a master key or data key if anybody but its owner can read it'
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from set" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from set" -s V -l version -d 'Print version'
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from list" -l org -d 'One organization (default: BYOK_ORG)' -r
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from list" -l provider -r
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from list" -l expiring -d 'Only keys whose end date has passed, or comes within this time' -r
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from list" -l stale -d 'Only keys that have been stored for at least this time' -r
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from list" -l untested -d 'Only keys that were not tested for this time, or never' -r
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from list" -l verdict -d 'Only keys whose last test had this verdict' -r
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from list" -l sort -d 'Sort by this instead of organization and provider; nothing is written before everything is read' -r -f -a "expires\t'The end date, the next one first'
created\t'The date at which it was stored, the oldest first'
tested\t'The date of the last test, the oldest first'"
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from list" -s o -l output -d 'Output format; the default is table at a terminal and plain (tab-separated) in a pipe' -r -f -a "table\t'Aligned, with a header, for people'
json\t'One JSON document'
jsonl\t'One JSON object a line'
csv\t'With a header, quoted by RFC 4180'
plain\t'Tab-separated: a row for each thing of a list, and a line `name value` for each field of one thing'"
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from list" -l profile -d 'Use this profile of the configuration file' -r
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from list" -l confirm-profile -d 'Confirm a change that cannot be undone with the name of the profile; a profile that is marked as production needs it' -r
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from list" -l master-key-fd -d 'Read the master key from this open file descriptor' -r
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from list" -l all-orgs -d 'All organizations that this login may see'
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from list" -l fail -d 'Exit with 9 if there is such a key, as a check in CI needs it'
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from list" -l json -d 'The same as --output json'
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Print only results, warnings and errors, no notices'
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from list" -l no-input -d 'Never prompt; fail instead and name the option to use'
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from list" -l local -d 'Use the private database and no profile, even if another database is configured'
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from list" -l install-postgres -d 'Install PostgreSQL with this system\'s package manager if no server programs are found'
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from list" -l strict -d 'Refuse the file of a master key or data key if anybody but its owner can read it'
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from list" -s V -l version -d 'Print version'
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from ls" -l org -d 'One organization (default: BYOK_ORG)' -r
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from ls" -l provider -r
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from ls" -l expiring -d 'Only keys whose end date has passed, or comes within this time' -r
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from ls" -l stale -d 'Only keys that have been stored for at least this time' -r
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from ls" -l untested -d 'Only keys that were not tested for this time, or never' -r
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from ls" -l verdict -d 'Only keys whose last test had this verdict' -r
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from ls" -l sort -d 'Sort by this instead of organization and provider; nothing is written before everything is read' -r -f -a "expires\t'The end date, the next one first'
created\t'The date at which it was stored, the oldest first'
tested\t'The date of the last test, the oldest first'"
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from ls" -s o -l output -d 'Output format; the default is table at a terminal and plain (tab-separated) in a pipe' -r -f -a "table\t'Aligned, with a header, for people'
json\t'One JSON document'
jsonl\t'One JSON object a line'
csv\t'With a header, quoted by RFC 4180'
plain\t'Tab-separated: a row for each thing of a list, and a line `name value` for each field of one thing'"
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from ls" -l profile -d 'Use this profile of the configuration file' -r
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from ls" -l confirm-profile -d 'Confirm a change that cannot be undone with the name of the profile; a profile that is marked as production needs it' -r
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from ls" -l master-key-fd -d 'Read the master key from this open file descriptor' -r
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from ls" -l all-orgs -d 'All organizations that this login may see'
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from ls" -l fail -d 'Exit with 9 if there is such a key, as a check in CI needs it'
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from ls" -l json -d 'The same as --output json'
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from ls" -s q -l quiet -d 'Print only results, warnings and errors, no notices'
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from ls" -l no-input -d 'Never prompt; fail instead and name the option to use'
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from ls" -l local -d 'Use the private database and no profile, even if another database is configured'
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from ls" -l install-postgres -d 'Install PostgreSQL with this system\'s package manager if no server programs are found'
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from ls" -l strict -d 'Refuse the file of a master key or data key if anybody but its owner can read it'
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from ls" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from ls" -s V -l version -d 'Print version'
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from show" -l provider -r
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from show" -l org -d 'The organization\'s id (default: BYOK_ORG)' -r
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from show" -s o -l output -d 'Output format; the default is table at a terminal and plain (tab-separated) in a pipe' -r -f -a "table\t'Aligned, with a header, for people'
json\t'One JSON document'
jsonl\t'One JSON object a line'
csv\t'With a header, quoted by RFC 4180'
plain\t'Tab-separated: a row for each thing of a list, and a line `name value` for each field of one thing'"
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from show" -l profile -d 'Use this profile of the configuration file' -r
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from show" -l confirm-profile -d 'Confirm a change that cannot be undone with the name of the profile; a profile that is marked as production needs it' -r
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from show" -l master-key-fd -d 'Read the master key from this open file descriptor' -r
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from show" -l json -d 'The same as --output json'
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Print only results, warnings and errors, no notices'
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from show" -l no-input -d 'Never prompt; fail instead and name the option to use'
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from show" -l local -d 'Use the private database and no profile, even if another database is configured'
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from show" -l install-postgres -d 'Install PostgreSQL with this system\'s package manager if no server programs are found'
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from show" -l strict -d 'Refuse the file of a master key or data key if anybody but its owner can read it'
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from show" -s V -l version -d 'Print version'
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from rotate" -l provider -r
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from rotate" -l from-file -d 'Read the key from a file' -r -F
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from rotate" -l from-env -d 'Read the key from the named environment variable' -r
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from rotate" -l setting -d 'A field of the credential that is not secret, such as region=...; `byok provider show` lists them' -r
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from rotate" -l expires -d 'The key is used until this date or RFC 3339 time, or for this long (30d); a date means the end of that day in UTC' -r
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from rotate" -l keep-previous -d 'Keep the replaced key for this long, so that `byok key rollback` can make it active again (default: 24h)' -r
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from rotate" -l timeout -d 'Time limit for the test of one key, in seconds' -r
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from rotate" -l if-version -d 'Fail (exit 5) unless this version is active; 0 means that no key is active' -r
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from rotate" -l org -d 'The organization\'s id (default: BYOK_ORG)' -r
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from rotate" -s o -l output -d 'Output format; the default is table at a terminal and plain (tab-separated) in a pipe' -r -f -a "table\t'Aligned, with a header, for people'
json\t'One JSON document'
jsonl\t'One JSON object a line'
csv\t'With a header, quoted by RFC 4180'
plain\t'Tab-separated: a row for each thing of a list, and a line `name value` for each field of one thing'"
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from rotate" -l profile -d 'Use this profile of the configuration file' -r
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from rotate" -l confirm-profile -d 'Confirm a change that cannot be undone with the name of the profile; a profile that is marked as production needs it' -r
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from rotate" -l master-key-fd -d 'Read the master key from this open file descriptor' -r
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from rotate" -l stdin -d 'Read the key from standard input'
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from rotate" -l no-keep -d 'Erase the replaced key at once'
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from rotate" -l no-test -d 'Store the key without a test (the audit log records this)'
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from rotate" -s n -l dry-run -d 'Check everything and say what would change, but write nothing'
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from rotate" -l json -d 'The same as --output json'
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from rotate" -s q -l quiet -d 'Print only results, warnings and errors, no notices'
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from rotate" -l no-input -d 'Never prompt; fail instead and name the option to use'
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from rotate" -l local -d 'Use the private database and no profile, even if another database is configured'
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from rotate" -l install-postgres -d 'Install PostgreSQL with this system\'s package manager if no server programs are found'
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from rotate" -l strict -d 'Refuse the file of a master key or data key if anybody but its owner can read it'
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from rotate" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from rotate" -s V -l version -d 'Print version'
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from rollback" -l provider -r
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from rollback" -l if-version -d 'Fail (exit 5) unless this version is active; 0 means that no key is active' -r
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from rollback" -l keep-previous -d 'Keep the replaced key for this long, so that `byok key rollback` can make it active again (default: 24h)' -r
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from rollback" -l timeout -d 'Time limit for the test of one key, in seconds' -r
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from rollback" -l org -d 'The organization\'s id (default: BYOK_ORG)' -r
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from rollback" -s o -l output -d 'Output format; the default is table at a terminal and plain (tab-separated) in a pipe' -r -f -a "table\t'Aligned, with a header, for people'
json\t'One JSON document'
jsonl\t'One JSON object a line'
csv\t'With a header, quoted by RFC 4180'
plain\t'Tab-separated: a row for each thing of a list, and a line `name value` for each field of one thing'"
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from rollback" -l profile -d 'Use this profile of the configuration file' -r
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from rollback" -l confirm-profile -d 'Confirm a change that cannot be undone with the name of the profile; a profile that is marked as production needs it' -r
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from rollback" -l master-key-fd -d 'Read the master key from this open file descriptor' -r
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from rollback" -l no-keep -d 'Erase the replaced key at once'
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from rollback" -l no-test -d 'Store the key without a test (the audit log records this)'
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from rollback" -s y -l yes -d 'Do not ask for confirmation'
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from rollback" -s n -l dry-run -d 'Check everything and say what would change, but write nothing'
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from rollback" -l json -d 'The same as --output json'
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from rollback" -s q -l quiet -d 'Print only results, warnings and errors, no notices'
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from rollback" -l no-input -d 'Never prompt; fail instead and name the option to use'
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from rollback" -l local -d 'Use the private database and no profile, even if another database is configured'
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from rollback" -l install-postgres -d 'Install PostgreSQL with this system\'s package manager if no server programs are found'
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from rollback" -l strict -d 'Refuse the file of a master key or data key if anybody but its owner can read it'
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from rollback" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from rollback" -s V -l version -d 'Print version'
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from expire" -l provider -r
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from expire" -l expires -d 'The key is used until this date or RFC 3339 time, or for this long (30d); a date means the end of that day in UTC' -r
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from expire" -l if-version -d 'Fail (exit 5) unless this version is active; 0 means that no key is active' -r
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from expire" -l org -d 'The organization\'s id (default: BYOK_ORG)' -r
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from expire" -s o -l output -d 'Output format; the default is table at a terminal and plain (tab-separated) in a pipe' -r -f -a "table\t'Aligned, with a header, for people'
json\t'One JSON document'
jsonl\t'One JSON object a line'
csv\t'With a header, quoted by RFC 4180'
plain\t'Tab-separated: a row for each thing of a list, and a line `name value` for each field of one thing'"
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from expire" -l profile -d 'Use this profile of the configuration file' -r
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from expire" -l confirm-profile -d 'Confirm a change that cannot be undone with the name of the profile; a profile that is marked as production needs it' -r
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from expire" -l master-key-fd -d 'Read the master key from this open file descriptor' -r
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from expire" -l never -d 'The key has no end date'
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from expire" -s n -l dry-run -d 'Check everything and say what would change, but write nothing'
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from expire" -l json -d 'The same as --output json'
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from expire" -s q -l quiet -d 'Print only results, warnings and errors, no notices'
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from expire" -l no-input -d 'Never prompt; fail instead and name the option to use'
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from expire" -l local -d 'Use the private database and no profile, even if another database is configured'
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from expire" -l install-postgres -d 'Install PostgreSQL with this system\'s package manager if no server programs are found'
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from expire" -l strict -d 'Refuse the file of a master key or data key if anybody but its owner can read it'
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from expire" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from expire" -s V -l version -d 'Print version'
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from history" -l provider -r
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from history" -l org -d 'The organization\'s id (default: BYOK_ORG)' -r
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from history" -l limit -d 'List at most this many records; a list that is cut says how to continue' -r
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from history" -l before -d 'Only records before this number; to continue a list, give its last SEQ' -r
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from history" -s o -l output -d 'Output format; the default is table at a terminal and plain (tab-separated) in a pipe' -r -f -a "table\t'Aligned, with a header, for people'
json\t'One JSON document'
jsonl\t'One JSON object a line'
csv\t'With a header, quoted by RFC 4180'
plain\t'Tab-separated: a row for each thing of a list, and a line `name value` for each field of one thing'"
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from history" -l profile -d 'Use this profile of the configuration file' -r
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from history" -l confirm-profile -d 'Confirm a change that cannot be undone with the name of the profile; a profile that is marked as production needs it' -r
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from history" -l master-key-fd -d 'Read the master key from this open file descriptor' -r
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from history" -l json -d 'The same as --output json'
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from history" -s q -l quiet -d 'Print only results, warnings and errors, no notices'
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from history" -l no-input -d 'Never prompt; fail instead and name the option to use'
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from history" -l local -d 'Use the private database and no profile, even if another database is configured'
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from history" -l install-postgres -d 'Install PostgreSQL with this system\'s package manager if no server programs are found'
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from history" -l strict -d 'Refuse the file of a master key or data key if anybody but its owner can read it'
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from history" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from history" -s V -l version -d 'Print version'
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from remove" -l provider -r
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from remove" -l if-version -d 'Fail (exit 5) unless this version is active; 0 means that no key is active' -r
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from remove" -l org -d 'The organization\'s id (BYOK_ORG is not used)' -r
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from remove" -s o -l output -d 'Output format; the default is table at a terminal and plain (tab-separated) in a pipe' -r -f -a "table\t'Aligned, with a header, for people'
json\t'One JSON document'
jsonl\t'One JSON object a line'
csv\t'With a header, quoted by RFC 4180'
plain\t'Tab-separated: a row for each thing of a list, and a line `name value` for each field of one thing'"
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from remove" -l profile -d 'Use this profile of the configuration file' -r
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from remove" -l confirm-profile -d 'Confirm a change that cannot be undone with the name of the profile; a profile that is marked as production needs it' -r
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from remove" -l master-key-fd -d 'Read the master key from this open file descriptor' -r
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from remove" -s y -l yes -d 'Do not ask for confirmation'
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from remove" -s n -l dry-run -d 'Check everything and say what would change, but write nothing'
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from remove" -l json -d 'The same as --output json'
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from remove" -s q -l quiet -d 'Print only results, warnings and errors, no notices'
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from remove" -l no-input -d 'Never prompt; fail instead and name the option to use'
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from remove" -l local -d 'Use the private database and no profile, even if another database is configured'
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from remove" -l install-postgres -d 'Install PostgreSQL with this system\'s package manager if no server programs are found'
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from remove" -l strict -d 'Refuse the file of a master key or data key if anybody but its owner can read it'
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from remove" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from remove" -s V -l version -d 'Print version'
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from rm" -l provider -r
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from rm" -l if-version -d 'Fail (exit 5) unless this version is active; 0 means that no key is active' -r
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from rm" -l org -d 'The organization\'s id (BYOK_ORG is not used)' -r
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from rm" -s o -l output -d 'Output format; the default is table at a terminal and plain (tab-separated) in a pipe' -r -f -a "table\t'Aligned, with a header, for people'
json\t'One JSON document'
jsonl\t'One JSON object a line'
csv\t'With a header, quoted by RFC 4180'
plain\t'Tab-separated: a row for each thing of a list, and a line `name value` for each field of one thing'"
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from rm" -l profile -d 'Use this profile of the configuration file' -r
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from rm" -l confirm-profile -d 'Confirm a change that cannot be undone with the name of the profile; a profile that is marked as production needs it' -r
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from rm" -l master-key-fd -d 'Read the master key from this open file descriptor' -r
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from rm" -s y -l yes -d 'Do not ask for confirmation'
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from rm" -s n -l dry-run -d 'Check everything and say what would change, but write nothing'
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from rm" -l json -d 'The same as --output json'
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from rm" -s q -l quiet -d 'Print only results, warnings and errors, no notices'
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from rm" -l no-input -d 'Never prompt; fail instead and name the option to use'
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from rm" -l local -d 'Use the private database and no profile, even if another database is configured'
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from rm" -l install-postgres -d 'Install PostgreSQL with this system\'s package manager if no server programs are found'
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from rm" -l strict -d 'Refuse the file of a master key or data key if anybody but its owner can read it'
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from rm" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from rm" -s V -l version -d 'Print version'
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from help" -f -a "set" -d 'Store an organization\'s key for a provider; it replaces the active key'
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from help" -f -a "list" -d 'List the active keys of one organization, or of all organizations that this login may see'
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from help" -f -a "show" -d 'Show every version of a key, with its hint, dates and author; the active key comes first'
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from help" -f -a "rotate" -d 'Replace the active key (exit 3 if there is none)'
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from help" -f -a "rollback" -d 'Make the previous key active again, as a new version'
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from help" -f -a "expire" -d 'Change the end date of the active key, without the key'
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from help" -f -a "history" -d 'Show who set, tested, opened or removed a key, and when; newest first'
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from help" -f -a "remove" -d 'Remove an organization\'s key; the answer says which key its requests use from then on'
complete -c byok -n "__fish_byok_using_subcommand key; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c byok -n "__fish_byok_using_subcommand platform-key; and not __fish_seen_subcommand_from set rotate rollback expire list ls remove rm help" -s o -l output -d 'Output format; the default is table at a terminal and plain (tab-separated) in a pipe' -r -f -a "table\t'Aligned, with a header, for people'
json\t'One JSON document'
jsonl\t'One JSON object a line'
csv\t'With a header, quoted by RFC 4180'
plain\t'Tab-separated: a row for each thing of a list, and a line `name value` for each field of one thing'"
complete -c byok -n "__fish_byok_using_subcommand platform-key; and not __fish_seen_subcommand_from set rotate rollback expire list ls remove rm help" -l profile -d 'Use this profile of the configuration file' -r
complete -c byok -n "__fish_byok_using_subcommand platform-key; and not __fish_seen_subcommand_from set rotate rollback expire list ls remove rm help" -l confirm-profile -d 'Confirm a change that cannot be undone with the name of the profile; a profile that is marked as production needs it' -r
complete -c byok -n "__fish_byok_using_subcommand platform-key; and not __fish_seen_subcommand_from set rotate rollback expire list ls remove rm help" -l master-key-fd -d 'Read the master key from this open file descriptor' -r
complete -c byok -n "__fish_byok_using_subcommand platform-key; and not __fish_seen_subcommand_from set rotate rollback expire list ls remove rm help" -l json -d 'The same as --output json'
complete -c byok -n "__fish_byok_using_subcommand platform-key; and not __fish_seen_subcommand_from set rotate rollback expire list ls remove rm help" -s q -l quiet -d 'Print only results, warnings and errors, no notices'
complete -c byok -n "__fish_byok_using_subcommand platform-key; and not __fish_seen_subcommand_from set rotate rollback expire list ls remove rm help" -l no-input -d 'Never prompt; fail instead and name the option to use'
complete -c byok -n "__fish_byok_using_subcommand platform-key; and not __fish_seen_subcommand_from set rotate rollback expire list ls remove rm help" -l local -d 'Use the private database and no profile, even if another database is configured'
complete -c byok -n "__fish_byok_using_subcommand platform-key; and not __fish_seen_subcommand_from set rotate rollback expire list ls remove rm help" -l install-postgres -d 'Install PostgreSQL with this system\'s package manager if no server programs are found'
complete -c byok -n "__fish_byok_using_subcommand platform-key; and not __fish_seen_subcommand_from set rotate rollback expire list ls remove rm help" -l strict -d 'Refuse the file of a master key or data key if anybody but its owner can read it'
complete -c byok -n "__fish_byok_using_subcommand platform-key; and not __fish_seen_subcommand_from set rotate rollback expire list ls remove rm help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c byok -n "__fish_byok_using_subcommand platform-key; and not __fish_seen_subcommand_from set rotate rollback expire list ls remove rm help" -s V -l version -d 'Print version'
complete -c byok -n "__fish_byok_using_subcommand platform-key; and not __fish_seen_subcommand_from set rotate rollback expire list ls remove rm help" -f -a "set" -d 'Store the platform\'s key for a provider; it replaces the active key'
complete -c byok -n "__fish_byok_using_subcommand platform-key; and not __fish_seen_subcommand_from set rotate rollback expire list ls remove rm help" -f -a "rotate" -d 'Replace the platform\'s key for a provider (exit 3 if there is none)'
complete -c byok -n "__fish_byok_using_subcommand platform-key; and not __fish_seen_subcommand_from set rotate rollback expire list ls remove rm help" -f -a "rollback" -d 'Make the platform\'s previous key active again, as a new version'
complete -c byok -n "__fish_byok_using_subcommand platform-key; and not __fish_seen_subcommand_from set rotate rollback expire list ls remove rm help" -f -a "expire" -d 'Change the end date of the platform\'s key, without the key'
complete -c byok -n "__fish_byok_using_subcommand platform-key; and not __fish_seen_subcommand_from set rotate rollback expire list ls remove rm help" -f -a "list" -d 'List the platform\'s keys'
complete -c byok -n "__fish_byok_using_subcommand platform-key; and not __fish_seen_subcommand_from set rotate rollback expire list ls remove rm help" -f -a "ls" -d 'List the platform\'s keys'
complete -c byok -n "__fish_byok_using_subcommand platform-key; and not __fish_seen_subcommand_from set rotate rollback expire list ls remove rm help" -f -a "remove" -d 'Remove the platform\'s key for a provider'
complete -c byok -n "__fish_byok_using_subcommand platform-key; and not __fish_seen_subcommand_from set rotate rollback expire list ls remove rm help" -f -a "rm" -d 'Remove the platform\'s key for a provider'
complete -c byok -n "__fish_byok_using_subcommand platform-key; and not __fish_seen_subcommand_from set rotate rollback expire list ls remove rm help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from set" -l provider -r
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from set" -l from-file -d 'Read the key from a file' -r -F
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from set" -l from-env -d 'Read the key from the named environment variable' -r
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from set" -l setting -d 'A field of the credential that is not secret, such as region=...; `byok provider show` lists them' -r
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from set" -l expires -d 'The key is used until this date or RFC 3339 time, or for this long (30d); a date means the end of that day in UTC' -r
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from set" -l keep-previous -d 'Keep the replaced key for this long, so that `byok key rollback` can make it active again (default: 24h)' -r
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from set" -l timeout -d 'Time limit for the test of one key, in seconds' -r
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from set" -l if-version -d 'Fail (exit 5) unless this version is active; 0 means that no key is active' -r
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from set" -s o -l output -d 'Output format; the default is table at a terminal and plain (tab-separated) in a pipe' -r -f -a "table\t'Aligned, with a header, for people'
json\t'One JSON document'
jsonl\t'One JSON object a line'
csv\t'With a header, quoted by RFC 4180'
plain\t'Tab-separated: a row for each thing of a list, and a line `name value` for each field of one thing'"
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from set" -l profile -d 'Use this profile of the configuration file' -r
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from set" -l confirm-profile -d 'Confirm a change that cannot be undone with the name of the profile; a profile that is marked as production needs it' -r
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from set" -l master-key-fd -d 'Read the master key from this open file descriptor' -r
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from set" -l stdin -d 'Read the key from standard input'
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from set" -l no-keep -d 'Erase the replaced key at once'
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from set" -l no-test -d 'Store the key without a test (the audit log records this)'
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from set" -l no-replace -d 'Fail (exit 5) if there is already a key'
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from set" -s n -l dry-run -d 'Check everything and say what would change, but write nothing'
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from set" -l json -d 'The same as --output json'
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from set" -s q -l quiet -d 'Print only results, warnings and errors, no notices'
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from set" -l no-input -d 'Never prompt; fail instead and name the option to use'
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from set" -l local -d 'Use the private database and no profile, even if another database is configured'
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from set" -l install-postgres -d 'Install PostgreSQL with this system\'s package manager if no server programs are found'
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from set" -l strict -d 'Refuse the file of a master key or data key if anybody but its owner can read it'
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from set" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from set" -s V -l version -d 'Print version'
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from rotate" -l provider -r
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from rotate" -l from-file -d 'Read the key from a file' -r -F
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from rotate" -l from-env -d 'Read the key from the named environment variable' -r
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from rotate" -l setting -d 'A field of the credential that is not secret, such as region=...; `byok provider show` lists them' -r
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from rotate" -l expires -d 'The key is used until this date or RFC 3339 time, or for this long (30d); a date means the end of that day in UTC' -r
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from rotate" -l keep-previous -d 'Keep the replaced key for this long, so that `byok key rollback` can make it active again (default: 24h)' -r
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from rotate" -l timeout -d 'Time limit for the test of one key, in seconds' -r
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from rotate" -l if-version -d 'Fail (exit 5) unless this version is active; 0 means that no key is active' -r
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from rotate" -s o -l output -d 'Output format; the default is table at a terminal and plain (tab-separated) in a pipe' -r -f -a "table\t'Aligned, with a header, for people'
json\t'One JSON document'
jsonl\t'One JSON object a line'
csv\t'With a header, quoted by RFC 4180'
plain\t'Tab-separated: a row for each thing of a list, and a line `name value` for each field of one thing'"
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from rotate" -l profile -d 'Use this profile of the configuration file' -r
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from rotate" -l confirm-profile -d 'Confirm a change that cannot be undone with the name of the profile; a profile that is marked as production needs it' -r
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from rotate" -l master-key-fd -d 'Read the master key from this open file descriptor' -r
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from rotate" -l stdin -d 'Read the key from standard input'
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from rotate" -l no-keep -d 'Erase the replaced key at once'
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from rotate" -l no-test -d 'Store the key without a test (the audit log records this)'
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from rotate" -s n -l dry-run -d 'Check everything and say what would change, but write nothing'
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from rotate" -l json -d 'The same as --output json'
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from rotate" -s q -l quiet -d 'Print only results, warnings and errors, no notices'
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from rotate" -l no-input -d 'Never prompt; fail instead and name the option to use'
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from rotate" -l local -d 'Use the private database and no profile, even if another database is configured'
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from rotate" -l install-postgres -d 'Install PostgreSQL with this system\'s package manager if no server programs are found'
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from rotate" -l strict -d 'Refuse the file of a master key or data key if anybody but its owner can read it'
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from rotate" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from rotate" -s V -l version -d 'Print version'
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from rollback" -l provider -r
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from rollback" -l if-version -d 'Fail (exit 5) unless this version is active; 0 means that no key is active' -r
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from rollback" -l keep-previous -d 'Keep the replaced key for this long, so that `byok key rollback` can make it active again (default: 24h)' -r
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from rollback" -l timeout -d 'Time limit for the test of one key, in seconds' -r
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from rollback" -s o -l output -d 'Output format; the default is table at a terminal and plain (tab-separated) in a pipe' -r -f -a "table\t'Aligned, with a header, for people'
json\t'One JSON document'
jsonl\t'One JSON object a line'
csv\t'With a header, quoted by RFC 4180'
plain\t'Tab-separated: a row for each thing of a list, and a line `name value` for each field of one thing'"
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from rollback" -l profile -d 'Use this profile of the configuration file' -r
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from rollback" -l confirm-profile -d 'Confirm a change that cannot be undone with the name of the profile; a profile that is marked as production needs it' -r
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from rollback" -l master-key-fd -d 'Read the master key from this open file descriptor' -r
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from rollback" -l no-keep -d 'Erase the replaced key at once'
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from rollback" -l no-test -d 'Store the key without a test (the audit log records this)'
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from rollback" -s y -l yes -d 'Do not ask for confirmation'
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from rollback" -s n -l dry-run -d 'Check everything and say what would change, but write nothing'
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from rollback" -l json -d 'The same as --output json'
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from rollback" -s q -l quiet -d 'Print only results, warnings and errors, no notices'
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from rollback" -l no-input -d 'Never prompt; fail instead and name the option to use'
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from rollback" -l local -d 'Use the private database and no profile, even if another database is configured'
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from rollback" -l install-postgres -d 'Install PostgreSQL with this system\'s package manager if no server programs are found'
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from rollback" -l strict -d 'Refuse the file of a master key or data key if anybody but its owner can read it'
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from rollback" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from rollback" -s V -l version -d 'Print version'
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from expire" -l provider -r
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from expire" -l expires -d 'The key is used until this date or RFC 3339 time, or for this long (30d); a date means the end of that day in UTC' -r
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from expire" -l if-version -d 'Fail (exit 5) unless this version is active; 0 means that no key is active' -r
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from expire" -s o -l output -d 'Output format; the default is table at a terminal and plain (tab-separated) in a pipe' -r -f -a "table\t'Aligned, with a header, for people'
json\t'One JSON document'
jsonl\t'One JSON object a line'
csv\t'With a header, quoted by RFC 4180'
plain\t'Tab-separated: a row for each thing of a list, and a line `name value` for each field of one thing'"
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from expire" -l profile -d 'Use this profile of the configuration file' -r
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from expire" -l confirm-profile -d 'Confirm a change that cannot be undone with the name of the profile; a profile that is marked as production needs it' -r
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from expire" -l master-key-fd -d 'Read the master key from this open file descriptor' -r
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from expire" -l never -d 'The key has no end date'
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from expire" -s n -l dry-run -d 'Check everything and say what would change, but write nothing'
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from expire" -l json -d 'The same as --output json'
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from expire" -s q -l quiet -d 'Print only results, warnings and errors, no notices'
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from expire" -l no-input -d 'Never prompt; fail instead and name the option to use'
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from expire" -l local -d 'Use the private database and no profile, even if another database is configured'
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from expire" -l install-postgres -d 'Install PostgreSQL with this system\'s package manager if no server programs are found'
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from expire" -l strict -d 'Refuse the file of a master key or data key if anybody but its owner can read it'
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from expire" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from expire" -s V -l version -d 'Print version'
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from list" -s o -l output -d 'Output format; the default is table at a terminal and plain (tab-separated) in a pipe' -r -f -a "table\t'Aligned, with a header, for people'
json\t'One JSON document'
jsonl\t'One JSON object a line'
csv\t'With a header, quoted by RFC 4180'
plain\t'Tab-separated: a row for each thing of a list, and a line `name value` for each field of one thing'"
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from list" -l profile -d 'Use this profile of the configuration file' -r
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from list" -l confirm-profile -d 'Confirm a change that cannot be undone with the name of the profile; a profile that is marked as production needs it' -r
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from list" -l master-key-fd -d 'Read the master key from this open file descriptor' -r
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from list" -l json -d 'The same as --output json'
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Print only results, warnings and errors, no notices'
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from list" -l no-input -d 'Never prompt; fail instead and name the option to use'
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from list" -l local -d 'Use the private database and no profile, even if another database is configured'
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from list" -l install-postgres -d 'Install PostgreSQL with this system\'s package manager if no server programs are found'
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from list" -l strict -d 'Refuse the file of a master key or data key if anybody but its owner can read it'
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from list" -s V -l version -d 'Print version'
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from ls" -s o -l output -d 'Output format; the default is table at a terminal and plain (tab-separated) in a pipe' -r -f -a "table\t'Aligned, with a header, for people'
json\t'One JSON document'
jsonl\t'One JSON object a line'
csv\t'With a header, quoted by RFC 4180'
plain\t'Tab-separated: a row for each thing of a list, and a line `name value` for each field of one thing'"
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from ls" -l profile -d 'Use this profile of the configuration file' -r
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from ls" -l confirm-profile -d 'Confirm a change that cannot be undone with the name of the profile; a profile that is marked as production needs it' -r
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from ls" -l master-key-fd -d 'Read the master key from this open file descriptor' -r
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from ls" -l json -d 'The same as --output json'
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from ls" -s q -l quiet -d 'Print only results, warnings and errors, no notices'
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from ls" -l no-input -d 'Never prompt; fail instead and name the option to use'
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from ls" -l local -d 'Use the private database and no profile, even if another database is configured'
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from ls" -l install-postgres -d 'Install PostgreSQL with this system\'s package manager if no server programs are found'
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from ls" -l strict -d 'Refuse the file of a master key or data key if anybody but its owner can read it'
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from ls" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from ls" -s V -l version -d 'Print version'
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from remove" -l provider -r
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from remove" -l if-version -d 'Fail (exit 5) unless this version is active; 0 means that no key is active' -r
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from remove" -s o -l output -d 'Output format; the default is table at a terminal and plain (tab-separated) in a pipe' -r -f -a "table\t'Aligned, with a header, for people'
json\t'One JSON document'
jsonl\t'One JSON object a line'
csv\t'With a header, quoted by RFC 4180'
plain\t'Tab-separated: a row for each thing of a list, and a line `name value` for each field of one thing'"
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from remove" -l profile -d 'Use this profile of the configuration file' -r
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from remove" -l confirm-profile -d 'Confirm a change that cannot be undone with the name of the profile; a profile that is marked as production needs it' -r
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from remove" -l master-key-fd -d 'Read the master key from this open file descriptor' -r
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from remove" -s y -l yes -d 'Do not ask for confirmation'
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from remove" -s n -l dry-run -d 'Check everything and say what would change, but write nothing'
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from remove" -l json -d 'The same as --output json'
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from remove" -s q -l quiet -d 'Print only results, warnings and errors, no notices'
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from remove" -l no-input -d 'Never prompt; fail instead and name the option to use'
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from remove" -l local -d 'Use the private database and no profile, even if another database is configured'
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from remove" -l install-postgres -d 'Install PostgreSQL with this system\'s package manager if no server programs are found'
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from remove" -l strict -d 'Refuse the file of a master key or data key if anybody but its owner can read it'
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from remove" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from remove" -s V -l version -d 'Print version'
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from rm" -l provider -r
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from rm" -l if-version -d 'Fail (exit 5) unless this version is active; 0 means that no key is active' -r
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from rm" -s o -l output -d 'Output format; the default is table at a terminal and plain (tab-separated) in a pipe' -r -f -a "table\t'Aligned, with a header, for people'
json\t'One JSON document'
jsonl\t'One JSON object a line'
csv\t'With a header, quoted by RFC 4180'
plain\t'Tab-separated: a row for each thing of a list, and a line `name value` for each field of one thing'"
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from rm" -l profile -d 'Use this profile of the configuration file' -r
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from rm" -l confirm-profile -d 'Confirm a change that cannot be undone with the name of the profile; a profile that is marked as production needs it' -r
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from rm" -l master-key-fd -d 'Read the master key from this open file descriptor' -r
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from rm" -s y -l yes -d 'Do not ask for confirmation'
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from rm" -s n -l dry-run -d 'Check everything and say what would change, but write nothing'
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from rm" -l json -d 'The same as --output json'
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from rm" -s q -l quiet -d 'Print only results, warnings and errors, no notices'
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from rm" -l no-input -d 'Never prompt; fail instead and name the option to use'
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from rm" -l local -d 'Use the private database and no profile, even if another database is configured'
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from rm" -l install-postgres -d 'Install PostgreSQL with this system\'s package manager if no server programs are found'
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from rm" -l strict -d 'Refuse the file of a master key or data key if anybody but its owner can read it'
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from rm" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from rm" -s V -l version -d 'Print version'
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from help" -f -a "set" -d 'Store the platform\'s key for a provider; it replaces the active key'
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from help" -f -a "rotate" -d 'Replace the platform\'s key for a provider (exit 3 if there is none)'
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from help" -f -a "rollback" -d 'Make the platform\'s previous key active again, as a new version'
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from help" -f -a "expire" -d 'Change the end date of the platform\'s key, without the key'
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from help" -f -a "list" -d 'List the platform\'s keys'
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from help" -f -a "remove" -d 'Remove the platform\'s key for a provider'
complete -c byok -n "__fish_byok_using_subcommand platform-key; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c byok -n "__fish_byok_using_subcommand provider; and not __fish_seen_subcommand_from list ls show route add remove rm help" -s o -l output -d 'Output format; the default is table at a terminal and plain (tab-separated) in a pipe' -r -f -a "table\t'Aligned, with a header, for people'
json\t'One JSON document'
jsonl\t'One JSON object a line'
csv\t'With a header, quoted by RFC 4180'
plain\t'Tab-separated: a row for each thing of a list, and a line `name value` for each field of one thing'"
complete -c byok -n "__fish_byok_using_subcommand provider; and not __fish_seen_subcommand_from list ls show route add remove rm help" -l profile -d 'Use this profile of the configuration file' -r
complete -c byok -n "__fish_byok_using_subcommand provider; and not __fish_seen_subcommand_from list ls show route add remove rm help" -l confirm-profile -d 'Confirm a change that cannot be undone with the name of the profile; a profile that is marked as production needs it' -r
complete -c byok -n "__fish_byok_using_subcommand provider; and not __fish_seen_subcommand_from list ls show route add remove rm help" -l master-key-fd -d 'Read the master key from this open file descriptor' -r
complete -c byok -n "__fish_byok_using_subcommand provider; and not __fish_seen_subcommand_from list ls show route add remove rm help" -l json -d 'The same as --output json'
complete -c byok -n "__fish_byok_using_subcommand provider; and not __fish_seen_subcommand_from list ls show route add remove rm help" -s q -l quiet -d 'Print only results, warnings and errors, no notices'
complete -c byok -n "__fish_byok_using_subcommand provider; and not __fish_seen_subcommand_from list ls show route add remove rm help" -l no-input -d 'Never prompt; fail instead and name the option to use'
complete -c byok -n "__fish_byok_using_subcommand provider; and not __fish_seen_subcommand_from list ls show route add remove rm help" -l local -d 'Use the private database and no profile, even if another database is configured'
complete -c byok -n "__fish_byok_using_subcommand provider; and not __fish_seen_subcommand_from list ls show route add remove rm help" -l install-postgres -d 'Install PostgreSQL with this system\'s package manager if no server programs are found'
complete -c byok -n "__fish_byok_using_subcommand provider; and not __fish_seen_subcommand_from list ls show route add remove rm help" -l strict -d 'Refuse the file of a master key or data key if anybody but its owner can read it'
complete -c byok -n "__fish_byok_using_subcommand provider; and not __fish_seen_subcommand_from list ls show route add remove rm help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c byok -n "__fish_byok_using_subcommand provider; and not __fish_seen_subcommand_from list ls show route add remove rm help" -s V -l version -d 'Print version'
complete -c byok -n "__fish_byok_using_subcommand provider; and not __fish_seen_subcommand_from list ls show route add remove rm help" -f -a "list" -d 'List the providers of the catalog (needs no database), or those that admins added'
complete -c byok -n "__fish_byok_using_subcommand provider; and not __fish_seen_subcommand_from list ls show route add remove rm help" -f -a "ls" -d 'List the providers of the catalog (needs no database), or those that admins added'
complete -c byok -n "__fish_byok_using_subcommand provider; and not __fish_seen_subcommand_from list ls show route add remove rm help" -f -a "show" -d 'Show a provider: its fields, the form of its keys, and how they are tested'
complete -c byok -n "__fish_byok_using_subcommand provider; and not __fish_seen_subcommand_from list ls show route add remove rm help" -f -a "route" -d 'Choose the provider that serves a capability, or list the routes'
complete -c byok -n "__fish_byok_using_subcommand provider; and not __fish_seen_subcommand_from list ls show route add remove rm help" -f -a "add" -d 'Add a provider that the catalog does not have: an OpenAI-compatible server, or any HTTP API that a file defines'
complete -c byok -n "__fish_byok_using_subcommand provider; and not __fish_seen_subcommand_from list ls show route add remove rm help" -f -a "remove" -d 'Remove a provider that an admin added, and its routes (exit 5 if keys are stored for it)'
complete -c byok -n "__fish_byok_using_subcommand provider; and not __fish_seen_subcommand_from list ls show route add remove rm help" -f -a "rm" -d 'Remove a provider that an admin added, and its routes (exit 5 if keys are stored for it)'
complete -c byok -n "__fish_byok_using_subcommand provider; and not __fish_seen_subcommand_from list ls show route add remove rm help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c byok -n "__fish_byok_using_subcommand provider; and __fish_seen_subcommand_from list" -l capability -d 'Only providers that serve this capability: llm, voice or voice-generation' -r
complete -c byok -n "__fish_byok_using_subcommand provider; and __fish_seen_subcommand_from list" -l language -d 'Only providers that are known to speak this language, such as hi or ta-IN' -r
complete -c byok -n "__fish_byok_using_subcommand provider; and __fish_seen_subcommand_from list" -s o -l output -d 'Output format; the default is table at a terminal and plain (tab-separated) in a pipe' -r -f -a "table\t'Aligned, with a header, for people'
json\t'One JSON document'
jsonl\t'One JSON object a line'
csv\t'With a header, quoted by RFC 4180'
plain\t'Tab-separated: a row for each thing of a list, and a line `name value` for each field of one thing'"
complete -c byok -n "__fish_byok_using_subcommand provider; and __fish_seen_subcommand_from list" -l profile -d 'Use this profile of the configuration file' -r
complete -c byok -n "__fish_byok_using_subcommand provider; and __fish_seen_subcommand_from list" -l confirm-profile -d 'Confirm a change that cannot be undone with the name of the profile; a profile that is marked as production needs it' -r
complete -c byok -n "__fish_byok_using_subcommand provider; and __fish_seen_subcommand_from list" -l master-key-fd -d 'Read the master key from this open file descriptor' -r
complete -c byok -n "__fish_byok_using_subcommand provider; and __fish_seen_subcommand_from list" -l private -d 'Only providers that admins added to this database'
complete -c byok -n "__fish_byok_using_subcommand provider; and __fish_seen_subcommand_from list" -l json -d 'The same as --output json'
complete -c byok -n "__fish_byok_using_subcommand provider; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Print only results, warnings and errors, no notices'
complete -c byok -n "__fish_byok_using_subcommand provider; and __fish_seen_subcommand_from list" -l no-input -d 'Never prompt; fail instead and name the option to use'
complete -c byok -n "__fish_byok_using_subcommand provider; and __fish_seen_subcommand_from list" -l local -d 'Use the private database and no profile, even if another database is configured'
complete -c byok -n "__fish_byok_using_subcommand provider; and __fish_seen_subcommand_from list" -l install-postgres -d 'Install PostgreSQL with this system\'s package manager if no server programs are found'
complete -c byok -n "__fish_byok_using_subcommand provider; and __fish_seen_subcommand_from list" -l strict -d 'Refuse the file of a master key or data key if anybody but its owner can read it'
complete -c byok -n "__fish_byok_using_subcommand provider; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c byok -n "__fish_byok_using_subcommand provider; and __fish_seen_subcommand_from list" -s V -l version -d 'Print version'
complete -c byok -n "__fish_byok_using_subcommand provider; and __fish_seen_subcommand_from ls" -l capability -d 'Only providers that serve this capability: llm, voice or voice-generation' -r
complete -c byok -n "__fish_byok_using_subcommand provider; and __fish_seen_subcommand_from ls" -l language -d 'Only providers that are known to speak this language, such as hi or ta-IN' -r
complete -c byok -n "__fish_byok_using_subcommand provider; and __fish_seen_subcommand_from ls" -s o -l output -d 'Output format; the default is table at a terminal and plain (tab-separated) in a pipe' -r -f -a "table\t'Aligned, with a header, for people'
json\t'One JSON document'
jsonl\t'One JSON object a line'
csv\t'With a header, quoted by RFC 4180'
plain\t'Tab-separated: a row for each thing of a list, and a line `name value` for each field of one thing'"
complete -c byok -n "__fish_byok_using_subcommand provider; and __fish_seen_subcommand_from ls" -l profile -d 'Use this profile of the configuration file' -r
complete -c byok -n "__fish_byok_using_subcommand provider; and __fish_seen_subcommand_from ls" -l confirm-profile -d 'Confirm a change that cannot be undone with the name of the profile; a profile that is marked as production needs it' -r
complete -c byok -n "__fish_byok_using_subcommand provider; and __fish_seen_subcommand_from ls" -l master-key-fd -d 'Read the master key from this open file descriptor' -r
complete -c byok -n "__fish_byok_using_subcommand provider; and __fish_seen_subcommand_from ls" -l private -d 'Only providers that admins added to this database'
complete -c byok -n "__fish_byok_using_subcommand provider; and __fish_seen_subcommand_from ls" -l json -d 'The same as --output json'
complete -c byok -n "__fish_byok_using_subcommand provider; and __fish_seen_subcommand_from ls" -s q -l quiet -d 'Print only results, warnings and errors, no notices'
complete -c byok -n "__fish_byok_using_subcommand provider; and __fish_seen_subcommand_from ls" -l no-input -d 'Never prompt; fail instead and name the option to use'
complete -c byok -n "__fish_byok_using_subcommand provider; and __fish_seen_subcommand_from ls" -l local -d 'Use the private database and no profile, even if another database is configured'
complete -c byok -n "__fish_byok_using_subcommand provider; and __fish_seen_subcommand_from ls" -l install-postgres -d 'Install PostgreSQL with this system\'s package manager if no server programs are found'
complete -c byok -n "__fish_byok_using_subcommand provider; and __fish_seen_subcommand_from ls" -l strict -d 'Refuse the file of a master key or data key if anybody but its owner can read it'
complete -c byok -n "__fish_byok_using_subcommand provider; and __fish_seen_subcommand_from ls" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c byok -n "__fish_byok_using_subcommand provider; and __fish_seen_subcommand_from ls" -s V -l version -d 'Print version'
complete -c byok -n "__fish_byok_using_subcommand provider; and __fish_seen_subcommand_from show" -l provider -r
complete -c byok -n "__fish_byok_using_subcommand provider; and __fish_seen_subcommand_from show" -s o -l output -d 'Output format; the default is table at a terminal and plain (tab-separated) in a pipe' -r -f -a "table\t'Aligned, with a header, for people'
json\t'One JSON document'
jsonl\t'One JSON object a line'
csv\t'With a header, quoted by RFC 4180'
plain\t'Tab-separated: a row for each thing of a list, and a line `name value` for each field of one thing'"
complete -c byok -n "__fish_byok_using_subcommand provider; and __fish_seen_subcommand_from show" -l profile -d 'Use this profile of the configuration file' -r
complete -c byok -n "__fish_byok_using_subcommand provider; and __fish_seen_subcommand_from show" -l confirm-profile -d 'Confirm a change that cannot be undone with the name of the profile; a profile that is marked as production needs it' -r
complete -c byok -n "__fish_byok_using_subcommand provider; and __fish_seen_subcommand_from show" -l master-key-fd -d 'Read the master key from this open file descriptor' -r
complete -c byok -n "__fish_byok_using_subcommand provider; and __fish_seen_subcommand_from show" -l json -d 'The same as --output json'
complete -c byok -n "__fish_byok_using_subcommand provider; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Print only results, warnings and errors, no notices'
complete -c byok -n "__fish_byok_using_subcommand provider; and __fish_seen_subcommand_from show" -l no-input -d 'Never prompt; fail instead and name the option to use'
complete -c byok -n "__fish_byok_using_subcommand provider; and __fish_seen_subcommand_from show" -l local -d 'Use the private database and no profile, even if another database is configured'
complete -c byok -n "__fish_byok_using_subcommand provider; and __fish_seen_subcommand_from show" -l install-postgres -d 'Install PostgreSQL with this system\'s package manager if no server programs are found'
complete -c byok -n "__fish_byok_using_subcommand provider; and __fish_seen_subcommand_from show" -l strict -d 'Refuse the file of a master key or data key if anybody but its owner can read it'
complete -c byok -n "__fish_byok_using_subcommand provider; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c byok -n "__fish_byok_using_subcommand provider; and __fish_seen_subcommand_from show" -s V -l version -d 'Print version'
complete -c byok -n "__fish_byok_using_subcommand provider; and __fish_seen_subcommand_from route" -l provider -r
complete -c byok -n "__fish_byok_using_subcommand provider; and __fish_seen_subcommand_from route" -l language -d 'Only for this language, such as hi or hi-IN' -r
complete -c byok -n "__fish_byok_using_subcommand provider; and __fish_seen_subcommand_from route" -s o -l output -d 'Output format; the default is table at a terminal and plain (tab-separated) in a pipe' -r -f -a "table\t'Aligned, with a header, for people'
json\t'One JSON document'
jsonl\t'One JSON object a line'
csv\t'With a header, quoted by RFC 4180'
plain\t'Tab-separated: a row for each thing of a list, and a line `name value` for each field of one thing'"
complete -c byok -n "__fish_byok_using_subcommand provider; and __fish_seen_subcommand_from route" -l profile -d 'Use this profile of the configuration file' -r
complete -c byok -n "__fish_byok_using_subcommand provider; and __fish_seen_subcommand_from route" -l confirm-profile -d 'Confirm a change that cannot be undone with the name of the profile; a profile that is marked as production needs it' -r
complete -c byok -n "__fish_byok_using_subcommand provider; and __fish_seen_subcommand_from route" -l master-key-fd -d 'Read the master key from this open file descriptor' -r
complete -c byok -n "__fish_byok_using_subcommand provider; and __fish_seen_subcommand_from route" -l clear -d 'Remove the route'
complete -c byok -n "__fish_byok_using_subcommand provider; and __fish_seen_subcommand_from route" -s n -l dry-run -d 'Check everything and say what would change, but write nothing'
complete -c byok -n "__fish_byok_using_subcommand provider; and __fish_seen_subcommand_from route" -l json -d 'The same as --output json'
complete -c byok -n "__fish_byok_using_subcommand provider; and __fish_seen_subcommand_from route" -s q -l quiet -d 'Print only results, warnings and errors, no notices'
complete -c byok -n "__fish_byok_using_subcommand provider; and __fish_seen_subcommand_from route" -l no-input -d 'Never prompt; fail instead and name the option to use'
complete -c byok -n "__fish_byok_using_subcommand provider; and __fish_seen_subcommand_from route" -l local -d 'Use the private database and no profile, even if another database is configured'
complete -c byok -n "__fish_byok_using_subcommand provider; and __fish_seen_subcommand_from route" -l install-postgres -d 'Install PostgreSQL with this system\'s package manager if no server programs are found'
complete -c byok -n "__fish_byok_using_subcommand provider; and __fish_seen_subcommand_from route" -l strict -d 'Refuse the file of a master key or data key if anybody but its owner can read it'
complete -c byok -n "__fish_byok_using_subcommand provider; and __fish_seen_subcommand_from route" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c byok -n "__fish_byok_using_subcommand provider; and __fish_seen_subcommand_from route" -s V -l version -d 'Print version'
complete -c byok -n "__fish_byok_using_subcommand provider; and __fish_seen_subcommand_from add" -l base-url -d 'Its base URL, under which /models and /chat/completions are found' -r
complete -c byok -n "__fish_byok_using_subcommand provider; and __fish_seen_subcommand_from add" -l name -d 'The display name' -r
complete -c byok -n "__fish_byok_using_subcommand provider; and __fish_seen_subcommand_from add" -l capability -d 'What it serves: llm (the default), voice, voice-generation' -r
complete -c byok -n "__fish_byok_using_subcommand provider; and __fish_seen_subcommand_from add" -l env -d 'The environment variable in which programs look for its key' -r
complete -c byok -n "__fish_byok_using_subcommand provider; and __fish_seen_subcommand_from add" -l address-env -d 'The environment variable in which programs look for its address, such as OPENAI_BASE_URL' -r
complete -c byok -n "__fish_byok_using_subcommand provider; and __fish_seen_subcommand_from add" -l probe -d 'A path below the base URL: a GET with a working key must return 200' -r
complete -c byok -n "__fish_byok_using_subcommand provider; and __fish_seen_subcommand_from add" -l from-file -d 'Read a whole definition from this file' -r -F
complete -c byok -n "__fish_byok_using_subcommand provider; and __fish_seen_subcommand_from add" -s o -l output -d 'Output format; the default is table at a terminal and plain (tab-separated) in a pipe' -r -f -a "table\t'Aligned, with a header, for people'
json\t'One JSON document'
jsonl\t'One JSON object a line'
csv\t'With a header, quoted by RFC 4180'
plain\t'Tab-separated: a row for each thing of a list, and a line `name value` for each field of one thing'"
complete -c byok -n "__fish_byok_using_subcommand provider; and __fish_seen_subcommand_from add" -l profile -d 'Use this profile of the configuration file' -r
complete -c byok -n "__fish_byok_using_subcommand provider; and __fish_seen_subcommand_from add" -l confirm-profile -d 'Confirm a change that cannot be undone with the name of the profile; a profile that is marked as production needs it' -r
complete -c byok -n "__fish_byok_using_subcommand provider; and __fish_seen_subcommand_from add" -l master-key-fd -d 'Read the master key from this open file descriptor' -r
complete -c byok -n "__fish_byok_using_subcommand provider; and __fish_seen_subcommand_from add" -l allow-private -d 'Allow a private address'
complete -c byok -n "__fish_byok_using_subcommand provider; and __fish_seen_subcommand_from add" -s n -l dry-run -d 'Check everything and say what would change, but write nothing'
complete -c byok -n "__fish_byok_using_subcommand provider; and __fish_seen_subcommand_from add" -l json -d 'The same as --output json'
complete -c byok -n "__fish_byok_using_subcommand provider; and __fish_seen_subcommand_from add" -s q -l quiet -d 'Print only results, warnings and errors, no notices'
complete -c byok -n "__fish_byok_using_subcommand provider; and __fish_seen_subcommand_from add" -l no-input -d 'Never prompt; fail instead and name the option to use'
complete -c byok -n "__fish_byok_using_subcommand provider; and __fish_seen_subcommand_from add" -l local -d 'Use the private database and no profile, even if another database is configured'
complete -c byok -n "__fish_byok_using_subcommand provider; and __fish_seen_subcommand_from add" -l install-postgres -d 'Install PostgreSQL with this system\'s package manager if no server programs are found'
complete -c byok -n "__fish_byok_using_subcommand provider; and __fish_seen_subcommand_from add" -l strict -d 'Refuse the file of a master key or data key if anybody but its owner can read it'
complete -c byok -n "__fish_byok_using_subcommand provider; and __fish_seen_subcommand_from add" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c byok -n "__fish_byok_using_subcommand provider; and __fish_seen_subcommand_from add" -s V -l version -d 'Print version'
complete -c byok -n "__fish_byok_using_subcommand provider; and __fish_seen_subcommand_from remove" -l provider -r
complete -c byok -n "__fish_byok_using_subcommand provider; and __fish_seen_subcommand_from remove" -s o -l output -d 'Output format; the default is table at a terminal and plain (tab-separated) in a pipe' -r -f -a "table\t'Aligned, with a header, for people'
json\t'One JSON document'
jsonl\t'One JSON object a line'
csv\t'With a header, quoted by RFC 4180'
plain\t'Tab-separated: a row for each thing of a list, and a line `name value` for each field of one thing'"
complete -c byok -n "__fish_byok_using_subcommand provider; and __fish_seen_subcommand_from remove" -l profile -d 'Use this profile of the configuration file' -r
complete -c byok -n "__fish_byok_using_subcommand provider; and __fish_seen_subcommand_from remove" -l confirm-profile -d 'Confirm a change that cannot be undone with the name of the profile; a profile that is marked as production needs it' -r
complete -c byok -n "__fish_byok_using_subcommand provider; and __fish_seen_subcommand_from remove" -l master-key-fd -d 'Read the master key from this open file descriptor' -r
complete -c byok -n "__fish_byok_using_subcommand provider; and __fish_seen_subcommand_from remove" -s n -l dry-run -d 'Check everything and say what would change, but write nothing'
complete -c byok -n "__fish_byok_using_subcommand provider; and __fish_seen_subcommand_from remove" -l json -d 'The same as --output json'
complete -c byok -n "__fish_byok_using_subcommand provider; and __fish_seen_subcommand_from remove" -s q -l quiet -d 'Print only results, warnings and errors, no notices'
complete -c byok -n "__fish_byok_using_subcommand provider; and __fish_seen_subcommand_from remove" -l no-input -d 'Never prompt; fail instead and name the option to use'
complete -c byok -n "__fish_byok_using_subcommand provider; and __fish_seen_subcommand_from remove" -l local -d 'Use the private database and no profile, even if another database is configured'
complete -c byok -n "__fish_byok_using_subcommand provider; and __fish_seen_subcommand_from remove" -l install-postgres -d 'Install PostgreSQL with this system\'s package manager if no server programs are found'
complete -c byok -n "__fish_byok_using_subcommand provider; and __fish_seen_subcommand_from remove" -l strict -d 'Refuse the file of a master key or data key if anybody but its owner can read it'
complete -c byok -n "__fish_byok_using_subcommand provider; and __fish_seen_subcommand_from remove" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c byok -n "__fish_byok_using_subcommand provider; and __fish_seen_subcommand_from remove" -s V -l version -d 'Print version'
complete -c byok -n "__fish_byok_using_subcommand provider; and __fish_seen_subcommand_from rm" -l provider -r
complete -c byok -n "__fish_byok_using_subcommand provider; and __fish_seen_subcommand_from rm" -s o -l output -d 'Output format; the default is table at a terminal and plain (tab-separated) in a pipe' -r -f -a "table\t'Aligned, with a header, for people'
json\t'One JSON document'
jsonl\t'One JSON object a line'
csv\t'With a header, quoted by RFC 4180'
plain\t'Tab-separated: a row for each thing of a list, and a line `name value` for each field of one thing'"
complete -c byok -n "__fish_byok_using_subcommand provider; and __fish_seen_subcommand_from rm" -l profile -d 'Use this profile of the configuration file' -r
complete -c byok -n "__fish_byok_using_subcommand provider; and __fish_seen_subcommand_from rm" -l confirm-profile -d 'Confirm a change that cannot be undone with the name of the profile; a profile that is marked as production needs it' -r
complete -c byok -n "__fish_byok_using_subcommand provider; and __fish_seen_subcommand_from rm" -l master-key-fd -d 'Read the master key from this open file descriptor' -r
complete -c byok -n "__fish_byok_using_subcommand provider; and __fish_seen_subcommand_from rm" -s n -l dry-run -d 'Check everything and say what would change, but write nothing'
complete -c byok -n "__fish_byok_using_subcommand provider; and __fish_seen_subcommand_from rm" -l json -d 'The same as --output json'
complete -c byok -n "__fish_byok_using_subcommand provider; and __fish_seen_subcommand_from rm" -s q -l quiet -d 'Print only results, warnings and errors, no notices'
complete -c byok -n "__fish_byok_using_subcommand provider; and __fish_seen_subcommand_from rm" -l no-input -d 'Never prompt; fail instead and name the option to use'
complete -c byok -n "__fish_byok_using_subcommand provider; and __fish_seen_subcommand_from rm" -l local -d 'Use the private database and no profile, even if another database is configured'
complete -c byok -n "__fish_byok_using_subcommand provider; and __fish_seen_subcommand_from rm" -l install-postgres -d 'Install PostgreSQL with this system\'s package manager if no server programs are found'
complete -c byok -n "__fish_byok_using_subcommand provider; and __fish_seen_subcommand_from rm" -l strict -d 'Refuse the file of a master key or data key if anybody but its owner can read it'
complete -c byok -n "__fish_byok_using_subcommand provider; and __fish_seen_subcommand_from rm" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c byok -n "__fish_byok_using_subcommand provider; and __fish_seen_subcommand_from rm" -s V -l version -d 'Print version'
complete -c byok -n "__fish_byok_using_subcommand provider; and __fish_seen_subcommand_from help" -f -a "list" -d 'List the providers of the catalog (needs no database), or those that admins added'
complete -c byok -n "__fish_byok_using_subcommand provider; and __fish_seen_subcommand_from help" -f -a "show" -d 'Show a provider: its fields, the form of its keys, and how they are tested'
complete -c byok -n "__fish_byok_using_subcommand provider; and __fish_seen_subcommand_from help" -f -a "route" -d 'Choose the provider that serves a capability, or list the routes'
complete -c byok -n "__fish_byok_using_subcommand provider; and __fish_seen_subcommand_from help" -f -a "add" -d 'Add a provider that the catalog does not have: an OpenAI-compatible server, or any HTTP API that a file defines'
complete -c byok -n "__fish_byok_using_subcommand provider; and __fish_seen_subcommand_from help" -f -a "remove" -d 'Remove a provider that an admin added, and its routes (exit 5 if keys are stored for it)'
complete -c byok -n "__fish_byok_using_subcommand provider; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c byok -n "__fish_byok_using_subcommand test-key" -l provider -r
complete -c byok -n "__fish_byok_using_subcommand test-key" -l org -d 'One organization (default: BYOK_ORG)' -r
complete -c byok -n "__fish_byok_using_subcommand test-key" -l from-file -d 'Read the key from a file' -r -F
complete -c byok -n "__fish_byok_using_subcommand test-key" -l from-env -d 'Read the key from the named environment variable' -r
complete -c byok -n "__fish_byok_using_subcommand test-key" -l setting -d 'A field of the credential that is not secret, such as region=...; `byok provider show` lists them' -r
complete -c byok -n "__fish_byok_using_subcommand test-key" -l capability -d 'The capability to test: llm, voice or voice-generation' -r
complete -c byok -n "__fish_byok_using_subcommand test-key" -l model -d 'The model or voice to use (default: from the provider\'s own list)' -r
complete -c byok -n "__fish_byok_using_subcommand test-key" -l accept -d 'Also exit with 0 for these verdicts' -r
complete -c byok -n "__fish_byok_using_subcommand test-key" -l concurrency -d 'Test this many keys at once' -r
complete -c byok -n "__fish_byok_using_subcommand test-key" -l timeout -d 'Time limit for the test of one key, in seconds' -r
complete -c byok -n "__fish_byok_using_subcommand test-key" -s o -l output -d 'Output format; the default is table at a terminal and plain (tab-separated) in a pipe' -r -f -a "table\t'Aligned, with a header, for people'
json\t'One JSON document'
jsonl\t'One JSON object a line'
csv\t'With a header, quoted by RFC 4180'
plain\t'Tab-separated: a row for each thing of a list, and a line `name value` for each field of one thing'"
complete -c byok -n "__fish_byok_using_subcommand test-key" -l profile -d 'Use this profile of the configuration file' -r
complete -c byok -n "__fish_byok_using_subcommand test-key" -l confirm-profile -d 'Confirm a change that cannot be undone with the name of the profile; a profile that is marked as production needs it' -r
complete -c byok -n "__fish_byok_using_subcommand test-key" -l master-key-fd -d 'Read the master key from this open file descriptor' -r
complete -c byok -n "__fish_byok_using_subcommand test-key" -l all-orgs -d 'All organizations that this login may see'
complete -c byok -n "__fish_byok_using_subcommand test-key" -l platform -d 'Test the platform\'s shared keys'
complete -c byok -n "__fish_byok_using_subcommand test-key" -l all -d 'Test the keys of all providers (required with --generate if no provider is named)'
complete -c byok -n "__fish_byok_using_subcommand test-key" -l candidate -d 'Test a key that is not stored, from a prompt or from --stdin, --from-file or --from-env'
complete -c byok -n "__fish_byok_using_subcommand test-key" -l stdin -d 'Read the key from standard input'
complete -c byok -n "__fish_byok_using_subcommand test-key" -l generate -d 'Also make the smallest paid request; this costs money'
complete -c byok -n "__fish_byok_using_subcommand test-key" -l json -d 'The same as --output json'
complete -c byok -n "__fish_byok_using_subcommand test-key" -s q -l quiet -d 'Print only results, warnings and errors, no notices'
complete -c byok -n "__fish_byok_using_subcommand test-key" -l no-input -d 'Never prompt; fail instead and name the option to use'
complete -c byok -n "__fish_byok_using_subcommand test-key" -l local -d 'Use the private database and no profile, even if another database is configured'
complete -c byok -n "__fish_byok_using_subcommand test-key" -l install-postgres -d 'Install PostgreSQL with this system\'s package manager if no server programs are found'
complete -c byok -n "__fish_byok_using_subcommand test-key" -l strict -d 'Refuse the file of a master key or data key if anybody but its owner can read it'
complete -c byok -n "__fish_byok_using_subcommand test-key" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c byok -n "__fish_byok_using_subcommand test-key" -s V -l version -d 'Print version'
complete -c byok -n "__fish_byok_using_subcommand tidy" -s o -l output -d 'Output format; the default is table at a terminal and plain (tab-separated) in a pipe' -r -f -a "table\t'Aligned, with a header, for people'
json\t'One JSON document'
jsonl\t'One JSON object a line'
csv\t'With a header, quoted by RFC 4180'
plain\t'Tab-separated: a row for each thing of a list, and a line `name value` for each field of one thing'"
complete -c byok -n "__fish_byok_using_subcommand tidy" -l profile -d 'Use this profile of the configuration file' -r
complete -c byok -n "__fish_byok_using_subcommand tidy" -l confirm-profile -d 'Confirm a change that cannot be undone with the name of the profile; a profile that is marked as production needs it' -r
complete -c byok -n "__fish_byok_using_subcommand tidy" -l master-key-fd -d 'Read the master key from this open file descriptor' -r
complete -c byok -n "__fish_byok_using_subcommand tidy" -s n -l dry-run -d 'Check everything and say what would change, but write nothing'
complete -c byok -n "__fish_byok_using_subcommand tidy" -l json -d 'The same as --output json'
complete -c byok -n "__fish_byok_using_subcommand tidy" -s q -l quiet -d 'Print only results, warnings and errors, no notices'
complete -c byok -n "__fish_byok_using_subcommand tidy" -l no-input -d 'Never prompt; fail instead and name the option to use'
complete -c byok -n "__fish_byok_using_subcommand tidy" -l local -d 'Use the private database and no profile, even if another database is configured'
complete -c byok -n "__fish_byok_using_subcommand tidy" -l install-postgres -d 'Install PostgreSQL with this system\'s package manager if no server programs are found'
complete -c byok -n "__fish_byok_using_subcommand tidy" -l strict -d 'Refuse the file of a master key or data key if anybody but its owner can read it'
complete -c byok -n "__fish_byok_using_subcommand tidy" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c byok -n "__fish_byok_using_subcommand tidy" -s V -l version -d 'Print version'
complete -c byok -n "__fish_byok_using_subcommand resolve" -l provider -r
complete -c byok -n "__fish_byok_using_subcommand resolve" -l org -d 'The organization\'s id (default: BYOK_ORG)' -r
complete -c byok -n "__fish_byok_using_subcommand resolve" -l language -d 'The language of the request, if a capability is routed by language' -r
complete -c byok -n "__fish_byok_using_subcommand resolve" -l require -d 'Exit with 5 unless this source serves' -r -f -a "organization\t''
platform\t''"
complete -c byok -n "__fish_byok_using_subcommand resolve" -s o -l output -d 'Output format; the default is table at a terminal and plain (tab-separated) in a pipe' -r -f -a "table\t'Aligned, with a header, for people'
json\t'One JSON document'
jsonl\t'One JSON object a line'
csv\t'With a header, quoted by RFC 4180'
plain\t'Tab-separated: a row for each thing of a list, and a line `name value` for each field of one thing'"
complete -c byok -n "__fish_byok_using_subcommand resolve" -l profile -d 'Use this profile of the configuration file' -r
complete -c byok -n "__fish_byok_using_subcommand resolve" -l confirm-profile -d 'Confirm a change that cannot be undone with the name of the profile; a profile that is marked as production needs it' -r
complete -c byok -n "__fish_byok_using_subcommand resolve" -l master-key-fd -d 'Read the master key from this open file descriptor' -r
complete -c byok -n "__fish_byok_using_subcommand resolve" -l explain -d 'Show every rule and its outcome'
complete -c byok -n "__fish_byok_using_subcommand resolve" -l verify -d 'Also open the key, without showing it; this needs the master key or the organization\'s data key'
complete -c byok -n "__fish_byok_using_subcommand resolve" -l json -d 'The same as --output json'
complete -c byok -n "__fish_byok_using_subcommand resolve" -s q -l quiet -d 'Print only results, warnings and errors, no notices'
complete -c byok -n "__fish_byok_using_subcommand resolve" -l no-input -d 'Never prompt; fail instead and name the option to use'
complete -c byok -n "__fish_byok_using_subcommand resolve" -l local -d 'Use the private database and no profile, even if another database is configured'
complete -c byok -n "__fish_byok_using_subcommand resolve" -l install-postgres -d 'Install PostgreSQL with this system\'s package manager if no server programs are found'
complete -c byok -n "__fish_byok_using_subcommand resolve" -l strict -d 'Refuse the file of a master key or data key if anybody but its owner can read it'
complete -c byok -n "__fish_byok_using_subcommand resolve" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c byok -n "__fish_byok_using_subcommand resolve" -s V -l version -d 'Print version'
complete -c byok -n "__fish_byok_using_subcommand run" -l provider -r
complete -c byok -n "__fish_byok_using_subcommand run" -l org -d 'The organization\'s id (default: BYOK_ORG)' -r
complete -c byok -n "__fish_byok_using_subcommand run" -l operation -d 'Charge for this operation of the rate card' -r
complete -c byok -n "__fish_byok_using_subcommand run" -l units -d 'The number of units' -r
complete -c byok -n "__fish_byok_using_subcommand run" -l request-id -d 'Your own id of this request: a repeated request with the same id is charged only once' -r
complete -c byok -n "__fish_byok_using_subcommand run" -l env -d 'Put the provider\'s key into this variable instead' -r
complete -c byok -n "__fish_byok_using_subcommand run" -l allow-env -d 'Allow a variable whose name does not look like a credential (variables that make programs run code are always refused)' -r
complete -c byok -n "__fish_byok_using_subcommand run" -s o -l output -d 'Output format; the default is table at a terminal and plain (tab-separated) in a pipe' -r -f -a "table\t'Aligned, with a header, for people'
json\t'One JSON document'
jsonl\t'One JSON object a line'
csv\t'With a header, quoted by RFC 4180'
plain\t'Tab-separated: a row for each thing of a list, and a line `name value` for each field of one thing'"
complete -c byok -n "__fish_byok_using_subcommand run" -l profile -d 'Use this profile of the configuration file' -r
complete -c byok -n "__fish_byok_using_subcommand run" -l confirm-profile -d 'Confirm a change that cannot be undone with the name of the profile; a profile that is marked as production needs it' -r
complete -c byok -n "__fish_byok_using_subcommand run" -l master-key-fd -d 'Read the master key from this open file descriptor' -r
complete -c byok -n "__fish_byok_using_subcommand run" -l json -d 'The same as --output json'
complete -c byok -n "__fish_byok_using_subcommand run" -s q -l quiet -d 'Print only results, warnings and errors, no notices'
complete -c byok -n "__fish_byok_using_subcommand run" -l no-input -d 'Never prompt; fail instead and name the option to use'
complete -c byok -n "__fish_byok_using_subcommand run" -l local -d 'Use the private database and no profile, even if another database is configured'
complete -c byok -n "__fish_byok_using_subcommand run" -l install-postgres -d 'Install PostgreSQL with this system\'s package manager if no server programs are found'
complete -c byok -n "__fish_byok_using_subcommand run" -l strict -d 'Refuse the file of a master key or data key if anybody but its owner can read it'
complete -c byok -n "__fish_byok_using_subcommand run" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c byok -n "__fish_byok_using_subcommand run" -s V -l version -d 'Print version'
complete -c byok -n "__fish_byok_using_subcommand credits; and not __fish_seen_subcommand_from balance grant charge hold settle release refund quote history usage rates reconcile help" -s o -l output -d 'Output format; the default is table at a terminal and plain (tab-separated) in a pipe' -r -f -a "table\t'Aligned, with a header, for people'
json\t'One JSON document'
jsonl\t'One JSON object a line'
csv\t'With a header, quoted by RFC 4180'
plain\t'Tab-separated: a row for each thing of a list, and a line `name value` for each field of one thing'"
complete -c byok -n "__fish_byok_using_subcommand credits; and not __fish_seen_subcommand_from balance grant charge hold settle release refund quote history usage rates reconcile help" -l profile -d 'Use this profile of the configuration file' -r
complete -c byok -n "__fish_byok_using_subcommand credits; and not __fish_seen_subcommand_from balance grant charge hold settle release refund quote history usage rates reconcile help" -l confirm-profile -d 'Confirm a change that cannot be undone with the name of the profile; a profile that is marked as production needs it' -r
complete -c byok -n "__fish_byok_using_subcommand credits; and not __fish_seen_subcommand_from balance grant charge hold settle release refund quote history usage rates reconcile help" -l master-key-fd -d 'Read the master key from this open file descriptor' -r
complete -c byok -n "__fish_byok_using_subcommand credits; and not __fish_seen_subcommand_from balance grant charge hold settle release refund quote history usage rates reconcile help" -l json -d 'The same as --output json'
complete -c byok -n "__fish_byok_using_subcommand credits; and not __fish_seen_subcommand_from balance grant charge hold settle release refund quote history usage rates reconcile help" -s q -l quiet -d 'Print only results, warnings and errors, no notices'
complete -c byok -n "__fish_byok_using_subcommand credits; and not __fish_seen_subcommand_from balance grant charge hold settle release refund quote history usage rates reconcile help" -l no-input -d 'Never prompt; fail instead and name the option to use'
complete -c byok -n "__fish_byok_using_subcommand credits; and not __fish_seen_subcommand_from balance grant charge hold settle release refund quote history usage rates reconcile help" -l local -d 'Use the private database and no profile, even if another database is configured'
complete -c byok -n "__fish_byok_using_subcommand credits; and not __fish_seen_subcommand_from balance grant charge hold settle release refund quote history usage rates reconcile help" -l install-postgres -d 'Install PostgreSQL with this system\'s package manager if no server programs are found'
complete -c byok -n "__fish_byok_using_subcommand credits; and not __fish_seen_subcommand_from balance grant charge hold settle release refund quote history usage rates reconcile help" -l strict -d 'Refuse the file of a master key or data key if anybody but its owner can read it'
complete -c byok -n "__fish_byok_using_subcommand credits; and not __fish_seen_subcommand_from balance grant charge hold settle release refund quote history usage rates reconcile help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c byok -n "__fish_byok_using_subcommand credits; and not __fish_seen_subcommand_from balance grant charge hold settle release refund quote history usage rates reconcile help" -s V -l version -d 'Print version'
complete -c byok -n "__fish_byok_using_subcommand credits; and not __fish_seen_subcommand_from balance grant charge hold settle release refund quote history usage rates reconcile help" -f -a "balance" -d 'Show the available and the reserved credits'
complete -c byok -n "__fish_byok_using_subcommand credits; and not __fish_seen_subcommand_from balance grant charge hold settle release refund quote history usage rates reconcile help" -f -a "grant" -d 'Give an organization credits'
complete -c byok -n "__fish_byok_using_subcommand credits; and not __fish_seen_subcommand_from balance grant charge hold settle release refund quote history usage rates reconcile help" -f -a "charge" -d 'Charge an organization for a request, at the current price (see: byok credits rates list)'
complete -c byok -n "__fish_byok_using_subcommand credits; and not __fish_seen_subcommand_from balance grant charge hold settle release refund quote history usage rates reconcile help" -f -a "hold" -d 'Reserve credits for a request before it is made'
complete -c byok -n "__fish_byok_using_subcommand credits; and not __fish_seen_subcommand_from balance grant charge hold settle release refund quote history usage rates reconcile help" -f -a "settle" -d 'End a hold with a charge for what was used'
complete -c byok -n "__fish_byok_using_subcommand credits; and not __fish_seen_subcommand_from balance grant charge hold settle release refund quote history usage rates reconcile help" -f -a "release" -d 'End a hold without a charge'
complete -c byok -n "__fish_byok_using_subcommand credits; and not __fish_seen_subcommand_from balance grant charge hold settle release refund quote history usage rates reconcile help" -f -a "refund" -d 'Give back a charge, or part of it'
complete -c byok -n "__fish_byok_using_subcommand credits; and not __fish_seen_subcommand_from balance grant charge hold settle release refund quote history usage rates reconcile help" -f -a "quote" -d 'Show what a request would cost, with the organization\'s own key and with the platform\'s key'
complete -c byok -n "__fish_byok_using_subcommand credits; and not __fish_seen_subcommand_from balance grant charge hold settle release refund quote history usage rates reconcile help" -f -a "history" -d 'List an organization\'s ledger, newest entry first'
complete -c byok -n "__fish_byok_using_subcommand credits; and not __fish_seen_subcommand_from balance grant charge hold settle release refund quote history usage rates reconcile help" -f -a "usage" -d 'Show the usage of an organization\'s own keys and of the platform\'s keys'
complete -c byok -n "__fish_byok_using_subcommand credits; and not __fish_seen_subcommand_from balance grant charge hold settle release refund quote history usage rates reconcile help" -f -a "rates" -d 'List, set and remove the prices of operations'
complete -c byok -n "__fish_byok_using_subcommand credits; and not __fish_seen_subcommand_from balance grant charge hold settle release refund quote history usage rates reconcile help" -f -a "reconcile" -d 'Check that the ledger adds up: every balance is the sum of its entries, and the total is zero'
complete -c byok -n "__fish_byok_using_subcommand credits; and not __fish_seen_subcommand_from balance grant charge hold settle release refund quote history usage rates reconcile help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from balance" -l org -d 'One organization (default: BYOK_ORG)' -r
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from balance" -s o -l output -d 'Output format; the default is table at a terminal and plain (tab-separated) in a pipe' -r -f -a "table\t'Aligned, with a header, for people'
json\t'One JSON document'
jsonl\t'One JSON object a line'
csv\t'With a header, quoted by RFC 4180'
plain\t'Tab-separated: a row for each thing of a list, and a line `name value` for each field of one thing'"
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from balance" -l profile -d 'Use this profile of the configuration file' -r
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from balance" -l confirm-profile -d 'Confirm a change that cannot be undone with the name of the profile; a profile that is marked as production needs it' -r
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from balance" -l master-key-fd -d 'Read the master key from this open file descriptor' -r
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from balance" -l all-orgs -d 'All organizations that this login may see'
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from balance" -l json -d 'The same as --output json'
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from balance" -s q -l quiet -d 'Print only results, warnings and errors, no notices'
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from balance" -l no-input -d 'Never prompt; fail instead and name the option to use'
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from balance" -l local -d 'Use the private database and no profile, even if another database is configured'
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from balance" -l install-postgres -d 'Install PostgreSQL with this system\'s package manager if no server programs are found'
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from balance" -l strict -d 'Refuse the file of a master key or data key if anybody but its owner can read it'
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from balance" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from balance" -s V -l version -d 'Print version'
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from grant" -l org -d 'The organization\'s id (default: BYOK_ORG)' -r
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from grant" -l request-id -d 'Your own id of this request: a repeated request with the same id takes effect only once' -r
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from grant" -l note -d 'A note for the history' -r
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from grant" -s o -l output -d 'Output format; the default is table at a terminal and plain (tab-separated) in a pipe' -r -f -a "table\t'Aligned, with a header, for people'
json\t'One JSON document'
jsonl\t'One JSON object a line'
csv\t'With a header, quoted by RFC 4180'
plain\t'Tab-separated: a row for each thing of a list, and a line `name value` for each field of one thing'"
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from grant" -l profile -d 'Use this profile of the configuration file' -r
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from grant" -l confirm-profile -d 'Confirm a change that cannot be undone with the name of the profile; a profile that is marked as production needs it' -r
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from grant" -l master-key-fd -d 'Read the master key from this open file descriptor' -r
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from grant" -l new -d 'Create the organization if it does not exist, without enabling it'
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from grant" -s n -l dry-run -d 'Check everything and say what would change, but write nothing'
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from grant" -l json -d 'The same as --output json'
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from grant" -s q -l quiet -d 'Print only results, warnings and errors, no notices'
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from grant" -l no-input -d 'Never prompt; fail instead and name the option to use'
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from grant" -l local -d 'Use the private database and no profile, even if another database is configured'
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from grant" -l install-postgres -d 'Install PostgreSQL with this system\'s package manager if no server programs are found'
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from grant" -l strict -d 'Refuse the file of a master key or data key if anybody but its owner can read it'
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from grant" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from grant" -s V -l version -d 'Print version'
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from charge" -l provider -r
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from charge" -l org -d 'The organization\'s id (default: BYOK_ORG)' -r
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from charge" -l units -d 'The number of units' -r
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from charge" -l request-id -d 'Your own id of this request: a repeated request with the same id takes effect only once' -r
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from charge" -s o -l output -d 'Output format; the default is table at a terminal and plain (tab-separated) in a pipe' -r -f -a "table\t'Aligned, with a header, for people'
json\t'One JSON document'
jsonl\t'One JSON object a line'
csv\t'With a header, quoted by RFC 4180'
plain\t'Tab-separated: a row for each thing of a list, and a line `name value` for each field of one thing'"
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from charge" -l profile -d 'Use this profile of the configuration file' -r
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from charge" -l confirm-profile -d 'Confirm a change that cannot be undone with the name of the profile; a profile that is marked as production needs it' -r
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from charge" -l master-key-fd -d 'Read the master key from this open file descriptor' -r
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from charge" -s n -l dry-run -d 'Check everything and say what would change, but write nothing'
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from charge" -l json -d 'The same as --output json'
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from charge" -s q -l quiet -d 'Print only results, warnings and errors, no notices'
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from charge" -l no-input -d 'Never prompt; fail instead and name the option to use'
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from charge" -l local -d 'Use the private database and no profile, even if another database is configured'
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from charge" -l install-postgres -d 'Install PostgreSQL with this system\'s package manager if no server programs are found'
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from charge" -l strict -d 'Refuse the file of a master key or data key if anybody but its owner can read it'
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from charge" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from charge" -s V -l version -d 'Print version'
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from hold" -l provider -r
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from hold" -l org -d 'The organization\'s id (default: BYOK_ORG)' -r
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from hold" -l units -d 'The number of units' -r
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from hold" -l request-id -d 'Your own id of this request: a repeated request with the same id takes effect only once' -r
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from hold" -l for -d 'How long the credits stay reserved: 90s, 15m, 2h, 1d' -r
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from hold" -s o -l output -d 'Output format; the default is table at a terminal and plain (tab-separated) in a pipe' -r -f -a "table\t'Aligned, with a header, for people'
json\t'One JSON document'
jsonl\t'One JSON object a line'
csv\t'With a header, quoted by RFC 4180'
plain\t'Tab-separated: a row for each thing of a list, and a line `name value` for each field of one thing'"
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from hold" -l profile -d 'Use this profile of the configuration file' -r
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from hold" -l confirm-profile -d 'Confirm a change that cannot be undone with the name of the profile; a profile that is marked as production needs it' -r
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from hold" -l master-key-fd -d 'Read the master key from this open file descriptor' -r
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from hold" -s n -l dry-run -d 'Check everything and say what would change, but write nothing'
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from hold" -l json -d 'The same as --output json'
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from hold" -s q -l quiet -d 'Print only results, warnings and errors, no notices'
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from hold" -l no-input -d 'Never prompt; fail instead and name the option to use'
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from hold" -l local -d 'Use the private database and no profile, even if another database is configured'
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from hold" -l install-postgres -d 'Install PostgreSQL with this system\'s package manager if no server programs are found'
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from hold" -l strict -d 'Refuse the file of a master key or data key if anybody but its owner can read it'
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from hold" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from hold" -s V -l version -d 'Print version'
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from settle" -l org -d 'The organization\'s id (default: BYOK_ORG)' -r
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from settle" -l units -d 'The number of units that were used (default: all that were reserved)' -r
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from settle" -s o -l output -d 'Output format; the default is table at a terminal and plain (tab-separated) in a pipe' -r -f -a "table\t'Aligned, with a header, for people'
json\t'One JSON document'
jsonl\t'One JSON object a line'
csv\t'With a header, quoted by RFC 4180'
plain\t'Tab-separated: a row for each thing of a list, and a line `name value` for each field of one thing'"
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from settle" -l profile -d 'Use this profile of the configuration file' -r
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from settle" -l confirm-profile -d 'Confirm a change that cannot be undone with the name of the profile; a profile that is marked as production needs it' -r
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from settle" -l master-key-fd -d 'Read the master key from this open file descriptor' -r
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from settle" -s n -l dry-run -d 'Check everything and say what would change, but write nothing'
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from settle" -l json -d 'The same as --output json'
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from settle" -s q -l quiet -d 'Print only results, warnings and errors, no notices'
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from settle" -l no-input -d 'Never prompt; fail instead and name the option to use'
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from settle" -l local -d 'Use the private database and no profile, even if another database is configured'
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from settle" -l install-postgres -d 'Install PostgreSQL with this system\'s package manager if no server programs are found'
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from settle" -l strict -d 'Refuse the file of a master key or data key if anybody but its owner can read it'
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from settle" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from settle" -s V -l version -d 'Print version'
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from release" -l org -d 'The organization\'s id (default: BYOK_ORG)' -r
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from release" -s o -l output -d 'Output format; the default is table at a terminal and plain (tab-separated) in a pipe' -r -f -a "table\t'Aligned, with a header, for people'
json\t'One JSON document'
jsonl\t'One JSON object a line'
csv\t'With a header, quoted by RFC 4180'
plain\t'Tab-separated: a row for each thing of a list, and a line `name value` for each field of one thing'"
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from release" -l profile -d 'Use this profile of the configuration file' -r
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from release" -l confirm-profile -d 'Confirm a change that cannot be undone with the name of the profile; a profile that is marked as production needs it' -r
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from release" -l master-key-fd -d 'Read the master key from this open file descriptor' -r
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from release" -s n -l dry-run -d 'Check everything and say what would change, but write nothing'
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from release" -l json -d 'The same as --output json'
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from release" -s q -l quiet -d 'Print only results, warnings and errors, no notices'
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from release" -l no-input -d 'Never prompt; fail instead and name the option to use'
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from release" -l local -d 'Use the private database and no profile, even if another database is configured'
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from release" -l install-postgres -d 'Install PostgreSQL with this system\'s package manager if no server programs are found'
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from release" -l strict -d 'Refuse the file of a master key or data key if anybody but its owner can read it'
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from release" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from release" -s V -l version -d 'Print version'
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from refund" -l org -d 'The organization\'s id (default: BYOK_ORG)' -r
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from refund" -l amount -d 'The number of credits (default: the rest of the charge)' -r
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from refund" -l request-id -d 'Your own id of this request: a repeated request with the same id takes effect only once' -r
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from refund" -l note -d 'A note for the history' -r
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from refund" -s o -l output -d 'Output format; the default is table at a terminal and plain (tab-separated) in a pipe' -r -f -a "table\t'Aligned, with a header, for people'
json\t'One JSON document'
jsonl\t'One JSON object a line'
csv\t'With a header, quoted by RFC 4180'
plain\t'Tab-separated: a row for each thing of a list, and a line `name value` for each field of one thing'"
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from refund" -l profile -d 'Use this profile of the configuration file' -r
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from refund" -l confirm-profile -d 'Confirm a change that cannot be undone with the name of the profile; a profile that is marked as production needs it' -r
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from refund" -l master-key-fd -d 'Read the master key from this open file descriptor' -r
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from refund" -s n -l dry-run -d 'Check everything and say what would change, but write nothing'
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from refund" -l json -d 'The same as --output json'
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from refund" -s q -l quiet -d 'Print only results, warnings and errors, no notices'
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from refund" -l no-input -d 'Never prompt; fail instead and name the option to use'
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from refund" -l local -d 'Use the private database and no profile, even if another database is configured'
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from refund" -l install-postgres -d 'Install PostgreSQL with this system\'s package manager if no server programs are found'
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from refund" -l strict -d 'Refuse the file of a master key or data key if anybody but its owner can read it'
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from refund" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from refund" -s V -l version -d 'Print version'
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from quote" -l provider -r
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from quote" -l org -d 'The organization\'s id (default: BYOK_ORG)' -r
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from quote" -l units -d 'The number of units' -r
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from quote" -s o -l output -d 'Output format; the default is table at a terminal and plain (tab-separated) in a pipe' -r -f -a "table\t'Aligned, with a header, for people'
json\t'One JSON document'
jsonl\t'One JSON object a line'
csv\t'With a header, quoted by RFC 4180'
plain\t'Tab-separated: a row for each thing of a list, and a line `name value` for each field of one thing'"
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from quote" -l profile -d 'Use this profile of the configuration file' -r
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from quote" -l confirm-profile -d 'Confirm a change that cannot be undone with the name of the profile; a profile that is marked as production needs it' -r
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from quote" -l master-key-fd -d 'Read the master key from this open file descriptor' -r
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from quote" -l json -d 'The same as --output json'
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from quote" -s q -l quiet -d 'Print only results, warnings and errors, no notices'
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from quote" -l no-input -d 'Never prompt; fail instead and name the option to use'
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from quote" -l local -d 'Use the private database and no profile, even if another database is configured'
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from quote" -l install-postgres -d 'Install PostgreSQL with this system\'s package manager if no server programs are found'
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from quote" -l strict -d 'Refuse the file of a master key or data key if anybody but its owner can read it'
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from quote" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from quote" -s V -l version -d 'Print version'
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from history" -l org -d 'The organization\'s id (default: BYOK_ORG)' -r
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from history" -l since -d 'Only from this date (the start of that day in UTC) or RFC 3339 time on' -r
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from history" -l until -d 'Only before this date (the start of that day in UTC: the day itself is left out) or RFC 3339 time' -r
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from history" -l request-id -d 'Only the entries of this request and of its refunds' -r
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from history" -s o -l output -d 'Output format; the default is table at a terminal and plain (tab-separated) in a pipe' -r -f -a "table\t'Aligned, with a header, for people'
json\t'One JSON document'
jsonl\t'One JSON object a line'
csv\t'With a header, quoted by RFC 4180'
plain\t'Tab-separated: a row for each thing of a list, and a line `name value` for each field of one thing'"
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from history" -l profile -d 'Use this profile of the configuration file' -r
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from history" -l confirm-profile -d 'Confirm a change that cannot be undone with the name of the profile; a profile that is marked as production needs it' -r
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from history" -l master-key-fd -d 'Read the master key from this open file descriptor' -r
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from history" -l json -d 'The same as --output json'
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from history" -s q -l quiet -d 'Print only results, warnings and errors, no notices'
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from history" -l no-input -d 'Never prompt; fail instead and name the option to use'
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from history" -l local -d 'Use the private database and no profile, even if another database is configured'
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from history" -l install-postgres -d 'Install PostgreSQL with this system\'s package manager if no server programs are found'
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from history" -l strict -d 'Refuse the file of a master key or data key if anybody but its owner can read it'
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from history" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from history" -s V -l version -d 'Print version'
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from usage" -l org -d 'One organization (default: BYOK_ORG)' -r
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from usage" -l by -d 'Group by this' -r -f -a "key\t''
provider\t''
source\t''
operation\t''
day\t''
month\t''"
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from usage" -l since -d 'Only from this date (the start of that day in UTC) or RFC 3339 time on' -r
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from usage" -l until -d 'Only before this date (the start of that day in UTC: the day itself is left out) or RFC 3339 time' -r
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from usage" -s o -l output -d 'Output format; the default is table at a terminal and plain (tab-separated) in a pipe' -r -f -a "table\t'Aligned, with a header, for people'
json\t'One JSON document'
jsonl\t'One JSON object a line'
csv\t'With a header, quoted by RFC 4180'
plain\t'Tab-separated: a row for each thing of a list, and a line `name value` for each field of one thing'"
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from usage" -l profile -d 'Use this profile of the configuration file' -r
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from usage" -l confirm-profile -d 'Confirm a change that cannot be undone with the name of the profile; a profile that is marked as production needs it' -r
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from usage" -l master-key-fd -d 'Read the master key from this open file descriptor' -r
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from usage" -l all-orgs -d 'All organizations that this login may see'
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from usage" -l chart -d 'Draw a bar chart instead of a table, at a terminal'
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from usage" -l json -d 'The same as --output json'
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from usage" -s q -l quiet -d 'Print only results, warnings and errors, no notices'
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from usage" -l no-input -d 'Never prompt; fail instead and name the option to use'
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from usage" -l local -d 'Use the private database and no profile, even if another database is configured'
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from usage" -l install-postgres -d 'Install PostgreSQL with this system\'s package manager if no server programs are found'
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from usage" -l strict -d 'Refuse the file of a master key or data key if anybody but its owner can read it'
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from usage" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from usage" -s V -l version -d 'Print version'
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from rates" -s o -l output -d 'Output format; the default is table at a terminal and plain (tab-separated) in a pipe' -r -f -a "table\t'Aligned, with a header, for people'
json\t'One JSON document'
jsonl\t'One JSON object a line'
csv\t'With a header, quoted by RFC 4180'
plain\t'Tab-separated: a row for each thing of a list, and a line `name value` for each field of one thing'"
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from rates" -l profile -d 'Use this profile of the configuration file' -r
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from rates" -l confirm-profile -d 'Confirm a change that cannot be undone with the name of the profile; a profile that is marked as production needs it' -r
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from rates" -l master-key-fd -d 'Read the master key from this open file descriptor' -r
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from rates" -l json -d 'The same as --output json'
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from rates" -s q -l quiet -d 'Print only results, warnings and errors, no notices'
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from rates" -l no-input -d 'Never prompt; fail instead and name the option to use'
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from rates" -l local -d 'Use the private database and no profile, even if another database is configured'
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from rates" -l install-postgres -d 'Install PostgreSQL with this system\'s package manager if no server programs are found'
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from rates" -l strict -d 'Refuse the file of a master key or data key if anybody but its owner can read it'
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from rates" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from rates" -s V -l version -d 'Print version'
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from rates" -f -a "list" -d 'List the current prices'
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from rates" -f -a "ls" -d 'List the current prices'
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from rates" -f -a "set" -d 'Set the price of an operation for all charges from now on'
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from rates" -f -a "remove" -d 'Remove a price'
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from rates" -f -a "rm" -d 'Remove a price'
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from rates" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from reconcile" -l org -d 'One organization (default: BYOK_ORG)' -r
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from reconcile" -s o -l output -d 'Output format; the default is table at a terminal and plain (tab-separated) in a pipe' -r -f -a "table\t'Aligned, with a header, for people'
json\t'One JSON document'
jsonl\t'One JSON object a line'
csv\t'With a header, quoted by RFC 4180'
plain\t'Tab-separated: a row for each thing of a list, and a line `name value` for each field of one thing'"
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from reconcile" -l profile -d 'Use this profile of the configuration file' -r
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from reconcile" -l confirm-profile -d 'Confirm a change that cannot be undone with the name of the profile; a profile that is marked as production needs it' -r
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from reconcile" -l master-key-fd -d 'Read the master key from this open file descriptor' -r
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from reconcile" -l all-orgs -d 'All organizations that this login may see'
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from reconcile" -l json -d 'The same as --output json'
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from reconcile" -s q -l quiet -d 'Print only results, warnings and errors, no notices'
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from reconcile" -l no-input -d 'Never prompt; fail instead and name the option to use'
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from reconcile" -l local -d 'Use the private database and no profile, even if another database is configured'
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from reconcile" -l install-postgres -d 'Install PostgreSQL with this system\'s package manager if no server programs are found'
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from reconcile" -l strict -d 'Refuse the file of a master key or data key if anybody but its owner can read it'
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from reconcile" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from reconcile" -s V -l version -d 'Print version'
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from help" -f -a "balance" -d 'Show the available and the reserved credits'
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from help" -f -a "grant" -d 'Give an organization credits'
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from help" -f -a "charge" -d 'Charge an organization for a request, at the current price (see: byok credits rates list)'
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from help" -f -a "hold" -d 'Reserve credits for a request before it is made'
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from help" -f -a "settle" -d 'End a hold with a charge for what was used'
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from help" -f -a "release" -d 'End a hold without a charge'
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from help" -f -a "refund" -d 'Give back a charge, or part of it'
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from help" -f -a "quote" -d 'Show what a request would cost, with the organization\'s own key and with the platform\'s key'
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from help" -f -a "history" -d 'List an organization\'s ledger, newest entry first'
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from help" -f -a "usage" -d 'Show the usage of an organization\'s own keys and of the platform\'s keys'
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from help" -f -a "rates" -d 'List, set and remove the prices of operations'
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from help" -f -a "reconcile" -d 'Check that the ledger adds up: every balance is the sum of its entries, and the total is zero'
complete -c byok -n "__fish_byok_using_subcommand credits; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c byok -n "__fish_byok_using_subcommand master-key; and not __fish_seen_subcommand_from create status verify escrow rotate loaded help" -s o -l output -d 'Output format; the default is table at a terminal and plain (tab-separated) in a pipe' -r -f -a "table\t'Aligned, with a header, for people'
json\t'One JSON document'
jsonl\t'One JSON object a line'
csv\t'With a header, quoted by RFC 4180'
plain\t'Tab-separated: a row for each thing of a list, and a line `name value` for each field of one thing'"
complete -c byok -n "__fish_byok_using_subcommand master-key; and not __fish_seen_subcommand_from create status verify escrow rotate loaded help" -l profile -d 'Use this profile of the configuration file' -r
complete -c byok -n "__fish_byok_using_subcommand master-key; and not __fish_seen_subcommand_from create status verify escrow rotate loaded help" -l confirm-profile -d 'Confirm a change that cannot be undone with the name of the profile; a profile that is marked as production needs it' -r
complete -c byok -n "__fish_byok_using_subcommand master-key; and not __fish_seen_subcommand_from create status verify escrow rotate loaded help" -l master-key-fd -d 'Read the master key from this open file descriptor' -r
complete -c byok -n "__fish_byok_using_subcommand master-key; and not __fish_seen_subcommand_from create status verify escrow rotate loaded help" -l json -d 'The same as --output json'
complete -c byok -n "__fish_byok_using_subcommand master-key; and not __fish_seen_subcommand_from create status verify escrow rotate loaded help" -s q -l quiet -d 'Print only results, warnings and errors, no notices'
complete -c byok -n "__fish_byok_using_subcommand master-key; and not __fish_seen_subcommand_from create status verify escrow rotate loaded help" -l no-input -d 'Never prompt; fail instead and name the option to use'
complete -c byok -n "__fish_byok_using_subcommand master-key; and not __fish_seen_subcommand_from create status verify escrow rotate loaded help" -l local -d 'Use the private database and no profile, even if another database is configured'
complete -c byok -n "__fish_byok_using_subcommand master-key; and not __fish_seen_subcommand_from create status verify escrow rotate loaded help" -l install-postgres -d 'Install PostgreSQL with this system\'s package manager if no server programs are found'
complete -c byok -n "__fish_byok_using_subcommand master-key; and not __fish_seen_subcommand_from create status verify escrow rotate loaded help" -l strict -d 'Refuse the file of a master key or data key if anybody but its owner can read it'
complete -c byok -n "__fish_byok_using_subcommand master-key; and not __fish_seen_subcommand_from create status verify escrow rotate loaded help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c byok -n "__fish_byok_using_subcommand master-key; and not __fish_seen_subcommand_from create status verify escrow rotate loaded help" -s V -l version -d 'Print version'
complete -c byok -n "__fish_byok_using_subcommand master-key; and not __fish_seen_subcommand_from create status verify escrow rotate loaded help" -f -a "create" -d 'Create the first master key, and register it with the database'
complete -c byok -n "__fish_byok_using_subcommand master-key; and not __fish_seen_subcommand_from create status verify escrow rotate loaded help" -f -a "status" -d 'Show the master keys: fingerprints, what each wraps, which of them byok finds, which hosts loaded them, and whether a copy was checked'
complete -c byok -n "__fish_byok_using_subcommand master-key; and not __fish_seen_subcommand_from create status verify escrow rotate loaded help" -f -a "verify" -d 'Open every data key and every stored key with the master key; exit 9 if some do not open'
complete -c byok -n "__fish_byok_using_subcommand master-key; and not __fish_seen_subcommand_from create status verify escrow rotate loaded help" -f -a "escrow" -d 'Write a copy of the master key to lock away, or check such a copy (--confirm)'
complete -c byok -n "__fish_byok_using_subcommand master-key; and not __fish_seen_subcommand_from create status verify escrow rotate loaded help" -f -a "rotate" -d 'Replace the master key without downtime, in one go or step by step'
complete -c byok -n "__fish_byok_using_subcommand master-key; and not __fish_seen_subcommand_from create status verify escrow rotate loaded help" -f -a "loaded" -d 'Report that this host has loaded the master keys that byok finds on it'
complete -c byok -n "__fish_byok_using_subcommand master-key; and not __fish_seen_subcommand_from create status verify escrow rotate loaded help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c byok -n "__fish_byok_using_subcommand master-key; and __fish_seen_subcommand_from create" -l to-file -d 'Write the secret to a new file that only you can read (default: show it once at the terminal)' -r -F
complete -c byok -n "__fish_byok_using_subcommand master-key; and __fish_seen_subcommand_from create" -s o -l output -d 'Output format; the default is table at a terminal and plain (tab-separated) in a pipe' -r -f -a "table\t'Aligned, with a header, for people'
json\t'One JSON document'
jsonl\t'One JSON object a line'
csv\t'With a header, quoted by RFC 4180'
plain\t'Tab-separated: a row for each thing of a list, and a line `name value` for each field of one thing'"
complete -c byok -n "__fish_byok_using_subcommand master-key; and __fish_seen_subcommand_from create" -l profile -d 'Use this profile of the configuration file' -r
complete -c byok -n "__fish_byok_using_subcommand master-key; and __fish_seen_subcommand_from create" -l confirm-profile -d 'Confirm a change that cannot be undone with the name of the profile; a profile that is marked as production needs it' -r
complete -c byok -n "__fish_byok_using_subcommand master-key; and __fish_seen_subcommand_from create" -l master-key-fd -d 'Read the master key from this open file descriptor' -r
complete -c byok -n "__fish_byok_using_subcommand master-key; and __fish_seen_subcommand_from create" -l only -d 'Only create a key and hand it over, without a database'
complete -c byok -n "__fish_byok_using_subcommand master-key; and __fish_seen_subcommand_from create" -l lost -d 'Start again with a new master key, because the old one and all its copies are lost'
complete -c byok -n "__fish_byok_using_subcommand master-key; and __fish_seen_subcommand_from create" -s y -l yes -d 'Do not ask for confirmation'
complete -c byok -n "__fish_byok_using_subcommand master-key; and __fish_seen_subcommand_from create" -s n -l dry-run -d 'Check everything and say what would change, but write nothing'
complete -c byok -n "__fish_byok_using_subcommand master-key; and __fish_seen_subcommand_from create" -l json -d 'The same as --output json'
complete -c byok -n "__fish_byok_using_subcommand master-key; and __fish_seen_subcommand_from create" -s q -l quiet -d 'Print only results, warnings and errors, no notices'
complete -c byok -n "__fish_byok_using_subcommand master-key; and __fish_seen_subcommand_from create" -l no-input -d 'Never prompt; fail instead and name the option to use'
complete -c byok -n "__fish_byok_using_subcommand master-key; and __fish_seen_subcommand_from create" -l local -d 'Use the private database and no profile, even if another database is configured'
complete -c byok -n "__fish_byok_using_subcommand master-key; and __fish_seen_subcommand_from create" -l install-postgres -d 'Install PostgreSQL with this system\'s package manager if no server programs are found'
complete -c byok -n "__fish_byok_using_subcommand master-key; and __fish_seen_subcommand_from create" -l strict -d 'Refuse the file of a master key or data key if anybody but its owner can read it'
complete -c byok -n "__fish_byok_using_subcommand master-key; and __fish_seen_subcommand_from create" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c byok -n "__fish_byok_using_subcommand master-key; and __fish_seen_subcommand_from create" -s V -l version -d 'Print version'
complete -c byok -n "__fish_byok_using_subcommand master-key; and __fish_seen_subcommand_from status" -s o -l output -d 'Output format; the default is table at a terminal and plain (tab-separated) in a pipe' -r -f -a "table\t'Aligned, with a header, for people'
json\t'One JSON document'
jsonl\t'One JSON object a line'
csv\t'With a header, quoted by RFC 4180'
plain\t'Tab-separated: a row for each thing of a list, and a line `name value` for each field of one thing'"
complete -c byok -n "__fish_byok_using_subcommand master-key; and __fish_seen_subcommand_from status" -l profile -d 'Use this profile of the configuration file' -r
complete -c byok -n "__fish_byok_using_subcommand master-key; and __fish_seen_subcommand_from status" -l confirm-profile -d 'Confirm a change that cannot be undone with the name of the profile; a profile that is marked as production needs it' -r
complete -c byok -n "__fish_byok_using_subcommand master-key; and __fish_seen_subcommand_from status" -l master-key-fd -d 'Read the master key from this open file descriptor' -r
complete -c byok -n "__fish_byok_using_subcommand master-key; and __fish_seen_subcommand_from status" -l json -d 'The same as --output json'
complete -c byok -n "__fish_byok_using_subcommand master-key; and __fish_seen_subcommand_from status" -s q -l quiet -d 'Print only results, warnings and errors, no notices'
complete -c byok -n "__fish_byok_using_subcommand master-key; and __fish_seen_subcommand_from status" -l no-input -d 'Never prompt; fail instead and name the option to use'
complete -c byok -n "__fish_byok_using_subcommand master-key; and __fish_seen_subcommand_from status" -l local -d 'Use the private database and no profile, even if another database is configured'
complete -c byok -n "__fish_byok_using_subcommand master-key; and __fish_seen_subcommand_from status" -l install-postgres -d 'Install PostgreSQL with this system\'s package manager if no server programs are found'
complete -c byok -n "__fish_byok_using_subcommand master-key; and __fish_seen_subcommand_from status" -l strict -d 'Refuse the file of a master key or data key if anybody but its owner can read it'
complete -c byok -n "__fish_byok_using_subcommand master-key; and __fish_seen_subcommand_from status" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c byok -n "__fish_byok_using_subcommand master-key; and __fish_seen_subcommand_from status" -s V -l version -d 'Print version'
complete -c byok -n "__fish_byok_using_subcommand master-key; and __fish_seen_subcommand_from verify" -l sample -d 'Check only this many organizations, chosen at random' -r
complete -c byok -n "__fish_byok_using_subcommand master-key; and __fish_seen_subcommand_from verify" -s o -l output -d 'Output format; the default is table at a terminal and plain (tab-separated) in a pipe' -r -f -a "table\t'Aligned, with a header, for people'
json\t'One JSON document'
jsonl\t'One JSON object a line'
csv\t'With a header, quoted by RFC 4180'
plain\t'Tab-separated: a row for each thing of a list, and a line `name value` for each field of one thing'"
complete -c byok -n "__fish_byok_using_subcommand master-key; and __fish_seen_subcommand_from verify" -l profile -d 'Use this profile of the configuration file' -r
complete -c byok -n "__fish_byok_using_subcommand master-key; and __fish_seen_subcommand_from verify" -l confirm-profile -d 'Confirm a change that cannot be undone with the name of the profile; a profile that is marked as production needs it' -r
complete -c byok -n "__fish_byok_using_subcommand master-key; and __fish_seen_subcommand_from verify" -l master-key-fd -d 'Read the master key from this open file descriptor' -r
complete -c byok -n "__fish_byok_using_subcommand master-key; and __fish_seen_subcommand_from verify" -l json -d 'The same as --output json'
complete -c byok -n "__fish_byok_using_subcommand master-key; and __fish_seen_subcommand_from verify" -s q -l quiet -d 'Print only results, warnings and errors, no notices'
complete -c byok -n "__fish_byok_using_subcommand master-key; and __fish_seen_subcommand_from verify" -l no-input -d 'Never prompt; fail instead and name the option to use'
complete -c byok -n "__fish_byok_using_subcommand master-key; and __fish_seen_subcommand_from verify" -l local -d 'Use the private database and no profile, even if another database is configured'
complete -c byok -n "__fish_byok_using_subcommand master-key; and __fish_seen_subcommand_from verify" -l install-postgres -d 'Install PostgreSQL with this system\'s package manager if no server programs are found'
complete -c byok -n "__fish_byok_using_subcommand master-key; and __fish_seen_subcommand_from verify" -l strict -d 'Refuse the file of a master key or data key if anybody but its owner can read it'
complete -c byok -n "__fish_byok_using_subcommand master-key; and __fish_seen_subcommand_from verify" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c byok -n "__fish_byok_using_subcommand master-key; and __fish_seen_subcommand_from verify" -s V -l version -d 'Print version'
complete -c byok -n "__fish_byok_using_subcommand master-key; and __fish_seen_subcommand_from escrow" -l from-file -d 'Read the key from a file' -r -F
complete -c byok -n "__fish_byok_using_subcommand master-key; and __fish_seen_subcommand_from escrow" -l from-env -d 'Read the key from the named environment variable' -r
complete -c byok -n "__fish_byok_using_subcommand master-key; and __fish_seen_subcommand_from escrow" -l to-file -d 'Write the secret to a new file that only you can read (default: show it once at the terminal)' -r -F
complete -c byok -n "__fish_byok_using_subcommand master-key; and __fish_seen_subcommand_from escrow" -s o -l output -d 'Output format; the default is table at a terminal and plain (tab-separated) in a pipe' -r -f -a "table\t'Aligned, with a header, for people'
json\t'One JSON document'
jsonl\t'One JSON object a line'
csv\t'With a header, quoted by RFC 4180'
plain\t'Tab-separated: a row for each thing of a list, and a line `name value` for each field of one thing'"
complete -c byok -n "__fish_byok_using_subcommand master-key; and __fish_seen_subcommand_from escrow" -l profile -d 'Use this profile of the configuration file' -r
complete -c byok -n "__fish_byok_using_subcommand master-key; and __fish_seen_subcommand_from escrow" -l confirm-profile -d 'Confirm a change that cannot be undone with the name of the profile; a profile that is marked as production needs it' -r
complete -c byok -n "__fish_byok_using_subcommand master-key; and __fish_seen_subcommand_from escrow" -l master-key-fd -d 'Read the master key from this open file descriptor' -r
complete -c byok -n "__fish_byok_using_subcommand master-key; and __fish_seen_subcommand_from escrow" -l confirm -d 'Read a copy, compare it with the database, and record that it is good'
complete -c byok -n "__fish_byok_using_subcommand master-key; and __fish_seen_subcommand_from escrow" -l stdin -d 'Read the key from standard input'
complete -c byok -n "__fish_byok_using_subcommand master-key; and __fish_seen_subcommand_from escrow" -s n -l dry-run -d 'Check everything and say what would change, but write nothing'
complete -c byok -n "__fish_byok_using_subcommand master-key; and __fish_seen_subcommand_from escrow" -l json -d 'The same as --output json'
complete -c byok -n "__fish_byok_using_subcommand master-key; and __fish_seen_subcommand_from escrow" -s q -l quiet -d 'Print only results, warnings and errors, no notices'
complete -c byok -n "__fish_byok_using_subcommand master-key; and __fish_seen_subcommand_from escrow" -l no-input -d 'Never prompt; fail instead and name the option to use'
complete -c byok -n "__fish_byok_using_subcommand master-key; and __fish_seen_subcommand_from escrow" -l local -d 'Use the private database and no profile, even if another database is configured'
complete -c byok -n "__fish_byok_using_subcommand master-key; and __fish_seen_subcommand_from escrow" -l install-postgres -d 'Install PostgreSQL with this system\'s package manager if no server programs are found'
complete -c byok -n "__fish_byok_using_subcommand master-key; and __fish_seen_subcommand_from escrow" -l strict -d 'Refuse the file of a master key or data key if anybody but its owner can read it'
complete -c byok -n "__fish_byok_using_subcommand master-key; and __fish_seen_subcommand_from escrow" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c byok -n "__fish_byok_using_subcommand master-key; and __fish_seen_subcommand_from escrow" -s V -l version -d 'Print version'
complete -c byok -n "__fish_byok_using_subcommand master-key; and __fish_seen_subcommand_from rotate" -l new-key-file -d 'The file for the new key, needed if the old key does not come from a file' -r -F
complete -c byok -n "__fish_byok_using_subcommand master-key; and __fish_seen_subcommand_from rotate" -l batch -d 'Wrap this many data keys at once' -r
complete -c byok -n "__fish_byok_using_subcommand master-key; and __fish_seen_subcommand_from rotate" -s o -l output -d 'Output format; the default is table at a terminal and plain (tab-separated) in a pipe' -r -f -a "table\t'Aligned, with a header, for people'
json\t'One JSON document'
jsonl\t'One JSON object a line'
csv\t'With a header, quoted by RFC 4180'
plain\t'Tab-separated: a row for each thing of a list, and a line `name value` for each field of one thing'"
complete -c byok -n "__fish_byok_using_subcommand master-key; and __fish_seen_subcommand_from rotate" -l profile -d 'Use this profile of the configuration file' -r
complete -c byok -n "__fish_byok_using_subcommand master-key; and __fish_seen_subcommand_from rotate" -l confirm-profile -d 'Confirm a change that cannot be undone with the name of the profile; a profile that is marked as production needs it' -r
complete -c byok -n "__fish_byok_using_subcommand master-key; and __fish_seen_subcommand_from rotate" -l master-key-fd -d 'Read the master key from this open file descriptor' -r
complete -c byok -n "__fish_byok_using_subcommand master-key; and __fish_seen_subcommand_from rotate" -l leaked -d 'Somebody else has the old key: also replace every data key and seal every stored key again'
complete -c byok -n "__fish_byok_using_subcommand master-key; and __fish_seen_subcommand_from rotate" -s n -l dry-run -d 'Show the remaining steps and do nothing'
complete -c byok -n "__fish_byok_using_subcommand master-key; and __fish_seen_subcommand_from rotate" -l force -d 'Promote even if a host has not loaded the new key'
complete -c byok -n "__fish_byok_using_subcommand master-key; and __fish_seen_subcommand_from rotate" -s y -l yes -d 'Do not ask for confirmation'
complete -c byok -n "__fish_byok_using_subcommand master-key; and __fish_seen_subcommand_from rotate" -l json -d 'The same as --output json'
complete -c byok -n "__fish_byok_using_subcommand master-key; and __fish_seen_subcommand_from rotate" -s q -l quiet -d 'Print only results, warnings and errors, no notices'
complete -c byok -n "__fish_byok_using_subcommand master-key; and __fish_seen_subcommand_from rotate" -l no-input -d 'Never prompt; fail instead and name the option to use'
complete -c byok -n "__fish_byok_using_subcommand master-key; and __fish_seen_subcommand_from rotate" -l local -d 'Use the private database and no profile, even if another database is configured'
complete -c byok -n "__fish_byok_using_subcommand master-key; and __fish_seen_subcommand_from rotate" -l install-postgres -d 'Install PostgreSQL with this system\'s package manager if no server programs are found'
complete -c byok -n "__fish_byok_using_subcommand master-key; and __fish_seen_subcommand_from rotate" -l strict -d 'Refuse the file of a master key or data key if anybody but its owner can read it'
complete -c byok -n "__fish_byok_using_subcommand master-key; and __fish_seen_subcommand_from rotate" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c byok -n "__fish_byok_using_subcommand master-key; and __fish_seen_subcommand_from rotate" -s V -l version -d 'Print version'
complete -c byok -n "__fish_byok_using_subcommand master-key; and __fish_seen_subcommand_from loaded" -l instance -d 'The name of this host (default: its host name)' -r
complete -c byok -n "__fish_byok_using_subcommand master-key; and __fish_seen_subcommand_from loaded" -s o -l output -d 'Output format; the default is table at a terminal and plain (tab-separated) in a pipe' -r -f -a "table\t'Aligned, with a header, for people'
json\t'One JSON document'
jsonl\t'One JSON object a line'
csv\t'With a header, quoted by RFC 4180'
plain\t'Tab-separated: a row for each thing of a list, and a line `name value` for each field of one thing'"
complete -c byok -n "__fish_byok_using_subcommand master-key; and __fish_seen_subcommand_from loaded" -l profile -d 'Use this profile of the configuration file' -r
complete -c byok -n "__fish_byok_using_subcommand master-key; and __fish_seen_subcommand_from loaded" -l confirm-profile -d 'Confirm a change that cannot be undone with the name of the profile; a profile that is marked as production needs it' -r
complete -c byok -n "__fish_byok_using_subcommand master-key; and __fish_seen_subcommand_from loaded" -l master-key-fd -d 'Read the master key from this open file descriptor' -r
complete -c byok -n "__fish_byok_using_subcommand master-key; and __fish_seen_subcommand_from loaded" -s n -l dry-run -d 'Check everything and say what would change, but write nothing'
complete -c byok -n "__fish_byok_using_subcommand master-key; and __fish_seen_subcommand_from loaded" -l json -d 'The same as --output json'
complete -c byok -n "__fish_byok_using_subcommand master-key; and __fish_seen_subcommand_from loaded" -s q -l quiet -d 'Print only results, warnings and errors, no notices'
complete -c byok -n "__fish_byok_using_subcommand master-key; and __fish_seen_subcommand_from loaded" -l no-input -d 'Never prompt; fail instead and name the option to use'
complete -c byok -n "__fish_byok_using_subcommand master-key; and __fish_seen_subcommand_from loaded" -l local -d 'Use the private database and no profile, even if another database is configured'
complete -c byok -n "__fish_byok_using_subcommand master-key; and __fish_seen_subcommand_from loaded" -l install-postgres -d 'Install PostgreSQL with this system\'s package manager if no server programs are found'
complete -c byok -n "__fish_byok_using_subcommand master-key; and __fish_seen_subcommand_from loaded" -l strict -d 'Refuse the file of a master key or data key if anybody but its owner can read it'
complete -c byok -n "__fish_byok_using_subcommand master-key; and __fish_seen_subcommand_from loaded" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c byok -n "__fish_byok_using_subcommand master-key; and __fish_seen_subcommand_from loaded" -s V -l version -d 'Print version'
complete -c byok -n "__fish_byok_using_subcommand master-key; and __fish_seen_subcommand_from help" -f -a "create" -d 'Create the first master key, and register it with the database'
complete -c byok -n "__fish_byok_using_subcommand master-key; and __fish_seen_subcommand_from help" -f -a "status" -d 'Show the master keys: fingerprints, what each wraps, which of them byok finds, which hosts loaded them, and whether a copy was checked'
complete -c byok -n "__fish_byok_using_subcommand master-key; and __fish_seen_subcommand_from help" -f -a "verify" -d 'Open every data key and every stored key with the master key; exit 9 if some do not open'
complete -c byok -n "__fish_byok_using_subcommand master-key; and __fish_seen_subcommand_from help" -f -a "escrow" -d 'Write a copy of the master key to lock away, or check such a copy (--confirm)'
complete -c byok -n "__fish_byok_using_subcommand master-key; and __fish_seen_subcommand_from help" -f -a "rotate" -d 'Replace the master key without downtime, in one go or step by step'
complete -c byok -n "__fish_byok_using_subcommand master-key; and __fish_seen_subcommand_from help" -f -a "loaded" -d 'Report that this host has loaded the master keys that byok finds on it'
complete -c byok -n "__fish_byok_using_subcommand master-key; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c byok -n "__fish_byok_using_subcommand data-key; and not __fish_seen_subcommand_from issue rotate restore discard help" -s o -l output -d 'Output format; the default is table at a terminal and plain (tab-separated) in a pipe' -r -f -a "table\t'Aligned, with a header, for people'
json\t'One JSON document'
jsonl\t'One JSON object a line'
csv\t'With a header, quoted by RFC 4180'
plain\t'Tab-separated: a row for each thing of a list, and a line `name value` for each field of one thing'"
complete -c byok -n "__fish_byok_using_subcommand data-key; and not __fish_seen_subcommand_from issue rotate restore discard help" -l profile -d 'Use this profile of the configuration file' -r
complete -c byok -n "__fish_byok_using_subcommand data-key; and not __fish_seen_subcommand_from issue rotate restore discard help" -l confirm-profile -d 'Confirm a change that cannot be undone with the name of the profile; a profile that is marked as production needs it' -r
complete -c byok -n "__fish_byok_using_subcommand data-key; and not __fish_seen_subcommand_from issue rotate restore discard help" -l master-key-fd -d 'Read the master key from this open file descriptor' -r
complete -c byok -n "__fish_byok_using_subcommand data-key; and not __fish_seen_subcommand_from issue rotate restore discard help" -l json -d 'The same as --output json'
complete -c byok -n "__fish_byok_using_subcommand data-key; and not __fish_seen_subcommand_from issue rotate restore discard help" -s q -l quiet -d 'Print only results, warnings and errors, no notices'
complete -c byok -n "__fish_byok_using_subcommand data-key; and not __fish_seen_subcommand_from issue rotate restore discard help" -l no-input -d 'Never prompt; fail instead and name the option to use'
complete -c byok -n "__fish_byok_using_subcommand data-key; and not __fish_seen_subcommand_from issue rotate restore discard help" -l local -d 'Use the private database and no profile, even if another database is configured'
complete -c byok -n "__fish_byok_using_subcommand data-key; and not __fish_seen_subcommand_from issue rotate restore discard help" -l install-postgres -d 'Install PostgreSQL with this system\'s package manager if no server programs are found'
complete -c byok -n "__fish_byok_using_subcommand data-key; and not __fish_seen_subcommand_from issue rotate restore discard help" -l strict -d 'Refuse the file of a master key or data key if anybody but its owner can read it'
complete -c byok -n "__fish_byok_using_subcommand data-key; and not __fish_seen_subcommand_from issue rotate restore discard help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c byok -n "__fish_byok_using_subcommand data-key; and not __fish_seen_subcommand_from issue rotate restore discard help" -s V -l version -d 'Print version'
complete -c byok -n "__fish_byok_using_subcommand data-key; and not __fish_seen_subcommand_from issue rotate restore discard help" -f -a "issue" -d 'Give an owner the data key of its organization, so that the owner needs no master key'
complete -c byok -n "__fish_byok_using_subcommand data-key; and not __fish_seen_subcommand_from issue rotate restore discard help" -f -a "rotate" -d 'Replace an organization\'s data key, and seal its stored keys again under the new one'
complete -c byok -n "__fish_byok_using_subcommand data-key; and not __fish_seen_subcommand_from issue rotate restore discard help" -f -a "restore" -d 'Restore a data key from its owner\'s copy, after the master key was lost'
complete -c byok -n "__fish_byok_using_subcommand data-key; and not __fish_seen_subcommand_from issue rotate restore discard help" -f -a "discard" -d 'Erase a data key that does not open; the keys that it sealed must then be set again'
complete -c byok -n "__fish_byok_using_subcommand data-key; and not __fish_seen_subcommand_from issue rotate restore discard help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c byok -n "__fish_byok_using_subcommand data-key; and __fish_seen_subcommand_from issue" -l org -d 'The organization\'s id (default: BYOK_ORG)' -r
complete -c byok -n "__fish_byok_using_subcommand data-key; and __fish_seen_subcommand_from issue" -l to-file -d 'Write the secret to a new file that only you can read (default: show it once at the terminal)' -r -F
complete -c byok -n "__fish_byok_using_subcommand data-key; and __fish_seen_subcommand_from issue" -s o -l output -d 'Output format; the default is table at a terminal and plain (tab-separated) in a pipe' -r -f -a "table\t'Aligned, with a header, for people'
json\t'One JSON document'
jsonl\t'One JSON object a line'
csv\t'With a header, quoted by RFC 4180'
plain\t'Tab-separated: a row for each thing of a list, and a line `name value` for each field of one thing'"
complete -c byok -n "__fish_byok_using_subcommand data-key; and __fish_seen_subcommand_from issue" -l profile -d 'Use this profile of the configuration file' -r
complete -c byok -n "__fish_byok_using_subcommand data-key; and __fish_seen_subcommand_from issue" -l confirm-profile -d 'Confirm a change that cannot be undone with the name of the profile; a profile that is marked as production needs it' -r
complete -c byok -n "__fish_byok_using_subcommand data-key; and __fish_seen_subcommand_from issue" -l master-key-fd -d 'Read the master key from this open file descriptor' -r
complete -c byok -n "__fish_byok_using_subcommand data-key; and __fish_seen_subcommand_from issue" -s n -l dry-run -d 'Check everything and say what would change, but write nothing'
complete -c byok -n "__fish_byok_using_subcommand data-key; and __fish_seen_subcommand_from issue" -l json -d 'The same as --output json'
complete -c byok -n "__fish_byok_using_subcommand data-key; and __fish_seen_subcommand_from issue" -s q -l quiet -d 'Print only results, warnings and errors, no notices'
complete -c byok -n "__fish_byok_using_subcommand data-key; and __fish_seen_subcommand_from issue" -l no-input -d 'Never prompt; fail instead and name the option to use'
complete -c byok -n "__fish_byok_using_subcommand data-key; and __fish_seen_subcommand_from issue" -l local -d 'Use the private database and no profile, even if another database is configured'
complete -c byok -n "__fish_byok_using_subcommand data-key; and __fish_seen_subcommand_from issue" -l install-postgres -d 'Install PostgreSQL with this system\'s package manager if no server programs are found'
complete -c byok -n "__fish_byok_using_subcommand data-key; and __fish_seen_subcommand_from issue" -l strict -d 'Refuse the file of a master key or data key if anybody but its owner can read it'
complete -c byok -n "__fish_byok_using_subcommand data-key; and __fish_seen_subcommand_from issue" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c byok -n "__fish_byok_using_subcommand data-key; and __fish_seen_subcommand_from issue" -s V -l version -d 'Print version'
complete -c byok -n "__fish_byok_using_subcommand data-key; and __fish_seen_subcommand_from rotate" -l org -d 'The organization\'s id (BYOK_ORG is not used)' -r
complete -c byok -n "__fish_byok_using_subcommand data-key; and __fish_seen_subcommand_from rotate" -l to-file -d 'Write the secret to a new file that only you can read (default: show it once at the terminal)' -r -F
complete -c byok -n "__fish_byok_using_subcommand data-key; and __fish_seen_subcommand_from rotate" -s o -l output -d 'Output format; the default is table at a terminal and plain (tab-separated) in a pipe' -r -f -a "table\t'Aligned, with a header, for people'
json\t'One JSON document'
jsonl\t'One JSON object a line'
csv\t'With a header, quoted by RFC 4180'
plain\t'Tab-separated: a row for each thing of a list, and a line `name value` for each field of one thing'"
complete -c byok -n "__fish_byok_using_subcommand data-key; and __fish_seen_subcommand_from rotate" -l profile -d 'Use this profile of the configuration file' -r
complete -c byok -n "__fish_byok_using_subcommand data-key; and __fish_seen_subcommand_from rotate" -l confirm-profile -d 'Confirm a change that cannot be undone with the name of the profile; a profile that is marked as production needs it' -r
complete -c byok -n "__fish_byok_using_subcommand data-key; and __fish_seen_subcommand_from rotate" -l master-key-fd -d 'Read the master key from this open file descriptor' -r
complete -c byok -n "__fish_byok_using_subcommand data-key; and __fish_seen_subcommand_from rotate" -l platform -d 'The data key of the platform\'s shared keys, instead of an organization\'s'
complete -c byok -n "__fish_byok_using_subcommand data-key; and __fish_seen_subcommand_from rotate" -l leave-unreadable -d 'Skip stored keys that do not open, instead of changing nothing'
complete -c byok -n "__fish_byok_using_subcommand data-key; and __fish_seen_subcommand_from rotate" -s y -l yes -d 'Do not ask for confirmation'
complete -c byok -n "__fish_byok_using_subcommand data-key; and __fish_seen_subcommand_from rotate" -s n -l dry-run -d 'Check everything and say what would change, but write nothing'
complete -c byok -n "__fish_byok_using_subcommand data-key; and __fish_seen_subcommand_from rotate" -l json -d 'The same as --output json'
complete -c byok -n "__fish_byok_using_subcommand data-key; and __fish_seen_subcommand_from rotate" -s q -l quiet -d 'Print only results, warnings and errors, no notices'
complete -c byok -n "__fish_byok_using_subcommand data-key; and __fish_seen_subcommand_from rotate" -l no-input -d 'Never prompt; fail instead and name the option to use'
complete -c byok -n "__fish_byok_using_subcommand data-key; and __fish_seen_subcommand_from rotate" -l local -d 'Use the private database and no profile, even if another database is configured'
complete -c byok -n "__fish_byok_using_subcommand data-key; and __fish_seen_subcommand_from rotate" -l install-postgres -d 'Install PostgreSQL with this system\'s package manager if no server programs are found'
complete -c byok -n "__fish_byok_using_subcommand data-key; and __fish_seen_subcommand_from rotate" -l strict -d 'Refuse the file of a master key or data key if anybody but its owner can read it'
complete -c byok -n "__fish_byok_using_subcommand data-key; and __fish_seen_subcommand_from rotate" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c byok -n "__fish_byok_using_subcommand data-key; and __fish_seen_subcommand_from rotate" -s V -l version -d 'Print version'
complete -c byok -n "__fish_byok_using_subcommand data-key; and __fish_seen_subcommand_from restore" -l org -d 'The organization\'s id (default: BYOK_ORG)' -r
complete -c byok -n "__fish_byok_using_subcommand data-key; and __fish_seen_subcommand_from restore" -l from-file -d 'Read the key from a file' -r -F
complete -c byok -n "__fish_byok_using_subcommand data-key; and __fish_seen_subcommand_from restore" -l from-env -d 'Read the key from the named environment variable' -r
complete -c byok -n "__fish_byok_using_subcommand data-key; and __fish_seen_subcommand_from restore" -s o -l output -d 'Output format; the default is table at a terminal and plain (tab-separated) in a pipe' -r -f -a "table\t'Aligned, with a header, for people'
json\t'One JSON document'
jsonl\t'One JSON object a line'
csv\t'With a header, quoted by RFC 4180'
plain\t'Tab-separated: a row for each thing of a list, and a line `name value` for each field of one thing'"
complete -c byok -n "__fish_byok_using_subcommand data-key; and __fish_seen_subcommand_from restore" -l profile -d 'Use this profile of the configuration file' -r
complete -c byok -n "__fish_byok_using_subcommand data-key; and __fish_seen_subcommand_from restore" -l confirm-profile -d 'Confirm a change that cannot be undone with the name of the profile; a profile that is marked as production needs it' -r
complete -c byok -n "__fish_byok_using_subcommand data-key; and __fish_seen_subcommand_from restore" -l master-key-fd -d 'Read the master key from this open file descriptor' -r
complete -c byok -n "__fish_byok_using_subcommand data-key; and __fish_seen_subcommand_from restore" -l stdin -d 'Read the key from standard input'
complete -c byok -n "__fish_byok_using_subcommand data-key; and __fish_seen_subcommand_from restore" -s n -l dry-run -d 'Check everything and say what would change, but write nothing'
complete -c byok -n "__fish_byok_using_subcommand data-key; and __fish_seen_subcommand_from restore" -l json -d 'The same as --output json'
complete -c byok -n "__fish_byok_using_subcommand data-key; and __fish_seen_subcommand_from restore" -s q -l quiet -d 'Print only results, warnings and errors, no notices'
complete -c byok -n "__fish_byok_using_subcommand data-key; and __fish_seen_subcommand_from restore" -l no-input -d 'Never prompt; fail instead and name the option to use'
complete -c byok -n "__fish_byok_using_subcommand data-key; and __fish_seen_subcommand_from restore" -l local -d 'Use the private database and no profile, even if another database is configured'
complete -c byok -n "__fish_byok_using_subcommand data-key; and __fish_seen_subcommand_from restore" -l install-postgres -d 'Install PostgreSQL with this system\'s package manager if no server programs are found'
complete -c byok -n "__fish_byok_using_subcommand data-key; and __fish_seen_subcommand_from restore" -l strict -d 'Refuse the file of a master key or data key if anybody but its owner can read it'
complete -c byok -n "__fish_byok_using_subcommand data-key; and __fish_seen_subcommand_from restore" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c byok -n "__fish_byok_using_subcommand data-key; and __fish_seen_subcommand_from restore" -s V -l version -d 'Print version'
complete -c byok -n "__fish_byok_using_subcommand data-key; and __fish_seen_subcommand_from discard" -l org -d 'The organization\'s id (BYOK_ORG is not used)' -r
complete -c byok -n "__fish_byok_using_subcommand data-key; and __fish_seen_subcommand_from discard" -s o -l output -d 'Output format; the default is table at a terminal and plain (tab-separated) in a pipe' -r -f -a "table\t'Aligned, with a header, for people'
json\t'One JSON document'
jsonl\t'One JSON object a line'
csv\t'With a header, quoted by RFC 4180'
plain\t'Tab-separated: a row for each thing of a list, and a line `name value` for each field of one thing'"
complete -c byok -n "__fish_byok_using_subcommand data-key; and __fish_seen_subcommand_from discard" -l profile -d 'Use this profile of the configuration file' -r
complete -c byok -n "__fish_byok_using_subcommand data-key; and __fish_seen_subcommand_from discard" -l confirm-profile -d 'Confirm a change that cannot be undone with the name of the profile; a profile that is marked as production needs it' -r
complete -c byok -n "__fish_byok_using_subcommand data-key; and __fish_seen_subcommand_from discard" -l master-key-fd -d 'Read the master key from this open file descriptor' -r
complete -c byok -n "__fish_byok_using_subcommand data-key; and __fish_seen_subcommand_from discard" -l platform -d 'The data key of the platform\'s shared keys, instead of an organization\'s'
complete -c byok -n "__fish_byok_using_subcommand data-key; and __fish_seen_subcommand_from discard" -s y -l yes -d 'Do not ask for confirmation'
complete -c byok -n "__fish_byok_using_subcommand data-key; and __fish_seen_subcommand_from discard" -s n -l dry-run -d 'Check everything and say what would change, but write nothing'
complete -c byok -n "__fish_byok_using_subcommand data-key; and __fish_seen_subcommand_from discard" -l json -d 'The same as --output json'
complete -c byok -n "__fish_byok_using_subcommand data-key; and __fish_seen_subcommand_from discard" -s q -l quiet -d 'Print only results, warnings and errors, no notices'
complete -c byok -n "__fish_byok_using_subcommand data-key; and __fish_seen_subcommand_from discard" -l no-input -d 'Never prompt; fail instead and name the option to use'
complete -c byok -n "__fish_byok_using_subcommand data-key; and __fish_seen_subcommand_from discard" -l local -d 'Use the private database and no profile, even if another database is configured'
complete -c byok -n "__fish_byok_using_subcommand data-key; and __fish_seen_subcommand_from discard" -l install-postgres -d 'Install PostgreSQL with this system\'s package manager if no server programs are found'
complete -c byok -n "__fish_byok_using_subcommand data-key; and __fish_seen_subcommand_from discard" -l strict -d 'Refuse the file of a master key or data key if anybody but its owner can read it'
complete -c byok -n "__fish_byok_using_subcommand data-key; and __fish_seen_subcommand_from discard" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c byok -n "__fish_byok_using_subcommand data-key; and __fish_seen_subcommand_from discard" -s V -l version -d 'Print version'
complete -c byok -n "__fish_byok_using_subcommand data-key; and __fish_seen_subcommand_from help" -f -a "issue" -d 'Give an owner the data key of its organization, so that the owner needs no master key'
complete -c byok -n "__fish_byok_using_subcommand data-key; and __fish_seen_subcommand_from help" -f -a "rotate" -d 'Replace an organization\'s data key, and seal its stored keys again under the new one'
complete -c byok -n "__fish_byok_using_subcommand data-key; and __fish_seen_subcommand_from help" -f -a "restore" -d 'Restore a data key from its owner\'s copy, after the master key was lost'
complete -c byok -n "__fish_byok_using_subcommand data-key; and __fish_seen_subcommand_from help" -f -a "discard" -d 'Erase a data key that does not open; the keys that it sealed must then be set again'
complete -c byok -n "__fish_byok_using_subcommand data-key; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c byok -n "__fish_byok_using_subcommand audit; and not __fish_seen_subcommand_from list ls seal verify help" -s o -l output -d 'Output format; the default is table at a terminal and plain (tab-separated) in a pipe' -r -f -a "table\t'Aligned, with a header, for people'
json\t'One JSON document'
jsonl\t'One JSON object a line'
csv\t'With a header, quoted by RFC 4180'
plain\t'Tab-separated: a row for each thing of a list, and a line `name value` for each field of one thing'"
complete -c byok -n "__fish_byok_using_subcommand audit; and not __fish_seen_subcommand_from list ls seal verify help" -l profile -d 'Use this profile of the configuration file' -r
complete -c byok -n "__fish_byok_using_subcommand audit; and not __fish_seen_subcommand_from list ls seal verify help" -l confirm-profile -d 'Confirm a change that cannot be undone with the name of the profile; a profile that is marked as production needs it' -r
complete -c byok -n "__fish_byok_using_subcommand audit; and not __fish_seen_subcommand_from list ls seal verify help" -l master-key-fd -d 'Read the master key from this open file descriptor' -r
complete -c byok -n "__fish_byok_using_subcommand audit; and not __fish_seen_subcommand_from list ls seal verify help" -l json -d 'The same as --output json'
complete -c byok -n "__fish_byok_using_subcommand audit; and not __fish_seen_subcommand_from list ls seal verify help" -s q -l quiet -d 'Print only results, warnings and errors, no notices'
complete -c byok -n "__fish_byok_using_subcommand audit; and not __fish_seen_subcommand_from list ls seal verify help" -l no-input -d 'Never prompt; fail instead and name the option to use'
complete -c byok -n "__fish_byok_using_subcommand audit; and not __fish_seen_subcommand_from list ls seal verify help" -l local -d 'Use the private database and no profile, even if another database is configured'
complete -c byok -n "__fish_byok_using_subcommand audit; and not __fish_seen_subcommand_from list ls seal verify help" -l install-postgres -d 'Install PostgreSQL with this system\'s package manager if no server programs are found'
complete -c byok -n "__fish_byok_using_subcommand audit; and not __fish_seen_subcommand_from list ls seal verify help" -l strict -d 'Refuse the file of a master key or data key if anybody but its owner can read it'
complete -c byok -n "__fish_byok_using_subcommand audit; and not __fish_seen_subcommand_from list ls seal verify help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c byok -n "__fish_byok_using_subcommand audit; and not __fish_seen_subcommand_from list ls seal verify help" -s V -l version -d 'Print version'
complete -c byok -n "__fish_byok_using_subcommand audit; and not __fish_seen_subcommand_from list ls seal verify help" -f -a "list" -d 'List records of the audit log, newest first'
complete -c byok -n "__fish_byok_using_subcommand audit; and not __fish_seen_subcommand_from list ls seal verify help" -f -a "ls" -d 'List records of the audit log, newest first'
complete -c byok -n "__fish_byok_using_subcommand audit; and not __fish_seen_subcommand_from list ls seal verify help" -f -a "seal" -d 'Seal the audit log, and print a line to keep elsewhere'
complete -c byok -n "__fish_byok_using_subcommand audit; and not __fish_seen_subcommand_from list ls seal verify help" -f -a "verify" -d 'Check that nobody changed the audit log (exit 9 if somebody did)'
complete -c byok -n "__fish_byok_using_subcommand audit; and not __fish_seen_subcommand_from list ls seal verify help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c byok -n "__fish_byok_using_subcommand audit; and __fish_seen_subcommand_from list" -l org -d 'One organization (default: BYOK_ORG)' -r
complete -c byok -n "__fish_byok_using_subcommand audit; and __fish_seen_subcommand_from list" -l login -d 'Only records of this login' -r
complete -c byok -n "__fish_byok_using_subcommand audit; and __fish_seen_subcommand_from list" -l action -d 'Only this action, such as key.set, or all actions of a group, such as key' -r
complete -c byok -n "__fish_byok_using_subcommand audit; and __fish_seen_subcommand_from list" -l subject -d 'Only records about this provider, login or other subject' -r
complete -c byok -n "__fish_byok_using_subcommand audit; and __fish_seen_subcommand_from list" -l since -d 'Only from this date (the start of that day in UTC) or RFC 3339 time on' -r
complete -c byok -n "__fish_byok_using_subcommand audit; and __fish_seen_subcommand_from list" -l until -d 'Only before this date (the start of that day in UTC: the day itself is left out) or RFC 3339 time' -r
complete -c byok -n "__fish_byok_using_subcommand audit; and __fish_seen_subcommand_from list" -l limit -d 'List at most this many records; a list that is cut says how to continue' -r
complete -c byok -n "__fish_byok_using_subcommand audit; and __fish_seen_subcommand_from list" -l before -d 'Only records before this number; to continue a list, give its last SEQ' -r
complete -c byok -n "__fish_byok_using_subcommand audit; and __fish_seen_subcommand_from list" -s o -l output -d 'Output format; the default is table at a terminal and plain (tab-separated) in a pipe' -r -f -a "table\t'Aligned, with a header, for people'
json\t'One JSON document'
jsonl\t'One JSON object a line'
csv\t'With a header, quoted by RFC 4180'
plain\t'Tab-separated: a row for each thing of a list, and a line `name value` for each field of one thing'"
complete -c byok -n "__fish_byok_using_subcommand audit; and __fish_seen_subcommand_from list" -l profile -d 'Use this profile of the configuration file' -r
complete -c byok -n "__fish_byok_using_subcommand audit; and __fish_seen_subcommand_from list" -l confirm-profile -d 'Confirm a change that cannot be undone with the name of the profile; a profile that is marked as production needs it' -r
complete -c byok -n "__fish_byok_using_subcommand audit; and __fish_seen_subcommand_from list" -l master-key-fd -d 'Read the master key from this open file descriptor' -r
complete -c byok -n "__fish_byok_using_subcommand audit; and __fish_seen_subcommand_from list" -l all-orgs -d 'All organizations that this login may see'
complete -c byok -n "__fish_byok_using_subcommand audit; and __fish_seen_subcommand_from list" -l platform -d 'Only records about the platform'
complete -c byok -n "__fish_byok_using_subcommand audit; and __fish_seen_subcommand_from list" -l json -d 'The same as --output json'
complete -c byok -n "__fish_byok_using_subcommand audit; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Print only results, warnings and errors, no notices'
complete -c byok -n "__fish_byok_using_subcommand audit; and __fish_seen_subcommand_from list" -l no-input -d 'Never prompt; fail instead and name the option to use'
complete -c byok -n "__fish_byok_using_subcommand audit; and __fish_seen_subcommand_from list" -l local -d 'Use the private database and no profile, even if another database is configured'
complete -c byok -n "__fish_byok_using_subcommand audit; and __fish_seen_subcommand_from list" -l install-postgres -d 'Install PostgreSQL with this system\'s package manager if no server programs are found'
complete -c byok -n "__fish_byok_using_subcommand audit; and __fish_seen_subcommand_from list" -l strict -d 'Refuse the file of a master key or data key if anybody but its owner can read it'
complete -c byok -n "__fish_byok_using_subcommand audit; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c byok -n "__fish_byok_using_subcommand audit; and __fish_seen_subcommand_from list" -s V -l version -d 'Print version'
complete -c byok -n "__fish_byok_using_subcommand audit; and __fish_seen_subcommand_from ls" -l org -d 'One organization (default: BYOK_ORG)' -r
complete -c byok -n "__fish_byok_using_subcommand audit; and __fish_seen_subcommand_from ls" -l login -d 'Only records of this login' -r
complete -c byok -n "__fish_byok_using_subcommand audit; and __fish_seen_subcommand_from ls" -l action -d 'Only this action, such as key.set, or all actions of a group, such as key' -r
complete -c byok -n "__fish_byok_using_subcommand audit; and __fish_seen_subcommand_from ls" -l subject -d 'Only records about this provider, login or other subject' -r
complete -c byok -n "__fish_byok_using_subcommand audit; and __fish_seen_subcommand_from ls" -l since -d 'Only from this date (the start of that day in UTC) or RFC 3339 time on' -r
complete -c byok -n "__fish_byok_using_subcommand audit; and __fish_seen_subcommand_from ls" -l until -d 'Only before this date (the start of that day in UTC: the day itself is left out) or RFC 3339 time' -r
complete -c byok -n "__fish_byok_using_subcommand audit; and __fish_seen_subcommand_from ls" -l limit -d 'List at most this many records; a list that is cut says how to continue' -r
complete -c byok -n "__fish_byok_using_subcommand audit; and __fish_seen_subcommand_from ls" -l before -d 'Only records before this number; to continue a list, give its last SEQ' -r
complete -c byok -n "__fish_byok_using_subcommand audit; and __fish_seen_subcommand_from ls" -s o -l output -d 'Output format; the default is table at a terminal and plain (tab-separated) in a pipe' -r -f -a "table\t'Aligned, with a header, for people'
json\t'One JSON document'
jsonl\t'One JSON object a line'
csv\t'With a header, quoted by RFC 4180'
plain\t'Tab-separated: a row for each thing of a list, and a line `name value` for each field of one thing'"
complete -c byok -n "__fish_byok_using_subcommand audit; and __fish_seen_subcommand_from ls" -l profile -d 'Use this profile of the configuration file' -r
complete -c byok -n "__fish_byok_using_subcommand audit; and __fish_seen_subcommand_from ls" -l confirm-profile -d 'Confirm a change that cannot be undone with the name of the profile; a profile that is marked as production needs it' -r
complete -c byok -n "__fish_byok_using_subcommand audit; and __fish_seen_subcommand_from ls" -l master-key-fd -d 'Read the master key from this open file descriptor' -r
complete -c byok -n "__fish_byok_using_subcommand audit; and __fish_seen_subcommand_from ls" -l all-orgs -d 'All organizations that this login may see'
complete -c byok -n "__fish_byok_using_subcommand audit; and __fish_seen_subcommand_from ls" -l platform -d 'Only records about the platform'
complete -c byok -n "__fish_byok_using_subcommand audit; and __fish_seen_subcommand_from ls" -l json -d 'The same as --output json'
complete -c byok -n "__fish_byok_using_subcommand audit; and __fish_seen_subcommand_from ls" -s q -l quiet -d 'Print only results, warnings and errors, no notices'
complete -c byok -n "__fish_byok_using_subcommand audit; and __fish_seen_subcommand_from ls" -l no-input -d 'Never prompt; fail instead and name the option to use'
complete -c byok -n "__fish_byok_using_subcommand audit; and __fish_seen_subcommand_from ls" -l local -d 'Use the private database and no profile, even if another database is configured'
complete -c byok -n "__fish_byok_using_subcommand audit; and __fish_seen_subcommand_from ls" -l install-postgres -d 'Install PostgreSQL with this system\'s package manager if no server programs are found'
complete -c byok -n "__fish_byok_using_subcommand audit; and __fish_seen_subcommand_from ls" -l strict -d 'Refuse the file of a master key or data key if anybody but its owner can read it'
complete -c byok -n "__fish_byok_using_subcommand audit; and __fish_seen_subcommand_from ls" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c byok -n "__fish_byok_using_subcommand audit; and __fish_seen_subcommand_from ls" -s V -l version -d 'Print version'
complete -c byok -n "__fish_byok_using_subcommand audit; and __fish_seen_subcommand_from seal" -s o -l output -d 'Output format; the default is table at a terminal and plain (tab-separated) in a pipe' -r -f -a "table\t'Aligned, with a header, for people'
json\t'One JSON document'
jsonl\t'One JSON object a line'
csv\t'With a header, quoted by RFC 4180'
plain\t'Tab-separated: a row for each thing of a list, and a line `name value` for each field of one thing'"
complete -c byok -n "__fish_byok_using_subcommand audit; and __fish_seen_subcommand_from seal" -l profile -d 'Use this profile of the configuration file' -r
complete -c byok -n "__fish_byok_using_subcommand audit; and __fish_seen_subcommand_from seal" -l confirm-profile -d 'Confirm a change that cannot be undone with the name of the profile; a profile that is marked as production needs it' -r
complete -c byok -n "__fish_byok_using_subcommand audit; and __fish_seen_subcommand_from seal" -l master-key-fd -d 'Read the master key from this open file descriptor' -r
complete -c byok -n "__fish_byok_using_subcommand audit; and __fish_seen_subcommand_from seal" -s n -l dry-run -d 'Check everything and say what would change, but write nothing'
complete -c byok -n "__fish_byok_using_subcommand audit; and __fish_seen_subcommand_from seal" -l json -d 'The same as --output json'
complete -c byok -n "__fish_byok_using_subcommand audit; and __fish_seen_subcommand_from seal" -s q -l quiet -d 'Print only results, warnings and errors, no notices'
complete -c byok -n "__fish_byok_using_subcommand audit; and __fish_seen_subcommand_from seal" -l no-input -d 'Never prompt; fail instead and name the option to use'
complete -c byok -n "__fish_byok_using_subcommand audit; and __fish_seen_subcommand_from seal" -l local -d 'Use the private database and no profile, even if another database is configured'
complete -c byok -n "__fish_byok_using_subcommand audit; and __fish_seen_subcommand_from seal" -l install-postgres -d 'Install PostgreSQL with this system\'s package manager if no server programs are found'
complete -c byok -n "__fish_byok_using_subcommand audit; and __fish_seen_subcommand_from seal" -l strict -d 'Refuse the file of a master key or data key if anybody but its owner can read it'
complete -c byok -n "__fish_byok_using_subcommand audit; and __fish_seen_subcommand_from seal" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c byok -n "__fish_byok_using_subcommand audit; and __fish_seen_subcommand_from seal" -s V -l version -d 'Print version'
complete -c byok -n "__fish_byok_using_subcommand audit; and __fish_seen_subcommand_from verify" -l kept -d 'A file of lines that `byok audit seal` printed, or `-` for standard input' -r -F
complete -c byok -n "__fish_byok_using_subcommand audit; and __fish_seen_subcommand_from verify" -s o -l output -d 'Output format; the default is table at a terminal and plain (tab-separated) in a pipe' -r -f -a "table\t'Aligned, with a header, for people'
json\t'One JSON document'
jsonl\t'One JSON object a line'
csv\t'With a header, quoted by RFC 4180'
plain\t'Tab-separated: a row for each thing of a list, and a line `name value` for each field of one thing'"
complete -c byok -n "__fish_byok_using_subcommand audit; and __fish_seen_subcommand_from verify" -l profile -d 'Use this profile of the configuration file' -r
complete -c byok -n "__fish_byok_using_subcommand audit; and __fish_seen_subcommand_from verify" -l confirm-profile -d 'Confirm a change that cannot be undone with the name of the profile; a profile that is marked as production needs it' -r
complete -c byok -n "__fish_byok_using_subcommand audit; and __fish_seen_subcommand_from verify" -l master-key-fd -d 'Read the master key from this open file descriptor' -r
complete -c byok -n "__fish_byok_using_subcommand audit; and __fish_seen_subcommand_from verify" -l json -d 'The same as --output json'
complete -c byok -n "__fish_byok_using_subcommand audit; and __fish_seen_subcommand_from verify" -s q -l quiet -d 'Print only results, warnings and errors, no notices'
complete -c byok -n "__fish_byok_using_subcommand audit; and __fish_seen_subcommand_from verify" -l no-input -d 'Never prompt; fail instead and name the option to use'
complete -c byok -n "__fish_byok_using_subcommand audit; and __fish_seen_subcommand_from verify" -l local -d 'Use the private database and no profile, even if another database is configured'
complete -c byok -n "__fish_byok_using_subcommand audit; and __fish_seen_subcommand_from verify" -l install-postgres -d 'Install PostgreSQL with this system\'s package manager if no server programs are found'
complete -c byok -n "__fish_byok_using_subcommand audit; and __fish_seen_subcommand_from verify" -l strict -d 'Refuse the file of a master key or data key if anybody but its owner can read it'
complete -c byok -n "__fish_byok_using_subcommand audit; and __fish_seen_subcommand_from verify" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c byok -n "__fish_byok_using_subcommand audit; and __fish_seen_subcommand_from verify" -s V -l version -d 'Print version'
complete -c byok -n "__fish_byok_using_subcommand audit; and __fish_seen_subcommand_from help" -f -a "list" -d 'List records of the audit log, newest first'
complete -c byok -n "__fish_byok_using_subcommand audit; and __fish_seen_subcommand_from help" -f -a "seal" -d 'Seal the audit log, and print a line to keep elsewhere'
complete -c byok -n "__fish_byok_using_subcommand audit; and __fish_seen_subcommand_from help" -f -a "verify" -d 'Check that nobody changed the audit log (exit 9 if somebody did)'
complete -c byok -n "__fish_byok_using_subcommand audit; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c byok -n "__fish_byok_using_subcommand local; and not __fish_seen_subcommand_from up down status reset help" -s o -l output -d 'Output format; the default is table at a terminal and plain (tab-separated) in a pipe' -r -f -a "table\t'Aligned, with a header, for people'
json\t'One JSON document'
jsonl\t'One JSON object a line'
csv\t'With a header, quoted by RFC 4180'
plain\t'Tab-separated: a row for each thing of a list, and a line `name value` for each field of one thing'"
complete -c byok -n "__fish_byok_using_subcommand local; and not __fish_seen_subcommand_from up down status reset help" -l profile -d 'Use this profile of the configuration file' -r
complete -c byok -n "__fish_byok_using_subcommand local; and not __fish_seen_subcommand_from up down status reset help" -l confirm-profile -d 'Confirm a change that cannot be undone with the name of the profile; a profile that is marked as production needs it' -r
complete -c byok -n "__fish_byok_using_subcommand local; and not __fish_seen_subcommand_from up down status reset help" -l master-key-fd -d 'Read the master key from this open file descriptor' -r
complete -c byok -n "__fish_byok_using_subcommand local; and not __fish_seen_subcommand_from up down status reset help" -l json -d 'The same as --output json'
complete -c byok -n "__fish_byok_using_subcommand local; and not __fish_seen_subcommand_from up down status reset help" -s q -l quiet -d 'Print only results, warnings and errors, no notices'
complete -c byok -n "__fish_byok_using_subcommand local; and not __fish_seen_subcommand_from up down status reset help" -l no-input -d 'Never prompt; fail instead and name the option to use'
complete -c byok -n "__fish_byok_using_subcommand local; and not __fish_seen_subcommand_from up down status reset help" -l local -d 'Use the private database and no profile, even if another database is configured'
complete -c byok -n "__fish_byok_using_subcommand local; and not __fish_seen_subcommand_from up down status reset help" -l install-postgres -d 'Install PostgreSQL with this system\'s package manager if no server programs are found'
complete -c byok -n "__fish_byok_using_subcommand local; and not __fish_seen_subcommand_from up down status reset help" -l strict -d 'Refuse the file of a master key or data key if anybody but its owner can read it'
complete -c byok -n "__fish_byok_using_subcommand local; and not __fish_seen_subcommand_from up down status reset help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c byok -n "__fish_byok_using_subcommand local; and not __fish_seen_subcommand_from up down status reset help" -s V -l version -d 'Print version'
complete -c byok -n "__fish_byok_using_subcommand local; and not __fish_seen_subcommand_from up down status reset help" -f -a "up" -d 'Create and start the private server'
complete -c byok -n "__fish_byok_using_subcommand local; and not __fish_seen_subcommand_from up down status reset help" -f -a "down" -d 'Stop the private server; its data stays'
complete -c byok -n "__fish_byok_using_subcommand local; and not __fish_seen_subcommand_from up down status reset help" -f -a "status" -d 'Show where the private server is and whether it runs'
complete -c byok -n "__fish_byok_using_subcommand local; and not __fish_seen_subcommand_from up down status reset help" -f -a "reset" -d 'Delete the data of the private server; its master key is moved to a backup file first'
complete -c byok -n "__fish_byok_using_subcommand local; and not __fish_seen_subcommand_from up down status reset help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c byok -n "__fish_byok_using_subcommand local; and __fish_seen_subcommand_from up" -s o -l output -d 'Output format; the default is table at a terminal and plain (tab-separated) in a pipe' -r -f -a "table\t'Aligned, with a header, for people'
json\t'One JSON document'
jsonl\t'One JSON object a line'
csv\t'With a header, quoted by RFC 4180'
plain\t'Tab-separated: a row for each thing of a list, and a line `name value` for each field of one thing'"
complete -c byok -n "__fish_byok_using_subcommand local; and __fish_seen_subcommand_from up" -l profile -d 'Use this profile of the configuration file' -r
complete -c byok -n "__fish_byok_using_subcommand local; and __fish_seen_subcommand_from up" -l confirm-profile -d 'Confirm a change that cannot be undone with the name of the profile; a profile that is marked as production needs it' -r
complete -c byok -n "__fish_byok_using_subcommand local; and __fish_seen_subcommand_from up" -l master-key-fd -d 'Read the master key from this open file descriptor' -r
complete -c byok -n "__fish_byok_using_subcommand local; and __fish_seen_subcommand_from up" -l json -d 'The same as --output json'
complete -c byok -n "__fish_byok_using_subcommand local; and __fish_seen_subcommand_from up" -s q -l quiet -d 'Print only results, warnings and errors, no notices'
complete -c byok -n "__fish_byok_using_subcommand local; and __fish_seen_subcommand_from up" -l no-input -d 'Never prompt; fail instead and name the option to use'
complete -c byok -n "__fish_byok_using_subcommand local; and __fish_seen_subcommand_from up" -l local -d 'Use the private database and no profile, even if another database is configured'
complete -c byok -n "__fish_byok_using_subcommand local; and __fish_seen_subcommand_from up" -l install-postgres -d 'Install PostgreSQL with this system\'s package manager if no server programs are found'
complete -c byok -n "__fish_byok_using_subcommand local; and __fish_seen_subcommand_from up" -l strict -d 'Refuse the file of a master key or data key if anybody but its owner can read it'
complete -c byok -n "__fish_byok_using_subcommand local; and __fish_seen_subcommand_from up" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c byok -n "__fish_byok_using_subcommand local; and __fish_seen_subcommand_from up" -s V -l version -d 'Print version'
complete -c byok -n "__fish_byok_using_subcommand local; and __fish_seen_subcommand_from down" -s o -l output -d 'Output format; the default is table at a terminal and plain (tab-separated) in a pipe' -r -f -a "table\t'Aligned, with a header, for people'
json\t'One JSON document'
jsonl\t'One JSON object a line'
csv\t'With a header, quoted by RFC 4180'
plain\t'Tab-separated: a row for each thing of a list, and a line `name value` for each field of one thing'"
complete -c byok -n "__fish_byok_using_subcommand local; and __fish_seen_subcommand_from down" -l profile -d 'Use this profile of the configuration file' -r
complete -c byok -n "__fish_byok_using_subcommand local; and __fish_seen_subcommand_from down" -l confirm-profile -d 'Confirm a change that cannot be undone with the name of the profile; a profile that is marked as production needs it' -r
complete -c byok -n "__fish_byok_using_subcommand local; and __fish_seen_subcommand_from down" -l master-key-fd -d 'Read the master key from this open file descriptor' -r
complete -c byok -n "__fish_byok_using_subcommand local; and __fish_seen_subcommand_from down" -l json -d 'The same as --output json'
complete -c byok -n "__fish_byok_using_subcommand local; and __fish_seen_subcommand_from down" -s q -l quiet -d 'Print only results, warnings and errors, no notices'
complete -c byok -n "__fish_byok_using_subcommand local; and __fish_seen_subcommand_from down" -l no-input -d 'Never prompt; fail instead and name the option to use'
complete -c byok -n "__fish_byok_using_subcommand local; and __fish_seen_subcommand_from down" -l local -d 'Use the private database and no profile, even if another database is configured'
complete -c byok -n "__fish_byok_using_subcommand local; and __fish_seen_subcommand_from down" -l install-postgres -d 'Install PostgreSQL with this system\'s package manager if no server programs are found'
complete -c byok -n "__fish_byok_using_subcommand local; and __fish_seen_subcommand_from down" -l strict -d 'Refuse the file of a master key or data key if anybody but its owner can read it'
complete -c byok -n "__fish_byok_using_subcommand local; and __fish_seen_subcommand_from down" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c byok -n "__fish_byok_using_subcommand local; and __fish_seen_subcommand_from down" -s V -l version -d 'Print version'
complete -c byok -n "__fish_byok_using_subcommand local; and __fish_seen_subcommand_from status" -s o -l output -d 'Output format; the default is table at a terminal and plain (tab-separated) in a pipe' -r -f -a "table\t'Aligned, with a header, for people'
json\t'One JSON document'
jsonl\t'One JSON object a line'
csv\t'With a header, quoted by RFC 4180'
plain\t'Tab-separated: a row for each thing of a list, and a line `name value` for each field of one thing'"
complete -c byok -n "__fish_byok_using_subcommand local; and __fish_seen_subcommand_from status" -l profile -d 'Use this profile of the configuration file' -r
complete -c byok -n "__fish_byok_using_subcommand local; and __fish_seen_subcommand_from status" -l confirm-profile -d 'Confirm a change that cannot be undone with the name of the profile; a profile that is marked as production needs it' -r
complete -c byok -n "__fish_byok_using_subcommand local; and __fish_seen_subcommand_from status" -l master-key-fd -d 'Read the master key from this open file descriptor' -r
complete -c byok -n "__fish_byok_using_subcommand local; and __fish_seen_subcommand_from status" -l json -d 'The same as --output json'
complete -c byok -n "__fish_byok_using_subcommand local; and __fish_seen_subcommand_from status" -s q -l quiet -d 'Print only results, warnings and errors, no notices'
complete -c byok -n "__fish_byok_using_subcommand local; and __fish_seen_subcommand_from status" -l no-input -d 'Never prompt; fail instead and name the option to use'
complete -c byok -n "__fish_byok_using_subcommand local; and __fish_seen_subcommand_from status" -l local -d 'Use the private database and no profile, even if another database is configured'
complete -c byok -n "__fish_byok_using_subcommand local; and __fish_seen_subcommand_from status" -l install-postgres -d 'Install PostgreSQL with this system\'s package manager if no server programs are found'
complete -c byok -n "__fish_byok_using_subcommand local; and __fish_seen_subcommand_from status" -l strict -d 'Refuse the file of a master key or data key if anybody but its owner can read it'
complete -c byok -n "__fish_byok_using_subcommand local; and __fish_seen_subcommand_from status" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c byok -n "__fish_byok_using_subcommand local; and __fish_seen_subcommand_from status" -s V -l version -d 'Print version'
complete -c byok -n "__fish_byok_using_subcommand local; and __fish_seen_subcommand_from reset" -s o -l output -d 'Output format; the default is table at a terminal and plain (tab-separated) in a pipe' -r -f -a "table\t'Aligned, with a header, for people'
json\t'One JSON document'
jsonl\t'One JSON object a line'
csv\t'With a header, quoted by RFC 4180'
plain\t'Tab-separated: a row for each thing of a list, and a line `name value` for each field of one thing'"
complete -c byok -n "__fish_byok_using_subcommand local; and __fish_seen_subcommand_from reset" -l profile -d 'Use this profile of the configuration file' -r
complete -c byok -n "__fish_byok_using_subcommand local; and __fish_seen_subcommand_from reset" -l confirm-profile -d 'Confirm a change that cannot be undone with the name of the profile; a profile that is marked as production needs it' -r
complete -c byok -n "__fish_byok_using_subcommand local; and __fish_seen_subcommand_from reset" -l master-key-fd -d 'Read the master key from this open file descriptor' -r
complete -c byok -n "__fish_byok_using_subcommand local; and __fish_seen_subcommand_from reset" -s y -l yes -d 'Do not ask for confirmation'
complete -c byok -n "__fish_byok_using_subcommand local; and __fish_seen_subcommand_from reset" -s n -l dry-run -d 'Check everything and say what would change, but write nothing'
complete -c byok -n "__fish_byok_using_subcommand local; and __fish_seen_subcommand_from reset" -l json -d 'The same as --output json'
complete -c byok -n "__fish_byok_using_subcommand local; and __fish_seen_subcommand_from reset" -s q -l quiet -d 'Print only results, warnings and errors, no notices'
complete -c byok -n "__fish_byok_using_subcommand local; and __fish_seen_subcommand_from reset" -l no-input -d 'Never prompt; fail instead and name the option to use'
complete -c byok -n "__fish_byok_using_subcommand local; and __fish_seen_subcommand_from reset" -l local -d 'Use the private database and no profile, even if another database is configured'
complete -c byok -n "__fish_byok_using_subcommand local; and __fish_seen_subcommand_from reset" -l install-postgres -d 'Install PostgreSQL with this system\'s package manager if no server programs are found'
complete -c byok -n "__fish_byok_using_subcommand local; and __fish_seen_subcommand_from reset" -l strict -d 'Refuse the file of a master key or data key if anybody but its owner can read it'
complete -c byok -n "__fish_byok_using_subcommand local; and __fish_seen_subcommand_from reset" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c byok -n "__fish_byok_using_subcommand local; and __fish_seen_subcommand_from reset" -s V -l version -d 'Print version'
complete -c byok -n "__fish_byok_using_subcommand local; and __fish_seen_subcommand_from help" -f -a "up" -d 'Create and start the private server'
complete -c byok -n "__fish_byok_using_subcommand local; and __fish_seen_subcommand_from help" -f -a "down" -d 'Stop the private server; its data stays'
complete -c byok -n "__fish_byok_using_subcommand local; and __fish_seen_subcommand_from help" -f -a "status" -d 'Show where the private server is and whether it runs'
complete -c byok -n "__fish_byok_using_subcommand local; and __fish_seen_subcommand_from help" -f -a "reset" -d 'Delete the data of the private server; its master key is moved to a backup file first'
complete -c byok -n "__fish_byok_using_subcommand local; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c byok -n "__fish_byok_using_subcommand demo" -s o -l output -d 'Output format; the default is table at a terminal and plain (tab-separated) in a pipe' -r -f -a "table\t'Aligned, with a header, for people'
json\t'One JSON document'
jsonl\t'One JSON object a line'
csv\t'With a header, quoted by RFC 4180'
plain\t'Tab-separated: a row for each thing of a list, and a line `name value` for each field of one thing'"
complete -c byok -n "__fish_byok_using_subcommand demo" -l profile -d 'Use this profile of the configuration file' -r
complete -c byok -n "__fish_byok_using_subcommand demo" -l confirm-profile -d 'Confirm a change that cannot be undone with the name of the profile; a profile that is marked as production needs it' -r
complete -c byok -n "__fish_byok_using_subcommand demo" -l master-key-fd -d 'Read the master key from this open file descriptor' -r
complete -c byok -n "__fish_byok_using_subcommand demo" -l json -d 'The same as --output json'
complete -c byok -n "__fish_byok_using_subcommand demo" -s q -l quiet -d 'Print only results, warnings and errors, no notices'
complete -c byok -n "__fish_byok_using_subcommand demo" -l no-input -d 'Never prompt; fail instead and name the option to use'
complete -c byok -n "__fish_byok_using_subcommand demo" -l local -d 'Use the private database and no profile, even if another database is configured'
complete -c byok -n "__fish_byok_using_subcommand demo" -l install-postgres -d 'Install PostgreSQL with this system\'s package manager if no server programs are found'
complete -c byok -n "__fish_byok_using_subcommand demo" -l strict -d 'Refuse the file of a master key or data key if anybody but its owner can read it'
complete -c byok -n "__fish_byok_using_subcommand demo" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c byok -n "__fish_byok_using_subcommand demo" -s V -l version -d 'Print version'
complete -c byok -n "__fish_byok_using_subcommand status" -s o -l output -d 'Output format; the default is table at a terminal and plain (tab-separated) in a pipe' -r -f -a "table\t'Aligned, with a header, for people'
json\t'One JSON document'
jsonl\t'One JSON object a line'
csv\t'With a header, quoted by RFC 4180'
plain\t'Tab-separated: a row for each thing of a list, and a line `name value` for each field of one thing'"
complete -c byok -n "__fish_byok_using_subcommand status" -l profile -d 'Use this profile of the configuration file' -r
complete -c byok -n "__fish_byok_using_subcommand status" -l confirm-profile -d 'Confirm a change that cannot be undone with the name of the profile; a profile that is marked as production needs it' -r
complete -c byok -n "__fish_byok_using_subcommand status" -l master-key-fd -d 'Read the master key from this open file descriptor' -r
complete -c byok -n "__fish_byok_using_subcommand status" -l json -d 'The same as --output json'
complete -c byok -n "__fish_byok_using_subcommand status" -s q -l quiet -d 'Print only results, warnings and errors, no notices'
complete -c byok -n "__fish_byok_using_subcommand status" -l no-input -d 'Never prompt; fail instead and name the option to use'
complete -c byok -n "__fish_byok_using_subcommand status" -l local -d 'Use the private database and no profile, even if another database is configured'
complete -c byok -n "__fish_byok_using_subcommand status" -l install-postgres -d 'Install PostgreSQL with this system\'s package manager if no server programs are found'
complete -c byok -n "__fish_byok_using_subcommand status" -l strict -d 'Refuse the file of a master key or data key if anybody but its owner can read it'
complete -c byok -n "__fish_byok_using_subcommand status" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c byok -n "__fish_byok_using_subcommand status" -s V -l version -d 'Print version'
complete -c byok -n "__fish_byok_using_subcommand doctor" -s o -l output -d 'Output format; the default is table at a terminal and plain (tab-separated) in a pipe' -r -f -a "table\t'Aligned, with a header, for people'
json\t'One JSON document'
jsonl\t'One JSON object a line'
csv\t'With a header, quoted by RFC 4180'
plain\t'Tab-separated: a row for each thing of a list, and a line `name value` for each field of one thing'"
complete -c byok -n "__fish_byok_using_subcommand doctor" -l profile -d 'Use this profile of the configuration file' -r
complete -c byok -n "__fish_byok_using_subcommand doctor" -l confirm-profile -d 'Confirm a change that cannot be undone with the name of the profile; a profile that is marked as production needs it' -r
complete -c byok -n "__fish_byok_using_subcommand doctor" -l master-key-fd -d 'Read the master key from this open file descriptor' -r
complete -c byok -n "__fish_byok_using_subcommand doctor" -l json -d 'The same as --output json'
complete -c byok -n "__fish_byok_using_subcommand doctor" -s q -l quiet -d 'Print only results, warnings and errors, no notices'
complete -c byok -n "__fish_byok_using_subcommand doctor" -l no-input -d 'Never prompt; fail instead and name the option to use'
complete -c byok -n "__fish_byok_using_subcommand doctor" -l local -d 'Use the private database and no profile, even if another database is configured'
complete -c byok -n "__fish_byok_using_subcommand doctor" -l install-postgres -d 'Install PostgreSQL with this system\'s package manager if no server programs are found'
complete -c byok -n "__fish_byok_using_subcommand doctor" -l strict -d 'Refuse the file of a master key or data key if anybody but its owner can read it'
complete -c byok -n "__fish_byok_using_subcommand doctor" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c byok -n "__fish_byok_using_subcommand doctor" -s V -l version -d 'Print version'
complete -c byok -n "__fish_byok_using_subcommand config; and not __fish_seen_subcommand_from path show get set unset profiles help" -s o -l output -d 'Output format; the default is table at a terminal and plain (tab-separated) in a pipe' -r -f -a "table\t'Aligned, with a header, for people'
json\t'One JSON document'
jsonl\t'One JSON object a line'
csv\t'With a header, quoted by RFC 4180'
plain\t'Tab-separated: a row for each thing of a list, and a line `name value` for each field of one thing'"
complete -c byok -n "__fish_byok_using_subcommand config; and not __fish_seen_subcommand_from path show get set unset profiles help" -l profile -d 'Use this profile of the configuration file' -r
complete -c byok -n "__fish_byok_using_subcommand config; and not __fish_seen_subcommand_from path show get set unset profiles help" -l confirm-profile -d 'Confirm a change that cannot be undone with the name of the profile; a profile that is marked as production needs it' -r
complete -c byok -n "__fish_byok_using_subcommand config; and not __fish_seen_subcommand_from path show get set unset profiles help" -l master-key-fd -d 'Read the master key from this open file descriptor' -r
complete -c byok -n "__fish_byok_using_subcommand config; and not __fish_seen_subcommand_from path show get set unset profiles help" -l json -d 'The same as --output json'
complete -c byok -n "__fish_byok_using_subcommand config; and not __fish_seen_subcommand_from path show get set unset profiles help" -s q -l quiet -d 'Print only results, warnings and errors, no notices'
complete -c byok -n "__fish_byok_using_subcommand config; and not __fish_seen_subcommand_from path show get set unset profiles help" -l no-input -d 'Never prompt; fail instead and name the option to use'
complete -c byok -n "__fish_byok_using_subcommand config; and not __fish_seen_subcommand_from path show get set unset profiles help" -l local -d 'Use the private database and no profile, even if another database is configured'
complete -c byok -n "__fish_byok_using_subcommand config; and not __fish_seen_subcommand_from path show get set unset profiles help" -l install-postgres -d 'Install PostgreSQL with this system\'s package manager if no server programs are found'
complete -c byok -n "__fish_byok_using_subcommand config; and not __fish_seen_subcommand_from path show get set unset profiles help" -l strict -d 'Refuse the file of a master key or data key if anybody but its owner can read it'
complete -c byok -n "__fish_byok_using_subcommand config; and not __fish_seen_subcommand_from path show get set unset profiles help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c byok -n "__fish_byok_using_subcommand config; and not __fish_seen_subcommand_from path show get set unset profiles help" -s V -l version -d 'Print version'
complete -c byok -n "__fish_byok_using_subcommand config; and not __fish_seen_subcommand_from path show get set unset profiles help" -f -a "path" -d 'Print the path of the configuration file, which need not exist'
complete -c byok -n "__fish_byok_using_subcommand config; and not __fish_seen_subcommand_from path show get set unset profiles help" -f -a "show" -d 'List the settings that are in effect'
complete -c byok -n "__fish_byok_using_subcommand config; and not __fish_seen_subcommand_from path show get set unset profiles help" -f -a "get" -d 'Print the value of one setting that is in effect'
complete -c byok -n "__fish_byok_using_subcommand config; and not __fish_seen_subcommand_from path show get set unset profiles help" -f -a "set" -d 'Change a setting of a profile in the configuration file'
complete -c byok -n "__fish_byok_using_subcommand config; and not __fish_seen_subcommand_from path show get set unset profiles help" -f -a "unset" -d 'Remove a setting of a profile from the configuration file'
complete -c byok -n "__fish_byok_using_subcommand config; and not __fish_seen_subcommand_from path show get set unset profiles help" -f -a "profiles" -d 'List the profiles of the configuration file'
complete -c byok -n "__fish_byok_using_subcommand config; and not __fish_seen_subcommand_from path show get set unset profiles help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c byok -n "__fish_byok_using_subcommand config; and __fish_seen_subcommand_from path" -s o -l output -d 'Output format; the default is table at a terminal and plain (tab-separated) in a pipe' -r -f -a "table\t'Aligned, with a header, for people'
json\t'One JSON document'
jsonl\t'One JSON object a line'
csv\t'With a header, quoted by RFC 4180'
plain\t'Tab-separated: a row for each thing of a list, and a line `name value` for each field of one thing'"
complete -c byok -n "__fish_byok_using_subcommand config; and __fish_seen_subcommand_from path" -l profile -d 'Use this profile of the configuration file' -r
complete -c byok -n "__fish_byok_using_subcommand config; and __fish_seen_subcommand_from path" -l confirm-profile -d 'Confirm a change that cannot be undone with the name of the profile; a profile that is marked as production needs it' -r
complete -c byok -n "__fish_byok_using_subcommand config; and __fish_seen_subcommand_from path" -l master-key-fd -d 'Read the master key from this open file descriptor' -r
complete -c byok -n "__fish_byok_using_subcommand config; and __fish_seen_subcommand_from path" -l json -d 'The same as --output json'
complete -c byok -n "__fish_byok_using_subcommand config; and __fish_seen_subcommand_from path" -s q -l quiet -d 'Print only results, warnings and errors, no notices'
complete -c byok -n "__fish_byok_using_subcommand config; and __fish_seen_subcommand_from path" -l no-input -d 'Never prompt; fail instead and name the option to use'
complete -c byok -n "__fish_byok_using_subcommand config; and __fish_seen_subcommand_from path" -l local -d 'Use the private database and no profile, even if another database is configured'
complete -c byok -n "__fish_byok_using_subcommand config; and __fish_seen_subcommand_from path" -l install-postgres -d 'Install PostgreSQL with this system\'s package manager if no server programs are found'
complete -c byok -n "__fish_byok_using_subcommand config; and __fish_seen_subcommand_from path" -l strict -d 'Refuse the file of a master key or data key if anybody but its owner can read it'
complete -c byok -n "__fish_byok_using_subcommand config; and __fish_seen_subcommand_from path" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c byok -n "__fish_byok_using_subcommand config; and __fish_seen_subcommand_from path" -s V -l version -d 'Print version'
complete -c byok -n "__fish_byok_using_subcommand config; and __fish_seen_subcommand_from show" -s o -l output -d 'Output format; the default is table at a terminal and plain (tab-separated) in a pipe' -r -f -a "table\t'Aligned, with a header, for people'
json\t'One JSON document'
jsonl\t'One JSON object a line'
csv\t'With a header, quoted by RFC 4180'
plain\t'Tab-separated: a row for each thing of a list, and a line `name value` for each field of one thing'"
complete -c byok -n "__fish_byok_using_subcommand config; and __fish_seen_subcommand_from show" -l profile -d 'Use this profile of the configuration file' -r
complete -c byok -n "__fish_byok_using_subcommand config; and __fish_seen_subcommand_from show" -l confirm-profile -d 'Confirm a change that cannot be undone with the name of the profile; a profile that is marked as production needs it' -r
complete -c byok -n "__fish_byok_using_subcommand config; and __fish_seen_subcommand_from show" -l master-key-fd -d 'Read the master key from this open file descriptor' -r
complete -c byok -n "__fish_byok_using_subcommand config; and __fish_seen_subcommand_from show" -l origin -d 'Also show where each value comes from: an option, a variable, the file and its line, or the default'
complete -c byok -n "__fish_byok_using_subcommand config; and __fish_seen_subcommand_from show" -l json -d 'The same as --output json'
complete -c byok -n "__fish_byok_using_subcommand config; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Print only results, warnings and errors, no notices'
complete -c byok -n "__fish_byok_using_subcommand config; and __fish_seen_subcommand_from show" -l no-input -d 'Never prompt; fail instead and name the option to use'
complete -c byok -n "__fish_byok_using_subcommand config; and __fish_seen_subcommand_from show" -l local -d 'Use the private database and no profile, even if another database is configured'
complete -c byok -n "__fish_byok_using_subcommand config; and __fish_seen_subcommand_from show" -l install-postgres -d 'Install PostgreSQL with this system\'s package manager if no server programs are found'
complete -c byok -n "__fish_byok_using_subcommand config; and __fish_seen_subcommand_from show" -l strict -d 'Refuse the file of a master key or data key if anybody but its owner can read it'
complete -c byok -n "__fish_byok_using_subcommand config; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c byok -n "__fish_byok_using_subcommand config; and __fish_seen_subcommand_from show" -s V -l version -d 'Print version'
complete -c byok -n "__fish_byok_using_subcommand config; and __fish_seen_subcommand_from get" -s o -l output -d 'Output format; the default is table at a terminal and plain (tab-separated) in a pipe' -r -f -a "table\t'Aligned, with a header, for people'
json\t'One JSON document'
jsonl\t'One JSON object a line'
csv\t'With a header, quoted by RFC 4180'
plain\t'Tab-separated: a row for each thing of a list, and a line `name value` for each field of one thing'"
complete -c byok -n "__fish_byok_using_subcommand config; and __fish_seen_subcommand_from get" -l profile -d 'Use this profile of the configuration file' -r
complete -c byok -n "__fish_byok_using_subcommand config; and __fish_seen_subcommand_from get" -l confirm-profile -d 'Confirm a change that cannot be undone with the name of the profile; a profile that is marked as production needs it' -r
complete -c byok -n "__fish_byok_using_subcommand config; and __fish_seen_subcommand_from get" -l master-key-fd -d 'Read the master key from this open file descriptor' -r
complete -c byok -n "__fish_byok_using_subcommand config; and __fish_seen_subcommand_from get" -l json -d 'The same as --output json'
complete -c byok -n "__fish_byok_using_subcommand config; and __fish_seen_subcommand_from get" -s q -l quiet -d 'Print only results, warnings and errors, no notices'
complete -c byok -n "__fish_byok_using_subcommand config; and __fish_seen_subcommand_from get" -l no-input -d 'Never prompt; fail instead and name the option to use'
complete -c byok -n "__fish_byok_using_subcommand config; and __fish_seen_subcommand_from get" -l local -d 'Use the private database and no profile, even if another database is configured'
complete -c byok -n "__fish_byok_using_subcommand config; and __fish_seen_subcommand_from get" -l install-postgres -d 'Install PostgreSQL with this system\'s package manager if no server programs are found'
complete -c byok -n "__fish_byok_using_subcommand config; and __fish_seen_subcommand_from get" -l strict -d 'Refuse the file of a master key or data key if anybody but its owner can read it'
complete -c byok -n "__fish_byok_using_subcommand config; and __fish_seen_subcommand_from get" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c byok -n "__fish_byok_using_subcommand config; and __fish_seen_subcommand_from get" -s V -l version -d 'Print version'
complete -c byok -n "__fish_byok_using_subcommand config; and __fish_seen_subcommand_from set" -s o -l output -d 'Output format; the default is table at a terminal and plain (tab-separated) in a pipe' -r -f -a "table\t'Aligned, with a header, for people'
json\t'One JSON document'
jsonl\t'One JSON object a line'
csv\t'With a header, quoted by RFC 4180'
plain\t'Tab-separated: a row for each thing of a list, and a line `name value` for each field of one thing'"
complete -c byok -n "__fish_byok_using_subcommand config; and __fish_seen_subcommand_from set" -l profile -d 'Use this profile of the configuration file' -r
complete -c byok -n "__fish_byok_using_subcommand config; and __fish_seen_subcommand_from set" -l confirm-profile -d 'Confirm a change that cannot be undone with the name of the profile; a profile that is marked as production needs it' -r
complete -c byok -n "__fish_byok_using_subcommand config; and __fish_seen_subcommand_from set" -l master-key-fd -d 'Read the master key from this open file descriptor' -r
complete -c byok -n "__fish_byok_using_subcommand config; and __fish_seen_subcommand_from set" -s n -l dry-run -d 'Check everything and say what would change, but write nothing'
complete -c byok -n "__fish_byok_using_subcommand config; and __fish_seen_subcommand_from set" -l json -d 'The same as --output json'
complete -c byok -n "__fish_byok_using_subcommand config; and __fish_seen_subcommand_from set" -s q -l quiet -d 'Print only results, warnings and errors, no notices'
complete -c byok -n "__fish_byok_using_subcommand config; and __fish_seen_subcommand_from set" -l no-input -d 'Never prompt; fail instead and name the option to use'
complete -c byok -n "__fish_byok_using_subcommand config; and __fish_seen_subcommand_from set" -l local -d 'Use the private database and no profile, even if another database is configured'
complete -c byok -n "__fish_byok_using_subcommand config; and __fish_seen_subcommand_from set" -l install-postgres -d 'Install PostgreSQL with this system\'s package manager if no server programs are found'
complete -c byok -n "__fish_byok_using_subcommand config; and __fish_seen_subcommand_from set" -l strict -d 'Refuse the file of a master key or data key if anybody but its owner can read it'
complete -c byok -n "__fish_byok_using_subcommand config; and __fish_seen_subcommand_from set" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c byok -n "__fish_byok_using_subcommand config; and __fish_seen_subcommand_from set" -s V -l version -d 'Print version'
complete -c byok -n "__fish_byok_using_subcommand config; and __fish_seen_subcommand_from unset" -s o -l output -d 'Output format; the default is table at a terminal and plain (tab-separated) in a pipe' -r -f -a "table\t'Aligned, with a header, for people'
json\t'One JSON document'
jsonl\t'One JSON object a line'
csv\t'With a header, quoted by RFC 4180'
plain\t'Tab-separated: a row for each thing of a list, and a line `name value` for each field of one thing'"
complete -c byok -n "__fish_byok_using_subcommand config; and __fish_seen_subcommand_from unset" -l profile -d 'Use this profile of the configuration file' -r
complete -c byok -n "__fish_byok_using_subcommand config; and __fish_seen_subcommand_from unset" -l confirm-profile -d 'Confirm a change that cannot be undone with the name of the profile; a profile that is marked as production needs it' -r
complete -c byok -n "__fish_byok_using_subcommand config; and __fish_seen_subcommand_from unset" -l master-key-fd -d 'Read the master key from this open file descriptor' -r
complete -c byok -n "__fish_byok_using_subcommand config; and __fish_seen_subcommand_from unset" -s n -l dry-run -d 'Check everything and say what would change, but write nothing'
complete -c byok -n "__fish_byok_using_subcommand config; and __fish_seen_subcommand_from unset" -l json -d 'The same as --output json'
complete -c byok -n "__fish_byok_using_subcommand config; and __fish_seen_subcommand_from unset" -s q -l quiet -d 'Print only results, warnings and errors, no notices'
complete -c byok -n "__fish_byok_using_subcommand config; and __fish_seen_subcommand_from unset" -l no-input -d 'Never prompt; fail instead and name the option to use'
complete -c byok -n "__fish_byok_using_subcommand config; and __fish_seen_subcommand_from unset" -l local -d 'Use the private database and no profile, even if another database is configured'
complete -c byok -n "__fish_byok_using_subcommand config; and __fish_seen_subcommand_from unset" -l install-postgres -d 'Install PostgreSQL with this system\'s package manager if no server programs are found'
complete -c byok -n "__fish_byok_using_subcommand config; and __fish_seen_subcommand_from unset" -l strict -d 'Refuse the file of a master key or data key if anybody but its owner can read it'
complete -c byok -n "__fish_byok_using_subcommand config; and __fish_seen_subcommand_from unset" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c byok -n "__fish_byok_using_subcommand config; and __fish_seen_subcommand_from unset" -s V -l version -d 'Print version'
complete -c byok -n "__fish_byok_using_subcommand config; and __fish_seen_subcommand_from profiles" -s o -l output -d 'Output format; the default is table at a terminal and plain (tab-separated) in a pipe' -r -f -a "table\t'Aligned, with a header, for people'
json\t'One JSON document'
jsonl\t'One JSON object a line'
csv\t'With a header, quoted by RFC 4180'
plain\t'Tab-separated: a row for each thing of a list, and a line `name value` for each field of one thing'"
complete -c byok -n "__fish_byok_using_subcommand config; and __fish_seen_subcommand_from profiles" -l profile -d 'Use this profile of the configuration file' -r
complete -c byok -n "__fish_byok_using_subcommand config; and __fish_seen_subcommand_from profiles" -l confirm-profile -d 'Confirm a change that cannot be undone with the name of the profile; a profile that is marked as production needs it' -r
complete -c byok -n "__fish_byok_using_subcommand config; and __fish_seen_subcommand_from profiles" -l master-key-fd -d 'Read the master key from this open file descriptor' -r
complete -c byok -n "__fish_byok_using_subcommand config; and __fish_seen_subcommand_from profiles" -l json -d 'The same as --output json'
complete -c byok -n "__fish_byok_using_subcommand config; and __fish_seen_subcommand_from profiles" -s q -l quiet -d 'Print only results, warnings and errors, no notices'
complete -c byok -n "__fish_byok_using_subcommand config; and __fish_seen_subcommand_from profiles" -l no-input -d 'Never prompt; fail instead and name the option to use'
complete -c byok -n "__fish_byok_using_subcommand config; and __fish_seen_subcommand_from profiles" -l local -d 'Use the private database and no profile, even if another database is configured'
complete -c byok -n "__fish_byok_using_subcommand config; and __fish_seen_subcommand_from profiles" -l install-postgres -d 'Install PostgreSQL with this system\'s package manager if no server programs are found'
complete -c byok -n "__fish_byok_using_subcommand config; and __fish_seen_subcommand_from profiles" -l strict -d 'Refuse the file of a master key or data key if anybody but its owner can read it'
complete -c byok -n "__fish_byok_using_subcommand config; and __fish_seen_subcommand_from profiles" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c byok -n "__fish_byok_using_subcommand config; and __fish_seen_subcommand_from profiles" -s V -l version -d 'Print version'
complete -c byok -n "__fish_byok_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "path" -d 'Print the path of the configuration file, which need not exist'
complete -c byok -n "__fish_byok_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "show" -d 'List the settings that are in effect'
complete -c byok -n "__fish_byok_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "get" -d 'Print the value of one setting that is in effect'
complete -c byok -n "__fish_byok_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "set" -d 'Change a setting of a profile in the configuration file'
complete -c byok -n "__fish_byok_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "unset" -d 'Remove a setting of a profile from the configuration file'
complete -c byok -n "__fish_byok_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "profiles" -d 'List the profiles of the configuration file'
complete -c byok -n "__fish_byok_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c byok -n "__fish_byok_using_subcommand completions" -s o -l output -d 'Output format; the default is table at a terminal and plain (tab-separated) in a pipe' -r -f -a "table\t'Aligned, with a header, for people'
json\t'One JSON document'
jsonl\t'One JSON object a line'
csv\t'With a header, quoted by RFC 4180'
plain\t'Tab-separated: a row for each thing of a list, and a line `name value` for each field of one thing'"
complete -c byok -n "__fish_byok_using_subcommand completions" -l profile -d 'Use this profile of the configuration file' -r
complete -c byok -n "__fish_byok_using_subcommand completions" -l confirm-profile -d 'Confirm a change that cannot be undone with the name of the profile; a profile that is marked as production needs it' -r
complete -c byok -n "__fish_byok_using_subcommand completions" -l master-key-fd -d 'Read the master key from this open file descriptor' -r
complete -c byok -n "__fish_byok_using_subcommand completions" -l json -d 'The same as --output json'
complete -c byok -n "__fish_byok_using_subcommand completions" -s q -l quiet -d 'Print only results, warnings and errors, no notices'
complete -c byok -n "__fish_byok_using_subcommand completions" -l no-input -d 'Never prompt; fail instead and name the option to use'
complete -c byok -n "__fish_byok_using_subcommand completions" -l local -d 'Use the private database and no profile, even if another database is configured'
complete -c byok -n "__fish_byok_using_subcommand completions" -l install-postgres -d 'Install PostgreSQL with this system\'s package manager if no server programs are found'
complete -c byok -n "__fish_byok_using_subcommand completions" -l strict -d 'Refuse the file of a master key or data key if anybody but its owner can read it'
complete -c byok -n "__fish_byok_using_subcommand completions" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c byok -n "__fish_byok_using_subcommand completions" -s V -l version -d 'Print version'
complete -c byok -n "__fish_byok_using_subcommand man" -l dir -d 'Write the pages of all commands to this directory' -r -F
complete -c byok -n "__fish_byok_using_subcommand man" -s o -l output -d 'Output format; the default is table at a terminal and plain (tab-separated) in a pipe' -r -f -a "table\t'Aligned, with a header, for people'
json\t'One JSON document'
jsonl\t'One JSON object a line'
csv\t'With a header, quoted by RFC 4180'
plain\t'Tab-separated: a row for each thing of a list, and a line `name value` for each field of one thing'"
complete -c byok -n "__fish_byok_using_subcommand man" -l profile -d 'Use this profile of the configuration file' -r
complete -c byok -n "__fish_byok_using_subcommand man" -l confirm-profile -d 'Confirm a change that cannot be undone with the name of the profile; a profile that is marked as production needs it' -r
complete -c byok -n "__fish_byok_using_subcommand man" -l master-key-fd -d 'Read the master key from this open file descriptor' -r
complete -c byok -n "__fish_byok_using_subcommand man" -l json -d 'The same as --output json'
complete -c byok -n "__fish_byok_using_subcommand man" -s q -l quiet -d 'Print only results, warnings and errors, no notices'
complete -c byok -n "__fish_byok_using_subcommand man" -l no-input -d 'Never prompt; fail instead and name the option to use'
complete -c byok -n "__fish_byok_using_subcommand man" -l local -d 'Use the private database and no profile, even if another database is configured'
complete -c byok -n "__fish_byok_using_subcommand man" -l install-postgres -d 'Install PostgreSQL with this system\'s package manager if no server programs are found'
complete -c byok -n "__fish_byok_using_subcommand man" -l strict -d 'Refuse the file of a master key or data key if anybody but its owner can read it'
complete -c byok -n "__fish_byok_using_subcommand man" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c byok -n "__fish_byok_using_subcommand man" -s V -l version -d 'Print version'
complete -c byok -n "__fish_byok_using_subcommand schema" -s o -l output -d 'Output format; the default is table at a terminal and plain (tab-separated) in a pipe' -r -f -a "table\t'Aligned, with a header, for people'
json\t'One JSON document'
jsonl\t'One JSON object a line'
csv\t'With a header, quoted by RFC 4180'
plain\t'Tab-separated: a row for each thing of a list, and a line `name value` for each field of one thing'"
complete -c byok -n "__fish_byok_using_subcommand schema" -l profile -d 'Use this profile of the configuration file' -r
complete -c byok -n "__fish_byok_using_subcommand schema" -l confirm-profile -d 'Confirm a change that cannot be undone with the name of the profile; a profile that is marked as production needs it' -r
complete -c byok -n "__fish_byok_using_subcommand schema" -l master-key-fd -d 'Read the master key from this open file descriptor' -r
complete -c byok -n "__fish_byok_using_subcommand schema" -l json -d 'The same as --output json'
complete -c byok -n "__fish_byok_using_subcommand schema" -s q -l quiet -d 'Print only results, warnings and errors, no notices'
complete -c byok -n "__fish_byok_using_subcommand schema" -l no-input -d 'Never prompt; fail instead and name the option to use'
complete -c byok -n "__fish_byok_using_subcommand schema" -l local -d 'Use the private database and no profile, even if another database is configured'
complete -c byok -n "__fish_byok_using_subcommand schema" -l install-postgres -d 'Install PostgreSQL with this system\'s package manager if no server programs are found'
complete -c byok -n "__fish_byok_using_subcommand schema" -l strict -d 'Refuse the file of a master key or data key if anybody but its owner can read it'
complete -c byok -n "__fish_byok_using_subcommand schema" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c byok -n "__fish_byok_using_subcommand schema" -s V -l version -d 'Print version'
complete -c byok -n "__fish_byok_using_subcommand help; and not __fish_seen_subcommand_from init enable disable org member role key platform-key provider test-key tidy resolve run credits master-key data-key audit local demo status doctor config completions man schema help" -f -a "init" -d 'Create or upgrade the schema, the roles and the master key'
complete -c byok -n "__fish_byok_using_subcommand help; and not __fish_seen_subcommand_from init enable disable org member role key platform-key provider test-key tidy resolve run credits master-key data-key audit local demo status doctor config completions man schema help" -f -a "enable" -d 'Let organizations use their own keys; a new organization is created'
complete -c byok -n "__fish_byok_using_subcommand help; and not __fish_seen_subcommand_from init enable disable org member role key platform-key provider test-key tidy resolve run credits master-key data-key audit local demo status doctor config completions man schema help" -f -a "disable" -d 'Stop using organizations\' own keys'
complete -c byok -n "__fish_byok_using_subcommand help; and not __fish_seen_subcommand_from init enable disable org member role key platform-key provider test-key tidy resolve run credits master-key data-key audit local demo status doctor config completions man schema help" -f -a "org" -d 'List, show and erase organizations'
complete -c byok -n "__fish_byok_using_subcommand help; and not __fish_seen_subcommand_from init enable disable org member role key platform-key provider test-key tidy resolve run credits master-key data-key audit local demo status doctor config completions man schema help" -f -a "member" -d 'List, add and remove the members of an organization: owners and viewers'
complete -c byok -n "__fish_byok_using_subcommand help; and not __fish_seen_subcommand_from init enable disable org member role key platform-key provider test-key tidy resolve run credits master-key data-key audit local demo status doctor config completions man schema help" -f -a "role" -d 'List, grant and revoke the service roles of logins: admin, resolver, auditor'
complete -c byok -n "__fish_byok_using_subcommand help; and not __fish_seen_subcommand_from init enable disable org member role key platform-key provider test-key tidy resolve run credits master-key data-key audit local demo status doctor config completions man schema help" -f -a "key" -d 'Set, rotate, list, show and remove an organization\'s own keys'
complete -c byok -n "__fish_byok_using_subcommand help; and not __fish_seen_subcommand_from init enable disable org member role key platform-key provider test-key tidy resolve run credits master-key data-key audit local demo status doctor config completions man schema help" -f -a "platform-key" -d 'Set, list and remove the platform\'s shared keys'
complete -c byok -n "__fish_byok_using_subcommand help; and not __fish_seen_subcommand_from init enable disable org member role key platform-key provider test-key tidy resolve run credits master-key data-key audit local demo status doctor config completions man schema help" -f -a "provider" -d 'List providers, add private ones, and route capabilities to them'
complete -c byok -n "__fish_byok_using_subcommand help; and not __fish_seen_subcommand_from init enable disable org member role key platform-key provider test-key tidy resolve run credits master-key data-key audit local demo status doctor config completions man schema help" -f -a "test-key" -d 'Ask providers whether keys work: stored keys, or a key that is not stored'
complete -c byok -n "__fish_byok_using_subcommand help; and not __fish_seen_subcommand_from init enable disable org member role key platform-key provider test-key tidy resolve run credits master-key data-key audit local demo status doctor config completions man schema help" -f -a "tidy" -d 'Erase replaced keys whose time for a rollback is over'
complete -c byok -n "__fish_byok_using_subcommand help; and not __fish_seen_subcommand_from init enable disable org member role key platform-key provider test-key tidy resolve run credits master-key data-key audit local demo status doctor config completions man schema help" -f -a "resolve" -d 'Show which key would serve a request: the organization\'s own, the platform\'s, or none'
complete -c byok -n "__fish_byok_using_subcommand help; and not __fish_seen_subcommand_from init enable disable org member role key platform-key provider test-key tidy resolve run credits master-key data-key audit local demo status doctor config completions man schema help" -f -a "run" -d 'Run a program with the key that serves, in the provider\'s usual environment variable'
complete -c byok -n "__fish_byok_using_subcommand help; and not __fish_seen_subcommand_from init enable disable org member role key platform-key provider test-key tidy resolve run credits master-key data-key audit local demo status doctor config completions man schema help" -f -a "credits" -d 'Show balances, charge requests, set prices, and report usage'
complete -c byok -n "__fish_byok_using_subcommand help; and not __fish_seen_subcommand_from init enable disable org member role key platform-key provider test-key tidy resolve run credits master-key data-key audit local demo status doctor config completions man schema help" -f -a "master-key" -d 'Create, check, copy and replace the master key, which protects all other keys'
complete -c byok -n "__fish_byok_using_subcommand help; and not __fish_seen_subcommand_from init enable disable org member role key platform-key provider test-key tidy resolve run credits master-key data-key audit local demo status doctor config completions man schema help" -f -a "data-key" -d 'Issue and replace data keys, which owners use instead of the master key'
complete -c byok -n "__fish_byok_using_subcommand help; and not __fish_seen_subcommand_from init enable disable org member role key platform-key provider test-key tidy resolve run credits master-key data-key audit local demo status doctor config completions man schema help" -f -a "audit" -d 'List, seal and verify the audit log'
complete -c byok -n "__fish_byok_using_subcommand help; and not __fish_seen_subcommand_from init enable disable org member role key platform-key provider test-key tidy resolve run credits master-key data-key audit local demo status doctor config completions man schema help" -f -a "local" -d 'Manage the private PostgreSQL server, which is used if no database is configured'
complete -c byok -n "__fish_byok_using_subcommand help; and not __fish_seen_subcommand_from init enable disable org member role key platform-key provider test-key tidy resolve run credits master-key data-key audit local demo status doctor config completions man schema help" -f -a "demo" -d 'Run a demonstration on the private database: enable, set, resolve, charge, remove'
complete -c byok -n "__fish_byok_using_subcommand help; and not __fish_seen_subcommand_from init enable disable org member role key platform-key provider test-key tidy resolve run credits master-key data-key audit local demo status doctor config completions man schema help" -f -a "status" -d 'Show the database, the login, the master key and what is stored'
complete -c byok -n "__fish_byok_using_subcommand help; and not __fish_seen_subcommand_from init enable disable org member role key platform-key provider test-key tidy resolve run credits master-key data-key audit local demo status doctor config completions man schema help" -f -a "doctor" -d 'Check everything that byok depends on, and say how to fix what is wrong'
complete -c byok -n "__fish_byok_using_subcommand help; and not __fish_seen_subcommand_from init enable disable org member role key platform-key provider test-key tidy resolve run credits master-key data-key audit local demo status doctor config completions man schema help" -f -a "config" -d 'Show settings and where each comes from, and change the configuration file'
complete -c byok -n "__fish_byok_using_subcommand help; and not __fish_seen_subcommand_from init enable disable org member role key platform-key provider test-key tidy resolve run credits master-key data-key audit local demo status doctor config completions man schema help" -f -a "completions" -d 'Print a completion script for your shell'
complete -c byok -n "__fish_byok_using_subcommand help; and not __fish_seen_subcommand_from init enable disable org member role key platform-key provider test-key tidy resolve run credits master-key data-key audit local demo status doctor config completions man schema help" -f -a "man" -d 'Print the manual page, or write the pages of all commands to a directory'
complete -c byok -n "__fish_byok_using_subcommand help; and not __fish_seen_subcommand_from init enable disable org member role key platform-key provider test-key tidy resolve run credits master-key data-key audit local demo status doctor config completions man schema help" -f -a "schema" -d 'Print the JSON Schema of a kind of JSON output, or list the kinds'
complete -c byok -n "__fish_byok_using_subcommand help; and not __fish_seen_subcommand_from init enable disable org member role key platform-key provider test-key tidy resolve run credits master-key data-key audit local demo status doctor config completions man schema help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c byok -n "__fish_byok_using_subcommand help; and __fish_seen_subcommand_from org" -f -a "list" -d 'List the organizations that this login may see'
complete -c byok -n "__fish_byok_using_subcommand help; and __fish_seen_subcommand_from org" -f -a "show" -d 'Show one organization'
complete -c byok -n "__fish_byok_using_subcommand help; and __fish_seen_subcommand_from org" -f -a "purge" -d 'Erase all keys, the data key and the members of an organization, and close its account'
complete -c byok -n "__fish_byok_using_subcommand help; and __fish_seen_subcommand_from member" -f -a "add" -d 'Make a database login an owner (sets and removes keys) or a viewer (sees lists and the last four characters of keys)'
complete -c byok -n "__fish_byok_using_subcommand help; and __fish_seen_subcommand_from member" -f -a "remove" -d 'Remove a member; the login still exists, but has no rights in this organization'
complete -c byok -n "__fish_byok_using_subcommand help; and __fish_seen_subcommand_from member" -f -a "list" -d 'List the members of an organization'
complete -c byok -n "__fish_byok_using_subcommand help; and __fish_seen_subcommand_from member" -f -a "rebind" -d 'Bind each membership to the login of the same name, after a restore into another cluster'
complete -c byok -n "__fish_byok_using_subcommand help; and __fish_seen_subcommand_from role" -f -a "grant" -d 'Grant a service role to a login'
complete -c byok -n "__fish_byok_using_subcommand help; and __fish_seen_subcommand_from role" -f -a "revoke" -d 'Revoke a service role of a login'
complete -c byok -n "__fish_byok_using_subcommand help; and __fish_seen_subcommand_from role" -f -a "list" -d 'List the logins with a service role'
complete -c byok -n "__fish_byok_using_subcommand help; and __fish_seen_subcommand_from key" -f -a "set" -d 'Store an organization\'s key for a provider; it replaces the active key'
complete -c byok -n "__fish_byok_using_subcommand help; and __fish_seen_subcommand_from key" -f -a "list" -d 'List the active keys of one organization, or of all organizations that this login may see'
complete -c byok -n "__fish_byok_using_subcommand help; and __fish_seen_subcommand_from key" -f -a "show" -d 'Show every version of a key, with its hint, dates and author; the active key comes first'
complete -c byok -n "__fish_byok_using_subcommand help; and __fish_seen_subcommand_from key" -f -a "rotate" -d 'Replace the active key (exit 3 if there is none)'
complete -c byok -n "__fish_byok_using_subcommand help; and __fish_seen_subcommand_from key" -f -a "rollback" -d 'Make the previous key active again, as a new version'
complete -c byok -n "__fish_byok_using_subcommand help; and __fish_seen_subcommand_from key" -f -a "expire" -d 'Change the end date of the active key, without the key'
complete -c byok -n "__fish_byok_using_subcommand help; and __fish_seen_subcommand_from key" -f -a "history" -d 'Show who set, tested, opened or removed a key, and when; newest first'
complete -c byok -n "__fish_byok_using_subcommand help; and __fish_seen_subcommand_from key" -f -a "remove" -d 'Remove an organization\'s key; the answer says which key its requests use from then on'
complete -c byok -n "__fish_byok_using_subcommand help; and __fish_seen_subcommand_from platform-key" -f -a "set" -d 'Store the platform\'s key for a provider; it replaces the active key'
complete -c byok -n "__fish_byok_using_subcommand help; and __fish_seen_subcommand_from platform-key" -f -a "rotate" -d 'Replace the platform\'s key for a provider (exit 3 if there is none)'
complete -c byok -n "__fish_byok_using_subcommand help; and __fish_seen_subcommand_from platform-key" -f -a "rollback" -d 'Make the platform\'s previous key active again, as a new version'
complete -c byok -n "__fish_byok_using_subcommand help; and __fish_seen_subcommand_from platform-key" -f -a "expire" -d 'Change the end date of the platform\'s key, without the key'
complete -c byok -n "__fish_byok_using_subcommand help; and __fish_seen_subcommand_from platform-key" -f -a "list" -d 'List the platform\'s keys'
complete -c byok -n "__fish_byok_using_subcommand help; and __fish_seen_subcommand_from platform-key" -f -a "remove" -d 'Remove the platform\'s key for a provider'
complete -c byok -n "__fish_byok_using_subcommand help; and __fish_seen_subcommand_from provider" -f -a "list" -d 'List the providers of the catalog (needs no database), or those that admins added'
complete -c byok -n "__fish_byok_using_subcommand help; and __fish_seen_subcommand_from provider" -f -a "show" -d 'Show a provider: its fields, the form of its keys, and how they are tested'
complete -c byok -n "__fish_byok_using_subcommand help; and __fish_seen_subcommand_from provider" -f -a "route" -d 'Choose the provider that serves a capability, or list the routes'
complete -c byok -n "__fish_byok_using_subcommand help; and __fish_seen_subcommand_from provider" -f -a "add" -d 'Add a provider that the catalog does not have: an OpenAI-compatible server, or any HTTP API that a file defines'
complete -c byok -n "__fish_byok_using_subcommand help; and __fish_seen_subcommand_from provider" -f -a "remove" -d 'Remove a provider that an admin added, and its routes (exit 5 if keys are stored for it)'
complete -c byok -n "__fish_byok_using_subcommand help; and __fish_seen_subcommand_from credits" -f -a "balance" -d 'Show the available and the reserved credits'
complete -c byok -n "__fish_byok_using_subcommand help; and __fish_seen_subcommand_from credits" -f -a "grant" -d 'Give an organization credits'
complete -c byok -n "__fish_byok_using_subcommand help; and __fish_seen_subcommand_from credits" -f -a "charge" -d 'Charge an organization for a request, at the current price (see: byok credits rates list)'
complete -c byok -n "__fish_byok_using_subcommand help; and __fish_seen_subcommand_from credits" -f -a "hold" -d 'Reserve credits for a request before it is made'
complete -c byok -n "__fish_byok_using_subcommand help; and __fish_seen_subcommand_from credits" -f -a "settle" -d 'End a hold with a charge for what was used'
complete -c byok -n "__fish_byok_using_subcommand help; and __fish_seen_subcommand_from credits" -f -a "release" -d 'End a hold without a charge'
complete -c byok -n "__fish_byok_using_subcommand help; and __fish_seen_subcommand_from credits" -f -a "refund" -d 'Give back a charge, or part of it'
complete -c byok -n "__fish_byok_using_subcommand help; and __fish_seen_subcommand_from credits" -f -a "quote" -d 'Show what a request would cost, with the organization\'s own key and with the platform\'s key'
complete -c byok -n "__fish_byok_using_subcommand help; and __fish_seen_subcommand_from credits" -f -a "history" -d 'List an organization\'s ledger, newest entry first'
complete -c byok -n "__fish_byok_using_subcommand help; and __fish_seen_subcommand_from credits" -f -a "usage" -d 'Show the usage of an organization\'s own keys and of the platform\'s keys'
complete -c byok -n "__fish_byok_using_subcommand help; and __fish_seen_subcommand_from credits" -f -a "rates" -d 'List, set and remove the prices of operations'
complete -c byok -n "__fish_byok_using_subcommand help; and __fish_seen_subcommand_from credits" -f -a "reconcile" -d 'Check that the ledger adds up: every balance is the sum of its entries, and the total is zero'
complete -c byok -n "__fish_byok_using_subcommand help; and __fish_seen_subcommand_from master-key" -f -a "create" -d 'Create the first master key, and register it with the database'
complete -c byok -n "__fish_byok_using_subcommand help; and __fish_seen_subcommand_from master-key" -f -a "status" -d 'Show the master keys: fingerprints, what each wraps, which of them byok finds, which hosts loaded them, and whether a copy was checked'
complete -c byok -n "__fish_byok_using_subcommand help; and __fish_seen_subcommand_from master-key" -f -a "verify" -d 'Open every data key and every stored key with the master key; exit 9 if some do not open'
complete -c byok -n "__fish_byok_using_subcommand help; and __fish_seen_subcommand_from master-key" -f -a "escrow" -d 'Write a copy of the master key to lock away, or check such a copy (--confirm)'
complete -c byok -n "__fish_byok_using_subcommand help; and __fish_seen_subcommand_from master-key" -f -a "rotate" -d 'Replace the master key without downtime, in one go or step by step'
complete -c byok -n "__fish_byok_using_subcommand help; and __fish_seen_subcommand_from master-key" -f -a "loaded" -d 'Report that this host has loaded the master keys that byok finds on it'
complete -c byok -n "__fish_byok_using_subcommand help; and __fish_seen_subcommand_from data-key" -f -a "issue" -d 'Give an owner the data key of its organization, so that the owner needs no master key'
complete -c byok -n "__fish_byok_using_subcommand help; and __fish_seen_subcommand_from data-key" -f -a "rotate" -d 'Replace an organization\'s data key, and seal its stored keys again under the new one'
complete -c byok -n "__fish_byok_using_subcommand help; and __fish_seen_subcommand_from data-key" -f -a "restore" -d 'Restore a data key from its owner\'s copy, after the master key was lost'
complete -c byok -n "__fish_byok_using_subcommand help; and __fish_seen_subcommand_from data-key" -f -a "discard" -d 'Erase a data key that does not open; the keys that it sealed must then be set again'
complete -c byok -n "__fish_byok_using_subcommand help; and __fish_seen_subcommand_from audit" -f -a "list" -d 'List records of the audit log, newest first'
complete -c byok -n "__fish_byok_using_subcommand help; and __fish_seen_subcommand_from audit" -f -a "seal" -d 'Seal the audit log, and print a line to keep elsewhere'
complete -c byok -n "__fish_byok_using_subcommand help; and __fish_seen_subcommand_from audit" -f -a "verify" -d 'Check that nobody changed the audit log (exit 9 if somebody did)'
complete -c byok -n "__fish_byok_using_subcommand help; and __fish_seen_subcommand_from local" -f -a "up" -d 'Create and start the private server'
complete -c byok -n "__fish_byok_using_subcommand help; and __fish_seen_subcommand_from local" -f -a "down" -d 'Stop the private server; its data stays'
complete -c byok -n "__fish_byok_using_subcommand help; and __fish_seen_subcommand_from local" -f -a "status" -d 'Show where the private server is and whether it runs'
complete -c byok -n "__fish_byok_using_subcommand help; and __fish_seen_subcommand_from local" -f -a "reset" -d 'Delete the data of the private server; its master key is moved to a backup file first'
complete -c byok -n "__fish_byok_using_subcommand help; and __fish_seen_subcommand_from config" -f -a "path" -d 'Print the path of the configuration file, which need not exist'
complete -c byok -n "__fish_byok_using_subcommand help; and __fish_seen_subcommand_from config" -f -a "show" -d 'List the settings that are in effect'
complete -c byok -n "__fish_byok_using_subcommand help; and __fish_seen_subcommand_from config" -f -a "get" -d 'Print the value of one setting that is in effect'
complete -c byok -n "__fish_byok_using_subcommand help; and __fish_seen_subcommand_from config" -f -a "set" -d 'Change a setting of a profile in the configuration file'
complete -c byok -n "__fish_byok_using_subcommand help; and __fish_seen_subcommand_from config" -f -a "unset" -d 'Remove a setting of a profile from the configuration file'
complete -c byok -n "__fish_byok_using_subcommand help; and __fish_seen_subcommand_from config" -f -a "profiles" -d 'List the profiles of the configuration file'
