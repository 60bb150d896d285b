// SPDX-License-Identifier: Apache-2.0
// Three boards on their lines, with a host each, and a monitor on the optical pin (simulation only).
`default_nettype none

module bench_top #(
    parameter CLOCKS_PER_BIT = 4,
    parameter [31:0] BUILD_ID = 32'd0
) (
    input  wire       clk                /*verilator public_flat_rw*/,
    input  wire       rst                /*verilator public_flat_rw*/,

    // a script is being played, or has run out of clocks; a falling edge wakes the bench
    output reg        busy               /*verilator public_flat_rw*/
);
    reg [31:0] clocks_left               /*verilator public_flat_rw*/;
    wire [2:0] active;

    always @(posedge clk)
        if (rst) begin
            busy <= 1'b0;
            clocks_left <= 32'd0;
        end else begin
            busy <= active != 3'b000 && clocks_left != 32'd0;
            if (busy) clocks_left <= clocks_left - 32'd1;
        end

    genvar board_number;
    generate
        for (board_number = 0; board_number < 3; board_number = board_number + 1) begin : bench
            wire to_board, from_board, in_valid, in_ready, out_valid, out_ready, refused, board_idle, pin, frame;
            wire [7:0] in_octet, out_octet;
            wire [31:0] ms_start;

            wire board_clk;              // a board lives only while its host plays: in lock-step nothing else changes it

            clock_gate board_gate (.clk(clk), .enable(rst || active[board_number]), .gated(board_clk));

            uart_host #(.CLOCKS_PER_BIT(CLOCKS_PER_BIT)) host (
                .clk(board_clk), .rst(rst), .active(active[board_number]),
                .uart_txd(to_board), .uart_rxd(from_board),
                .stream_out(in_octet), .stream_out_valid(in_valid), .stream_out_ready(in_ready),
                .stream_in(out_octet), .stream_in_valid(out_valid), .stream_in_ready(out_ready),
                .board_idle(board_idle)
            );
            board #(.BOARD(board_number), .CLOCKS_PER_BIT(CLOCKS_PER_BIT), .BUILD_ID(BUILD_ID)) uut (
                .clk(board_clk), .rst(rst), .uart_rxd(to_board), .uart_txd(from_board),
                .stream_in(in_octet), .stream_in_valid(in_valid), .stream_in_ready(in_ready),
                .stream_out(out_octet), .stream_out_valid(out_valid), .stream_out_ready(out_ready),
                .optical_pin(pin), .optical_frame(frame), .ms_start(ms_start), .refused(refused),
                .idle(board_idle)
            );
            wire unused_refusal = &{1'b0, refused};
            if (board_number == 2) begin : light
                optical_monitor monitor (.clk(board_clk), .rst(rst), .pin(pin), .frame(frame), .ms_start(ms_start));
            end else begin : dark
                wire unused = &{1'b0, pin, frame, ms_start};
            end
        end
    endgenerate
endmodule

`default_nettype wire
