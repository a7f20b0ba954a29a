//! Every decoder of bytes with mutated inputs: instructions, accounts, events, logs, transactions, names, the signed reading; and
//! the programs themselves on the embedded ledger, whose hand-written decoders read what anybody sends. `FUZZ_INPUTS` sets how
//! many inputs each decoder gets, `FUZZ_SEED` which.

use {
    borsh::{BorshDeserialize, BorshSerialize},
    campus_energy_sdk::{
        account::AccountData,
        event::AnyEvent,
        identity::{MeterId, Prefix},
        ledger::{
            LedgerError, SplToken,
            logs::decode_logs,
            transaction::{from_wire, sign, to_wire},
        },
        oracle::{
            instruction::OracleInstruction,
            state::{IntervalRing, Oracle},
        },
        reading::Reading,
        registry::{
            instruction::RegistryInstruction,
            state::{Department, Meter, Participant},
        },
        token::{
            instruction::TokenInstruction,
            state::{MintMode, Retirement, TokenConfig},
        },
        trading::{
            instruction::TradingInstruction,
            state::{Book, Market, split},
        },
        wire::decode_instruction,
    },
    campus_energy_tests::{
        campus::{Campus, SAMPLE},
        cases::{Case, cases},
        chain::Chain,
        fuzz::{Target, from_environment, fuzz},
    },
    solana_program::instruction::InstructionError,
    solana_transaction_error::TransactionError,
    std::{
        alloc::{GlobalAlloc, Layout, System},
        cell::Cell,
    },
};

/// The system's allocator, which remembers the longest piece that a thread asked for.
struct Watching;

thread_local! {
    static LONGEST: Cell<usize> = const { Cell::new(0) };
}

// SAFETY: every call is passed on to the system's allocator as it came.
unsafe impl GlobalAlloc for Watching {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // A thread that ends has no such variable any more.
        let _ = LONGEST.try_with(|longest| longest.set(longest.get().max(layout.size())));
        // SAFETY: the caller's promise is the system's.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Watching = Watching;

/// What the longest piece of memory may be for an input: Borsh begins a vector with 4 KiB, text and vectors grow by doubling,
/// and a decoded item is longer than its bytes.
fn allowed(input: usize) -> usize {
    16 * 1_024 + 64 * input
}

/// Decodes, and compares the longest piece of memory with what is allowed.
fn within_memory<R>(input: &[u8], decode: impl FnOnce() -> R) -> Result<R, String> {
    within(allowed(input.len()), input, decode)
}

fn within<R>(allowed: usize, input: &[u8], decode: impl FnOnce() -> R) -> Result<R, String> {
    LONGEST.set(0);
    let decoded = decode();
    let longest = LONGEST.get();
    if longest > allowed {
        return Err(format!("{longest} bytes of memory for an input of {}", input.len()));
    }
    Ok(decoded)
}

/// What was decoded must be written as it was read.
fn canonical(input: &[u8], written: &[u8]) -> Result<bool, String> {
    if written == input { Ok(true) } else { Err(format!("it is written as {written:02x?}")) }
}

fn instruction<T: BorshDeserialize + BorshSerialize + 'static>(
    name: &'static str,
    corpus: &[Case],
    of: &str,
) -> Target<'static> {
    let corpus = corpus.iter().filter(|case| case.program == of).map(|case| case.instruction.data.clone()).collect();
    let run = |input: &[u8]| match within_memory(input, || decode_instruction::<T>(input))? {
        Ok(decoded) => canonical(input, &borsh::to_vec(&decoded).map_err(|error| error.to_string())?),
        Err(_) => Ok(false),
    };
    Target { name, corpus, run: Box::new(run) }
}

fn account<T: AccountData + BorshSerialize + 'static>(name: &'static str, whole: Vec<u8>) -> Target<'static> {
    let run = |input: &[u8]| match within_memory(input, || T::decode(input))? {
        Ok(decoded) => {
            let written = borsh::to_vec(&decoded).map_err(|error| error.to_string())?;
            canonical(&input[..T::LEN], &written)
        }
        Err(error) if error.to_string().is_empty() => Err("an error without words".into()),
        Err(_) => Ok(false),
    };
    Target { name, corpus: vec![whole], run: Box::new(run) }
}

/// The lines of a log, mutated as one text.
fn lines(log: &[String]) -> Vec<u8> {
    log.join("\n").into_bytes()
}

#[test]
fn no_decoder_panics_or_takes_memory_for_nothing() {
    let (seed, inputs) = (from_environment("FUZZ_SEED", 1), from_environment("FUZZ_INPUTS", 20_000));
    let mut campus = Campus::embedded(2, SplToken::Batching, MintMode::Batch);
    let cases = cases(&mut campus);
    let addresses = campus.addresses();
    let place = cases.iter().find(|case| case.variant == "PlaceOrder").expect("the case");
    let receipt = campus.send(place.instruction.clone(), &[&place.signers[0]]).expect("an order");
    let readings = campus.submit(SAMPLE, &[(5_000, 10), (3_000, 4)]).expect("readings");
    let wallet = campus.keys.participant(0);
    campus
        .send(
            campus_energy_sdk::token::instruction::retire(
                &addresses,
                &wallet_key(&wallet),
                campus_energy_sdk::units::Energy(1),
                SAMPLE,
            ),
            &[&wallet],
        )
        .expect("a receipt");
    let (retirement, _) = campus_energy_sdk::token::address::retirement(
        &addresses.programs.token,
        &addresses.token_config,
        &wallet_key(&wallet),
        SAMPLE,
    );

    let mut targets = vec![
        instruction::<RegistryInstruction>("registry instruction", &cases, "registry"),
        instruction::<TokenInstruction>("token instruction", &cases, "token"),
        instruction::<OracleInstruction>("oracle instruction", &cases, "oracle"),
        instruction::<TradingInstruction>("trading instruction", &cases, "trading"),
        account::<Department>("Department", campus.data(&addresses.department)),
        account::<Participant>("Participant", campus.data(&addresses.participant(&wallet_key(&wallet)))),
        account::<Meter>("Meter", campus.data(&campus.department.meters[0].accounts.meter)),
        account::<TokenConfig>("TokenConfig", campus.data(&addresses.token_config)),
        account::<Retirement>("Retirement", campus.data(&retirement)),
        account::<Oracle>("Oracle", campus.data(&addresses.oracle)),
        account::<IntervalRing>("IntervalRing", campus.data(&addresses.interval_ring)),
        account::<Market>("Market", campus.data(&addresses.market)),
        account::<Book>("Book", campus.data(&addresses.book)),
    ];
    let orders_of = |input: &[u8]| {
        let mut copy = input.to_vec();
        within_memory(input, move || split(&mut copy).map(|(_, book)| book.bids.iter().chain(book.asks.iter()).count()))
            .map(|split| split.is_ok())
    };
    targets.push(Target {
        name: "the book's parts",
        corpus: vec![campus.data(&addresses.book)],
        run: Box::new(orders_of),
    });

    let logs = [&receipt.logs, &readings.logs].map(|log| lines(log));
    let events = [&receipt, &readings].into_iter().flat_map(|receipt| campus.events(receipt));
    let event = |input: &[u8]| match within_memory(input, || AnyEvent::decode(input))? {
        Some(event) => canonical(input, &event.encode()),
        None => Ok(false),
    };
    let events = events.map(|event| event.encode()).collect();
    targets.push(Target { name: "event", corpus: events, run: Box::new(event) });
    let log = |input: &[u8]| {
        let text = String::from_utf8_lossy(input);
        let told = text.lines().filter(|line| line.starts_with("Program data: ")).count();
        let events = within_memory(input, || decode_logs(text.lines(), &addresses.programs).events.len())?;
        if events > told { Err(format!("{events} events of {told} lines")) } else { Ok(events > 0) }
    };
    targets.push(Target { name: "log", corpus: logs.to_vec(), run: Box::new(log) });

    let transaction =
        sign(&campus.chain, std::slice::from_ref(&place.instruction), &[&place.signers[0]], &[]).expect("signed");
    // Wincode takes memory for a whole vector at once, of 65,535 items at most.
    let wire = |input: &[u8]| match within(4 << 20, input, || from_wire(input))? {
        // The format is Solana's; it may have more than one encoding of a transaction.
        Ok(transaction) => to_wire(&transaction).map(|_| true).map_err(|error| error.to_string()),
        Err(_) => Ok(false),
    };
    targets.push(Target {
        name: "transaction",
        corpus: vec![to_wire(&transaction).expect("bytes")],
        run: Box::new(wire),
    });

    let signed = campus.signed(SAMPLE, &[(5, 6)])[0].message;
    let reading = |input: &[u8]| match input.try_into().ok().and_then(Reading::from_bytes) {
        Some(reading) => canonical(input, &reading.to_bytes()),
        None => Ok(false),
    };
    targets.push(Target { name: "signed reading", corpus: vec![signed.to_vec()], run: Box::new(reading) });
    let name = |input: &[u8]| {
        let text = String::from_utf8_lossy(input);
        let (prefix, meter) = (text.parse::<Prefix>(), text.parse::<MeterId>());
        for shown in [prefix.map(|name| name.to_string()), meter.map(|name| name.to_string())] {
            match shown {
                Ok(shown) if shown == text => return Ok(true),
                Ok(shown) => return Err(format!("it is shown as {shown}")),
                // The error names what was given.
                Err(error) if !error.to_string().contains(&format!("{text:?}")) => return Err(error.to_string()),
                Err(_) => {}
            }
        }
        Ok(false)
    };
    let names = ["ENG_", "ENG_001", "A-B_c9"].map(|name| name.as_bytes().to_vec());
    targets.push(Target { name: "names", corpus: names.to_vec(), run: Box::new(name) });
    println!("{}", fuzz(seed, inputs, targets).summary());
}

fn wallet_key(wallet: &solana_keypair::Keypair) -> solana_program::pubkey::Pubkey {
    solana_signer::Signer::pubkey(wallet)
}

/// The programs' own decoders, from the bytecode: what anybody sends is done or refused, and never ends in a panic, a violation
/// of memory or without compute units.
// The runtime still says NotEnoughAccountKeys, whose name is deprecated.
#[allow(deprecated)]
#[test]
fn no_program_panics_on_what_anybody_sends() {
    let (seed, inputs) = (from_environment("FUZZ_SEED", 1), from_environment("FUZZ_INPUTS", 20_000) / 100);
    let mut campus = Campus::embedded(2, SplToken::Batching, MintMode::Batch);
    let cases = cases(&mut campus);
    let before = campus.chain.state();
    let campus = std::cell::RefCell::new(campus);
    let mut targets = Vec::new();
    for case in cases.iter().filter(|case| !case.signers.is_empty()) {
        let (campus, before) = (&campus, &before);
        let run = move |input: &[u8]| {
            let mut campus = campus.borrow_mut();
            // Every input meets the same ledger.
            let changed: Vec<_> = campus.chain.changes(before).map(|(address, _)| address).collect();
            for address in changed {
                campus.chain.put(address, before.get(&address).cloned().unwrap_or_default());
            }
            campus.chain_time(case.time);
            let mut instruction = case.instruction.clone();
            instruction.data = input.to_vec();
            let signers: Vec<_> = case.signers.iter().collect();
            match campus.send(instruction, &signers) {
                Ok(_) => Ok(true),
                Err(LedgerError::TooLong(_)) => Ok(false),
                Err(error) if error.code().is_some() => Ok(false),
                Err(LedgerError::Refused(
                    TransactionError::InstructionError(
                        _,
                        InstructionError::MissingRequiredSignature
                        | InstructionError::IncorrectProgramId
                        | InstructionError::MissingAccount
                        | InstructionError::NotEnoughAccountKeys
                        | InstructionError::PrivilegeEscalation,
                    ),
                    _,
                )) => Ok(false),
                Err(error) => Err(format!("{error:?}")),
            }
        };
        targets.push(Target { name: case.variant, corpus: vec![case.instruction.data.clone()], run: Box::new(run) });
    }
    println!("{}", fuzz(seed, inputs, targets).summary());
}
