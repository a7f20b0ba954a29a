//! Today's hostile program on the ledger of before.

use {
    super::script::Script,
    campus_energy_sdk::ledger::Embedded,
    campus_energy_tests::campus::Campus,
    solana_program::{
        instruction::{AccountMeta, Instruction},
        pubkey::Pubkey,
    },
};

const PROGRAM: Pubkey = Pubkey::new_from_array([0x66; 32]);

/// An outsider deploys it.
pub fn deploy(campus: &mut Campus<Embedded>) {
    campus.chain.svm().add_program(PROGRAM, include_bytes!("hostile.so")).expect("the hostile program loads");
}

/// It passes an instruction on, with a script before and one after.
pub fn around(forwarded: &Instruction, before: Script, after: Script) -> Instruction {
    let mut script = before.forward(0, forwarded, &[]);
    script.0.extend_from_slice(&after.0);
    let program = AccountMeta::new_readonly(forwarded.program_id, false);
    let accounts = std::iter::once(program).chain(forwarded.accounts.iter().cloned()).collect();
    Instruction { program_id: PROGRAM, accounts, data: script.0 }
}
