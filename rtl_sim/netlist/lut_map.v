// SPDX-License-Identifier: Apache-2.0
// For yosys's techmap: each look-up table of the netlist in the notation that becomes one shift in Verilog. The model of it in
// cells_sim.v, four nested choices, costs Verilator and g++ many times as much.

module SB_LUT4 (
    output O,
    input  I0, I1, I2, I3
);
    parameter [15:0] LUT_INIT = 16'd0;

    \$lut #(.WIDTH(4), .LUT(LUT_INIT)) _TECHMAP_REPLACE_ (.A({I3, I2, I1, I0}), .Y(O));
endmodule
