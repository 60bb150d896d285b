// SPDX-License-Identifier: Apache-2.0
// UART transmitter, 8N1, least significant bit first.
`default_nettype none

module uart_tx #(
    parameter CLOCKS_PER_BIT = 4
) (
    input  wire       clk,
    input  wire       rst,

    // octet to send
    input  wire [7:0] octet,
    input  wire       octet_valid,
    output wire       octet_ready,

    // line, idle high
    output reg        txd
);
    localparam COUNT_BITS = $clog2(CLOCKS_PER_BIT);
    localparam LAST_CLOCK = CLOCKS_PER_BIT - 1;

    reg       sending;
    reg [8:0] shift;             // what follows the bit on the line; the stop bit comes in as ones
    reg [3:0] bits_left;
    reg [COUNT_BITS-1:0] clocks_left;

    wire last_clock = clocks_left == 0;
    assign octet_ready = !sending || (last_clock && bits_left == 4'd0);

    always @(posedge clk)
        if (rst) begin
            sending <= 1'b0;
            txd <= 1'b1;
        end else if (octet_valid && octet_ready) begin
            sending <= 1'b1;
            txd <= 1'b0;                                            // start bit
            shift <= {1'b1, octet};
            bits_left <= 4'd9;
            clocks_left <= LAST_CLOCK[COUNT_BITS-1:0];
        end else if (sending) begin
            if (!last_clock) clocks_left <= clocks_left - 1'b1;
            else if (bits_left == 4'd0) sending <= 1'b0;
            else begin
                txd <= shift[0];
                shift <= {1'b1, shift[8:1]};
                bits_left <= bits_left - 4'd1;
                clocks_left <= LAST_CLOCK[COUNT_BITS-1:0];
            end
        end
endmodule

`default_nettype wire
