#!/usr/bin/env bash
# Shows for each of the nine findings of issue 15 that its small case succeeds as an attack on the commit before the issue, on that
# commit's bytecode, and no longer does. Prints a table; exit code 1 where a row is not as expected. The cases of before are
# tests/findings/before, which only this script compiles, in a worktree of that commit. Usage: scripts/findings.sh
set -euo pipefail
cd "$(dirname "$0")/.."
commit=a7eea0b
root=$PWD
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$root/target}
work=$(mktemp -d)
before=$work/before
# shellcheck disable=SC2329  # the trap calls it
finish() {
    git -C "$root" worktree remove --force "$before" 2>/dev/null || true
    rm -rf "$work"
    git -C "$root" worktree prune
}
trap finish EXIT

# A case of before, and the tests of today that hold the same line.
cases() {
    cat <<'CASES'
finding_1_decoys_verify_forged_readings: decoys_at_the_place_of_the_readings_do_not_verify_them
finding_2_a_burn_of_one_unit: a_holder_burns
finding_2_one_unit_for_the_vault: somebody_gives_to_the_vaults
finding_2_a_clearing_left_unfinished: a_clearing_is_left_unfinished
finding_2_a_receipt_of_another_department: another_department_has_receipts_seats_and_readings
finding_3_a_forged_deposit_is_decoded: an_event_of_another_program_is_not_ours a_full_log_does_not_turn_a_strangers_event_into_ours a_filled_log_hides_no_outcome
finding_4_other_values_on_the_ledger_are_confirmed: other_values_on_the_ledger_are_a_conflict
finding_5_one_meter_takes_the_array: one_meter_leaves_the_others_their_share one_meter_does_not_take_the_array what_generates_nothing_is_never_too_much_for_the_array the_surplus_of_a_day_has_a_limit
finding_6_ten_watt_hours_move_the_price: ten_watt_hours_do_not_move_the_price unmatched_supply_gives_the_lowest_price equal_amounts_give_the_midpoint no_order_behind_the_margin_changes_the_price
finding_7_honest_bids_are_evicted: honest_bids_are_not_evicted seats_that_fill_a_side_do_not_crowd_the_others_out
finding_8_a_squatted_quote_mint_is_adopted: a_quote_mint_that_a_thief_made_first_is_refused_and_nothing_is_sent
finding_9_a_receipt_before_the_department_existed: no_receipt_is_older_than_the_department
finding_9_a_pause_annuls_a_closed_auction: a_pause_annuls_no_closed_auction
finding_9_a_reading_during_the_clearing_is_not_late: a_reading_during_its_auctions_clearing_is_late_on_the_bytecode
CASES
}

git worktree add --quiet --detach "$before" "$commit"
mkdir "$before/tests/tests/findings_before"
cp tests/findings/before/*.rs tests/programs/hostile/src/script.rs tests/fixtures/hostile.so "$before/tests/tests/findings_before/"
mv "$before/tests/tests/findings_before/gateway.rs" "$before/sim-cli/tests/findings_before_gateway.rs"
# Another version makes other packages of the workspace's own: what is built here is never taken for today's in the shared folder.
sed -i '/^\[workspace.package\]/,/^\[/s/^version = .*/version = "0.0.0-before"/' "$before/Cargo.toml"

echo "The cases on $commit:"
(cd "$before" && cargo test --workspace --test findings_before --test findings_before_gateway --no-fail-fast -- --show-output) \
    >"$work/before.log" 2>&1 || true
grep -E '^(test |error)' "$work/before.log" || tail -n 40 "$work/before.log"

echo "Today's tests:"
names=$(cases | sed 's/^[^:]*: //' | tr ' ' '\n' | sort -u)
binaries=(findings hostile_signatures audit_holders hostile_log replay oracle founding gateway gateway_truths rules reference)
# shellcheck disable=SC2086
cargo test --locked --workspace --no-fail-fast "${binaries[@]/#/--test=}" -- --exact $names >"$work/now.log" 2>&1 || true
grep -E '^(test |error)' "$work/now.log" || tail -n 40 "$work/now.log"

passed() { grep -qE "^test ([a-z]+::)?$2 \.\.\. ok$" "$1"; }
# What a case says that it achieved.
told() { sed -nE "/^---- ([a-z]+::)?$1 stdout ----$/,/^$/s/^finding [0-9]+: //p" "$work/before.log"; }
bad=0
printf '\n| | on %s | now |\n|---|---|---|\n' "$commit"
while IFS=: read -r case tests; do
    was=
    if passed "$work/before.log" "$case"; then was=$(told "$case"); fi
    [ -n "$was" ] || { was="NOT SHOWN: $case"; bad=1; }
    count=$(wc -w <<<"$tests")
    now="no longer ($count test$([ "$count" -eq 1 ] || echo s))"
    for name in $tests; do
        passed "$work/now.log" "$name" || { now="NOT SHOWN: $name"; bad=1; }
    done
    number=${case#finding_}
    printf '| %s | %s | %s |\n' "${number%%_*}" "$was" "$now"
done < <(cases)
exit $bad
