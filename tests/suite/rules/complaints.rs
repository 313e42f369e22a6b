//! What users say of other programs, and the tests that fail if they could say it of this one.

use super::Held;

/// What users say of other programs.
pub(super) const COMPLAINTS: &[Held] = &[
    (
        "My key was in the shell's history and in `ps`.",
        &[
            "rules::secrets::a_key_in_any_argument_of_any_command_is_refused_and_not_repeated",
            "several_things::an_option_for_a_key_is_refused_with_the_reason_wherever_it_is_typed",
        ],
    ),
    (
        "The parser repeated the secret that it refused.",
        &[
            "misplaced_keys::a_key_as_an_argument_is_in_no_error_and_a_certain_one_in_no_result",
            "provider::private::tests::a_key_in_the_wrong_place_of_a_definition_is_not_repeated",
            "key_import::every_good_line_is_stored_and_every_bad_one_is_named_by_number_and_reason",
            "import::tests::no_error_repeats_anything",
        ],
    ),
    (
        "The line ending was stored with the key.",
        &["rules::secrets::exactly_one_line_ending_and_one_byte_order_mark_are_taken_off_and_nothing_else"],
    ),
    (
        "PowerShell put a byte order mark before the key.",
        &["bad_input::a_key_comes_from_a_pipe_a_file_or_a_variable_and_is_the_same"],
    ),
    (
        "Of a pasted document one line was stored, and the shell ran the rest.",
        &["terminal::a_paste_of_several_lines_is_refused_and_not_left_for_the_shell"],
    ),
    ("A long key was cut off.", &["terminal::a_long_paste_arrives_whole"]),
    (
        "The terminal did not echo any more.",
        &["terminal::ctrl_c_ctrl_d_and_signals_restore_the_terminal_and_store_nothing"],
    ),
    (
        "CI hung at a prompt.",
        &["terminal::ci_never_hangs_at_a_prompt", "rules::destructive::an_unattended_terminal_confirms_nothing"],
    ),
    ("The program took the lines of my loop.", &["rules::secrets::the_lines_of_a_loop_stay_the_loops"]),
    (
        "Without a terminal it deleted everything.",
        &[
            "rules::destructive::without_a_terminal_and_without_a_yes_nothing_is_destroyed",
            "rules::destructive::no_variable_answers_a_question",
        ],
    ),
    ("It failed with exit 0.", &["rules::exit_codes::no_failure_is_exit_0_and_none_is_silent"]),
    (
        "The exit code of the program that was run was lost.",
        &["run::the_child_has_the_key_in_its_usual_variable_and_ends_as_it_ends"],
    ),
    (
        "Signals did not reach the program that was run.",
        &["run::the_child_has_the_key_in_its_usual_variable_and_ends_as_it_ends"],
    ),
    (
        "Setting a value printed it.",
        &[
            "rules::output::a_change_says_what_was_changed_and_never_the_value",
            "rules::secrets::no_command_that_reads_shows_a_stored_key_in_any_format",
        ],
    ),
    ("A log level showed secrets.", &["rules::secrets::no_log_level_of_any_library_shows_a_secret"]),
    (
        "--help showed what my variables hold.",
        &[
            "cli::commands::tests::no_help_shows_the_value_of_a_variable",
            "rules::secrets::whatever_help_is_asked_for_no_variable_is_shown",
        ],
    ),
    (
        "An error showed the database's password.",
        &["rules::environment::a_connection_string_never_shows_its_password_whether_it_can_be_used_or_not"],
    ),
    (
        "A warning was in the middle of the JSON.",
        &["rules::output::standard_output_is_one_document_whatever_there_is_to_warn_of"],
    ),
    (
        "The JSON changed from version to version.",
        &["contract::the_committed_schemas_are_those_of_this_program_and_change_only_by_additions"],
    ),
    (
        "A table cut my ids.",
        &[
            "cli::terminal::table::tests::an_id_is_whole_at_any_width",
            "screens::widths::a_tour_at_each_width_and_in_a_pipe",
        ],
    ),
    ("A list ended at its first page and did not say so.", &["output::a_long_list_is_whole_whatever_the_page"]),
    (
        "It panicked when I piped it to head.",
        &[
            "output::a_reader_that_has_enough_is_no_failure",
            "rules::output::a_reader_that_has_gone_is_met_in_silence_by_every_command",
        ],
    ),
    (
        "A missing name and a server that was away had the same exit code.",
        &[
            "rules::exit_codes::a_missing_name_and_a_server_that_is_away_have_different_codes_and_only_one_is_worth_a_repetition",
        ],
    ),
    ("No change was an error.", &["tour::every_verb_may_be_said_twice"]),
    (
        "It had a grammar of its own for the quotes and comments of .env files.",
        &[
            "rules::environment::nothing_in_the_working_directory_is_a_setting",
            "bad_input::a_bad_key_is_refused_before_any_database_is_asked",
            "import::tests::a_line_of_a_dotenv_file_is_read_where_all_programs_agree_on_it",
        ],
    ),
    (
        "A change of many was left half done, and nobody could say which half.",
        &[
            "several_things::one_that_fails_keeps_none_of_the_others_from_being_done",
            "key_import::killed::an_import_that_is_killed_anywhere_and_run_again_stores_every_good_line_once",
            "purge::a_purge_that_is_killed_in_the_middle_did_nothing",
            "rotation::twenty_thousand_organizations_change_their_master_key_while_runners_are_killed_and_owners_work",
        ],
    ),
    ("It took forever to start.", &["rules::environment::version_help_and_completions_open_no_file_and_no_connection"]),
    (
        "Completion hung, or ran at every start of the shell.",
        &[
            "rules::environment::completions_and_help_are_there_while_the_database_is_away",
            "completion::a_database_that_does_not_answer_is_not_waited_for_and_not_mentioned",
        ],
    ),
    (
        "The prompt did not work in Git Bash, and the error did not say what to do.",
        &["rules::secrets::one_rule_says_for_every_prompt_whether_anybody_can_be_asked"],
    ),
    (
        "On macOS its files were in ~/Library/Application Support.",
        &["settings::a_home_or_a_directory_of_credentials_that_is_none_never_leads_to_another_key"],
    ),
    (
        "A forgotten .env file led to the wrong database.",
        &["rules::environment::nothing_in_the_working_directory_is_a_setting"],
    ),
    (
        "Its command for settings showed one database, and it used another.",
        &[
            "rules::environment::the_database_that_the_settings_show_is_the_one_that_a_command_uses",
            "config::a_database_that_was_not_meant_is_never_used",
        ],
    ),
    ("The cause of the failure was hidden.", &["rules::exit_codes::the_cause_of_a_failure_is_in_its_message"]),
    (
        "Ctrl-C counted as success.",
        &[
            "terminal::ctrl_c_ctrl_d_and_signals_restore_the_terminal_and_store_nothing",
            "set_test::ctrl_c_in_the_middle_of_a_test_stores_nothing",
        ],
    ),
    (
        "Errors were on standard output.",
        &[
            "rules::exit_codes::nothing_of_a_failure_is_on_standard_output",
            "house::one_file_writes_results_and_one_reads_secrets",
        ],
    ),
    ("The mask showed most of a short key.", &["secret::tests::a_hint_is_total_and_never_more_than_four_characters"]),
    (
        "The prompt showed the key because the output went to a file.",
        &["terminal::a_redirected_output_still_hides_the_key"],
    ),
];
