// SPDX-License-Identifier: Apache-2.0
// One board on an iCEBreaker: both ports on the UART of the FTDI's second channel, the light on PMOD 1A.
`default_nettype none

module icebreaker #(
    parameter BOARD = 0,                 // 0 power, 1 compute, 2 laser
    parameter CLOCKS_PER_BIT = 104,      // 115,200 Bd of 12 MHz, 0.16 % fast
    parameter [31:0] BUILD_ID = 32'd0
) (
    input  wire CLK,                     // 12 MHz

    // UART, as the FPGA sees it
    input  wire RX,
    output wire TX,

    // button and LEDs, low when pressed and lit
    input  wire BTN_N,
    output wire LEDR_N,
    output wire LEDG_N,

    // light: one bit a clock on pin 1 while pin 2 is high
    output wire P1A1,
    output wire P1A2
);
    localparam FLASH_BITS = 20;          // 2^20 clocks: 87 ms

    // ---- reset: until block RAM can be read after configuration, and while the button is pressed
    reg [7:0] power_on_clocks;
    reg [1:0] button;
    reg       rst;

    initial {power_on_clocks, button, rst} = {8'd0, 2'b11, 1'b1};

    always @(posedge CLK) begin
        if (power_on_clocks != 8'hFF) power_on_clocks <= power_on_clocks + 8'd1;
        button <= {button[0], BTN_N};
        rst <= power_on_clocks != 8'hFF || !button[1];
    end

    wire idle, refused;
    wire [31:0] ms_start;
    wire [7:0] stream_out;
    wire stream_in_ready, stream_out_valid;
    wire unused = &{1'b0, ms_start, stream_out, stream_in_ready, stream_out_valid};

    board #(.BOARD(BOARD), .CLOCKS_PER_BIT(CLOCKS_PER_BIT), .BUILD_ID(BUILD_ID), .ON_A_LINE(1)) uut (
        .clk(CLK), .rst(rst), .uart_rxd(RX), .uart_txd(TX),
        .stream_in(8'd0), .stream_in_valid(1'b0), .stream_in_ready(stream_in_ready),
        .stream_out(stream_out), .stream_out_valid(stream_out_valid), .stream_out_ready(1'b1),
        .optical_pin(P1A1), .optical_frame(P1A2), .ms_start(ms_start), .refused(refused), .idle(idle)
    );

    // ---- green: alive, and flickers with packets; red: a packet was dropped or rejected
    reg [23:0] life;
    reg [FLASH_BITS-1:0] fault_left;

    always @(posedge CLK)
        if (rst) {life, fault_left} <= {24'd0, {FLASH_BITS{1'b0}}};
        else begin
            life <= life + 24'd1;
            if (refused) fault_left <= {FLASH_BITS{1'b1}};
            else if (fault_left != {FLASH_BITS{1'b0}}) fault_left <= fault_left - 1'b1;
        end

    assign LEDG_N = rst || !(life[23] ^ !idle);
    assign LEDR_N = fault_left == {FLASH_BITS{1'b0}};
endmodule

`default_nettype wire
