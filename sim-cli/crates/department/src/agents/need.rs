//! Who has what to sell and needs what to buy, from the meters.

use campus_energy_sdk::{
    apportion::apportion,
    reading::Metered,
    registry::state::{Role, Zone},
};

/// The participants' relation to the meters. A participant's number is its seat's.
#[derive(Clone, Debug)]
pub struct Needs {
    participants: usize,
    /// Each meter's owner.
    owners: Vec<u16>,
    /// Each zone of the meters, and who buys for it.
    zones: Vec<(Zone, Vec<u16>)>,
    /// Each meter's zone.
    zone_of: Vec<Zone>,
}

/// Who works where: that zone's imports are theirs.
const fn zone_of(role: Role) -> Option<Zone> {
    match role {
        Role::Faculty => Some(Zone::FACULTY_OFFICE),
        Role::Graduate => Some(Zone::LABORATORY),
        Role::Undergraduate => Some(Zone::CLASSROOM),
        _ => None,
    }
}

impl Needs {
    /// The meters' zones, each meter's owner among the participants, and these by role.
    #[must_use]
    pub fn new(meters: &[Zone], owners: &[usize], roles: &[Role]) -> Self {
        let number = |index: usize| u16::try_from(index).unwrap_or(u16::MAX);
        let mut zones: Vec<(Zone, Vec<u16>)> = Vec::new();
        for meter in meters {
            if !zones.iter().any(|(zone, _)| zone == meter) {
                let buys = |(index, role): (usize, &Role)| {
                    (zone_of(*role) == Some(*meter) && !owners.contains(&index)).then(|| number(index))
                };
                zones.push((*meter, roles.iter().enumerate().filter_map(buys).collect()));
            }
        }
        Self {
            participants: roles.len(),
            owners: owners.iter().map(|&owner| number(owner)).collect(),
            zones,
            zone_of: meters.to_vec(),
        }
    }

    /// How many participants there are.
    #[must_use]
    pub fn participants(&self) -> usize {
        self.participants
    }

    /// Seats with a surplus, Wh. Several meters of one owner are one offer.
    #[must_use]
    pub fn surplus(&self, readings: &[Metered]) -> Vec<(u16, u32)> {
        let mut all: Vec<(u16, u32)> = Vec::new();
        for (&owner, reading) in self.owners.iter().zip(readings) {
            let surplus = reading.generated.saturating_sub(reading.consumed);
            match all.iter_mut().find(|(seat, _)| *seat == owner) {
                Some((_, sum)) => *sum = sum.saturating_add(surplus),
                None => all.push((owner, surplus)),
            }
        }
        all.retain(|&(_, energy)| energy > 0);
        all
    }

    /// What each buyer's share of its zone's import is, Wh: equal shares, to the Wh.
    #[must_use]
    pub fn imports(&self, readings: &[Metered]) -> Vec<(u16, u32)> {
        let import = |zone: Zone| -> u32 {
            let of_zone = self.zone_of.iter().zip(readings).filter(|(own, _)| **own == zone);
            of_zone.map(|(_, reading)| reading.consumed.saturating_sub(reading.generated)).sum()
        };
        let shares = |(zone, buyers): &(Zone, Vec<u16>)| -> Vec<(u16, u32)> {
            let shares = apportion(import(*zone), &vec![1; buyers.len()]);
            buyers.iter().copied().zip(shares).collect()
        };
        self.zones.iter().flat_map(shares).filter(|&(_, energy)| energy > 0).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn owners_sell_and_the_zones_people_buy() {
        let meters = [Zone::CLASSROOM, Zone::CLASSROOM, Zone::LABORATORY];
        let roles = [Role::Faculty, Role::Undergraduate, Role::Undergraduate, Role::Graduate, Role::Undergraduate];
        // The first owns two meters; the last participant owns one, and does not buy.
        let needs = Needs::new(&meters, &[0, 0, 4], &roles);
        let reading = |generated, consumed| Metered { generated, consumed };
        let readings = [reading(900, 400), reading(0, 301), reading(50, 20)];
        assert_eq!(needs.surplus(&readings), [(0, 500), (4, 30)]);
        assert_eq!(needs.imports(&readings), [(1, 151), (2, 150)]);
        assert_eq!(needs.participants(), 5);
    }
}
