// SPDX-License-Identifier: Apache-2.0
// Stops the clock of a block that has nothing to do, for the simulator's speed: `enable` must be high whenever a clock
// would change the block, so that synthesis can leave the gate out.
`default_nettype none

module clock_gate (
    input  wire clk,
    input  wire enable,
    output wire gated
);
`ifdef SYNTHESIS
    assign gated = clk;
    wire unused = enable;
`else
    reg open;
    always_latch if (!clk) open = enable;        // cannot change while the clock is high: no glitch
    assign gated = clk & open;
`endif
endmodule

`default_nettype wire
