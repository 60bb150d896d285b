// SPDX-License-Identifier: Apache-2.0
// SLIP decoder (RFC 1055): octets in, packet octets out, then one pulse at the packet's end.
`default_nettype none

module slip_rx (
    input  wire       clk,
    input  wire       rst,

    // from the line; ignored, up to the next END, while `deaf`
    input  wire [7:0] line_octet,
    input  wire       line_valid,
    input  wire       deaf,

    // packet octets; `last` pulses after the last one; `malformed` (with `last`): a wrong or dangling escape
    output reg  [7:0] octet,
    output reg        octet_valid,
    output reg        last,
    output reg        malformed
);
    localparam [7:0] END = 8'hC0, ESC = 8'hDB, ESC_END = 8'hDC, ESC_ESC = 8'hDD;

    reg lost;                    // the packet's beginning was not heard
    reg empty;                   // nothing since the last END
    reg escape;                  // the last octet was ESC
    reg wrong;                   // an escape of this packet was wrong

    always @(posedge clk)
        if (rst) begin
            {lost, escape, wrong, octet_valid, last, malformed} <= 6'd0;
            empty <= 1'b1;
        end else begin
            if (octet_valid) octet_valid <= 1'b0;
            if (last) last <= 1'b0;
            if (line_valid && deaf) begin
                lost <= line_octet != END;
            end else if (line_valid) begin
                if (line_octet == END) begin
                    last <= !empty;
                    malformed <= wrong || escape;
                    {lost, escape, wrong} <= 3'd0;
                    empty <= 1'b1;
                end else if (!lost) begin
                    empty <= 1'b0;
                    escape <= line_octet == ESC && !escape;
                    octet <= !escape ? line_octet : line_octet == ESC_END ? END : ESC;
                    octet_valid <= !wrong && (escape || line_octet != ESC);
                    if (escape && line_octet != ESC_END && line_octet != ESC_ESC) wrong <= 1'b1;
                end
            end
        end
endmodule

`default_nettype wire
