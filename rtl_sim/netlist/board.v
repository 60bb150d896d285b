// SPDX-License-Identifier: Apache-2.0
// One board as its netlist after synthesis, in place of rtl/board.v: the netlists have that module's ports, and its other
// parameters are already in them.
`default_nettype none

module board #(
    parameter BOARD = 0,
    /* verilator lint_off UNUSEDPARAM */
    parameter CLOCKS_PER_BIT = 4,
    parameter [31:0] BUILD_ID = 32'd0
    /* verilator lint_on UNUSEDPARAM */
) (
    input  wire        clk,
    input  wire        rst,
    input  wire        uart_rxd,
    output wire        uart_txd,
    input  wire [7:0]  stream_in,
    input  wire        stream_in_valid,
    output wire        stream_in_ready,
    output wire [7:0]  stream_out,
    output wire        stream_out_valid,
    input  wire        stream_out_ready,
    output wire        optical_pin,
    output wire        optical_frame,
    output wire [31:0] ms_start,
    output wire        refused,
    output wire        idle
);
    generate
        if (BOARD == 0) begin : power
            power_gates gates (.*);
        end else if (BOARD == 1) begin : compute
            compute_gates gates (.*);
        end else begin : laser
            laser_gates gates (.*);
        end
    endgenerate
endmodule

`default_nettype wire
