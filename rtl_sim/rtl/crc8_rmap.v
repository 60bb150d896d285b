// SPDX-License-Identifier: Apache-2.0
// CRC of RMAP (ECSS-E-ST-50-52C annex A): x^8 + x^2 + x + 1, least significant bit first, preset 0; one octet at once.
`default_nettype none

module crc8_rmap (
    input  wire [7:0] crc,
    input  wire [7:0] octet,
    output wire [7:0] crc_next
);
    function [7:0] shifted(input [7:0] value);
        integer step;
        begin
            shifted = value;
            for (step = 0; step < 8; step = step + 1)
                shifted = shifted[0] ? {1'b0, shifted[7:1]} ^ 8'hE0 : {1'b0, shifted[7:1]};
        end
    endfunction

    assign crc_next = shifted(crc ^ octet);
endmodule

`default_nettype wire
