// SPDX-License-Identifier: Apache-2.0
// SLIP encoder (RFC 1055): END, the packet's octets with END and ESC escaped, END.
`default_nettype none

module slip_tx (
    input  wire       clk,
    input  wire       rst,

    // packet octets; `last` goes with the last one
    input  wire [7:0] octet,
    input  wire       octet_valid,
    input  wire       octet_last,
    output wire       octet_ready,

    // to the line
    output reg  [7:0] line_octet,
    output reg        line_valid,
    input  wire       line_ready,
    output wire       idle
);
    localparam [7:0] END = 8'hC0, ESC = 8'hDB, ESC_END = 8'hDC, ESC_ESC = 8'hDD;
    localparam [1:0] OPEN = 2'd0, OCTETS = 2'd1, ESCAPED = 2'd2, CLOSE = 2'd3;

    reg [1:0] state;
    reg       closing;           // the escaped octet is the packet's last
    reg [7:0] escaped;           // second octet of the escape pair

    wire free = !line_valid || line_ready;
    wire special = octet == END || octet == ESC;
    assign octet_ready = state == OCTETS && free;
    assign idle = state == OPEN && !line_valid;

    always @(posedge clk)
        if (rst) begin
            state <= OPEN;
            line_valid <= 1'b0;
        end else if (free) begin
            if (line_valid) line_valid <= 1'b0;
            case (state)
                OPEN:
                    if (octet_valid) begin
                        line_octet <= END;
                        line_valid <= 1'b1;
                        state <= OCTETS;
                    end
                OCTETS:
                    if (octet_valid) begin
                        line_octet <= special ? ESC : octet;
                        line_valid <= 1'b1;
                        closing <= octet_last;
                        if (special) state <= ESCAPED;
                        else if (octet_last) state <= CLOSE;
                    end
                ESCAPED: begin
                    line_octet <= escaped;
                    line_valid <= 1'b1;
                    state <= closing ? CLOSE : OCTETS;
                end
                default: begin
                    line_octet <= END;
                    line_valid <= 1'b1;
                    state <= OPEN;
                end
            endcase
        end

    always @(posedge clk)
        if (octet_ready && octet_valid) escaped <= octet == END ? ESC_END : ESC_ESC;
endmodule

`default_nettype wire
