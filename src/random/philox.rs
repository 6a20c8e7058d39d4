//! Philox 4x64, a counter-based generator: Salmon, Moraes, Dror and Shaw,
//! "Parallel random numbers: as easy as 1, 2, 3", SC 2011, section 3.3. Known answers from the authors' Random123 library.

const MULTIPLIER: [u64; 2] = [0xD2E7_470E_E14C_6C93, 0xCA5A_8263_9512_1157];
/// Weyl increments of the key: the golden ratio and the square root of three, less one.
const WEYL: [u64; 2] = [0x9E37_79B9_7F4A_7C15, 0xBB67_AE85_84CA_A73B];

/// The key as it is in each round.
#[inline]
pub(super) const fn schedule<const ROUNDS: usize>(key: [u64; 2]) -> [[u64; 2]; ROUNDS] {
    let mut keys = [key; ROUNDS];
    let mut round = 1;
    while round < ROUNDS {
        let before = keys[round - 1];
        keys[round] = [before[0].wrapping_add(WEYL[0]), before[1].wrapping_add(WEYL[1])];
        round += 1;
    }
    keys
}

/// Four words for that counter under the key of that schedule: a bijection of the counter for each key.
#[inline]
pub(super) const fn philox4x64<const ROUNDS: usize>(counter: [u64; 4], keys: &[[u64; 2]; ROUNDS]) -> [u64; 4] {
    rounds(counter, keys, 0)
}

#[inline(always)]
const fn rounds<const ROUNDS: usize>(mut counter: [u64; 4], keys: &[[u64; 2]; ROUNDS], mut round: usize) -> [u64; 4] {
    while round < ROUNDS {
        let (high_0, low_0) = multiply(MULTIPLIER[0], counter[0]);
        let (high_1, low_1) = multiply(MULTIPLIER[1], counter[2]);
        counter = [high_1 ^ counter[1] ^ keys[round][0], low_1, high_0 ^ counter[3] ^ keys[round][1], low_0];
        round += 1;
    }
    counter
}

/// The same for many counters of the form `[0, a, b, 0]` under one key, of which only the first of the four words is wanted.
#[derive(Clone, Copy, Debug)]
pub(super) struct FirstWord<const ROUNDS: usize> {
    keys: [[u64; 2]; ROUNDS],
    /// What the key's second word, which is the counter's third one in the second round, comes to there.
    second: [u64; 2],
}

impl<const ROUNDS: usize> FirstWord<ROUNDS> {
    pub(super) const fn new(key: [u64; 2]) -> FirstWord<ROUNDS> {
        let keys = schedule(key);
        let (high, low) = multiply(MULTIPLIER[1], key[1]);
        FirstWord { keys, second: [high ^ keys[1][0], low] }
    }

    #[inline(always)]
    pub(super) const fn of(&self, a: u64, b: u64) -> u64 {
        let (high, low) = multiply(MULTIPLIER[1], b);
        let (high_0, low_0) = multiply(MULTIPLIER[0], high ^ a ^ self.keys[0][0]);
        let counter = [self.second[0] ^ low, self.second[1], high_0 ^ self.keys[1][1], low_0];
        rounds(counter, &self.keys, 2)[0]
    }

    pub(super) const fn keys(&self) -> &[[u64; 2]; ROUNDS] {
        &self.keys
    }
}

#[inline]
const fn multiply(a: u64, b: u64) -> (u64, u64) {
    let product = a as u128 * b as u128;
    ((product >> 64) as u64, product as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_answers() {
        // From Random123's kat_vectors: the rounds in use, and the ten of its default.
        let pi = [0x243f_6a88_85a3_08d3, 0x1319_8a2e_0370_7344, 0xa409_3822_299f_31d0, 0x082e_fa98_ec4e_6c89];
        let more_pi = [0x4528_21e6_38d0_1377, 0xbe54_66cf_34e9_0c6c];
        let answers = [
            philox4x64::<7>([0; 4], &schedule([0; 2])),
            philox4x64::<7>([u64::MAX; 4], &schedule([u64::MAX; 2])),
            philox4x64::<7>(pi, &schedule(more_pi)),
            philox4x64::<10>([0; 4], &schedule([0; 2])),
            philox4x64::<10>([u64::MAX; 4], &schedule([u64::MAX; 2])),
            philox4x64::<10>(pi, &schedule(more_pi)),
        ];
        let known = [
            [0x5dc8_ee62_68ec_62cd, 0x139b_c570_b6c1_25a0, 0x84d6_deb4_fb65_f49e, 0xaff7_5833_76d3_78c2],
            [0x071d_d843_6790_3154, 0x48e2_bbdc_722b_37d1, 0x6afa_9890_bb89_f76c, 0x9194_c8d8_ada5_6ac7],
            [0x513a_3667_04ed_f755, 0xf05d_9924_c070_44d3, 0xbef2_cb9c_bea7_4c6c, 0x8db9_48de_4caa_1f8a],
            [0x1655_4d9e_ca36_314c, 0xdb20_fe9d_672d_0fdc, 0xd7e7_72ce_e186_176b, 0x7e68_b68a_ec7b_a23b],
            [0x87b0_92c3_013f_e90b, 0x438c_3c67_be8d_0224, 0x9cc7_d7c6_9cd7_77b6, 0xa09c_aebf_594f_0ba0],
            [0xa528_f454_03e6_1d95, 0x38c7_2dbd_566e_9788, 0xa5a1_610e_72fd_18b5, 0x57bd_43b5_e52b_7fe6],
        ];
        assert_eq!(answers, known);
    }
}
