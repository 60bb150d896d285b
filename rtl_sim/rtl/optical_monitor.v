// SPDX-License-Identifier: Apache-2.0
// Watches the optical pin (simulation only): keeps the octets of each frame of light and the millisecond it began in.
`default_nettype none

module optical_monitor (
    input  wire        clk,
    input  wire        rst,

    // one bit a clock, most significant first, while `frame`
    input  wire        pin,
    input  wire        frame,
    input  wire [31:0] ms_start
);
    // the reader sets `frames` and `filled` back to 0
    reg [7:0]  octets [0:65535]     /*verilator public_flat_rw*/;
    reg [31:0] starts [0:63]     /*verilator public_flat_rw*/;
    reg [15:0] ends [0:63]       /*verilator public_flat_rw*/;
    reg [5:0]  frames                  /*verilator public_flat_rw*/;
    reg [15:0] filled                  /*verilator public_flat_rw*/;

    reg       in_frame;
    reg [6:0] shift;
    reg [2:0] bits;

    always @(posedge clk)
        if (rst) begin
            in_frame <= 1'b0;
            frames <= 6'd0;
            filled <= 16'd0;
            bits <= 3'd0;
        end else if (frame) begin
            in_frame <= 1'b1;
            if (!in_frame) starts[frames] <= ms_start;
            shift <= {shift[5:0], pin};
            bits <= bits + 3'd1;
            if (bits == 3'd7) begin
                octets[filled] <= {shift, pin};
                filled <= filled + 16'd1;
            end
        end else if (in_frame) begin
            in_frame <= 1'b0;
            bits <= 3'd0;
            ends[frames] <= filled;
            frames <= frames + 6'd1;
        end
endmodule

`default_nettype wire
