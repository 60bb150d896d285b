// SPDX-License-Identifier: Apache-2.0
// Check symbols of RS(255,223) without a multiplication in the field: coding is linear over bits.

#include "reed_solomon.h"

#include "memory.h"

#define DATA_SYMBOLS 223u
#define CHECK_SYMBOLS 32u
#define CHECK_WORDS (CHECK_SYMBOLS / 4)

// The check symbols of 222 zero symbols and a last symbol of one bit, for each bit, lowest first.
static const uint32_t checks_of_bit[8][CHECK_WORDS] = {
    {0x660827F2U, 0x83411B8BU, 0x28E61FADU, 0x2759C879U,
     0xC85927ADU, 0x1FE6288BU, 0x1B4183F2U, 0x27086601U},
    {0xAB186817U, 0x85C32D9DU, 0x782A21F7U, 0x68EA588AU,
     0x58EA68F7U, 0x212A789DU, 0x2DC38517U, 0x6818AB02U},
    {0x5631D12EU, 0x0A875B3BU, 0xF05443EEU, 0xD1D4B015U,
     0xB0D4D1EEU, 0x4354F03BU, 0x5B870A2EU, 0xD1315604U},
    {0xAC62A25CU, 0x140EB776U, 0xE1A886DCU, 0xA2A9602AU,
     0x60A9A2DCU, 0x86A8E176U, 0xB70E145CU, 0xA262AC08U},
    {0x59C545B8U, 0x291C6FECU, 0xC3510DB9U, 0x4552C154U,
     0xC15245B9U, 0x0D51C3ECU, 0x6F1C29B8U, 0x45C55910U},
    {0xD583AD82U, 0xD078C553U, 0xAF4504DEU, 0xADFD4BD1U,
     0x4BFDADDEU, 0x0445AF53U, 0xC578D082U, 0xAD83D520U},
    {0xAA065A05U, 0xA1F08BA7U, 0x5E8A08BDU, 0x5AFA96A2U,
     0x96FA5ABDU, 0x088A5EA7U, 0x8BF0A105U, 0x5A06AA40U},
    {0x330493F9U, 0xC1A00DC5U, 0x94F30FD6U, 0x93ACE43CU,
     0xE4AC93D6U, 0x0FF394C5U, 0x0DA0C1F9U, 0x93043380U},
};

// All check symbols move up by one, and take in what the symbol that leaves adds.
static void take_symbol(uint32_t checks[CHECK_WORDS], uint8_t symbol)
{
    unsigned feedback = symbol ^ checks[0] >> 24;

    for (unsigned i = 0; i < CHECK_WORDS - 1; i++)
        checks[i] = checks[i] << 8 | checks[i + 1] >> 24;
    checks[CHECK_WORDS - 1] <<= 8;
    for (unsigned bit = 0; bit < 8; bit++)
        if (feedback >> bit & 1)
            for (unsigned i = 0; i < CHECK_WORDS; i++)
                checks[i] ^= checks_of_bit[bit][i];
}

void reed_solomon_check(uint8_t *codeword, unsigned stride)
{
    uint32_t checks[CHECK_WORDS];

    memset(checks, 0, sizeof checks);
    for (unsigned i = 0; i < DATA_SYMBOLS; i++)
        take_symbol(checks, codeword[i * stride]);
    for (unsigned i = 0; i < CHECK_SYMBOLS; i++)
        codeword[(DATA_SYMBOLS + i) * stride] = (uint8_t)(checks[i / 4] >> (24 - 8 * (i % 4)));
}
