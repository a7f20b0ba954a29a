//! The effect of clouds: the clear-sky index scales the global irradiance; under clouds Erbs, Klein and Duffie (Solar Energy
//! 28, 1982) give the diffuse share.

use super::{Irradiance, Sun};

/// Below this index the sky is no longer clear: the beam weakens more than the rest.
const CLEAR: f64 = 1.0;
/// A lower sun than this does not make the clearness index larger.
const LOWEST_SUN: f64 = 0.065;

/// A clear sky under clouds.
pub(super) fn under(clear: &Irradiance, index: f64, sun: &Sun, extraterrestrial: f64) -> Irradiance {
    if index >= CLEAR {
        let Irradiance { global, beam, diffuse } = clear;
        return Irradiance { global: global * index, beam: beam * index, diffuse: diffuse * index };
    }
    let global = clear.global * index;
    let clearness = (global / (extraterrestrial * sun.cosine().max(LOWEST_SUN))).clamp(0.0, 1.0);
    let beneath = diffuse_fraction(clearness);
    let cloudless = if clear.global > 0.0 { clear.diffuse / clear.global } else { 1.0 };
    // From the clear sky's own share to that of clouds, without a step at the edge.
    let share = beneath.max(cloudless).min(1.0);
    let diffuse = global * share;
    let beam = if sun.cosine() > 0.0 { (global - diffuse) / sun.cosine() } else { 0.0 };
    // Near the horizon a small error of the split must not make a beam that no clear sky has.
    let beam = beam.min(clear.beam);
    Irradiance { global, beam, diffuse: global - beam * sun.cosine() }
}

/// The diffuse part of the global irradiance, by the clearness index.
fn diffuse_fraction(kt: f64) -> f64 {
    if kt <= 0.22 {
        1.0 - 0.09 * kt
    } else if kt <= 0.8 {
        0.951_1 - 0.160_4 * kt + 4.388 * kt.powi(2) - 16.638 * kt.powi(3) + 12.336 * kt.powi(4)
    } else {
        0.165
    }
}
