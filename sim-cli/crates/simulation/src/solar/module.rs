//! Modules and inverter: the cell temperature of the Sandia model (King and others, SAND2004-3535; open rack, glass on both
//! sides), power and inverter of PVWatts 5 (Dobos, NREL/TP-6A20-62641, 2014).

use super::{Air, SolarArray};

/// Sandia's constants of an open rack with glass on both sides.
const HEATING: f64 = -3.47;
const COOLING: f64 = -0.059_4;
/// Degrees between the cell and the module's back at 1,000 W/m2.
const WITHIN: f64 = 3.0;
/// W/m2 and degrees at which modules are rated.
const RATED_LIGHT: f64 = 1_000.0;
const RATED_TEMPERATURE: f64 = 25.0;
/// The inverter that PVWatts scales: its nominal efficiency.
const REFERENCE_EFFICIENCY: f64 = 0.963_7;

/// Degrees Celsius of cells under this light.
pub(super) fn cell_temperature(light: f64, air: &Air) -> f64 {
    air.temperature + light * (HEATING + COOLING * air.wind).exp() + light / RATED_LIGHT * WITHIN
}

/// kW of alternating current.
pub(super) fn power(array: &SolarArray, light: f64, cell_temperature: f64) -> f64 {
    let warm = 1.0 + array.temperature_coefficient * (cell_temperature - RATED_TEMPERATURE);
    let direct = (array.capacity * light / RATED_LIGHT * warm * (1.0 - array.losses)).max(0.0);
    // Without light or without an array nothing is divided by its inverter.
    if direct <= 0.0 || array.inverter_dc <= 0.0 {
        return 0.0;
    }
    let most = array.inverter_efficiency * array.inverter_dc;
    let load = direct / array.inverter_dc;
    let efficiency = array.inverter_efficiency / REFERENCE_EFFICIENCY * (-0.016_2 * load - 0.005_9 / load + 0.985_8);
    (efficiency * direct).clamp(0.0, most)
}
