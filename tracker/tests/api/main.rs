//! The tracker's API through its router. Every scenario is one function; it runs as a test of its own on SQLite and in
//! memory, and all of them run on one private PostgreSQL cluster and one Redis server.

mod access;
mod accounts;
mod around;
mod backup;
mod browsers;
mod catalogue;
mod clients;
mod covers;
mod events;
mod factors;
mod figures;
mod history;
mod invites;
mod job_log;
mod jumps;
mod neighbours;
mod notices;
mod own_jobs;
mod pages;
mod policy;
mod postgres;
mod prune;
mod pushes;
mod rebuild;
mod redis;
mod replicas;
mod seal;
mod seams;
mod sessions;
mod settings;
mod several_seeds;
mod steam;
mod swarm;
mod tracker;
mod upgrades;
mod upkeep;

use tracker::Tracker;

/// Declares the scenarios: each becomes a test on SQLite and a line of the run on PostgreSQL and Redis.
macro_rules! scenarios {
    ($($file:ident :: $name:ident),* $(,)?) => {
        mod sqlite {
            $(
                #[tokio::test]
                async fn $name() {
                    let tracker = super::Tracker::on_sqlite().await;
                    super::$file::$name(&tracker).await;
                }
            )*
        }

        #[test]
        fn everything_on_postgres_and_redis() {
            // Code that is not optimised keeps what every scenario needs on the stack at once.
            let thread = std::thread::Builder::new().stack_size(64 << 20).spawn(|| {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
                runtime.expect("a runtime").block_on(async {
                    let cluster = postgres::Cluster::start();
                    let redis = redis::RedisServer::start();
                    $(
                        eprintln!("{}", stringify!($name));
                        let name = stringify!($name);
                        let tracker = Tracker::on_postgres_and_redis(&cluster, &redis, name).await;
                        $file::$name(&tracker).await;
                        tracker.app.records.db.close().await;
                    )*
                });
            });
            if let Err(panic) = thread.expect("a thread").join() {
                std::panic::resume_unwind(panic);
            }
        }
    };
}

scenarios! {
    sessions::wrong_passwords_and_unknown_users_look_alike,
    sessions::guessing_is_slowed_down,
    sessions::refresh_tokens_rotate_and_a_replay_ends_the_session,
    sessions::a_lost_answer_is_forgiven_once,
    sessions::sessions_end_when_nobody_refreshes,
    sessions::disabling_ends_everything_at_once,
    sessions::a_new_password_ends_sessions,
    sessions::the_last_admin_stays,
    sessions::tokens_of_other_kinds_and_keys_are_refused,
    browsers::a_browser_keeps_a_cookie_that_no_script_reads,
    browsers::another_site_changes_nothing_with_our_cookie,
    browsers::a_browser_session_ends_when_it_is_not_used,
    browsers::browsers_get_pages_under_a_policy,
    invites::a_link_makes_one_account_with_a_password_of_its_own,
    invites::of_many_who_use_a_link_at_once_as_many_join_as_may,
    invites::links_that_do_not_count_look_alike,
    invites::guessing_codes_is_slowed_down_for_whom_it_comes_from,
    invites::an_invite_is_bounded_and_for_admins_to_make,
    invites::a_lost_password_is_set_anew_by_a_link,
    accounts::an_own_password_is_changed_by_who_knows_it,
    accounts::a_browser_gives_its_password_again_before_what_destroys,
    accounts::a_lost_laptop_is_signed_out_and_unbound,
    accounts::who_is_no_admin_any_more_may_nothing_more,
    accounts::a_token_opens_what_it_was_made_for,
    accounts::a_token_ends_and_is_shown_once,
    factors::a_code_is_asked_for_and_counts_once,
    factors::a_recovery_code_counts_once,
    factors::the_log_is_looked_through,
    access::every_route_follows_the_table,
    access::private_games_do_not_exist_for_others,
    access::the_description_is_that_of_the_table,
    access::whoever_may_get_something_may_ask_for_its_head,
    access::a_refusal_names_the_request,
    access::errors_have_one_shape,
    access::only_a_plain_id_of_a_request_is_taken_over,
    access::texts_are_refused_that_move_a_terminal_or_turn_around,
    access::a_password_is_the_same_from_every_keyboard,
    access::a_flood_is_refused_for_whom_it_comes_from,
    catalogue::it_comes_in_one_call_and_then_only_what_changed,
    catalogue::it_follows_grants_and_privacy,
    pages::pages_together_are_the_list,
    pages::pages_are_in_the_order_of_bytes_and_of_what_one_may_see,
    pages::what_comes_and_goes_between_pages_hides_nothing,
    pages::a_bad_page_is_refused,
    pushes::a_push_becomes_live,
    pushes::one_of_two_pushes_wins,
    pushes::a_failed_push_can_be_retried_or_removed,
    pushes::a_patch_that_can_not_be_made_keeps_no_build_back,
    pushes::leases_expire_and_attempts_end,
    pushes::fifty_jobs_of_one_game_keep_no_push_of_another_waiting,
    pushes::who_lost_the_lease_changes_nothing,
    pushes::a_restarted_seed_gets_its_jobs_back_at_once,
    pushes::only_the_release_key_publishes,
    pushes::rotation_hands_the_release_key_over,
    pushes::publishers_sign_builds_for_as_long_as_the_release_key_says,
    pushes::removed_builds_are_deleted_before_their_version_comes_again,
    pushes::live_can_be_set_back_but_not_below_the_floor,
    swarm::friends_find_each_other,
    swarm::tickets_are_bound_and_denied,
    swarm::reports_add_up_once,
    swarm::what_can_not_have_been_moved_spoils_no_statistics,
    swarm::an_announce_writes_nothing_by_itself,
    swarm::devices_belong_to_one_account,
    swarm::sources_ask_for_the_archive_once,
    around::who_is_here_is_told_with_what_they_have,
    around::a_map_says_who_has_which_piece,
    events::listeners_hear_of_what_they_may_see,
    events::a_listener_goes_on_after_a_gap,
    events::admins_hear_of_what_they_look_after_and_friends_do_not,
    events::who_is_not_signed_in_hears_nothing,
    seal::the_seal_tells_of_every_key_and_floor,
    settings::settings_are_for_admins,
    settings::a_setting_changes_while_the_tracker_serves_and_goes_back,
    settings::what_something_else_gives_is_locked_and_what_makes_no_sense_is_refused,
    settings::fewer_requests_are_let_in_as_soon_as_that_is_set,
    settings::friends_are_counted_only_if_they_may_be,
    history::what_is_received_is_counted_once_by_source_game_and_friend,
    history::how_things_are_is_noted_once_a_minute,
    history::what_is_old_goes_at_its_resolution,
    history::of_who_is_removed_nothing_stays_by_name,
    history::a_range_that_nothing_is_kept_of_is_refused,
    figures::what_happens_is_counted_and_nobody_is_named,
    figures::a_tracker_that_is_about_to_end_is_not_ready,
    steam::what_steam_says_is_taken_over_but_not_what_people_wrote,
    steam::a_store_that_misbehaves_changes_nothing,
    steam::what_a_person_wrote_is_told_and_reset_one_by_one,
    steam::a_cover_comes_from_steam_with_the_text_and_can_be_seen_before,
    steam::steam_is_asked_once_for_what_is_known_and_never_twice_at_once,
    covers::a_cover_is_for_whoever_may_see_the_game,
    covers::what_is_no_picture_changes_nothing,
    clients::a_package_is_offered_once_all_of_it_is_here_and_signed,
    clients::packages_do_not_go_back_and_go_with_their_parts,
    clients::parts_that_nobody_offers_do_not_pile_up,
    notices::a_webhook_is_a_secret_and_only_discords,
    notices::what_happens_is_told_once,
    notices::a_job_that_was_given_up_is_told,
    notices::a_release_key_that_is_handed_over_is_told,
    notices::a_live_build_that_nobody_has_is_told,
    notices::messages_keep_their_distance,
    notices::a_build_goes_live_at_its_time_once,
    prune::what_is_pinned_or_live_stays_and_the_rest_goes_once,
    prune::a_job_is_cancelled_and_run_again,
    own_jobs::what_steam_does_not_answer_is_asked_again,
    own_jobs::a_look_up_is_cancelled_given_up_and_run_again,
    own_jobs::a_job_of_a_tracker_that_died_goes_on,
    own_jobs::three_hundred_messages_are_one_job,
    own_jobs::telling_is_cancelled_and_what_was_given_up_is_told_after_all,
    own_jobs::what_is_pruned_stands_among_the_jobs,
    job_log::a_log_tells_what_happened_to_a_job,
    job_log::a_log_is_bounded_and_goes_with_its_job,
    policy::the_server_prunes_by_policy_once_a_day_and_after_a_build_went_live,
    policy::a_policy_for_all_games_counts_where_there_is_no_other,
    policy::a_policy_leaves_unfinished_pushes_alone,
    jumps::a_jump_is_asked_for_made_and_found,
    jumps::one_jump_of_an_account_at_a_time,
    jumps::a_failed_or_lost_jump_starts_over,
    jumps::a_long_chain_gets_a_direct_patch,
    upkeep::patches_lead_back_before_depots_go,
    upkeep::a_patch_back_that_fails_holds_nothing_up,
    upkeep::an_archive_without_a_depot_is_made_before_it_is_named,
    rebuild::builds_come_back_the_live_one_first_and_the_patches_between_them_after,
    rebuild::a_build_that_nobody_has_is_lost_and_can_be_asked_for_again,
    rebuild::what_friends_could_give_back_is_counted_and_proved,
    rebuild::a_seed_of_the_release_before_is_not_given_what_it_does_not_know,
    several_seeds::sources_name_every_seed_that_has_the_build,
    several_seeds::a_push_goes_where_the_build_before_is,
    several_seeds::every_seed_of_a_game_deletes_it,
    several_seeds::what_a_release_wrote_that_knew_of_one_seed_is_taken_over,
    several_seeds::a_second_seed_fills_itself_and_takes_over_from_one_that_is_gone,
    several_seeds::a_push_goes_on_at_another_seed_when_its_own_is_gone,
    several_seeds::a_seed_whose_token_was_chosen_signs_in,
    several_seeds::a_store_is_used_by_one_seed,
    several_seeds::a_store_is_not_taken_over_while_nobody_knows_whose_it_is,
    neighbours::requests_of_the_release_before_are_understood,
    neighbours::who_is_too_far_away_is_told_what_to_do,
    neighbours::programs_that_know_no_links_are_told_before_they_fetch_a_build_with_them,
    replicas::those_that_start_at_once_have_one_key,
    replicas::those_that_start_at_once_make_one_admin,
    backup::a_dump_loads_into_an_empty_database,
    backup::the_dump_knows_every_table_and_column,
}
