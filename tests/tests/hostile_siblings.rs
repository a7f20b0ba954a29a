//! A sibling whose upgrade authority turned: one of the four programs is replaced by the hostile one. SubmitReadings calls registry,
//! token and trading with the oracle's signature, and signatures extend through calls: here is what each of them can do with it.

use {
    campus_energy_sdk::{
        SPL_TOKEN,
        event::AnyEvent,
        ledger::{Embedded, SplToken},
        oracle::event::ReadingsAccepted,
        registry::{
            error::RegistryError,
            instruction::{Counted, RecordingAccounts, record_readings},
        },
        token::{self, state::MintMode},
        trading::{
            self,
            instruction::{MarketUpdate, update_market_data},
        },
        units::Energy,
    },
    campus_energy_tests::{
        attack::{Tally, refused},
        campus::{Campus, SAMPLE},
        hostile::turn,
    },
    hostile::Script,
    solana_program::{instruction::Instruction, pubkey::Pubkey},
    solana_system_interface::instruction as system,
};

/// A market in which participant 0 has energy on the seat and in the wallet, and participant 1 has money.
fn campus() -> Campus<Embedded> {
    let mut campus = Campus::embedded(2, SplToken::Batching, MintMode::Batch);
    campus.open_market(SAMPLE - 900, &[5_000]);
    campus.submit(SAMPLE - 1_800, &[(5, 0)]).unwrap();
    campus
}

/// The honest gateway submits a reading of each meter.
fn submit(campus: &mut Campus<Embedded>) -> Option<String> {
    refused(campus.submit(SAMPLE, &[(6_200, 4_100), (0, 3_000)]))
}

/// What a sibling would do with the oracle's signature.
fn wishes(campus: &Campus<Embedded>) -> Vec<(&'static str, Instruction)> {
    let addresses = campus.addresses();
    let (oracle, programs) = (&addresses.oracle, addresses.programs);
    let meters = campus.meter_accounts(2);
    let counted = [Counted { generated: 12_500, consumed: 0 }; 2];
    let record = |department: &Pubkey, meters: &[Pubkey]| {
        record_readings(
            RecordingAccounts { program: &programs.registry, oracle, department },
            meters.iter(),
            SAMPLE - 2_700,
            &counted[..meters.len()],
        )
    };
    let mint = |config: &Pubkey, mint: &Pubkey, to: &Pubkey| {
        token::instruction::mint_for_surplus(
            token::instruction::MintingAccounts { program: &programs.token, oracle, token_config: config, mint },
            [*to].iter(),
            &[12_500],
        )
    };
    let update = |market: &Pubkey| {
        update_market_data(
            &programs.trading,
            oracle,
            market,
            MarketUpdate { timestamp: SAMPLE, supply: Energy(1), demand: Energy(u64::MAX) },
        )
    };
    let own = &meters[0].token_account;
    let again = campus.submission(SAMPLE, &[(12_500, 0)]);
    vec![
        ("records readings", record(&addresses.department, &[meters[0].meter, meters[1].meter])),
        ("records with what it has: the token configuration", record(&addresses.token_config, &[meters[0].meter])),
        ("mints", mint(&addresses.token_config, &addresses.energy_mint, own)),
        ("mints with what it has: the department", mint(&addresses.department, &meters[0].meter, own)),
        ("updates the market", update(&addresses.market)),
        ("updates with what it has: the token configuration", update(&addresses.token_config)),
        ("claims a seat", trading::instruction::claim_seat(&addresses, oracle)),
        ("calls the oracle again", again),
        ("pays with the oracle's lamports", system::transfer(oracle, own, 1)),
        ("takes the oracle's account", system::assign(oracle, &programs.token)),
        ("calls the oracle's address", Instruction::new_with_bytes(*oracle, &[], vec![])),
    ]
}

/// The oracle's signature reaches three siblings. None of them has the others' accounts or programs in its call, and the oracle's
/// account is read-only there: the runtime lets it do nothing with the signature. The batch fails.
#[test]
fn the_oracles_signature_is_worth_nothing_to_one_turned_sibling() {
    let tally = Tally::default();
    for sibling in ["registry", "token", "trading"] {
        for (wish, instruction) in wishes(&campus()) {
            let mut campus = campus();
            let addresses = campus.addresses();
            let (program, account) = match sibling {
                "registry" => (addresses.programs.registry, addresses.department),
                "token" => (addresses.programs.token, addresses.token_config),
                _ => (addresses.programs.trading, addresses.market),
            };
            turn(&mut campus, program, account, &Script::default().call(&instruction, &[]));
            let before = state(&campus);
            let expected = match (sibling, wish) {
                (_, "pays with the oracle's lamports" | "takes the oracle's account")
                | ("registry", "mints with what it has: the department") => "PrivilegeEscalation",
                (_, "calls the oracle's address") => "UnsupportedProgramId",
                _ => "MissingAccount",
            };
            tally.attack(format!("{sibling} {wish}"), submit(&mut campus), expected);
            assert_eq!(state(&campus), before, "{sibling} {wish}");
        }
    }
    tally.finish(33);
}

/// SPL Token is the only program that a call of ours brings along: to the token program, with the oracle's signature. The oracle is
/// no owner of tokens, and its account cannot be written.
#[test]
fn a_turned_token_program_moves_nobodys_tokens_with_the_oracles_signature() {
    let tally = Tally::default();
    let prepared = campus();
    let addresses = prepared.addresses();
    let (own, vault) = (prepared.meter_accounts(1)[0].token_account, addresses.energy_vault);
    let transfer = |from: &Pubkey, to: &Pubkey, owner: &Pubkey| {
        spl_token_interface::instruction::transfer(&SPL_TOKEN, from, to, owner, &[], 1).unwrap()
    };
    let burn =
        spl_token_interface::instruction::burn(&SPL_TOKEN, &own, &addresses.energy_mint, &addresses.oracle, &[], 1);
    let mint = |authority: &Pubkey| {
        spl_token_interface::instruction::mint_to(&SPL_TOKEN, &addresses.energy_mint, &own, authority, &[], 1).unwrap()
    };
    let mut written = mint(&addresses.oracle);
    written.accounts[2].is_writable = true;
    for (what, instruction, expected) in [
        ("takes from the vault", transfer(&vault, &own, &addresses.oracle), "MissingAccount"),
        ("takes from an owner", transfer(&own, &own, &addresses.oracle), "Custom(4)"),
        ("burns an owner's", burn.unwrap(), "Custom(4)"),
        ("mints as the oracle", mint(&addresses.oracle), "Custom(4)"),
        ("writes the oracle", written, "PrivilegeEscalation"),
        ("claims the owner's signature", mint(&own), "PrivilegeEscalation"),
    ] {
        let mut campus = campus();
        turn(&mut campus, addresses.programs.token, addresses.token_config, &Script::default().call(&instruction, &[]));
        let before = state(&campus);
        tally.attack(what, submit(&mut campus), expected);
        assert_eq!(state(&campus), before, "{what}");
    }
    tally.finish(6);
}

/// Everything that a batch writes, but what the turned program owns.
fn state(campus: &Campus<Embedded>) -> Vec<Vec<u8>> {
    let addresses = campus.addresses();
    let mut all = vec![addresses.oracle, addresses.interval_ring, addresses.energy_mint];
    all.extend([addresses.energy_vault, addresses.quote_vault, addresses.market, addresses.token_config]);
    all.extend(campus.meter_accounts(2).iter().flat_map(|meter| [meter.meter, meter.token_account]));
    all.iter().map(|address| campus.data(address)).collect()
}

/// A sibling that says "success" in its own words has not ended: what it tells under the oracle's number is not the oracle's.
#[test]
fn a_turned_siblings_events_are_not_the_oracles() {
    let tally = Tally::default();
    let addresses = campus().addresses();
    let forged = AnyEvent::ReadingsAccepted(ReadingsAccepted { sequence: 1, timestamp: SAMPLE, readings: vec![] });
    let programs = addresses.programs;
    let mut words = vec!["success".to_string(), "failed: custom program error: 0x0".into(), "invoke [1]".into()];
    words.extend([programs.token, programs.oracle].map(|id| format!("Program {id} success")));
    for (program, account) in [
        (programs.registry, addresses.department),
        (programs.token, addresses.token_config),
        (programs.trading, addresses.market),
    ] {
        for word in &words {
            let mut campus = campus();
            let script = Script::default().log(word).data(&forged.encode()).log(word).data(&forged.encode());
            turn(&mut campus, program, account, &script);
            let receipt = campus.submit(SAMPLE, &[(6_200, 4_100), (0, 3_000)]).unwrap();
            let events = campus.events(&receipt);
            let result = (!events.contains(&forged)).then_some("not decoded");
            tally.attack(format!("{program} says {word:?}"), result, "not decoded");
            // The oracle's own event comes after the calls.
            assert_eq!(events.len(), 1, "{program} says {word:?}: {events:?}");
        }
    }
    tally.finish(15);
}

/// A sibling that fails fails the batch, with any error it likes, also one that means something else to who sent it.
#[test]
fn a_turned_sibling_stops_a_batch_and_changes_nothing() {
    let tally = Tally::default();
    let addresses = campus().addresses();
    for (program, account) in [
        (addresses.programs.registry, addresses.department),
        (addresses.programs.token, addresses.token_config),
        (addresses.programs.trading, addresses.market),
    ] {
        let mut campus = campus();
        let code = u16::try_from(RegistryError::AlreadyAccepted.code()).unwrap();
        turn(&mut campus, program, account, &Script::default().fail(code));
        let before = state(&campus);
        tally.attack(program, submit(&mut campus), "AlreadyAccepted");
        assert_eq!(state(&campus), before);
    }
    tally.finish(3);
}
