//! The toolchain's own check: the same arithmetic in bytecode and natively. A wrong ABI for 128-bit calls compiles
//! without a word and corrupts memory; this is what notices.

use {
    arithmetic::{CASE, OPERATIONS, compute},
    litesvm::LiteSVM,
    rand::{Rng, SeedableRng},
    rand_chacha::ChaCha8Rng,
    solana_keypair::Keypair,
    solana_message::Message,
    solana_program::{instruction::Instruction, pubkey::Pubkey},
    solana_signer::Signer,
    solana_transaction::Transaction,
};

const PROGRAM: &[u8] = include_bytes!("../fixtures/arithmetic.so");
/// Return data holds 1,024 bytes: 31 results.
const CASES_PER_TRANSACTION: usize = 31;
const TRANSACTIONS: usize = 130;

#[test]
fn bytecode_computes_what_native_code_does() {
    let mut svm = LiteSVM::new().with_transaction_history(0);
    let (payer, program) = (Keypair::new_from_array([1; 32]), Pubkey::new_from_array([2; 32]));
    svm.add_program(program, PROGRAM).unwrap();
    svm.airdrop(&payer.pubkey(), 1_000_000_000_000).unwrap();
    let mut random = ChaCha8Rng::seed_from_u64(20_261_123);
    let edges =
        [0, 1, 2, u128::from(u64::MAX), 1 << 64, 1 << 127, u128::MAX, u128::MAX - 1, 0x8000_0000, i64::MAX as u128];
    let mut operand = move || match random.random_range(0..4) {
        0 => edges[random.random_range(0..edges.len())],
        1 => u128::from(random.random::<u64>()),
        2 => random.random::<u128>() >> random.random_range(0..128),
        _ => random.random(),
    };
    let mut computed = 0;
    for transaction in 0..TRANSACTIONS {
        let mut data = Vec::new();
        let mut expected = Vec::new();
        for index in 0..CASES_PER_TRANSACTION {
            let mut case = [0; CASE];
            case[0] = u8::try_from((transaction * CASES_PER_TRANSACTION + index) % usize::from(OPERATIONS)).unwrap();
            case[1..17].copy_from_slice(&operand().to_le_bytes());
            case[17..].copy_from_slice(&operand().to_le_bytes());
            expected.extend_from_slice(&compute(&case));
            data.extend_from_slice(&case);
        }
        let instruction = Instruction { program_id: program, accounts: vec![], data: data.clone() };
        let message = Message::new(&[instruction], Some(&payer.pubkey()));
        let sent = svm.send_transaction(Transaction::new(&[&payer], message, svm.latest_blockhash()));
        let mut result = sent.expect("the program runs").return_data.data;
        // The runtime leaves trailing zeros out.
        result.resize(expected.len(), 0);
        for (index, (got, want)) in result.chunks(CASE).zip(expected.chunks(CASE)).enumerate() {
            assert_eq!(got, want, "case {:?}", &data[index * CASE..][..CASE]);
            computed += 1;
        }
    }
    assert_eq!(computed, TRANSACTIONS * CASES_PER_TRANSACTION);
}
