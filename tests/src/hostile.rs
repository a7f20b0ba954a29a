//! The hostile program on a campus's ledger: see `tests/programs/hostile`.

use {
    crate::{campus::Campus, chain::Chain},
    campus_energy_sdk::{deployment::program_data, ledger::Embedded},
    hostile::Script,
    solana_program::{
        instruction::{AccountMeta, Instruction},
        pubkey::Pubkey,
    },
};

/// The bytecode.
pub const HOSTILE: &[u8] = include_bytes!("../fixtures/hostile.so");
/// Where an outsider has deployed it.
pub const PROGRAM: Pubkey = Pubkey::new_from_array([0x66; 32]);
/// The seed of the address that it signs for.
pub const SEED: &[u8] = b"hostile";

/// The address that the hostile program signs for, and the bump.
#[must_use]
pub fn signer() -> (Pubkey, u8) {
    Pubkey::find_program_address(&[SEED], &PROGRAM)
}

/// Puts the hostile program on the ledger: as an outsider's, or in the place of a program whose upgrade authority turned.
///
/// # Panics
/// Where it does not load.
pub fn deploy(campus: &mut Campus<Embedded>, id: Pubkey) {
    let svm = campus.chain.svm();
    let old = svm.get_account(&program_data(&id));
    svm.add_program(id, HOSTILE).expect("the hostile program loads");
    // The upgrade authority stays.
    if let Some(old) = old {
        let mut new = svm.get_account(&program_data(&id)).expect("its ProgramData");
        new.data[..45].copy_from_slice(&old.data[..45]);
        svm.set_account(program_data(&id), new).expect("its ProgramData");
    }
}

/// An instruction of the hostile program with these accounts.
#[must_use]
pub fn instruction(script: Script, accounts: Vec<AccountMeta>) -> Instruction {
    Instruction { program_id: PROGRAM, accounts, data: script.0 }
}

/// The accounts that [`Script::forward`] expects: the program and the instruction's own. For the program's own address the caller
/// signs.
#[must_use]
pub fn accounts(forwarded: &Instruction) -> Vec<AccountMeta> {
    let own = signer().0;
    let program = AccountMeta::new_readonly(forwarded.program_id, false);
    let metas = forwarded.accounts.iter().cloned();
    let unsigned = metas.map(|meta| AccountMeta { is_signer: meta.is_signer && meta.pubkey != own, ..meta });
    std::iter::once(program).chain(unsigned).collect()
}

/// The hostile program passes an instruction on, signing for its own address where the instruction wants that.
#[must_use]
pub fn forwarding(forwarded: &Instruction) -> Instruction {
    around(forwarded, Script::default(), Script::default())
}

/// The same, with a script before and one after it.
#[must_use]
pub fn around(forwarded: &Instruction, before: Script, after: Script) -> Instruction {
    let (own, bump) = signer();
    let bump = [bump];
    let seeds: &[&[u8]] = &[SEED, &bump];
    let signs = forwarded.accounts.iter().any(|meta| meta.is_signer && meta.pubkey == own);
    let mut script = before.forward(0, forwarded, if signs { seeds } else { &[] });
    script.0.extend_from_slice(&after.0);
    instruction(script, accounts(forwarded))
}

/// A program's upgrade authority turned: the program is replaced, and its account, which calls of it name second, has a script.
///
/// # Panics
/// Where the account does not exist.
pub fn turn(campus: &mut Campus<Embedded>, program: Pubkey, account: Pubkey, script: &Script) {
    deploy(campus, program);
    let mut own = campus.account(&account);
    script.append_to(&mut own.data);
    // The rent of a script.
    own.lamports += 100_000_000;
    campus.chain.put(account, own);
}
