//! What users of the command line may rely on, and the tests that fail if it does not hold.

use super::Held;

/// What users may rely on.
pub(super) const PROMISES: &[Held] = &[
    // Secrets that come in
    (
        "No secret is an argument.",
        &[
            "rules::secrets::no_command_has_an_option_whose_value_is_a_secret",
            "rules::secrets::a_key_in_any_argument_of_any_command_is_refused_and_not_repeated",
        ],
    ),
    (
        "A secret is asked for once, at a hidden prompt.",
        &["rules::secrets::the_key_is_asked_for_once_and_its_test_takes_the_place_of_typing_it_again"],
    ),
    (
        "A check takes the place of typing it twice.",
        &["set_test::a_key_that_its_provider_refuses_is_not_stored_and_replaces_nothing"],
    ),
    (
        "One line ending is taken off a secret from a pipe, and nothing else is changed.",
        &["rules::secrets::exactly_one_line_ending_and_one_byte_order_mark_are_taken_off_and_nothing_else"],
    ),
    (
        "Standard input is read only if an option says so.",
        &["rules::secrets::no_command_takes_a_key_from_a_pipe_unasked"],
    ),
    ("A secret has a largest size.", &["rules::secrets::a_secret_without_an_end_is_read_to_64_kib_and_refused"]),
    (
        "--stdin at a terminal stops and says what to do.",
        &["rules::secrets::a_pipe_that_was_asked_for_and_is_a_terminal_is_refused_with_what_to_do"],
    ),
    (
        "One function decides whether anybody can be asked.",
        &["rules::secrets::one_rule_says_for_every_prompt_whether_anybody_can_be_asked"],
    ),
    (
        "A value that an option gives is never asked for again.",
        &["rules::secrets::a_key_that_an_option_names_is_never_asked_for_again"],
    ),
    (
        "The terminal is as it was after Ctrl-C.",
        &["terminal::ctrl_c_ctrl_d_and_signals_restore_the_terminal_and_store_nothing"],
    ),
    // What is written
    (
        "Standard output has the result and nothing else.",
        &["rules::output::standard_output_is_one_document_whatever_there_is_to_warn_of"],
    ),
    (
        "Tables are for terminals; a pipe gets whole values.",
        &["rules::output::a_terminal_gets_a_table_and_a_pipe_whole_values_with_absolute_times"],
    ),
    ("What is stable is written down.", &["rules::output::what_is_stable_and_what_is_not_is_written_down"]),
    ("Every JSON document has a version.", &["rules::output::every_document_has_its_version_and_its_kind"]),
    (
        "A secret is hidden by its type.",
        &["house::plain_text_is_taken_out_of_its_type_in_few_places", "secret::tests::debug_never_shows_the_text"],
    ),
    (
        "A change says what was changed, and not the value.",
        &[
            "rules::output::a_change_says_what_was_changed_and_never_the_value",
            "unwritten::every_command_that_changes_something_says_what_took_effect_where_its_result_cannot_be_written",
        ],
    ),
    (
        "A list is whole, or says that it was cut.",
        &["several_things::a_list_that_is_cut_says_so_in_every_format_and_one_that_is_not_does_not"],
    ),
    ("An empty list is success.", &["rules::output::an_empty_list_is_success_in_every_list"]),
    // Exit codes
    (
        "Exit codes are few, documented and constants.",
        &[
            "rules::exit_codes::the_documented_exit_codes_are_those_that_have_a_situation",
            "output::exit_codes_are_what_the_readme_says",
        ],
    ),
    (
        "Not there, not allowed, refused and not reached are four codes.",
        &["rules::exit_codes::not_there_not_allowed_refused_by_a_provider_and_not_reached_are_four_codes"],
    ),
    (
        "2 is a wrong command, and no result.",
        &["rules::exit_codes::the_code_of_a_wrong_command_line_is_never_that_of_a_result"],
    ),
    (
        "No code is in the range of others.",
        &["rules::exit_codes::exit_codes_are_few_and_stay_out_of_the_ranges_of_others"],
    ),
    ("Nothing to change is success.", &["tour::every_verb_may_be_said_twice"]),
    (
        "One failure among several is an exit code of its own, and all are reported.",
        &["several_things::one_that_fails_keeps_none_of_the_others_from_being_done"],
    ),
    // Safety
    (
        "Without a terminal and --yes, a destructive command refuses.",
        &["rules::destructive::without_a_terminal_and_without_a_yes_nothing_is_destroyed"],
    ),
    (
        "No argument never means all.",
        &["rules::destructive::a_deletion_without_its_argument_is_a_wrong_command_and_never_everything"],
    ),
    (
        "What is irreversible and broad takes the name.",
        &[
            "rules::destructive::what_is_irreversible_and_broad_takes_its_name_again",
            "config::production::without_a_terminal_a_yes_is_not_enough_and_the_name_is",
        ],
    ),
    (
        "A question names what and where.",
        &["terminal::a_question_before_a_change_that_cannot_be_undone_names_the_database"],
    ),
    (
        "A connection string is shown without its password.",
        &["rules::environment::a_connection_string_never_shows_its_password_whether_it_can_be_used_or_not"],
    ),
    (
        "Nothing in the working directory chooses a database or a key.",
        &["rules::environment::nothing_in_the_working_directory_is_a_setting"],
    ),
    // Configuration
    (
        "An option counts before a variable, a variable before a profile, and it is shown where each value comes from.",
        &[
            "config::a_setting_comes_from_the_option_else_the_variable_else_the_profile_else_its_default",
            "output::a_flag_counts_before_its_variable",
            "install::the_users_own_variable_is_read_after_ours",
        ],
    ),
    (
        "Settings are in ~/.config, or where XDG_CONFIG_HOME says, on every Unix.",
        &["settings::a_home_or_a_directory_of_credentials_that_is_none_never_leads_to_another_key"],
    ),
    (
        "Keys are in files of their own, whose mode is checked.",
        &[
            "config::secrets_and_settings_that_nobody_knows_are_refused_and_not_repeated",
            "config::hostile::a_file_that_others_can_change_is_refused_with_the_command_that_mends_it",
            "install::a_master_key_that_others_can_read_is_not_used",
            "key_source::a_key_on_a_read_only_mount_is_taken_with_a_warning_if_all_can_read_it_and_not_when_strict",
        ],
    ),
    (
        "What the program needs itself comes from a file or a command.",
        &[
            "config::the_url_of_the_database_comes_from_a_variable_a_file_or_a_command_and_from_one_alone",
            "key_source::every_source_gives_the_key",
            "data_key::a_data_key_comes_from_a_file_and_a_command_too",
        ],
    ),
    (
        "Every variable is documented, and none is shown.",
        &[
            "cli::topics::tests::the_catalog_has_every_variable_that_the_source_reads",
            "rules::secrets::whatever_help_is_asked_for_no_variable_is_shown",
        ],
    ),
    (
        "What a script destroys it spells out; a variable is for the rest.",
        &[
            "which_org::what_destroys_wants_the_organization_on_the_command_line_and_says_so",
            "which_org::the_variable_names_the_organization_of_every_other_command",
        ],
    ),
    // Programs, completions, time
    (
        "`run` takes `--`, is the program, and hands on nothing of its own.",
        &[
            "run::the_child_has_the_key_in_its_usual_variable_and_ends_as_it_ends",
            "run::nothing_of_ours_is_in_the_childs_environment_and_the_key_is_in_no_other",
            "run::a_program_that_cannot_run_costs_nothing",
        ],
    ),
    (
        "Completions and --version touch no file, network or database.",
        &["rules::environment::version_help_and_completions_open_no_file_and_no_connection"],
    ),
    (
        "Completions and manual pages are made by the program that is released.",
        &["completion::the_scripts_run_nothing_when_they_are_read", "output::every_command_has_a_manual_page"],
    ),
    (
        "Completion of names has a short deadline, and says nothing if it fails.",
        &["completion::a_database_that_does_not_answer_is_not_waited_for_and_not_mentioned"],
    ),
    (
        "Every wait has an end.",
        &[
            "rules::environment::no_wait_for_a_database_is_without_an_end",
            "probe_network::whoever_is_slow_meets_the_deadline",
        ],
    ),
    (
        "Nothing is sent home.",
        &[
            "rules::environment::nothing_is_sent_anywhere_but_to_the_database_unless_a_key_is_tested",
            "rules::environment::no_command_connects_to_anything_but_its_database",
        ],
    ),
    (
        "The doctor changes nothing, has a verdict and a fix for each check, and its exit code tells.",
        &[
            "doctor::it_changes_nothing_in_the_database",
            "doctor::the_worst_check_decides_the_exit_code_and_strict_makes_a_warning_the_worst",
            "doctor::people_read_a_line_for_each_check_and_the_fix_below_it_whole",
        ],
    ),
    (
        "An error says what, why and the next command.",
        &[
            "rules::exit_codes::an_error_says_what_and_why_in_one_line_and_the_next_step_in_another",
            "server_errors::every_error_of_a_server_has_its_exit_code_and_a_next_step_and_names_the_database",
        ],
    ),
    (
        "Aliases are listed, and no beginning of a name is one.",
        &[
            "rules::commands::a_command_is_known_by_its_name_and_its_listed_aliases_and_by_no_beginning_of_them",
            "rules::commands::an_option_is_known_by_its_whole_name_alone",
        ],
    ),
    // Names and codes
    (
        "A failure has the exit code that its JSON says.",
        &["rules::exit_codes::each_exit_code_comes_of_its_situations_and_is_the_same_in_json"],
    ),
    (
        "Whatever writes can be rehearsed, and ends as the real one would.",
        &[
            "cli::commands::tests::every_command_that_writes_has_a_dry_run",
            "dry_run::a_dry_run_leaves_the_database_as_it_was_and_says_what_the_real_run_does",
            "dry_run::a_dry_run_fails_as_the_real_run_would_and_leaves_no_record_of_a_refusal",
        ],
    ),
    ("What can be undone does not ask.", &["rules::destructive::what_can_be_undone_does_not_ask"]),
    (
        "An option of every command works before and after it.",
        &["rules::commands::an_option_of_every_command_works_before_and_after_it"],
    ),
    ("There is no command for everything else.", &["rules::commands::nothing_but_a_command_is_taken_for_one"]),
    ("Every command has help, however it is asked for.", &["rules::commands::help_is_there_wherever_it_is_asked_for"]),
];
