// SPDX-License-Identifier: Apache-2.0
// UART receiver, 8N1: an octet with a wrong stop bit is discarded, and the line must be idle before the next start bit.
`default_nettype none

module uart_rx #(
    parameter CLOCKS_PER_BIT = 4
) (
    input  wire       clk,
    input  wire       rst,

    // asynchronous line, idle high
    input  wire       rxd,

    // octet received: one pulse
    output reg  [7:0] octet,
    output reg        octet_valid,
    output wire       idle
);
    localparam [1:0] IDLE = 2'd0, RECEIVE = 2'd1, BREAK = 2'd2;
    localparam COUNT_BITS = $clog2(CLOCKS_PER_BIT);
    localparam HALF_BIT = CLOCKS_PER_BIT / 2 - 1;
    localparam WHOLE_BIT = CLOCKS_PER_BIT - 1;

    reg [1:0] state;
    reg [1:0] line;                      // two-flop synchroniser
    reg [COUNT_BITS-1:0] clocks_left;    // to the middle of the next bit
    reg [3:0] bits_left;                 // start bit, eight data bits and stop bit

    assign idle = state == IDLE && line[1] && line[0] && !octet_valid;

    always @(posedge clk)
        if (rst) line <= 2'b11;
        else line <= {line[0], rxd};

    always @(posedge clk)
        if (rst) begin
            state <= IDLE;
            octet_valid <= 1'b0;
        end else begin
            if (octet_valid) octet_valid <= 1'b0;
            case (state)
                IDLE:
                    if (!line[1]) begin
                        state <= RECEIVE;
                        clocks_left <= HALF_BIT[COUNT_BITS-1:0];
                        bits_left <= 4'd9;
                    end
                RECEIVE:
                    if (clocks_left != 0) clocks_left <= clocks_left - 1'b1;
                    else begin
                        clocks_left <= WHOLE_BIT[COUNT_BITS-1:0];
                        bits_left <= bits_left - 4'd1;
                        if (bits_left == 4'd9) begin
                            if (line[1]) state <= IDLE;             // a glitch, not a start bit
                        end else if (bits_left != 4'd0) octet <= {line[1], octet[7:1]};
                        else begin
                            octet_valid <= line[1];
                            state <= line[1] ? IDLE : BREAK;        // no stop bit: framing error
                        end
                    end
                default:
                    if (line[1]) state <= IDLE;
            endcase
        end
endmodule

`default_nettype wire
