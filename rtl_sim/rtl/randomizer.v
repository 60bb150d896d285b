// SPDX-License-Identifier: Apache-2.0
// The long pseudo-randomizer of CCSDS 131.0-B: x^17 + x^14 + 1, restarted at every codeblock, one bit a clock.
`default_nettype none

module randomizer (
    input  wire clk,
    input  wire restart,
    input  wire advance,
    output wire random_bit             // for the codeblock's bit that leaves in this clock
);

    localparam [16:0] PRESET = 17'b11000111000111000;

    reg [16:0] state;

    assign random_bit = state[0];

    always @(posedge clk)
        if (restart) state <= PRESET;
        else if (advance) state <= {state[0] ^ state[14], state[16:1]};

endmodule

`default_nettype wire
