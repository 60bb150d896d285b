// SPDX-License-Identifier: Apache-2.0
// Bench side of one board's lines (simulation only): plays a script of frames and keeps what comes back.
//
// The script lies in tx_octets: for each request one octet (bit 0: by the stream, not the UART), the frame's length
// (two octets), then the frame, SLIP already in it. Writing `requests` starts it. A request is over when a packet has
// come back or the board has been idle for QUIET_CLOCKS; rx_ends then tells how much of rx_octets is filled.
// `requests` returns to 0 after the last one.
`default_nettype none

module uart_host #(
    parameter CLOCKS_PER_BIT = 4
) (
    input  wire       clk,
    input  wire       rst,
    output wire       active,

    // UART
    output wire       uart_txd,
    input  wire       uart_rxd,

    // octet stream
    output wire [7:0] stream_out,
    output wire       stream_out_valid,
    input  wire       stream_out_ready,
    input  wire [7:0] stream_in,
    input  wire       stream_in_valid,
    output wire       stream_in_ready,

    // the board has nothing under way
    input  wire       board_idle
);
    localparam [7:0] END = 8'hC0;
    localparam [1:0] HEADER = 2'd0, SEND = 2'd1, LISTEN = 2'd2;
    localparam [15:0] QUIET_CLOCKS = 12 * CLOCKS_PER_BIT;

    reg [7:0]  tx_octets [0:65535]  /*verilator public_flat_rw*/;
    reg [7:0]  rx_octets [0:65535]  /*verilator public_flat_rw*/;
    reg [15:0] rx_ends [0:255]    /*verilator public_flat_rw*/;
    reg [7:0]  requests                /*verilator public_flat_rw*/;

    reg [1:0]  state;
    reg        by_stream;
    reg [15:0] position;         // in the script
    reg [15:0] left;             // octets of this frame
    reg [7:0]  number;           // of this request
    reg [15:0] filled;           // of rx_octets
    reg        answered;         // an octet of a packet has come
    reg [15:0] quiet_clocks;

    assign active = requests != 8'd0;

    // ---- lines
    wire [7:0] octet = tx_octets[position];
    wire sending = active && state == SEND;
    wire uart_ready, uart_valid, uart_idle;
    wire [7:0] uart_octet;

    uart_tx #(.CLOCKS_PER_BIT(CLOCKS_PER_BIT)) uart_out (
        .clk(clk), .rst(rst), .octet(octet), .octet_valid(sending && !by_stream), .octet_ready(uart_ready), .txd(uart_txd)
    );
    uart_rx #(.CLOCKS_PER_BIT(CLOCKS_PER_BIT)) uart_in (
        .clk(clk), .rst(rst), .rxd(uart_rxd), .octet(uart_octet), .octet_valid(uart_valid), .idle(uart_idle)
    );
    assign stream_out = octet;
    assign stream_out_valid = sending && by_stream;
    assign stream_in_ready = 1'b1;

    wire sent = sending && (by_stream ? stream_out_ready : uart_ready);
    wire heard = uart_valid || stream_in_valid;
    wire [7:0] heard_octet = stream_in_valid ? stream_in : uart_octet;
    wire packet_end = heard && heard_octet == END && answered;
    wire quiet = board_idle && uart_ready && uart_idle;
    wire over = packet_end || quiet_clocks == QUIET_CLOCKS;

    // ---- script
    always @(posedge clk)
        if (rst) begin
            requests <= 8'd0;
            state <= HEADER;
            {position, number, filled} <= 40'd0;
        end else if (active) begin
            case (state)
                HEADER: begin
                    by_stream <= tx_octets[position][0];
                    left <= {tx_octets[position + 16'd1], tx_octets[position + 16'd2]};
                    position <= position + 16'd3;
                    answered <= 1'b0;
                    quiet_clocks <= 16'd0;
                    state <= SEND;
                end
                SEND:
                    if (sent) begin
                        position <= position + 16'd1;
                        left <= left - 16'd1;
                        if (left == 16'd1) state <= LISTEN;
                    end
                default: begin
                    quiet_clocks <= quiet ? quiet_clocks + 16'd1 : 16'd0;
                    if (over) begin
                        rx_ends[number] <= heard ? filled + 16'd1 : filled;
                        number <= number + 8'd1;
                        state <= HEADER;
                        if (number + 8'd1 == requests) begin
                            requests <= 8'd0;
                            {position, number} <= 24'd0;
                        end
                    end
                end
            endcase
            if (heard) begin
                rx_octets[filled] <= heard_octet;
                filled <= filled + 16'd1;
                if (heard_octet != END) answered <= 1'b1;
            end
            if (state == LISTEN && over && number + 8'd1 == requests) filled <= 16'd0;
        end
endmodule

`default_nettype wire
