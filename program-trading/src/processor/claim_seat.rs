//! ClaimSeat: assigns to a participant the seat of their number, so that nobody has two and no search is needed.

use {
    super::book::{edit, next_event, refused},
    campus_energy_sdk::{
        error::AccountError,
        onchain::{OwnedAccount, Signer, arity, emit, failed},
        registry::state::Participant,
        require,
        trading::{error::TradingError, event::SeatClaimed, state::Book},
    },
    solana_program::{account_info::AccountInfo, entrypoint::ProgramResult, pubkey::Pubkey},
};

pub(super) fn process(program_id: &Pubkey, accounts: &[AccountInfo]) -> ProgramResult {
    let [wallet, participant, book] = arity(accounts)?;
    let wallet = Signer::load(wallet)?;
    let book = OwnedAccount::<Book>::load_mut(book, program_id)?;
    let participant = OwnedAccount::<Participant>::load(participant, &book.get(&Book::FIELDS.registry))?.read()?;
    require!(participant.department == book.get(&Book::FIELDS.department), AccountError::WrongDepartment);
    require!(participant.wallet == *wallet.key(), TradingError::NotParticipant);

    let seat = u16::try_from(participant.index).map_err(|_| failed(TradingError::UnknownSeat))?;
    let sequence = edit(&book, |head, book| {
        book.claim(seat, wallet.key().as_array()).map_err(refused)?;
        Ok(next_event(head))
    })?;
    emit(&SeatClaimed { sequence, seat, wallet: *wallet.key() })
}
