//! Who may initialise a department in the programs: their upgrade authority, which the loader's ProgramData accounts name.

use {
    super::{Founder, FoundingError},
    campus_energy_sdk::{
        LOADER,
        deployment::{Programs, program_data},
        ledger::Ledger,
    },
    solana_loader_v3_interface::state::UpgradeableLoaderState,
    solana_program::pubkey::Pubkey,
};

impl Founder<'_> {
    /// Checks that the four programs are there, and that the founder's upgrade authority is theirs.
    ///
    /// # Errors
    /// [`FoundingError::NotDeployed`], [`FoundingError::OtherUpgradeAuthority`], [`FoundingError::Final`], of the first program that is
    /// not so; those of the ledger.
    pub fn check_upgrade_authority(&self, ledger: &dyn Ledger) -> Result<(), FoundingError> {
        check(ledger, &self.addresses.programs, self.upgrade_authority())
    }
}

fn check(ledger: &dyn Ledger, programs: &Programs, given: Pubkey) -> Result<(), FoundingError> {
    let all = [
        ("registry", programs.registry),
        ("token", programs.token),
        ("oracle", programs.oracle),
        ("trading", programs.trading),
    ];
    for (program, id) in all {
        let account = ledger.account(&program_data(&id))?.filter(|account| account.owner == LOADER);
        // The program's code lies behind the state.
        let state = account.and_then(|account| wincode::deserialize(&account.data).ok());
        match state {
            Some(UpgradeableLoaderState::ProgramData { upgrade_authority_address: Some(owner), .. }) => {
                if owner != given {
                    return Err(FoundingError::OtherUpgradeAuthority { program, id, owner, given });
                }
            }
            Some(UpgradeableLoaderState::ProgramData { upgrade_authority_address: None, .. }) => {
                return Err(FoundingError::Final { program, id });
            }
            _ => return Err(FoundingError::NotDeployed { program, id }),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use {
        super::*,
        campus_energy_sdk::ledger::{Embedded, Snapshot, SplToken},
    };

    #[test]
    fn a_program_that_is_missing_final_or_anothers_is_named() {
        let [own, other] = [1, 2].map(|byte| Pubkey::new_from_array([byte; 32]));
        let mut ledger = Embedded::new(&own, SplToken::Batching).expect("the programs load");
        let programs = ledger.programs();
        assert_eq!(check(&ledger, &programs, own), Ok(()));
        let (program, id) = ("registry", programs.registry);
        let expected = FoundingError::OtherUpgradeAuthority { program, id, owner: own, given: other };
        assert_eq!(check(&ledger, &programs, other), Err(expected));
        assert_eq!(check(&Snapshot::default(), &programs, own), Err(FoundingError::NotDeployed { program, id }));

        let (program, id) = ("oracle", programs.oracle);
        let address = program_data(&id);
        let mut account = ledger.account(&address).unwrap().expect("its ProgramData");
        // Behind tag (u32) and slot (u64): whether there is an authority.
        account.data[12] = 0;
        ledger.svm().set_account(address, account.clone()).expect("set");
        assert_eq!(check(&ledger, &programs, own), Err(FoundingError::Final { program, id }));
        account.data.truncate(12);
        ledger.svm().set_account(address, account).expect("set");
        assert_eq!(check(&ledger, &programs, own), Err(FoundingError::NotDeployed { program, id }));
    }
}
